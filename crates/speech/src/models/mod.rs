//! Models of whisper.cpp: which there are, where they lie, how they are fetched, and whether they are whole.
//!
//! A model is a file `ggml-NAME.bin` in the home's `models/`, in the cache of another whisper.cpp tool, or anywhere by its
//! path. Since a damaged model corrupts the engine's memory rather than failing, a file is given to the engine only
//! after [`inspect()`], and after its SHA-256 was compared where it is known; sums are kept in `models/checksums.json`
//! under size and time of change, so that looking for a model reads gigabytes once. Before it is loaded the whole file is read all the same
//! ([`demand`], by [`EngineProcess`](crate::EngineProcess)): a disk that fails changes no times. What our own engine loads it packs once, and maps from then on
//! (`packed.rs`): sums in that file are compared at each load instead.

mod add;
mod checksums;
mod error;
mod fetch;
mod inspect;
mod known;
mod locate;
mod mirrors;
mod packed;
mod part;
mod record;
mod speeds;

pub use add::{add, remove};
pub use checksums::{SumState, accept, checksum, demand, verify};
pub use error::ModelError;
pub use fetch::{Got, Progress, Wanted, get};
pub use inspect::{ModelInfo, inspect};
pub use known::{DEFAULT_MIRROR, Known, known, known_by_file, known_by_name};
pub use locate::{Listed, Model, choose, default_model, list, locate, prepare};
pub use mirrors::Mirrors;
pub use packed::{packed, tidy_packed};
pub use speeds::{Speed, keep_speed};
