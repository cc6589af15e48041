//! What does the arithmetic.

use crate::{Mel, Row, Scores};
use kernels::Isa;

/// A model on some processor, with slots for the windows that are being decoded. Everything else, which token is taken and when a window is done,
/// is the same for all of them.
///
/// A window's numbers must not depend on the slots beside it.
pub trait Backend {
    /// How many windows it holds: one at least.
    fn slots(&self) -> usize;

    /// Encodes windows, each into its slot, and forgets what was there. A spectrogram of another model's size counts as one of nothing.
    fn encode(&mut self, windows: &[(usize, &Mel)]);

    /// Reads tokens, rows of one slot side by side and in the order of their positions, and writes the logits of those that are
    /// [scored](Row::scored), in their order.
    fn step(&mut self, rows: &[Row<'_>], scores: &mut Scores);

    /// Where the alignment heads looked while a line of a slot was written and [watched](Row::watched): scores (before the softmax) of `positions` in the
    /// sound for each head, one behind the other; empty where it wasn't.
    fn looks(&self, slot: usize, line: u16) -> &[f32];

    /// How many alignment heads there are.
    fn heads(&self) -> usize;

    /// Bytes that it takes to note where they looked while one line was written.
    fn look_bytes(&self) -> usize;

    /// A slot's window is done, or begins anew with its prompt: what was noted of where it looked can go. Its sound is still known.
    fn forget(&mut self, slot: usize);

    /// The instructions that it computes with; what is chosen among its scores uses the same.
    fn isa(&self) -> Isa;
}
