//! The encoder's attention: every position looks at every other.
#![expect(
    clippy::indexing_slicing,
    reason = "offsets into buffers whose sizes are made from the same shape a line above"
)]

use crate::Numbers;
use crate::ggml::HEAD;
use kernels::{
    BfloatPanels, BfloatRows, FloatPanels, Isa, Rows, Then, WordPanels, WordRows, bfloat_product, float_product,
    softmax, word_product,
};

/// Queries that are dealt with at once: their scores for all keys stay in the second-level cache, so that the softmax is exact in one go.
const QUERIES: usize = 48;

/// Likewise with products by tiles: as many as are multiplied at once.
const TILED_QUERIES: usize = 32;

/// Numbers of a line of the cache.
const LINE: usize = 16;

/// What attention needs beside its input; kept from window to window.
#[derive(Debug, Default)]
pub(crate) struct Attention {
    keys: FloatPanels,
    values: FloatPanels,
    scores: Vec<f32>,
    words: Words,
    tiled: Tiled,
}

/// The same in sixteen bits.
#[derive(Debug, Default)]
struct Words {
    queries: WordRows,
    keys: WordPanels,
    values: WordPanels,
    scores: Vec<f32>,
    weights: WordRows,
}

/// The same in bf16.
#[derive(Debug, Default)]
struct Tiled {
    queries: BfloatRows,
    keys: BfloatPanels,
    values: BfloatPanels,
    scores: Vec<f32>,
    weights: BfloatRows,
}

impl Attention {
    /// `qkv` has for each position its query (already divided by √64), key and value, of `width` numbers each; `out` gets `width` numbers for each.
    ///
    /// In f32; fast numbers but for the softmax in sixteen bits, or in bf16 where the processor multiplies by tiles of it.
    pub(crate) fn apply(&mut self, isa: Isa, numbers: Numbers, qkv: &[f32], width: usize, out: &mut [f32]) {
        match numbers {
            Numbers::Fast if isa.prefers_bfloats() => return self.tiled.apply(isa, qkv, width, out),
            Numbers::Fast => return self.words.apply(isa, qkv, width, out),
            Numbers::Exact => {}
        }
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

impl Words {
    fn apply(&mut self, isa: Isa, qkv: &[f32], width: usize, out: &mut [f32]) {
        let positions = qkv.len() / (3 * width);
        self.scores.resize(QUERIES * positions, 0.0);
        for head in (0..width).step_by(HEAD) {
            let rows = |first, count, which| part(qkv, width, head, first, count, which);
            let (Some(keys), Some(values)) = (rows(0, positions, 1), rows(0, positions, 2)) else { return };
            self.keys.set_outputs(isa, keys);
            self.values.set_inputs(isa, values);
            for first in (0..positions).step_by(QUERIES) {
                let count = QUERIES.min(positions - first);
                let Some(queries) = rows(first, count, 0) else { return };
                self.queries.take(isa, queries);
                let scores = &mut self.scores[..count * positions];
                word_product(isa, &self.queries, &self.keys, scores, positions);
                self.weights.take_softmax(isa, Rows::dense(scores, positions));
                word_product(isa, &self.weights, &self.values, &mut out[first * width + head..], width);
            }
        }
    }
}

/// One head's part of `count` positions from `first` on: queries, keys or values, the third number says.
fn part(qkv: &[f32], width: usize, head: usize, first: usize, count: usize, which: usize) -> Option<Rows<'_>> {
    Rows::new(qkv.get((3 * first + which) * width + head..)?, count, 3 * width, HEAD)
}

impl Tiled {
    fn apply(&mut self, isa: Isa, qkv: &[f32], width: usize, out: &mut [f32]) {
        let positions = qkv.len() / (3 * width);
        // Scores lie in whole lines of the cache, as tiles are stored.
        let stride = positions.next_multiple_of(LINE);
        self.scores.resize(TILED_QUERIES * stride + LINE, 0.0);
        let aligned = self.scores.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        for head in (0..width).step_by(HEAD) {
            let rows = |first, count, which| part(qkv, width, head, first, count, which);
            let (Some(keys), Some(values)) = (rows(0, positions, 1), rows(0, positions, 2)) else { return };
            self.keys.set_outputs(isa, keys);
            self.values.set_inputs(isa, values);
            for first in (0..positions).step_by(TILED_QUERIES) {
                let Some(queries) = rows(first, TILED_QUERIES.min(positions - first), 0) else { return };
                self.queries.take(isa, queries);
                let scores = &mut self.scores[aligned..];
                bfloat_product(isa, &self.queries, &self.keys, scores, stride);
                let Some(scores) = Rows::new(scores, queries.rows(), stride, positions) else { return };
                self.weights.take_softmax(isa, scores);
                bfloat_product(isa, &self.weights, &self.values, &mut out[first * width + head..], width);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of a bell curve, more or less: sums of four of an even one.
    fn numbers(mut seed: u64, count: usize) -> Vec<f32> {
        let mut even = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f32::from((seed >> 48) as u16) / 32_768.0 - 1.0
        };
        (0..count).map(|_| (even() + even() + even() + even()) * 0.866).collect()
    }

    #[test]
    fn attention_in_fewer_bits_is_near_that_in_f32_and_each_position_is_the_same_whatever_the_others_ask() {
        let width = 2 * HEAD;
        // With and without tails.
        for positions in [1, 31, 96, 187] {
            let mut qkv = numbers(positions as u64, positions * 3 * width);
            // Scores of up to 30 or so, as a layer that looks closely has them.
            qkv.chunks_mut(width).step_by(3).flatten().for_each(|number| *number *= 0.8);
            let mut want = vec![0.0; positions * width];
            Attention::default().apply(Isa::fastest(), Numbers::Exact, &qkv, width, &mut want);
            for (isa, bits) in Isa::all().flat_map(|isa| [(isa, 8), (isa, 16)]) {
                let apply = |qkv: &[f32]| {
                    let (mut out, mut attention) = (vec![0.0; positions * width], Attention::default());
                    if bits == 8 {
                        attention.tiled.apply(isa, qkv, width, &mut out);
                    } else {
                        attention.words.apply(isa, qkv, width, &mut out);
                    }
                    out
                };
                let got = apply(&qkv);
                let bound = if bits == 8 { 0.1 } else { 0.01 };
                let far = got.iter().zip(&want).map(|(got, want)| (got - want).abs());
                let far = far.max_by(f32::total_cmp).unwrap();
                assert!(far < bound, "{isa:?}, {bits} bits: {far} with {positions} positions");
                // Other queries in front.
                let mut others = qkv.clone();
                let (front, last) = others.split_at_mut((positions - 1) * 3 * width);
                front.chunks_mut(3 * width).flat_map(|qkv| &mut qkv[..width]).for_each(|number| *number = -*number);
                assert_eq!(last.len(), 3 * width);
                let again = apply(&others);
                assert_eq!(again[(positions - 1) * width..], got[(positions - 1) * width..], "{isa:?}, {bits} bits");
            }
        }
    }
}
