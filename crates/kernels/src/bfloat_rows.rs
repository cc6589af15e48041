//! The left side of a product in bf16.

use crate::line::Line;
use crate::maths::{bfloat, exp_to_bfloat};
use crate::score::highest;
use crate::{Isa, Rows, tiles};

/// Rows of numbers in bf16, f32 cut to 8 significant bits; each may have a factor that its products are multiplied with.
///
/// They lie as tiles of 16 rows on every level: `[16 rows][len / 32][row][32]`, filled up with zeros.
#[derive(Debug, Clone, Default)]
pub struct BfloatRows {
    lines: Vec<Line>,
    /// None where all are 1.
    factors: Vec<f32>,
    rows: usize,
    len: usize,
}

/// Numbers of a line.
pub(crate) const NUMBERS: usize = Line::BYTES / size_of::<u16>();

impl BfloatRows {
    /// Takes rows, each number to the nearest.
    pub fn take(&mut self, isa: Isa, rows: Rows<'_>) {
        self.reset(rows);
        for row in 0..rows.rows() {
            round(isa, rows.row(row), self.row_mut(row), tiles::HIGH);
        }
    }

    /// Takes the [softmax](crate::softmax()) of each row: e^x to the nearest, by the largest of its row, which becomes 1. The factor is 1 over their sum, as they were rounded, so
    /// that what is multiplied with a row still is a mean.
    pub fn take_softmax(&mut self, isa: Isa, rows: Rows<'_>) {
        self.reset(rows);
        for row in 0..rows.rows() {
            let factor = soften(isa, rows.row(row), self.row_mut(row));
            self.factors.push(factor);
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The numbers of each.
    pub(crate) fn row_len(&self) -> usize {
        self.len
    }

    /// The factors from `row` on; none where all are 1.
    pub(crate) fn factors(&self, row: usize) -> Option<&[f32]> {
        self.factors.get(row..).filter(|factors| !factors.is_empty())
    }

    /// Tiles of 16 rows from `row` on, where one begins; the last one may hold anything behind the last row.
    pub(crate) fn lines(&self, row: usize, height: usize) -> &[Line] {
        let steps = self.len.div_ceil(NUMBERS);
        self.lines.get(row * steps..(row + height.next_multiple_of(tiles::HIGH)) * steps).unwrap_or_default()
    }

    fn reset(&mut self, rows: Rows<'_>) {
        (self.rows, self.len) = (rows.rows(), rows.len());
        self.lines.resize(self.rows.next_multiple_of(tiles::HIGH) * self.len.div_ceil(NUMBERS), Line::of(0));
        self.factors.clear();
    }

    /// The lines from a row's first on, of which every 16th is its own.
    fn row_mut(&mut self, row: usize) -> &mut [Line] {
        let steps = self.len.div_ceil(NUMBERS);
        let first = row / tiles::HIGH * tiles::HIGH * steps + row % tiles::HIGH;
        let end = (row / tiles::HIGH + 1) * tiles::HIGH * steps;
        self.lines.get_mut(first..end).unwrap_or_default()
    }
}

/// Rounds numbers into every `step`th line; the last one is filled up with zeros.
pub(crate) fn round(isa: Isa, numbers: &[f32], lines: &mut [Line], step: usize) {
    #[inline(always)]
    fn body<const FMA: bool>(numbers: &[f32], lines: &mut [Line], step: usize) {
        let (wholes, rest) = numbers.as_chunks::<NUMBERS>();
        let mut lines = lines.iter_mut().step_by(step);
        for (whole, line) in wholes.iter().zip(&mut lines) {
            *line.halves_mut() = whole.map(bfloat);
        }
        if let Some(line) = lines.next().filter(|_| !rest.is_empty()) {
            *line = Line::of(0);
            for (place, number) in line.halves_mut().iter_mut().zip(rest) {
                *place = bfloat(*number);
            }
        }
    }
    versions!(isa, body(numbers: &[f32], lines: &mut [Line], step: usize));
}

/// e^x by the largest, into every 16th line; gives 1 over the sum.
fn soften(isa: Isa, numbers: &[f32], lines: &mut [Line]) -> f32 {
    versions!(isa, soften_body(numbers: &[f32], lines: &mut [Line]) -> f32)
}

#[inline(always)]
fn soften_body<const FMA: bool>(numbers: &[f32], lines: &mut [Line]) -> f32 {
    let most = highest(numbers);
    let mut sums = [0.0; NUMBERS];
    let (wholes, rest) = numbers.as_chunks::<NUMBERS>();
    let mut lines = lines.iter_mut().step_by(tiles::HIGH);
    for (whole, line) in wholes.iter().zip(&mut lines) {
        let places = line.halves_mut();
        for ((sum, x), place) in sums.iter_mut().zip(whole).zip(places) {
            let e = exp_to_bfloat::<FMA>(*x - most);
            *place = (e.to_bits() >> 16) as u16;
            *sum += e;
        }
    }
    if let Some(line) = lines.next().filter(|_| !rest.is_empty()) {
        *line = Line::of(0);
        for ((sum, x), place) in sums.iter_mut().zip(rest).zip(line.halves_mut()) {
            let e = exp_to_bfloat::<FMA>(*x - most);
            *place = (e.to_bits() >> 16) as u16;
            *sum += e;
        }
    }
    1.0 / sums.iter().sum::<f32>()
}
