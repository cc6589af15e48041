//! Functions of one number that compilers turn into loops over wide registers: no branch, no call.

/// `a * b + c`, rounded once where `FMA` says that there is an instruction for it.
#[inline(always)]
pub(crate) fn fused<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// 1.5 × 2^23: adding it leaves the nearest integer in the low bits, for numbers up to 2^22.
const ROUNDER: f32 = 12_582_912.0;

/// The nearest integer of a number from -127 to 127; of two that are as near, the even one.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the low byte is what is wanted")]
pub(crate) fn nearest_byte(number: f32) -> i8 {
    (number + ROUNDER).to_bits() as i8
}

/// As [`nearest_byte`], from -32,767 to 32,767.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
pub(crate) fn nearest_word(number: f32) -> i16 {
    (number + ROUNDER).to_bits() as i16
}

/// ln 2 in two parts, of which the first times a small integer is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// e^x, with an error of 1.5e-7 of its value at most (the test's bound; 1.2e-7 were found); below -87 it stays at e^-87, which is as good as zero, above 88 at
/// e^88.
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

/// The nearest number of 8 significant bits, bf16, as the upper half of its bits; of two that are as near, the even one. What is no number stays none.
#[inline(always)]
pub(crate) fn bfloat(number: f32) -> u16 {
    let bits = number.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    if number.is_nan() { 0x7fc0 } else { (rounded >> 16) as u16 }
}

/// e^x for x up to 0, rounded to bf16: an f32 whose lower half is zero. What [`power`] is wrong by is a 500th of what rounding adds. Of two that are as near it is
/// the larger one, which takes fewer instructions.
#[inline(always)]
pub(crate) fn exp_to_bfloat<const FMA: bool>(x: f32) -> f32 {
    f32::from_bits(power::<FMA>(x).to_bits().wrapping_add(0x8000) & 0xffff_0000)
}

/// e^x for x up to 0, with an error of 4e-6 of its value at most; below -87 it stays at e^-87. What is no number stays none.
///
/// 2^n · 2^r with |r| ≤ 1/2, 2^r by the polynomial that is exact at five Chebyshev nodes.
#[inline(always)]
pub(crate) fn power<const FMA: bool>(x: f32) -> f32 {
    let x = if x < -87.0 { -87.0 } else { x };
    let rounded = fused::<FMA>(x, std::f32::consts::LOG2_E, ROUNDER);
    let r = fused::<FMA>(x, std::f32::consts::LOG2_E, ROUNDER - rounded);
    let mut p = 9.666_368e-3;
    p = fused::<FMA>(p, r, 5.592_197_6e-2);
    p = fused::<FMA>(p, r, 0.240_223_5);
    p = fused::<FMA>(p, r, 0.693_121_1);
    p = fused::<FMA>(p, r, 1.0);
    p * f32::from_bits(rounded.to_bits().wrapping_add(127) << 23)
}

