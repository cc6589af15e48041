//! What a window needs while it is decoded.
#![expect(
    clippy::indexing_slicing,
    reason = "offsets into buffers whose sizes are made from the same shape a line above"
)]

use crate::Numbers;
use crate::ggml::HEAD;
use crate::sound::{Room, Sound};
use kernels::{Isa, Rows};

/// Keys and values of a window's sound, and what the decoder remembers of its text.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) layers: Vec<SlotLayer>,
    /// By line, where the alignment heads looked.
    pub(crate) looks: Vec<Vec<f32>>,
}

/// One decoder layer's part of a slot.
#[derive(Debug, Default)]
pub(crate) struct SlotLayer {
    /// By head, of the sound: `64 × positions`.
    sound_keys: Vec<Sound>,
    /// By head, of the sound: `positions × 64`.
    sound_values: Vec<Sound>,
    /// By line, of the text: `width` numbers each.
    pub(crate) keys: Vec<f32>,
    pub(crate) values: Vec<f32>,
}

impl Slot {
    /// Forgets the text of the window before.
    pub(crate) fn begin(&mut self, layers: usize) {
        self.layers.resize_with(layers, SlotLayer::default);
        for layer in &mut self.layers {
            layer.keys.clear();
            layer.values.clear();
        }
        self.looks.clear();
    }

    /// Where a line's look is noted.
    pub(crate) fn look(&mut self, line: usize, len: usize) -> &mut [f32] {
        if self.looks.len() <= line {
            self.looks.resize_with(line + 1, Vec::new);
        }
        let look = &mut self.looks[line];
        look.resize(len, 0.0);
        look
    }
}

impl SlotLayer {
    /// Takes the keys and values of a window's sound: for each position `width` numbers of either.
    pub(crate) fn set_sound(&mut self, isa: Isa, numbers: Numbers, keys_and_values: &[f32], width: usize) {
        let positions = keys_and_values.len() / (2 * width);
        let head = |from: usize| Rows::new(keys_and_values.get(from..)?, positions, 2 * width, HEAD);
        self.sound_keys.resize_with(width / HEAD, Sound::default);
        self.sound_values.resize_with(width / HEAD, Sound::default);
        for (at, (keys, values)) in self.sound_keys.iter_mut().zip(&mut self.sound_values).enumerate() {
            let (Some(key_rows), Some(value_rows)) = (head(at * HEAD), head(width + at * HEAD)) else { return };
            keys.set_outputs(isa, numbers, key_rows);
            values.set_inputs(numbers, value_rows);
        }
    }

    /// How well the queries of one head, rows `width` apart, fit each position of the sound.
    pub(crate) fn sound_scores(
        &self,
        isa: Isa,
        head: usize,
        queries: &[f32],
        width: usize,
        scores: &mut [f32],
        room: Room<'_>,
    ) {
        let keys = &self.sound_keys[head];
        if let Some(rows) = Rows::new(&queries[head * HEAD..], queries.len() / width, width, HEAD) {
            keys.product(isa, rows, scores, keys.outputs(), room);
        }
    }

    /// The sum of one head's values, weighted, into its part of `out`, rows `width` apart.
    pub(crate) fn sound_sum(
        &self,
        isa: Isa,
        head: usize,
        weights: &[f32],
        width: usize,
        out: &mut [f32],
        room: Room<'_>,
    ) {
        let values = &self.sound_values[head];
        values.product(isa, Rows::dense(weights, values.inputs()), &mut out[head * HEAD..], width, room);
    }

    /// Writes a line of the text.
    pub(crate) fn set_line(&mut self, line: usize, keys: &[f32], values: &[f32]) {
        for (table, numbers) in [(&mut self.keys, keys), (&mut self.values, values)] {
            let width = numbers.len();
            if table.len() < (line + 1) * width {
                table.resize((line + 1) * width, 0.0);
            }
            table[line * width..][..width].copy_from_slice(numbers);
        }
    }
}
