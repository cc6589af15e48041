//! The arithmetic that a speech recogniser spends its time with, for the processor at hand.
//!
//! A matrix that is multiplied by many others is kept in **panels** of 32 output columns ([`FloatPanels`]): what one
//! step of the innermost loop needs lies side by side, and one layout serves every width of register. In f32 the left side is plain rows
//! with a stride ([`Rows`]), so that overlapping windows of a convolution and one head of many are multiplied in place.
//!
//! Numbers are f32, or bytes with a scale for each row of the left side and each column of the right one ([`ByteRows`], [`BytePanels`]); sums of bytes are exact.
//! Or words of 16 bits likewise, for what both sides are made anew of each time ([`WordRows`], [`WordPanels`]): half as fast as bytes, and near to f32.
//! For processors that multiply by tiles they may also be bf16, summed up in f32 ([`BfloatRows`], [`BfloatPanels`]).
//!
//! Each output element is one sum, added up in the order of its index by one accumulator, whatever the number of rows beside it.
//! So a row's result has the same bits alone and among others; batches rely on that.
//!
//! The instructions are chosen while running ([`Isa`]): portable Rust, NEON with dot products, AVX2 with FMA, the same with VNNI, AVX-512 with VNNI, AMX beside it. This crate alone holds `unsafe` code, and
//! nothing it offers needs any: lengths are checked before pointers are made, and an [`Isa`] can only be had where the processor has it
//! (for AMX also: where Linux permits it, and products that were tried came out right).

#[macro_use]
mod versions;

mod bfloat_panels;
mod bfloat_product;
mod bfloat_rows;
mod byte_panels;
mod byte_product;
mod byte_rows;
mod byte_tile;
mod epilogue;
mod float_panels;
mod float_product;
mod float_tile;
mod gather;
mod gelu;
mod isa;
mod level;
mod line;
mod lines;
mod map;
mod maths;
mod normalise;
mod peak;
mod rows;
mod score;
mod softmax;
mod tiles;
mod unusable_isa;
mod word_panels;
mod word_product;
mod word_rows;
mod word_tile;

pub use bfloat_panels::BfloatPanels;
pub use bfloat_product::bfloat_product;
pub use bfloat_rows::BfloatRows;
pub use byte_panels::BytePanels;
pub use byte_product::byte_product;
pub use byte_rows::ByteRows;
pub use epilogue::Then;
pub use float_panels::FloatPanels;
pub use float_product::float_product;
pub use gather::{gather_dots, gather_sum};
pub use isa::Isa;
pub use level::Level;
pub use map::Map;
pub use normalise::normalise;
pub use peak::{Width, multiply_in_registers};
pub use rows::Rows;
pub use score::{largest, log_sum_exp};
pub use softmax::softmax;
pub use unusable_isa::UnusableIsa;
pub use word_panels::WordPanels;
pub use word_product::word_product;
pub use word_rows::WordRows;

/// Output columns that a panel holds.
pub const PANEL: usize = 32;
