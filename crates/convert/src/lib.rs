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
//! [`Model::write`] then copies tensor by tensor in pieces of a megabyte, so that the memory needed doesn't depend on the model.
//!
//! # How it compares with whisper.cpp's own tools
//!
//! What is written is laid out, rounded and ordered as `convert-h5-to-ggml.py`, `convert-pt-to-ggml.py` and `quantize` of whisper.cpp do it. Four things differ, each on purpose:
//!
//! 1. **Numbers in 32 bits stay what they are.** The script for Hugging Face rounds everything to 16 bits first. Here a tensor that stays in 32 bits isn't rounded, and a quantised one is made of
//!    the checkpoint's numbers directly.
//! 2. **The text context is `max_target_positions`.** That script takes `max_length`, which is how long an answer may be and is changed by fine-tuning.
//! 3. **The list of tokens is the text, and all of it.** That script writes `vocab.json` as it is: with special tokens where they stand in it, without the empty token where it was left out. A model file's own list is kept as it is.
//! 4. **Convolutions of a quantised model are in 16 bits**, as whisper.cpp reads them, also where the source is in 32; `quantize` leaves them in 32.
//!
//! Compared was this: `scripts/make_reference.py` is another converter, in numpy and torch, that shares no code with this one and does these four things alike. A small folder of Hugging Face with random
//! weights becomes the same file in all six kinds (SHA-256), and every tensor of a small `.pt` is the same in 16 bits. The mel filters and the vocabularies have the sums of OpenAI's; sizes of published models come out to the byte.
//! whisper.cpp's own scripts weren't run for comparison, and no published checkpoint was converted.
//!
//! # What strangers may have put there
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
