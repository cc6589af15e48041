//! The right side of a product in eight bits.

use crate::byte_rows::round;
use crate::line::Line;
use crate::lines::Lines;
use crate::maths::nearest_byte;
use crate::{Isa, Map, PANEL, Rows};
use std::sync::Arc;

/// A matrix of `k` rows and `n` columns in eight bits, each column with a scale of its own, cut into panels of 32 columns:
/// `[panel][k / 4][32][4]`, that is 128 bytes for four rows. `k` is filled up to 64, which a tile takes at once, `n` to 32.
///
/// A byte is the number's step plus 128, as `vpdpbusd` multiplies unsigned bytes with signed ones; what that adds to a sum, 128 times the sum of the
/// left side's bytes, is taken off again.
#[derive(Debug, Clone, Default)]
pub struct BytePanels {
    lines: Lines,
    scales: Vec<f32>,
    k: usize,
    n: usize,
}

/// Zero.
const ZERO: u8 = 128;
/// Bytes of four rows of a panel.
const QUAD: usize = 4 * PANEL;
/// Lines of four rows of a panel.
const QUAD_LINES: usize = QUAD / Line::BYTES;

impl BytePanels {
    /// Zeros.
    pub fn zeros(k: usize, n: usize) -> Self {
        let mut panels = Self::default();
        panels.reshape(k, n);
        panels
    }

    /// Panels out of a file, at a multiple of 64 bytes, as [`bytes`](Self::bytes) gave them, with their scales. None where the file hasn't so many bytes there, or
    /// there aren't so many scales.
    pub fn mapped(map: &Arc<Map>, at: usize, (k, n): (usize, usize), scales: Vec<f32>) -> Option<Self> {
        let len = Self::len_bytes(k, n)?;
        let lines = Lines::mapped(map, at, len / Line::BYTES)?;
        (scales.len() == n.next_multiple_of(PANEL)).then_some(Self { lines, scales, k, n })
    }

    /// How many bytes the panels of such a matrix are; none where no memory is so large.
    pub fn len_bytes(k: usize, n: usize) -> Option<usize> {
        let panel = k.div_ceil(Line::BYTES).checked_mul(Line::BYTES / 4 * QUAD)?;
        n.div_ceil(PANEL).checked_mul(panel)
    }

    /// The panels as they lie in memory: the same on every processor.
    pub fn bytes(&self) -> &[u8] {
        Line::bytes(&self.lines)
    }

    /// The scale of each column, filled up to a multiple of 32.
    pub fn all_scales(&self) -> &[f32] {
        &self.scales
    }

    /// Takes another size, for what is written anew each time; all columns are to be set.
    pub fn reshape(&mut self, k: usize, n: usize) {
        (self.k, self.n) = (k, n);
        let lines = n.div_ceil(PANEL) * self.panel_lines();
        self.lines.own().resize(lines, Line::of(ZERO));
        self.scales.resize(n.next_multiple_of(PANEL), 0.0);
    }

    /// Sets a column: the `k` weights of one output, rounded to the nearest of 255 steps. The bytes are the same on every level, and so is the layout.
    pub fn set_output(&mut self, isa: Isa, column: usize, weights: &[f32], room: &mut Vec<i8>) {
        room.clear();
        room.resize(self.k.next_multiple_of(4), 0);
        let scale = round(isa, weights.get(..self.k).unwrap_or(weights), room);
        if let Some(place) = self.scales.get_mut(column) {
            *place = scale;
        }
        let start = column / PANEL * self.panel_lines() * Line::BYTES + column % PANEL * 4;
        let places = Line::bytes_mut(self.lines.own()).get_mut(start..).unwrap_or_default().chunks_mut(QUAD);
        for (place, quad) in places.zip(room.as_chunks::<4>().0) {
            if let Some(place) = place.first_chunk_mut() {
                *place = quad.map(shifted);
            }
        }
    }

    /// Sets everything from `k` rows of `n` numbers, what is multiplied by one input each.
    pub fn set_inputs(&mut self, rows: Rows<'_>) {
        self.reshape(rows.rows(), rows.len());
        let mut most = vec![0_f32; rows.len()];
        for row in 0..rows.rows() {
            for (most, number) in most.iter_mut().zip(rows.row(row)) {
                *most = most.max(number.abs());
            }
        }
        let by = |most: f32| if most.is_finite() && most > f32::MIN_POSITIVE * 127.0 { 127.0 / most } else { 0.0 };
        let factors: Vec<f32> = most.iter().map(|most| by(*most)).collect();
        for (scale, most) in self.scales.iter_mut().zip(&most) {
            *scale = if by(*most) == 0.0 { 0.0 } else { most / 127.0 };
        }
        let panel_bytes = self.panel_lines() * Line::BYTES;
        let bytes = Line::bytes_mut(self.lines.own());
        for row in 0..self.k {
            for (panel, (numbers, factors)) in rows.row(row).chunks(PANEL).zip(factors.chunks(PANEL)).enumerate() {
                let start = panel * panel_bytes + row / 4 * QUAD + row % 4;
                let places = bytes.get_mut(start..).unwrap_or_default().iter_mut().step_by(4);
                for ((place, number), factor) in places.zip(numbers).zip(factors) {
                    *place = shifted(nearest_byte(number * factor));
                }
            }
        }
    }

    /// Rows: the length of each sum.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Columns: the outputs.
    pub fn n(&self) -> usize {
        self.n
    }

    /// A panel's bytes, without what `k` was filled up with beyond four.
    pub(crate) fn panel(&self, at: usize) -> &[u8] {
        Line::bytes(self.lines(at)).get(..self.k.div_ceil(4) * QUAD).unwrap_or_default()
    }

    /// A panel with what `k` was filled up with: any bytes, which are multiplied by zeros.
    pub(crate) fn lines(&self, panel: usize) -> &[Line] {
        let len = self.panel_lines();
        self.lines.get(panel * len..(panel + 1) * len).unwrap_or_default()
    }

    /// Lines of a panel.
    fn panel_lines(&self) -> usize {
        self.k.div_ceil(Line::BYTES) * Line::BYTES / 4 * QUAD_LINES
    }

    /// A panel's scales.
    pub(crate) fn scales(&self, panel: usize) -> &[f32; PANEL] {
        const NONE: &[f32; PANEL] = &[0.0; PANEL];
        self.scales.as_chunks().0.get(panel).unwrap_or(NONE)
    }
}

fn shifted(byte: i8) -> u8 {
    byte.cast_unsigned().wrapping_add(ZERO)
}
