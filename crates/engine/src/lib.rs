//! The recogniser itself: whisper.cpp behind the pipe of [`speech::wire`].
//!
//! [`serve()`] is all there is: it loads a model, says so, and then answers windows, those of earlier lanes first. It is linked by
//! `hearsay-engine` alone, because whisper.cpp may end the process it runs in; `speech::EngineProcess` is the other end.
//!
//! One context and one state are made once and used for every window. Every window is decoded for itself, without timestamp tokens (with
//! them, a dense window now and then ends early) and without text from before (the known cause of repetition); words get
//! their times from the decoder's attention (dynamic time warping over its alignment heads).
//!
//! Threads: the caller's computes; `hs-eng-input` reads the pipe. Text goes to the pipe only, never to the log.

mod alignment;
mod processor;
mod queue;
mod serve;
mod whisper;
mod words;

pub use processor::{missing_features, physical_cores};
pub use serve::{ServeError, serve};
pub use whisper::{ENGINE, Whisper, WhisperError};
