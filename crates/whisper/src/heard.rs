//! What became of a window.

use crate::{Language, Token};

/// The result of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The window's own.
    pub id: u64,
    /// What was written, timestamps included, the end not.
    pub tokens: Vec<Scored>,
    /// Start and end of each token in seconds from the window's start, if [words](crate::Decode::words) were asked for. Where the text was cut at its most
    /// tokens, the last has none.
    pub times: Vec<(f32, f32)>,
    /// The language it was decoded as.
    pub language: Language,
    /// How likely it is that language; 1 where it was given.
    pub language_p: f32,
    /// How likely nobody speaks: the probability of that token behind the start.
    pub no_speech: f32,
    /// The mean of the tokens' log-probabilities, the end's included.
    pub mean_logprob: f32,
}

/// A token that was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Which.
    pub token: Token,
    /// The logarithm of its probability among the tokens that were allowed.
    pub logprob: f32,
}
