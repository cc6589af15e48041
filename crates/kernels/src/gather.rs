//! Attention to lines that lie anywhere in a table.

use crate::Isa;
use crate::maths::fused;

const LANES: usize = 16;

/// The dot product of `with` and each of the lines that are named; line `i` begins at `i * stride` of `table`. A line that isn't there gives zero.
pub fn gather_dots(isa: Isa, with: &[f32], table: &[f32], stride: usize, lines: &[u16], out: &mut [f32]) {
    #[inline(always)]
    fn body<const FMA: bool>(with: &[f32], table: &[f32], stride: usize, lines: &[u16], out: &mut [f32]) {
        for (line, out) in lines.iter().zip(out) {
            let at = usize::from(*line) * stride;
            let numbers = table.get(at..at + with.len()).unwrap_or_default();
            let mut lanes = [0.0; LANES];
            let ((wholes, rest), (others, other_rest)) = (with.as_chunks::<LANES>(), numbers.as_chunks::<LANES>());
            for (a, b) in wholes.iter().zip(others) {
                for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                    *lane = fused::<FMA>(*a, *b, *lane);
                }
            }
            for ((lane, a), b) in lanes.iter_mut().zip(rest).zip(other_rest) {
                *lane = fused::<FMA>(*a, *b, *lane);
            }
            *out = lanes.iter().sum();
        }
    }
    versions!(isa, body(with: &[f32], table: &[f32], stride: usize, lines: &[u16], out: &mut [f32]));
}

/// The sum of the lines that are named, each times its weight, into `out`. A line that isn't there counts as zeros.
pub fn gather_sum(isa: Isa, weights: &[f32], table: &[f32], stride: usize, lines: &[u16], out: &mut [f32]) {
    #[inline(always)]
    fn body<const FMA: bool>(weights: &[f32], table: &[f32], stride: usize, lines: &[u16], out: &mut [f32]) {
        out.fill(0.0);
        for (line, weight) in lines.iter().zip(weights) {
            let at = usize::from(*line) * stride;
            let numbers = table.get(at..at + out.len()).unwrap_or_default();
            for (sum, number) in out.iter_mut().zip(numbers) {
                *sum = fused::<FMA>(*weight, *number, *sum);
            }
        }
    }
    versions!(isa, body(weights: &[f32], table: &[f32], stride: usize, lines: &[u16], out: &mut [f32]));
}
