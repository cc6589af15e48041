//! Functions of one number that compilers turn into loops over wide registers: no branch, no call.

/// `a * b + c`, rounded once where `FMA` says that there is an instruction for it.
#[inline(always)]
pub(crate) fn fused<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// 1.5 × 2^23: adding it leaves the nearest integer in the low bits.
const ROUNDER: f32 = 12_582_912.0;
/// ln 2 in two parts, of which the first times a small integer is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// e^x within 2e-7 of its value; below -87 it is as good as zero, above 88 it stays at e^88.
///
/// 2^n · e^r with |r| ≤ ln 2 / 2, e^r by the polynomial of Cephes' `expf` (Moshier).
#[inline(always)]
pub(crate) fn exp<const FMA: bool>(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let rounded = fused::<FMA>(x, std::f32::consts::LOG2_E, ROUNDER);
    let whole = rounded - ROUNDER;
    let r = fused::<FMA>(whole, -LN_2_LOW, fused::<FMA>(whole, -LN_2_HIGH, x));
    let mut p = 1.987_569_1e-4;
    p = fused::<FMA>(p, r, 1.398_199_9e-3);
    p = fused::<FMA>(p, r, 8.333_452e-3);
    p = fused::<FMA>(p, r, 4.166_579_6e-2);
    p = fused::<FMA>(p, r, 1.666_666_5e-1);
    p = fused::<FMA>(p, r, 0.5);
    // The low bits of `rounded` are the power of two as a two's complement; the shift drops the others.
    fused::<FMA>(p * r, r, r + 1.0) * f32::from_bits(rounded.to_bits().wrapping_add(127) << 23)
}

/// The error function within 2e-7 (Abramowitz and Stegun, 7.1.26).
#[inline(always)]
pub(crate) fn erf<const FMA: bool>(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / fused::<FMA>(0.327_591_1, size, 1.0);
    let mut p = 1.061_405_4;
    p = fused::<FMA>(p, t, -1.453_152);
    p = fused::<FMA>(p, t, 1.421_413_7);
    p = fused::<FMA>(p, t, -0.284_496_74);
    p = fused::<FMA>(p, t, 0.254_829_6);
    let y = 1.0 - p * t * exp::<FMA>(-size * size);
    y.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn exp_is_the_exponential_function() {
        for step in -8_600..8_700 {
            let x = step as f32 / 100.0;
            let want = f64::from(x).exp();
            for got in [exp::<true>(x), exp::<false>(x)] {
                assert!((f64::from(got) / want - 1.0).abs() < 3e-7, "e^{x} = {want}, not {got}");
            }
        }
        assert!(exp::<false>(f32::NEG_INFINITY) < 1e-37);
        assert!(exp::<false>(f32::INFINITY).is_finite());
    }

    #[test]
    fn erf_is_the_error_function() {
        // From tables.
        for (x, want) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3), (4.0, 1.0)] {
            assert!((erf::<true>(x) - want).abs() < 4e-7 && (erf::<false>(-x) + want).abs() < 4e-7, "{x}");
        }
    }
}
