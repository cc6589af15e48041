//! As with AVX2, with multiplication and addition in one: `vpdpwssd` on 256 bits, which processors without AVX-512 have as AVX-VNNI, and those with it in its own encoding.

use crate::PANEL;
use crate::word_panels::Pairs;
use std::arch::x86_64::{
    _mm256_dpwssd_avx_epi32, _mm256_dpwssd_epi32, _mm256_loadu_si256, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_storeu_si256,
};

/// # Safety
/// The processor has AVX2, and AVX-VNNI or AVX-512 VL and VNNI. `left` points to `tile.len()` rows, `stride` apart, of as many pairs as the panel has.
pub(super) unsafe fn sums(left: *const i16, stride: usize, panel: &[Pairs], tile: &mut [[i32; PANEL]]) {
    if is_x86_feature_detected!("avxvnni") {
        // SAFETY: the features were just asked for; the rest is what the caller promised.
        unsafe { short::sums(left, stride, panel, tile) }
    } else {
        // SAFETY: then it has the others, as the caller promised.
        unsafe { long::sums(left, stride, panel, tile) }
    }
}

/// One kernel, with the instruction in one of its encodings.
macro_rules! encoding {
    ($name:ident, $features:literal, $multiply:ident) => {
        mod $name {
            use super::*;

            /// # Safety
            /// As [`super::sums`], with these features.
            #[target_feature(enable = $features)]
            pub(super) unsafe fn sums(left: *const i16, stride: usize, panel: &[Pairs], tile: &mut [[i32; PANEL]]) {
                for half in [0, 16] {
                    // SAFETY: what the caller promised; half a panel is 16 of 32 columns.
                    unsafe {
                        match tile.len() {
                            1 => rows::<1>(left, stride, panel, tile, half),
                            2 => rows::<2>(left, stride, panel, tile, half),
                            3 => rows::<3>(left, stride, panel, tile, half),
                            4 => rows::<4>(left, stride, panel, tile, half),
                            5 => rows::<5>(left, stride, panel, tile, half),
                            6 => rows::<6>(left, stride, panel, tile, half),
                            _ => {}
                        }
                    }
                }
            }

            /// # Safety
            /// As [`sums`], with a tile of `HIGH` rows; `half` is 0 or 16.
            #[target_feature(enable = $features)]
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
                        let factors = _mm256_set1_epi32(unsafe {
                            left.add(row * stride + 2 * at).cast::<i32>().read_unaligned()
                        });
                        sums[0] = $multiply(sums[0], first, factors);
                        sums[1] = $multiply(sums[1], second, factors);
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
        }
    };
}

encoding!(short, "avx2,avxvnni", _mm256_dpwssd_avx_epi32);
encoding!(long, "avx2,avx512vl,avx512vnni", _mm256_dpwssd_epi32);
