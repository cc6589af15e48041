//! Whisper checkpoints to whisper.cpp's model files, and those to smaller ones.
//!
//! ```text
//! folder of Hugging Face    config.json, vocab.json, *.safetensors ─┐
//! checkpoint of OpenAI      *.pt: a zip with a pickle               ├─► Model ──write──► Draft ──keep──► ggml file
//! model of whisper.cpp      ggml, f32 or f16                       ─┘   where each       FILE.PROCESS.converting, as f32,
//!                                                                       tensor lies      f16, q8_0, q5_1, q5_0 or q4_0
//! ```
//!
//! [`Model::open`] reads what a checkpoint says about itself and compares it with what Whisper of that shape must have; no weight is read yet.
//! [`Model::write`] then copies tensor by tensor in pieces of a megabyte, so that the memory needed doesn't depend on the model. What is written is what
//! whisper.cpp's own scripts and its `quantize` write, byte for byte, but for this: numbers that a checkpoint has in 32 bits aren't rounded to 16 on the way to a tensor that stays in 32.
//!
//! A checkpoint comes from strangers. Nothing in it is ever executed: the pickle of a `.pt` is read by a machine that knows the few words which describe tensors. Every length is compared with the file's
//! before it is believed; what doesn't add up is an error that names the file.
//!
//! ```no_run
//! use convert::{Kind, Model};
//! use std::{ops::ControlFlow, path::Path};
//!
//! let model = Model::open(Path::new("whisper-base.en"))?;
//! let (draft, report) = model.write(Path::new("ggml-base.en-q8_0.bin"), Kind::Q8_0, &mut |_| ControlFlow::Continue(()))?;
//! draft.keep()?;
//! assert!(report.worst().is_some_and(|worst| worst.relative_rms < 0.01));
//! # Ok::<(), convert::ConvertError>(())
//! ```

mod blocks;
mod config;
mod draft;
mod error;
mod expected;
mod folder;
mod ggml;
mod kind;
mod mel;
mod model;
mod number;
pub mod pt;
mod reader;
mod report;
pub mod safetensors;
mod shape;
mod sixteen;
mod source;
mod tensor;
mod vocabulary;
mod write;

pub use draft::Draft;
pub use error::ConvertError;
pub use kind::Kind;
pub use mel::mel_filters;
pub use model::Model;
pub use number::Number;
pub use report::{Progress, Report, TensorError};
pub use shape::Shape;
pub use source::Source;
pub use tensor::Tensor;
