//! The recognisers themselves behind the pipe of [`speech::wire`]: our own, the crate `whisper`, and whisper.cpp.
//!
//! [`serve()`] is all there is: it loads a model, says so, and then answers windows, those of earlier lanes first. It is linked by
//! `hearsay-engine` alone, because whisper.cpp may end the process it runs in; `speech::EngineProcess` is the other end.
//!
//! Every window is decoded for itself, without timestamp tokens (with them, a dense window now and then ends early) and without text from before (the known
//! cause of repetition); words get their times from the decoder's attention (dynamic time warping over its alignment heads).
//!
//! whisper.cpp has one context and one state, made once and used for every window, one after the other, with several threads each. Ours has a batch of windows
//! per thread.
//!
//! Threads: `hs-eng-input` reads the pipe; whisper.cpp computes on the caller's, ours on `hs-eng-0`, `hs-eng-1`, … Text goes to the pipe only, never to the
//! log.

mod alignment;
mod asked;
mod batched;
mod limits;
mod packed;
mod pipe;
mod processor;
mod queue;
mod serve;
mod whisper_cpp;
mod words;

pub use asked::{Asked, Kept};
pub use batched::Batched;
pub use processor::{missing_features, physical_cores};
pub use serve::{ServeError, serve};
pub use whisper_cpp::{WhisperCpp, WhisperCppError};
