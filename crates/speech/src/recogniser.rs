//! The queue of the recogniser: submit windows, get words.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who waits for a window. Earlier lanes overtake later ones inside the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Someone is watching.
    Live,
    /// What was recorded and has no words yet.
    Backlog,
    /// Another pass over old days.
    Campaign,
}

/// Names a window that was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub u64);

/// How a window is decoded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Decoding {
    /// The spoken language (`en`, `de`, ...); `None` finds out. English-only models always read English.
    #[serde(default)]
    pub language: Option<String>,
    /// Where it is found out: the languages it may be; any if empty.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// Writes English, whatever is spoken. Needs a multilingual model.
    #[serde(default)]
    pub translate: bool,
    /// Beams of the search, at most 8; 0 is greedy.
    #[serde(default)]
    pub beam_size: u32,
    /// Sampling temperature; 0 takes the likeliest token.
    #[serde(default)]
    pub temperature: f32,
    /// Temperature at which a window is decoded once more whose text goes round, or is guessed while somebody speaks; 0: never. For our own engine.
    #[serde(default)]
    pub retry: f32,
    /// Threads of the computation; 0: as many as there are physical cores, at most 8.
    #[serde(default)]
    pub threads: u32,
}

/// One window and how to decode it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Mono, 16 kHz, -1 to 1, at most 30 s.
    pub samples: Vec<f32>,
    /// How.
    pub decoding: Decoding,
}

/// What the recogniser made of a window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recognised {
    /// The words in the order in which they were said.
    pub words: Vec<RecognisedWord>,
    /// The language it was decoded as.
    pub language: Option<String>,
    /// How likely the window holds no speech at all, by the model.
    pub no_speech_p: f32,
    /// How long the computation took.
    pub compute_micros: i64,
}

/// A word inside a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecognisedWord {
    /// Its text with punctuation; begins with a space where one stands in front of it.
    pub text: String,
    /// The sample of the window at which it begins.
    pub start: usize,
    /// The first sample behind it.
    pub end: usize,
    /// Its probability: the mean of its tokens'.
    pub p: f32,
    /// The sum of its tokens' log-probabilities.
    pub logprob: f32,
    /// How many tokens it was made of.
    pub tokens: u32,
}

/// Why a window has no words.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine's executable can't be started. It belongs beside `hearsay`.
    #[error("cannot start the engine {path}")]
    Start {
        /// The executable.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The engine refused the model, or this processor.
    #[error("the engine refused: {0}")]
    Refused(String),
    /// The model file is not one the engine may be given.
    #[error(transparent)]
    Model(#[from] crate::models::ModelError),
    /// The engine's process ended in the middle of the window. Trying again is worth it: a new one is started.
    #[error("the engine crashed ({how})")]
    Crashed {
        /// Exit code or signal.
        how: String,
    },
    /// The engine took so long that it was stopped. Trying again is worth it once or twice.
    #[error("the engine gave no answer for {} s and was stopped", .after.as_secs())]
    TimedOut {
        /// How long it was given.
        after: Duration,
    },
    /// The engine couldn't decode the window; the next may be fine.
    #[error("the engine failed: {0}")]
    Failed(String),
    /// The server that is to recognise isn't well, whatever it is given. Trying again later is worth it.
    #[error("the server {url} can't be used: {reason}")]
    Unreachable {
        /// Its address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More windows were submitted than the queue holds. Take some results first.
    #[error("{0} windows are waiting for the engine already")]
    Full(usize),
}

/// A queue of windows in front of a model.
///
/// Windows of an earlier [`Lane`] overtake; within a lane they come in the order of submission. Results come in the order
/// in which they are ready, each under its ticket, each exactly once, unless it was cancelled.
pub trait Recogniser {
    /// Hands a window over and returns at once.
    ///
    /// # Errors
    /// [`EngineError::Full`], or what kept a new engine from starting.
    fn submit(&mut self, request: Request, lane: Lane) -> Result<Ticket, EngineError>;

    /// The next result, waiting at most `timeout`; `None` if there is none by then or nothing is under way.
    fn next(&mut self, timeout: Duration) -> Option<(Ticket, Result<Recognised, EngineError>)>;

    /// Takes a window back. It gives no result any more, though the engine may finish it where it has begun.
    fn cancel(&mut self, ticket: Ticket);

    /// Windows that are computed at once where there are enough: so many should be under way, and some more that wait.
    fn at_once(&self) -> usize {
        1
    }

    /// Gives back what is held for windows to come, the model's memory above all, unless one is under way. The next window
    /// gets it again, at the price of loading.
    fn rest(&mut self) {}
}
