//! The encoder's attention: every position looks at every other.
#![expect(
    clippy::indexing_slicing,
    reason = "offsets into buffers whose sizes are made from the same shape a line above"
)]

use crate::ggml::HEAD;
use kernels::{FloatPanels, Isa, Rows, Then, float_product, softmax};

/// Queries that are dealt with at once: their scores for all keys stay in the second-level cache, so that the softmax is exact in one go.
const QUERIES: usize = 48;

/// What attention needs beside its input; kept from window to window.
#[derive(Debug, Default)]
pub(crate) struct Attention {
    keys: FloatPanels,
    values: FloatPanels,
    scores: Vec<f32>,
}

impl Attention {
    /// `qkv` has for each position its query (already divided by √64), key and value, of `width` numbers each; `out` gets `width` numbers for each.
    pub(crate) fn apply(&mut self, isa: Isa, qkv: &[f32], width: usize, out: &mut [f32]) {
        let positions = qkv.len() / (3 * width);
        self.scores.resize(QUERIES * positions, 0.0);
        self.keys.reshape(HEAD, positions);
        self.values.reshape(positions, HEAD);
        for head in (0..width).step_by(HEAD) {
            for (position, numbers) in qkv.chunks_exact(3 * width).enumerate() {
                self.keys.set_output(position, &numbers[width + head..][..HEAD]);
                self.values.set_input(position, &numbers[2 * width + head..][..HEAD]);
            }
            for first in (0..positions).step_by(QUERIES) {
                let queries = QUERIES.min(positions - first);
                let Some(rows) = Rows::new(&qkv[first * 3 * width + head..], queries, 3 * width, HEAD) else { return };
                let scores = &mut self.scores[..queries * positions];
                float_product(isa, rows, &self.keys, Then::Store, scores, positions);
                softmax(isa, scores, positions, positions);
                let place = &mut out[first * width + head..];
                float_product(isa, Rows::dense(scores, positions), &self.values, Then::Store, place, width);
            }
        }
    }
}
