//! What decoding asks of a row of scores.

use crate::Isa;
use crate::maths::exp;

const LANES: usize = 32;

/// The largest number of a row; minus infinity for an empty one.
pub fn largest(isa: Isa, row: &[f32]) -> f32 {
    #[inline(always)]
    fn body<const FMA: bool>(row: &[f32]) -> f32 {
        highest(row)
    }
    versions!(isa, body(row: &[f32]) -> f32)
}

/// ln Σ e^x; minus infinity for an empty row or one of nothing else, and not finite either where one is infinite or no number.
pub fn log_sum_exp(isa: Isa, row: &[f32]) -> f32 {
    versions!(isa, body(row: &[f32]) -> f32)
}

#[inline(always)]
fn body<const FMA: bool>(row: &[f32]) -> f32 {
    let most = highest(row);
    if most == f32::NEG_INFINITY {
        return most;
    }
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += exp::<FMA>(*x - most);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += exp::<FMA>(*x - most);
    }
    most + lanes.iter().sum::<f32>().ln()
}

/// The largest number, by lanes.
#[inline(always)]
pub(crate) fn highest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = if *x > *lane { *x } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |most, x| if *x > most { *x } else { most })
}
