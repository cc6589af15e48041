//! A text that may be the one.

use crate::{Scored, Token};

/// What was written so far, and where the decoder's memory of it lies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hypothesis {
    /// What was written behind the prompt.
    pub(crate) written: Vec<Scored>,
    /// For each position that the decoder has read, its line.
    pub(crate) lines: Vec<u16>,
    /// The sum of the log-probabilities, the end's included once it is reached.
    pub(crate) sum: f32,
}

impl Hypothesis {
    pub(crate) fn tokens(&self) -> Vec<Token> {
        self.written.iter().map(|scored| scored.token).collect()
    }

    /// The mean of the log-probabilities, as if an end belonged to it.
    #[expect(clippy::cast_precision_loss, reason = "at most some hundred tokens")]
    pub(crate) fn mean_logprob(&self) -> f32 {
        self.sum / (self.written.len() + 1) as f32
    }

    /// With one more token.
    pub(crate) fn with(&self, scored: Scored) -> Self {
        let mut longer = self.clone();
        longer.push(scored);
        longer
    }

    pub(crate) fn push(&mut self, scored: Scored) {
        self.written.push(scored);
        self.sum += scored.logprob;
    }
}
