//! The right side of a product in bf16.

use crate::bfloat_rows::{NUMBERS, round};
use crate::line::Line;
use crate::maths::bfloat;
use crate::{Isa, PANEL, Rows};

/// A matrix of `k` rows and `n` columns in bf16, cut into panels of 32 columns: `[panel][k / 2][32][2]`, that is 128 bytes for two rows. `k` is filled up to 32
/// with zeros, which a tile takes at once, `n` to 32 with anything.
#[derive(Debug, Clone, Default)]
pub struct BfloatPanels {
    lines: Vec<Line>,
    k: usize,
    n: usize,
    /// One output.
    room: Vec<Line>,
}

impl BfloatPanels {
    /// Takes rows that are an output each, all of `k` numbers.
    pub fn set_outputs(&mut self, isa: Isa, rows: Rows<'_>) {
        self.reshape(rows.len(), rows.rows());
        let (len, Self { lines, room, k, .. }) = (self.panel_lines(), self);
        room.resize(k.div_ceil(NUMBERS), Line::of(0));
        for column in 0..rows.rows() {
            round(isa, rows.row(column), room, 1);
            let panel = lines.get_mut(column / PANEL * len..).unwrap_or_default();
            let places = Line::words_mut(panel).iter_mut().skip(column % PANEL).step_by(PANEL);
            for (place, pair) in places.zip(Line::words_mut(room)) {
                *place = *pair;
            }
        }
    }

    /// Takes rows that are an input each, all of `n` numbers.
    pub fn set_inputs(&mut self, isa: Isa, rows: Rows<'_>) {
        self.reshape(rows.rows(), rows.len());
        let (len, lines) = (self.panel_lines(), &mut self.lines);
        for first in (0..rows.rows().next_multiple_of(NUMBERS)).step_by(2) {
            // Behind the last one there are none, which counts as zeros.
            let (even, odd) = (rows.row(first), rows.row(first + 1));
            interleave(isa, even, odd, lines.get_mut(first..).unwrap_or_default(), len);
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

    /// A panel.
    pub(crate) fn panel(&self, at: usize) -> &[Line] {
        let len = self.panel_lines();
        self.lines.get(at * len..(at + 1) * len).unwrap_or_default()
    }

    fn reshape(&mut self, k: usize, n: usize) {
        (self.k, self.n) = (k, n);
        self.lines.resize(n.div_ceil(PANEL) * self.panel_lines(), Line::of(0));
    }

    /// Lines of a panel: two for each two rows.
    fn panel_lines(&self) -> usize {
        self.k.next_multiple_of(NUMBERS)
    }
}

/// Lays two inputs side by side, number by number, into the first two lines of each panel of `len` lines.
fn interleave(isa: Isa, even: &[f32], odd: &[f32], lines: &mut [Line], len: usize) {
    #[inline(always)]
    fn body<const FMA: bool>(even: &[f32], odd: &[f32], lines: &mut [Line], len: usize) {
        let pair = |even: f32, odd: f32| u32::from(bfloat(even)) | u32::from(bfloat(odd)) << 16;
        let panels = lines.chunks_mut(len.max(1)).filter_map(|panel| panel.first_chunk_mut::<2>());
        for (at, panel) in panels.enumerate() {
            let part = |row: &'_ [f32]| row.get(at * PANEL..).map_or([0.0; PANEL], part_of);
            let (even, odd) = (part(even), part(odd));
            for ((place, even), odd) in Line::words_mut(panel).iter_mut().zip(even).zip(odd) {
                *place = pair(even, odd);
            }
        }
    }
    versions!(isa, body(even: &[f32], odd: &[f32], lines: &mut [Line], len: usize));
}

/// The first 32 numbers of a row, filled up with zeros.
#[inline(always)]
fn part_of(row: &[f32]) -> [f32; PANEL] {
    row.first_chunk().copied().unwrap_or_else(|| {
        let mut part = [0.0; PANEL];
        for (place, number) in part.iter_mut().zip(row) {
            *place = *number;
        }
        part
    })
}
