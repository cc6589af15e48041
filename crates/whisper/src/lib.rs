//! Speech recognition with [Whisper](https://arxiv.org/abs/2212.04356) models in whisper.cpp's format, many windows at once.
//!
//! A [`Model`] is opened from its file. A [`Batch`] decodes windows of up to 30 s, one token each per step; what is done makes room for what
//! waits. Which token comes next, the [rules](Decode) for it and the search are here; the arithmetic is a [`Backend`]'s, of which
//! [`Cpu`] is the first.
//!
//! ```no_run
//! use whisper::{Batch, Cpu, Decode, Model, Numbers, Window};
//!
//! let model = Model::open("ggml-base.en.bin".as_ref(), Numbers::Fast)?;
//! let mut batch = Batch::new(Cpu::new(&model, 16), &model);
//! let samples = vec![0.0; 480_000];
//! batch.push(Window { id: 1, mel: model.mels().mel(&samples), decode: Decode::default() })?;
//! for heard in batch.finish() {
//!     let heard = heard?;
//!     let text = model.vocabulary().text(heard.tokens.iter().map(|scored| scored.token));
//!     assert_eq!(heard.id, 1);
//!     assert!(text.is_empty(), "nobody spoke");
//! }
//! # Ok::<(), whisper::Error>(())
//! ```
//!
//! Each number is the sum of the same products in the same order whatever is computed beside it: a window's tokens and scores have the same bits
//! alone and among others. [Exact](Numbers::Exact) numbers are compared with [openai-whisper](https://github.com/openai/whisper)'s `decode`, token by
//! token; [fast](Numbers::Fast) ones are eight bits wide where most of the work is.

mod active;
mod alignment;
mod attention;
mod backend;
mod batch;
mod chance;
mod cpu;
mod decode;
mod decoder;
mod encoder;
mod error;
mod ggml;
mod heard;
mod hypothesis;
mod language;
mod linear;
mod mel;
mod model;
mod norm;
mod numbers;
mod packed;
mod parallel;
mod parts;
mod pieces;
mod retry;
mod row;
mod rules;
mod scores;
mod search;
mod slot;
mod sound;
mod spent;
mod suppressed;
mod timing;
mod vocabulary;
mod window;

pub use backend::Backend;
pub use batch::Batch;
pub use cpu::Cpu;
pub use decode::Decode;
pub use error::Error;
pub use ggml::Shape;
pub use heard::{Heard, Scored};
pub use language::Language;
pub use mel::{Mel, MelMaker, RATE};
pub use model::Model;
pub use numbers::Numbers;
pub use row::Row;
pub use scores::Scores;
pub use spent::Stage;
pub use vocabulary::{Token, Vocabulary};
pub use window::Window;
