//! Six rows and two registers of eight columns, half a panel at a time: 12 of the 16 registers hold sums. `vpmaddwd` multiplies two pairs of words and adds them up.

use crate::PANEL;
use crate::word_panels::Pairs;
use std::arch::x86_64::{
    _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_storeu_si256,
};

/// # Safety
/// The processor has AVX2. `left` points to `tile.len()` rows, `stride` apart, of as many pairs as the panel has.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn sums(left: *const i16, stride: usize, panel: &[Pairs], tile: &mut [[i32; PANEL]]) {
    macro_rules! heights {
        ($($high:literal)*) => {
            match tile.len() {
                $($high => for half in [0, 16] {
                    // SAFETY: what the caller promised; half a panel is 16 of 32 columns.
                    unsafe { rows::<$high>(left, stride, panel, tile, half) }
                },)*
                _ => {}
            }
        };
    }
    heights!(1 2 3 4 5 6);
}

/// # Safety
/// As [`sums`], with a tile of `HIGH` rows; `half` is 0 or 16.
#[target_feature(enable = "avx2")]
unsafe fn rows<const HIGH: usize>(
    left: *const i16,
    stride: usize,
    panel: &[Pairs],
    tile: &mut [[i32; PANEL]],
    half: usize,
) {
    let mut sums = [[_mm256_setzero_si256(); 2]; HIGH];
    for (at, pairs) in panel.iter().enumerate() {
        // SAFETY: a step has 32 pairs.
        let (first, second) = unsafe {
            let pairs = pairs.0.as_ptr().add(half);
            (_mm256_loadu_si256(pairs.cast()), _mm256_loadu_si256(pairs.add(8).cast()))
        };
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: each row has a pair for each step. It need not be aligned.
            let factors = _mm256_set1_epi32(unsafe { left.add(row * stride + 2 * at).cast::<i32>().read_unaligned() });
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(first, factors));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(second, factors));
        }
    }
    for (sums, place) in sums.iter().zip(tile) {
        // SAFETY: the place has 32 numbers.
        unsafe {
            _mm256_storeu_si256(place.as_mut_ptr().add(half).cast(), sums[0]);
            _mm256_storeu_si256(place.as_mut_ptr().add(half + 8).cast(), sums[1]);
        }
    }
}
