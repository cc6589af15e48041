//! Numbers in blocks of 32, as ggml stores them.
//!
//! Method, rounding and layout are those of ggml's reference functions (`quantize_row_*_ref` and `dequantize_row_*` in ggml-quants.c); the tests
//! compare them with blocks that `scripts/make_reference.py` makes after the same functions. In a byte of the 4 and 5 bit forms the lower half belongs to the first 16 numbers and the upper half
//! to the second; the fifth bits stand together in a 32-bit number.

use crate::sixteen::{from_half, to_half};

/// Numbers in a block.
pub(crate) const LEN: usize = 32;
const HALF: usize = LEN / 2;

type Block = [f32; LEN];

/// Scale, then a signed byte per number.
pub(crate) fn q8_0(values: &Block, bytes: &mut Vec<u8>) {
    let scale = values.iter().fold(0.0_f32, |most, value| most.max(value.abs())) / 127.0;
    let inverse = inverse(scale);
    push(bytes, scale);
    bytes.extend(values.iter().map(|value| signed((value * inverse).round())));
}

/// Scale, minimum, fifth bits, then two numbers to a byte.
pub(crate) fn q5_1(values: &Block, bytes: &mut Vec<u8>) {
    let (min, max) = values.iter().fold((f32::MAX, f32::MIN), |(min, max), v| (min.min(*v), max.max(*v)));
    let scale = (max - min) / 31.0;
    let inverse = inverse(scale);
    push(bytes, scale);
    push(bytes, min);
    five_bits(&values.map(|value| unsigned((value - min) * inverse + 0.5)), bytes);
}

/// Scale, fifth bits, then two numbers to a byte.
pub(crate) fn q5_0(values: &Block, bytes: &mut Vec<u8>) {
    let scale = furthest(values) / -16.0;
    let inverse = inverse(scale);
    push(bytes, scale);
    five_bits(&values.map(|value| unsigned(value * inverse + 16.5).min(31)), bytes);
}

/// Scale, then two numbers to a byte.
pub(crate) fn q4_0(values: &Block, bytes: &mut Vec<u8>) {
    let scale = furthest(values) / -8.0;
    let inverse = inverse(scale);
    push(bytes, scale);
    four_bits(&values.map(|value| unsigned(value * inverse + 8.5).min(15)), bytes);
}

/// Appends what [`q8_0`] keeps.
pub(crate) fn from_q8_0(block: &[u8; 34], values: &mut Vec<f32>) {
    let [low, high, quants @ ..] = block;
    let scale = half([*low, *high]);
    values.extend(quants.iter().map(|quant| f32::from(quant.cast_signed()) * scale));
}

/// Appends what [`q5_1`] keeps.
pub(crate) fn from_q5_1(block: &[u8; 24], values: &mut Vec<f32>) {
    let [s0, s1, m0, m1, h0, h1, h2, h3, pairs @ ..] = block;
    let (scale, min) = (half([*s0, *s1]), half([*m0, *m1]));
    values.extend(numbers(pairs, u32::from_le_bytes([*h0, *h1, *h2, *h3])).map(|quant| f32::from(quant) * scale + min));
}

/// Appends what [`q5_0`] keeps.
pub(crate) fn from_q5_0(block: &[u8; 22], values: &mut Vec<f32>) {
    let [s0, s1, h0, h1, h2, h3, pairs @ ..] = block;
    let scale = half([*s0, *s1]);
    values.extend(
        numbers(pairs, u32::from_le_bytes([*h0, *h1, *h2, *h3])).map(|quant| (f32::from(quant) - 16.0) * scale),
    );
}

/// Appends what [`q4_0`] keeps.
pub(crate) fn from_q4_0(block: &[u8; 18], values: &mut Vec<f32>) {
    let [s0, s1, pairs @ ..] = block;
    let scale = half([*s0, *s1]);
    values.extend(numbers(pairs, 0).map(|quant| (f32::from(quant) - 8.0) * scale));
}

/// The number with the greatest magnitude, with its sign; the first of equal ones.
fn furthest(values: &Block) -> f32 {
    values.iter().fold(0.0_f32, |most, value| if most.abs() < value.abs() { *value } else { most })
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

fn half(bytes: [u8; 2]) -> f32 {
    from_half(u16::from_le_bytes(bytes))
}

fn push(bytes: &mut Vec<u8>, number: f32) {
    bytes.extend(to_half(number).to_le_bytes());
}

#[expect(clippy::cast_possible_truncation, reason = "127 at most, by the scale")]
fn signed(number: f32) -> u8 {
    (number as i8).cast_unsigned()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 to 32, by the scale; cut off as ggml does"
)]
fn unsigned(number: f32) -> u8 {
    number as u8
}

fn five_bits(quants: &[u8; LEN], bytes: &mut Vec<u8>) {
    let fifth = quants.iter().rev().fold(0_u32, |bits, quant| bits << 1 | u32::from(quant >> 4 & 1));
    bytes.extend(fifth.to_le_bytes());
    four_bits(quants, bytes);
}

fn four_bits(quants: &[u8; LEN], bytes: &mut Vec<u8>) {
    let (first, second) = quants.split_at(HALF);
    bytes.extend(first.iter().zip(second).map(|(low, high)| low & 15 | (high & 15) << 4));
}

/// The 32 numbers of 16 bytes, with their fifth bits.
fn numbers(pairs: &[u8; HALF], fifth: u32) -> impl Iterator<Item = u8> {
    let bit = move |at: usize| u8::from(fifth >> at & 1 == 1) << 4;
    let low = pairs.iter().enumerate().map(move |(at, pair)| pair & 15 | bit(at));
    low.chain(pairs.iter().enumerate().map(move |(at, pair)| pair >> 4 | bit(at + HALF)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_lies_within_half_a_step_of_what_there_was() {
        let values: Block =
            std::array::from_fn(|at| f32::from(u16::try_from((at * 37 + 11) % 64).unwrap()) / 7.0 - 3.0);
        let span = values.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let near = |steps: f32, bytes: &[u8], decode: &dyn Fn(&[u8], &mut Vec<f32>)| {
            let mut kept = Vec::new();
            decode(bytes, &mut kept);
            assert_eq!(kept.len(), LEN);
            for (kept, value) in kept.iter().zip(values) {
                // The number furthest on the other side may be clipped by a step; the scale itself is rounded to 16 bits.
                assert!((kept - value).abs() <= span / steps * 1.02, "{kept} {value} {steps}");
            }
        };
        let encoded = |encode: fn(&Block, &mut Vec<u8>)| {
            let mut bytes = Vec::new();
            encode(&values, &mut bytes);
            bytes
        };
        near(254.0, &encoded(q8_0), &|b, v| from_q8_0(b.try_into().unwrap(), v));
        near(31.0, &encoded(q5_1), &|b, v| from_q5_1(b.try_into().unwrap(), v));
        near(16.0, &encoded(q5_0), &|b, v| from_q5_0(b.try_into().unwrap(), v));
        near(8.0, &encoded(q4_0), &|b, v| from_q4_0(b.try_into().unwrap(), v));
    }

    #[test]
    fn zeros_stay_zeros() {
        for number in [crate::Number::Q8_0, crate::Number::Q5_1, crate::Number::Q5_0, crate::Number::Q4_0] {
            let (mut bytes, mut kept) = (Vec::new(), Vec::new());
            number.encode(&[0.0; LEN], &mut bytes);
            assert_eq!(bytes.len(), number.block_bytes());
            number.decode(&bytes, &mut kept);
            assert_eq!(kept, [0.0; LEN], "{number:?}");
        }
    }
}
