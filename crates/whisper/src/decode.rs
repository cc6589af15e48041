//! How a window is decoded.

use crate::{Language, Token};

/// What is asked of a window.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "switches that don't depend on each other")]
pub struct Decode {
    /// The spoken language; `None` finds out. English-only models always read English.
    pub language: Option<Language>,
    /// Where it is found out: the languages it may be; any if empty.
    pub allowed: Vec<Language>,
    /// Writes English, whatever is spoken.
    pub translate: bool,
    /// Whether the text has timestamps in it.
    pub timestamps: bool,
    /// Text that came before, as tokens; its last 223 count.
    pub prompt: Vec<Token>,
    /// Tokens of text at most; 0: half of the decoder's positions.
    pub most_tokens: usize,
    /// Hypotheses that are followed at once; 0 and 1 take the likeliest token.
    pub beams: usize,
    /// With one beam: 0 takes the likeliest token, more samples by the scores divided by this.
    pub temperature: f32,
    /// Where sampling begins; the same seed gives the same text.
    pub seed: u64,
    /// A window whose text goes round, or is guessed while somebody speaks, is decoded once more at this temperature, with one beam, sampling from a seed that
    /// is made of its sound; the better of both is its result. 0: never. What is sampled anyway isn't decoded again.
    pub retry: f32,
    /// Keeps an empty text, or one that begins with a space alone, from being taken at the beginning.
    pub suppress_blank: bool,
    /// Keeps signs from being written that stand for no speech: brackets, music, …
    pub suppress_non_speech: bool,
    /// Whether it is found out when each token was said.
    pub words: bool,
}

impl Default for Decode {
    /// Greedy, with both suppressions, without timestamps, words, a prompt or a second try, in the language that is found out.
    fn default() -> Self {
        Self {
            language: None,
            allowed: Vec::new(),
            translate: false,
            timestamps: false,
            prompt: Vec::new(),
            most_tokens: 0,
            beams: 1,
            temperature: 0.0,
            seed: 1,
            retry: 0.0,
            suppress_blank: true,
            suppress_non_speech: true,
            words: false,
        }
    }
}
