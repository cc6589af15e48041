//! Sound to utterances: the voice detector, windows, the recogniser's queue, doubt, and models.
//!
//! ```text
//! track sound ─► Vad ─► WindowFinder ─► Window ─► Recogniser ─► Recognised ─► utterances() ─► doubt
//!               32 ms   utterances,     ≤ 28 s    hearsay-engine  words       words back on
//!               each    packed          packed    (a child)                   the timeline
//! ```
//!
//! A window is a function of the track's sound and a start alone, so it doesn't matter when the sound arrived or
//! what was killed in between. Everything here is 16 kHz on the absolute grid of [`timeline::Position`].
//!
//! This crate doesn't link a recogniser: a server elsewhere is one ([`RemoteEngine`]), and whisper.cpp lives in the crate `engine` behind a pipe ([`wire`]), since a
//! damaged model or an assertion of it ends the process. Text never reaches a log or an error.

pub mod doubt;
pub mod echo;
pub mod engine_arguments;
mod engine_process;
mod finder_params;
pub mod level;
mod mapping;
pub mod models;
mod parting;
mod recogniser;
mod remote;
mod speech_edges;
mod vad;
mod window;
mod window_finder;
pub mod wire;

pub use engine_process::{EngineInfo, EngineOptions, EngineProcess};
pub use finder_params::WindowParams;
pub use mapping::{Heard, HeardWord, utterances};
pub use recogniser::{Decoding, EngineError, Lane, Recognised, RecognisedWord, Recogniser, Request, Ticket};
pub use remote::{RemoteEngine, RemoteOptions};
pub use vad::{FRAME, Vad, VadChoice, VadError};
pub use window::{Piece, Window};
pub use window_finder::WindowFinder;

/// Samples per second of everything in this crate.
pub const RATE: usize = 16_000;
