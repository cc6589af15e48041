//! Which tokens may come next.
//!
//! The rules of [openai-whisper](https://github.com/openai/whisper), `decoding.py`: suppression, and timestamps in pairs that never go back.
#![expect(clippy::indexing_slicing, reason = "places of tokens, below the length of a row of logits")]

use crate::{Decode, Token, Vocabulary, suppressed};
use kernels::{Isa, largest, log_sum_exp};

/// The first timestamp is at most this many tokens of 20 ms behind the start.
const LATEST_START: usize = 50;
const NEVER: f32 = f32::NEG_INFINITY;

/// The rules for one window.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    never: Vec<usize>,
    never_first: Vec<usize>,
    timestamps: bool,
    end: usize,
    no_timestamps: usize,
    first_timestamp: usize,
}

impl Rules {
    pub(crate) fn new(vocabulary: &Vocabulary, decode: &Decode) -> Self {
        let mut never = suppressed::steering(vocabulary).to_vec();
        if decode.suppress_non_speech {
            never.extend(suppressed::non_speech(vocabulary));
        }
        let mut never_first = Vec::new();
        if decode.suppress_blank {
            never_first = vocabulary.encode(" ");
            never_first.push(vocabulary.end());
        }
        let places = |tokens: Vec<Token>| tokens.into_iter().map(place).filter(|at| *at < vocabulary.len()).collect();
        Self {
            never: places(never),
            never_first: places(never_first),
            timestamps: decode.timestamps,
            end: place(vocabulary.end()),
            no_timestamps: place(vocabulary.no_timestamps()),
            first_timestamp: place(vocabulary.timestamps()),
        }
    }

    /// Sets the logits of what may not follow the tokens that were written to minus infinity.
    pub(crate) fn apply(&self, isa: Isa, written: &[Token], logits: &mut [f32]) {
        if logits.len() <= self.first_timestamp {
            return;
        }
        if written.is_empty() {
            self.never_first.iter().for_each(|at| logits[*at] = NEVER);
        }
        self.never.iter().for_each(|at| logits[*at] = NEVER);
        if self.timestamps {
            self.pair(written, logits);
            self.prefer_time(isa, logits);
        }
    }

    /// Timestamps come in pairs, except before the end, and never go back; a stretch of text isn't empty.
    fn pair(&self, written: &[Token], logits: &mut [f32]) {
        let first = self.first_timestamp;
        let is_time = |token: &Token| place(*token) >= first;
        logits[self.no_timestamps] = NEVER;
        let last_is_time = written.last().is_some_and(is_time);
        let pair_is_whole = written.iter().nth_back(1).is_none_or(is_time);
        if last_is_time {
            let range = if pair_is_whole { first..logits.len() } else { 0..self.end };
            logits[range].fill(NEVER);
        }
        if let Some(latest) = written.iter().rev().find(|token| is_time(token)) {
            let from = place(*latest) + usize::from(!last_is_time || pair_is_whole);
            let from = from.min(logits.len());
            logits[first..from].fill(NEVER);
        }
        if written.is_empty() {
            logits[..first].fill(NEVER);
            if let Some(late) = logits.get_mut(first + LATEST_START + 1..) {
                late.fill(NEVER);
            }
        }
    }

    /// Where all timestamps together are likelier than any other token, it is one of them.
    fn prefer_time(&self, isa: Isa, logits: &mut [f32]) {
        let (text, times) = logits.split_at_mut(self.first_timestamp);
        if log_sum_exp(isa, times) > largest(isa, text) {
            text.fill(NEVER);
        }
    }
}

/// A token's place in a row of logits.
pub(crate) fn place(token: Token) -> usize {
    usize::try_from(token).unwrap_or(usize::MAX)
}
