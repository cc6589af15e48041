//! The right side of a product in sixteen bits.

use crate::maths::nearest_word;
use crate::word_rows::{most, round};
use crate::{Isa, PANEL, Rows};

/// Two rows of a panel: what one step multiplies by two numbers of a row. In whole lines of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Pairs(pub(crate) [[i16; 2]; PANEL]);

impl Pairs {
    /// Zeros.
    pub(crate) const NONE: Self = Self([[0; 2]; PANEL]);
}

/// A matrix of `k` rows and `n` columns in sixteen bits, each column with a scale of its own, cut into panels of 32 columns: `[panel][k / 2][32][2]`, that is 128 bytes
/// for two rows. `k` is filled up to 2 with zeros, `n` to 32 with anything.
///
/// The steps are as many as leave no sum of `k` products beyond 32 bits: 5,792 either way for 64, 1,196 for 1,500.
#[derive(Debug, Clone, Default)]
pub struct WordPanels {
    pairs: Vec<Pairs>,
    scales: Vec<f32>,
    k: usize,
    n: usize,
    /// One output, or what each column is multiplied by.
    words: Vec<i16>,
    factors: Vec<f32>,
}

impl WordPanels {
    /// Takes rows that are an output each, all of `k` numbers, each to the nearest of its steps. A number that is none makes its column zeros.
    pub fn set_outputs(&mut self, isa: Isa, rows: Rows<'_>) {
        self.reshape(rows.len(), rows.rows());
        let (len, most) = (self.panel_len(), most(self.k));
        self.words.resize(2 * len, 0);
        self.words.fill(0);
        for column in 0..rows.rows() {
            let scale = round(isa, rows.row(column), most, &mut self.words);
            if let Some(place) = self.scales.get_mut(column) {
                *place = scale;
            }
            let panel = self.pairs.get_mut(column / PANEL * len..).unwrap_or_default();
            for (pairs, pair) in panel.iter_mut().zip(self.words.as_chunks::<2>().0) {
                if let Some(place) = pairs.0.get_mut(column % PANEL) {
                    *place = *pair;
                }
            }
        }
    }

    /// Takes rows that are an input each, all of `n` numbers. A number that is none makes its column zeros.
    pub fn set_inputs(&mut self, isa: Isa, rows: Rows<'_>) {
        self.reshape(rows.rows(), rows.len());
        let most = most(self.k);
        self.factors.clear();
        self.factors.resize(self.n, 0.0);
        for row in 0..rows.rows() {
            raise(isa, rows.row(row), &mut self.factors);
        }
        for (scale, factor) in self.scales.iter_mut().zip(&mut self.factors) {
            let largest = *factor;
            *factor = if largest.is_finite() && largest > f32::MIN_POSITIVE * most { most / largest } else { 0.0 };
            *scale = if *factor == 0.0 { 0.0 } else { largest / most };
        }
        let len = self.panel_len();
        for step in 0..len {
            // Behind the last row there is none, which counts as zeros.
            let (even, odd) = (rows.row(2 * step), rows.row((2 * step + 1).min(self.k)));
            let places = self.pairs.get_mut(step..).unwrap_or_default().iter_mut().step_by(len);
            for (panel, pairs) in places.enumerate() {
                let columns = panel * PANEL..self.n.min((panel + 1) * PANEL);
                let even = even.get(columns.clone()).unwrap_or_default();
                let odd = odd.get(columns.clone()).unwrap_or_default();
                interleave(isa, even, odd, self.factors.get(columns).unwrap_or_default(), &mut pairs.0);
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

    /// A panel.
    pub(crate) fn panel(&self, at: usize) -> &[Pairs] {
        let len = self.panel_len();
        self.pairs.get(at * len..(at + 1) * len).unwrap_or_default()
    }

    /// A panel's scales.
    pub(crate) fn scales(&self, panel: usize) -> &[f32; PANEL] {
        const NONE: &[f32; PANEL] = &[0.0; PANEL];
        self.scales.as_chunks().0.get(panel).unwrap_or(NONE)
    }

    fn reshape(&mut self, k: usize, n: usize) {
        (self.k, self.n) = (k, n);
        self.pairs.resize(n.div_ceil(PANEL) * self.panel_len(), Pairs::NONE);
        self.scales.resize(n.next_multiple_of(PANEL), 0.0);
    }

    /// Steps of a panel.
    fn panel_len(&self) -> usize {
        self.k.div_ceil(2)
    }
}

/// Raises each of `largest` to the size of its number; to what is no number, where it is none.
fn raise(isa: Isa, numbers: &[f32], largest: &mut [f32]) {
    #[inline(always)]
    fn body<const FMA: bool>(numbers: &[f32], largest: &mut [f32]) {
        for (most, number) in largest.iter_mut().zip(numbers) {
            // By their bits, numbers without a sign keep their order, and what is no number comes last.
            *most = f32::from_bits(most.to_bits().max(number.abs().to_bits()));
        }
    }
    versions!(isa, body(numbers: &[f32], largest: &mut [f32]));
}

/// Rounds two rows of a panel's columns, each times its factor.
fn interleave(isa: Isa, even: &[f32], odd: &[f32], factors: &[f32], places: &mut [[i16; 2]; PANEL]) {
    #[inline(always)]
    fn body<const FMA: bool>(even: &[f32], odd: &[f32], factors: &[f32], places: &mut [[i16; 2]; PANEL]) {
        let word = |number: f32, factor: f32| nearest_word(if factor == 0.0 { 0.0 } else { number } * factor);
        match (even.as_array::<PANEL>(), odd.as_array::<PANEL>(), factors.as_array::<PANEL>()) {
            (Some(even), Some(odd), Some(factors)) => {
                for (((place, even), odd), factor) in places.iter_mut().zip(even).zip(odd).zip(factors) {
                    *place = [word(*even, *factor), word(*odd, *factor)];
                }
            }
            _ => {
                for (at, (place, factor)) in places.iter_mut().zip(factors).enumerate() {
                    let of = |row: &[f32]| word(row.get(at).copied().unwrap_or_default(), *factor);
                    *place = [of(even), of(odd)];
                }
            }
        }
    }
    versions!(isa, body(even: &[f32], odd: &[f32], factors: &[f32], places: &mut [[i16; 2]; PANEL]));
}
