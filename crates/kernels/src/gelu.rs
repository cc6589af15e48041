//! The Gaussian error linear unit.

use crate::maths::{erf, fused};

/// x · Φ(x), as torch's `gelu` without approximation.
#[inline(always)]
pub(crate) fn gelu<const FMA: bool>(x: f32) -> f32 {
    let half = 0.5 * x;
    fused::<FMA>(half, erf::<FMA>(x * std::f32::consts::FRAC_1_SQRT_2), half)
}
