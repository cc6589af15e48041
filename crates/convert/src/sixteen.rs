//! Numbers of 16 bits: IEEE 754 half precision, and the upper half of single precision (bfloat16).

/// The largest finite one of half precision.
pub(crate) const MOST: f32 = 65_504.0;

/// 2 to the power of 24: the smallest number of half precision is its inverse.
const SMALLEST_PER_ONE: f32 = 16_777_216.0;
/// The difference of the two exponents' biases, where single precision has its exponent.
const REBIAS: u32 = (127 - 15) << 23;
/// The smallest number of half precision with a full mantissa, 2 to the power of -14, in single precision.
const SMALLEST_FULL: u32 = 0x3880_0000;
/// What is no longer finite in half precision, however it is rounded: 65536.
const TOO_LARGE: u32 = 0x4780_0000;
const INFINITE: u32 = 0x7f80_0000;

/// Half to single precision: exact.
pub(crate) fn from_half(bits: u16) -> f32 {
    let (sign, exponent, mantissa) = (u32::from(bits & 0x8000) << 16, bits >> 10 & 0x1f, bits & 0x3ff);
    let wide = u32::from(bits & 0x7fff) << 13;
    let magnitude = match exponent {
        0 => f32::from(mantissa) / SMALLEST_PER_ONE,
        0x1f => f32::from_bits(INFINITE | wide),
        _ => f32::from_bits(wide + REBIAS),
    };
    f32::from_bits(magnitude.to_bits() | sign)
}

/// Single to half precision: to the nearest, ties to even; what is too large is infinite.
pub(crate) fn to_half(number: f32) -> u16 {
    let bits = number.to_bits();
    let magnitude = bits & 0x7fff_ffff;
    let half = match magnitude {
        SMALLEST_FULL..TOO_LARGE => {
            let rebiased = magnitude - REBIAS;
            // Half of what is cut off, less one where the last bit that is kept is even: a tie is carried to even.
            (rebiased + 0xfff + (rebiased >> 13 & 1)) >> 13
        }
        0..SMALLEST_FULL => small(f32::from_bits(magnitude)),
        TOO_LARGE..=INFINITE => 0x7c00,
        _ => 0x7e00,
    };
    low(half | bits >> 16 & 0x8000)
}

/// bfloat16 to single precision: exact.
pub(crate) fn from_brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// Single precision to bfloat16: exact for what came from it, cut off otherwise.
pub(crate) fn to_brain(number: f32) -> u16 {
    low(number.to_bits() >> 16)
}

/// How many of the smallest number of half precision it is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1024")]
fn small(number: f32) -> u32 {
    (number * SMALLEST_PER_ONE).round_ties_even() as u32
}

#[expect(clippy::cast_possible_truncation, reason = "the upper bits are zero")]
fn low(bits: u32) -> u16 {
    bits as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_comes_back_from_single_precision() {
        for bits in 0..=u16::MAX {
            let number = from_half(bits);
            if number.is_nan() {
                assert_eq!(to_half(number) & 0x7fff, 0x7e00);
            } else {
                assert_eq!(to_half(number), bits, "{number}");
            }
        }
    }

    #[test]
    fn what_lies_between_two_halves_goes_to_the_nearer_and_a_tie_to_the_even_one() {
        for bits in 0..0x7bff_u16 {
            let (low, high) = (f64::from(from_half(bits)), f64::from(from_half(bits + 1)));
            #[expect(clippy::cast_possible_truncation, reason = "halfway points have 12 bits")]
            let middle = f64::midpoint(low, high) as f32;
            assert_eq!(to_half(middle), bits + (bits & 1), "{middle}");
            assert_eq!(to_half(middle.next_down()), bits);
            assert_eq!(to_half(-middle.next_up()), (bits + 1) | 0x8000);
        }
        assert_eq!((to_half(MOST), to_half(65_519.0), to_half(65_520.0)), (0x7bff, 0x7bff, 0x7c00));
        assert_eq!((to_half(f32::MAX), to_half(f32::NEG_INFINITY)), (0x7c00, 0xfc00));
        assert_eq!((from_half(0x3c00), from_half(0xc000), from_half(1)), (1.0, -2.0, 2.0_f32.powi(-24)));
        assert_eq!((from_brain(0x3f80), from_brain(0xc000)), (1.0, -2.0));
        assert!((0..=u16::MAX).all(|bits| to_brain(from_brain(bits)) == bits));
    }
}
