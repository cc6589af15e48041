//! Layer normalisation.

use crate::Isa;
use crate::maths::fused;

/// What is added to the variance, as everywhere in Whisper.
const EPSILON: f32 = 1e-5;
/// Sums are kept in this many lanes, which are added up in a fixed order.
const LANES: usize = 16;

/// Brings each row of `rows` (of `scale.len()` numbers) to mean 0 and variance 1, times `scale`, plus `shift`, into `out`.
///
/// ([Ba et al. 2016](https://arxiv.org/abs/1607.06450), with 1e-5 added to the variance.)
pub fn normalise(isa: Isa, rows: &[f32], scale: &[f32], shift: &[f32], out: &mut [f32]) {
    versions!(isa, body(rows: &[f32], scale: &[f32], shift: &[f32], out: &mut [f32]));
}

#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "widths are small")]
fn body<const FMA: bool>(rows: &[f32], scale: &[f32], shift: &[f32], out: &mut [f32]) {
    let width = scale.len().max(1);
    for (row, out) in rows.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        let mean = total(row, |lane, x| lane + x) / width as f32;
        let variance = total(row, |lane, x| fused::<FMA>(x - mean, x - mean, lane)) / width as f32;
        let by = 1.0 / (variance + EPSILON).sqrt();
        for (((place, x), scale), shift) in out.iter_mut().zip(row).zip(scale).zip(shift) {
            *place = fused::<FMA>((x - mean) * by, *scale, *shift);
        }
    }
}

#[inline(always)]
fn total(row: &[f32], add: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = add(*lane, *x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = add(*lane, *x);
    }
    lanes.iter().sum()
}
