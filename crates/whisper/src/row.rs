//! One token for the decoder.

use crate::Token;

/// A token that the decoder reads, and where what it remembers of the tokens before it lies.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The window's slot.
    pub slot: usize,
    /// What is read.
    pub token: Token,
    /// For each position up to this token's own, the line of the slot's memory that holds it. The last one is written by this step and read by later ones;
    /// no line is written twice for one window, so that hypotheses share what they have in common without copying.
    pub lines: &'a [u16],
    /// Whether the scores of the token behind it are asked for.
    pub scored: bool,
    /// Whether it is noted where in the sound the alignment heads look.
    pub watched: bool,
}

impl Row<'_> {
    /// The token's position.
    pub(crate) fn position(&self) -> usize {
        self.lines.len().saturating_sub(1)
    }

    /// The line that is written.
    pub(crate) fn own_line(&self) -> usize {
        self.lines.last().copied().map_or(0, usize::from)
    }
}
