//! Bounds that hold whichever engine recognises.

use crate::physical_cores;
use speech::{Decoding, RATE};
use std::sync::LazyLock;

/// Less sound than this is not decoded at all, as whisper.cpp has it.
pub(crate) const SHORTEST: usize = RATE / 5;

/// Tokens that fit into speech of this many seconds: nobody says more than eight a second.
const TOKENS_PER_SECOND: usize = 8;
/// The decoder sees half of its 448 positions as new text; some are taken by the prompt.
const MOST_TOKENS: usize = 216;

/// Tokens of text that a window of so many samples may have.
pub(crate) fn most_tokens(samples: usize) -> usize {
    (16 + samples * TOKENS_PER_SECOND / RATE).min(MOST_TOKENS)
}

/// Threads that a window may be computed with.
pub(crate) fn threads(decoding: &Decoding) -> usize {
    static CORES: LazyLock<usize> = LazyLock::new(physical_cores);
    match decoding.threads {
        0 => *CORES,
        threads => usize::try_from(threads).unwrap_or(1).min(64),
    }
}