/// The error function, with an error of 7e-7 at most (the test's bound; 6e-7 were found): Abramowitz and Stegun's 7.1.26, of which 1.5e-7 are the formula's own
/// and the rest is rounding.
#[inline(always)]
pub(crate) fn erf<const FMA: bool>(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / fused::<FMA>(0.327_591_1, size, 1.0);
    let mut p = 1.061_405_4;
    p = fused::<FMA>(p, t, -1.453_152);
    p = fused::<FMA>(p, t, 1.421_413_7);
    p = fused::<FMA>(p, t, -0.284_496_74);
    p = fused::<FMA>(p, t, 0.254_829_6);
    // From 80 on nothing is left of it beside 1, and it would become smaller than numbers that processors are fast with.
    let y = 1.0 - p * t * exp::<FMA>(-(size * size).min(80.0));
    y.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of either sign and every size up to `most`.
    fn sizes(most: f32) -> impl Iterator<Item = f32> {
        (0..most.to_bits()).step_by(30_011).map(f32::from_bits).chain([most]).flat_map(|x| [x, -x])
    }

    /// The error function as a series without differences, so that nothing is lost.
    fn erf_in_f64(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..300 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        2.0 / std::f64::consts::PI.sqrt() * (-x * x).exp() * sum
    }

    #[test]
    fn exp_is_the_exponential_function() {
        for x in sizes(88.0).filter(|x| *x >= -87.0) {
            let want = f64::from(x).exp();
            for got in [exp::<true>(x), exp::<false>(x)] {
                assert!((f64::from(got) / want - 1.0).abs() < 1.5e-7, "e^{x} = {want}, not {got}");
            }
        }
        assert!(exp::<false>(f32::NEG_INFINITY) < 2e-38);
        assert!(exp::<false>(f32::INFINITY).is_finite());
        assert!(exp::<false>(f32::NAN).is_nan());
    }

    #[test]
    fn erf_is_the_error_function() {
        for (x, want) in [(0.5, 0.520_499_877_813), (1.0, 0.842_700_792_95), (2.0, 0.995_322_265_019)] {
            assert!((erf_in_f64(x) - want).abs() < 1e-11, "from tables, {x}");
        }
        for x in sizes(6.0) {
            let want = erf_in_f64(f64::from(x));
            for got in [erf::<true>(x), erf::<false>(x)] {
                assert!((f64::from(got) - want).abs() < 7e-7, "erf {x} = {want}, not {got}");
            }
        }
    }

    #[test]
    fn exp_to_bfloat_is_the_exponential_function_but_for_rounding() {
        for x in sizes(87.0).filter(|x| *x <= 0.0) {
            let want = f64::from(x).exp();
            for got in [exp_to_bfloat::<true>(x), exp_to_bfloat::<false>(x)] {
                assert_eq!(got.to_bits() & 0xffff, 0);
                assert!((f64::from(got) / want - 1.0).abs() < 1.002 / 256.0, "e^{x} = {want}, not {got}");
            }
        }
        assert_eq!(exp_to_bfloat::<false>(0.0).to_bits(), 1_f32.to_bits());
        assert!(exp_to_bfloat::<true>(f32::NEG_INFINITY) < 2e-38);
        assert!(exp_to_bfloat::<true>(f32::NAN).is_nan());
    }

    #[test]
    fn a_power_is_the_exponential_function_nearly() {
        for x in sizes(87.0).filter(|x| *x <= 0.0) {
            let want = f64::from(x).exp();
            for got in [power::<true>(x), power::<false>(x)] {
                // Without fused sums x · log2 e is rounded once more, by up to 2^-18.
                assert!((f64::from(got) / want - 1.0).abs() < 1e-5, "e^{x} = {want}, not {got}");
            }
        }
    }

    #[test]
    fn words_are_the_nearest_integers() {
        for (whole, quarter) in (-32_767..=32_766_i16).flat_map(|whole| [0_u8, 1, 2, 3].map(|quarter| (whole, quarter)))
        {
            let number = f32::from(whole) + f32::from(quarter) / 4.0;
            assert!((f32::from(nearest_word(number)) - number.round_ties_even()).abs() < 0.1, "{number}");
        }
    }

    #[test]
    fn bfloats_are_the_nearest_ones() {
        for x in sizes(3e38) {
            let got = f32::from_bits(u32::from(bfloat(x)) << 16);
            // Of the numbers on both sides.
            let below = f32::from_bits(x.to_bits() & 0xffff_0000);
            let above = f32::from_bits((x.to_bits() & 0xffff_0000) + 0x1_0000);
            let distance = |of: f32| (f64::from(of) - f64::from(x)).abs();
            assert!(distance(got) <= distance(below).min(distance(above)), "{got} for {x}");
        }
        assert_eq!([bfloat(1.0), bfloat(1.003_906_2), bfloat(1.011_718_8)], [0x3f80, 0x3f80, 0x3f82]);
        assert_eq!([bfloat(f32::INFINITY), bfloat(f32::MAX), bfloat(f32::NAN)], [0x7f80, 0x7f80, 0x7fc0]);
        assert_eq!(bfloat(f32::from_bits(0xffff_ffff)), 0x7fc0);
    }

    #[test]
    fn bytes_are_the_nearest_integers() {
        for quarter in -508..=508_i16 {
            let number = f32::from(quarter) / 4.0;
            assert!((f32::from(nearest_byte(number)) - number.round_ties_even()).abs() < 0.1, "{number}");
        }
    }
}
