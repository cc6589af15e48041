//! The left side of a product in sixteen bits.

use crate::maths::{nearest_word, power};
use crate::score::highest;
use crate::{Isa, Rows};

/// Rows of numbers in sixteen bits, each with a scale of its own: `number = scale · word`. So what a row is multiplied to doesn't depend on the others.
///
/// They lie one behind the other on every level, each filled up to an even length with a zero.
#[derive(Debug, Clone, Default)]
pub struct WordRows {
    words: Vec<i16>,
    scales: Vec<f32>,
    len: usize,
    powers: Vec<f32>,
}

impl WordRows {
    /// Takes rows, each to the nearest of its steps, as many as in [`WordPanels`](crate::WordPanels). A number that is none makes its row zeros.
    pub fn take(&mut self, isa: Isa, rows: Rows<'_>) {
        self.reset(rows);
        let (stride, most) = (self.stride(), most(self.len));
        for (row, words) in self.words.chunks_mut(stride.max(1)).enumerate() {
            self.scales.push(round(isa, rows.row(row), most, words));
        }
    }

    /// Takes the [softmax](crate::softmax()) of each row: e^x by the largest of its row, in 32,767 steps, or fewer where so many large ones would make a sum of products too large. The
    /// scale is 1 over their sum, as they were rounded, so that what is multiplied with a row still is a mean. A number that is none makes its row zeros.
    pub fn take_softmax(&mut self, isa: Isa, rows: Rows<'_>) {
        self.reset(rows);
        let (stride, sum) = (self.stride(), largest_sum(self.len));
        self.powers.resize(self.len, 0.0);
        for (row, words) in self.words.chunks_mut(stride.max(1)).enumerate() {
            self.scales.push(soften(isa, rows.row(row), sum, &mut self.powers, words));
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.scales.len()
    }

    /// The numbers of each.
    pub(crate) fn row_len(&self) -> usize {
        self.len
    }

    /// How far apart the rows begin.
    pub(crate) fn stride(&self) -> usize {
        self.len.next_multiple_of(2)
    }

    /// Everything from the beginning of a row on.
    pub(crate) fn from(&self, row: usize) -> &[i16] {
        self.words.get(row * self.stride()..).unwrap_or_default()
    }

    /// The scales from `row` on.
    pub(crate) fn scales(&self, row: usize) -> &[f32] {
        self.scales.get(row..).unwrap_or_default()
    }

    fn reset(&mut self, rows: Rows<'_>) {
        self.len = rows.len();
        self.scales.clear();
        // What rows are filled up with is zero, also where longer ones lay before.
        self.words.clear();
        self.words.resize(rows.rows() * self.stride(), 0);
    }
}

/// The largest of the steps either side has, so that a sum of `k` products stays within 32 bits.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a whole number of 16 bits")]
pub(crate) fn most(k: usize) -> f32 {
    (f64::from(i32::MAX) / k.max(1) as f64).sqrt().floor().min(f64::from(i16::MAX)) as f32
}

/// What the words of a row without a sign may be together, before each is rounded.
#[expect(clippy::cast_precision_loss, reason = "a bound, with as much to spare as rounding can add twice")]
fn largest_sum(k: usize) -> f32 {
    i32::MAX as f32 / most(k) - k as f32
}

/// Rounds numbers to words of one scale, up to `most`, and gives the scale.
pub(crate) fn round(isa: Isa, numbers: &[f32], most: f32, words: &mut [i16]) -> f32 {
    versions!(isa, round_body(numbers: &[f32], most: f32, words: &mut [i16]) -> f32)
}

#[inline(always)]
fn round_body<const FMA: bool>(numbers: &[f32], most: f32, words: &mut [i16]) -> f32 {
    const LANES: usize = 32;
    // By their bits, numbers without a sign keep their order, and what is no number comes last.
    let mut lanes = [0; LANES];
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = x.abs().to_bits().max(*lane);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = x.abs().to_bits().max(*lane);
    }
    let largest = f32::from_bits(lanes.iter().fold(0, |most, lane| most.max(*lane)));
    let by = if largest.is_finite() && largest > f32::MIN_POSITIVE * most { most / largest } else { 0.0 };
    for (place, x) in words.iter_mut().zip(numbers) {
        *place = nearest_word(if by == 0.0 { 0.0 } else { *x } * by);
    }
    if by == 0.0 { 0.0 } else { largest / most }
}

fn soften(isa: Isa, numbers: &[f32], sum: f32, powers: &mut [f32], words: &mut [i16]) -> f32 {
    versions!(isa, soften_body(numbers: &[f32], sum: f32, powers: &mut [f32], words: &mut [i16]) -> f32)
}

#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "rounded to 24 bits")]
fn soften_body<const FMA: bool>(numbers: &[f32], largest_sum: f32, powers: &mut [f32], words: &mut [i16]) -> f32 {
    const LANES: usize = 32;
    let most = highest(numbers);
    let mut sums = [0.0; LANES];
    let ((places, last_places), (wholes, rest)) = (powers.as_chunks_mut::<LANES>(), numbers.as_chunks::<LANES>());
    for (places, whole) in places.iter_mut().zip(wholes) {
        for ((sum, place), x) in sums.iter_mut().zip(places).zip(whole) {
            *place = power::<FMA>(*x - most);
            *sum += *place;
        }
    }
    for ((sum, place), x) in sums.iter_mut().zip(last_places).zip(rest) {
        *place = power::<FMA>(*x - most);
        *sum += *place;
    }
    let by = (largest_sum / sums.iter().sum::<f32>()).min(f32::from(i16::MAX));
    if !sums.iter().sum::<f32>().is_finite() {
        words.fill(0);
        return 0.0;
    }
    // Without what they are filled up with, so that both are cut into the same lanes.
    let words = words.get_mut(..powers.len()).unwrap_or_default();
    let mut sums = [0; LANES];
    let ((places, last_places), (wholes, rest)) = (words.as_chunks_mut::<LANES>(), powers.as_chunks::<LANES>());
    for (places, whole) in places.iter_mut().zip(wholes) {
        for ((sum, place), power) in sums.iter_mut().zip(places).zip(whole) {
            *place = nearest_word(power * by);
            *sum += i32::from(*place);
        }
    }
    for ((sum, place), power) in sums.iter_mut().zip(last_places).zip(rest) {
        *place = nearest_word(power * by);
        *sum += i32::from(*place);
    }
    1.0 / sums.iter().sum::<i32>() as f32
}
