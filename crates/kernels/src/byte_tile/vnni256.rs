//! Three rows and four registers of eight columns: `vpdpbusd` on 256 bits, which processors without AVX-512 have as AVX-VNNI, and those with it in its own
//! encoding.
#![expect(clippy::indexing_slicing, reason = "four of four")]

use crate::PANEL;
use std::arch::x86_64::{
    _mm256_dpbusd_avx_epi32, _mm256_dpbusd_epi32, _mm256_loadu_si256, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_storeu_si256,
};

/// # Safety
/// The processor has AVX2, and AVX-VNNI or AVX-512 VL and VNNI. `left` points to `quads` quads of each of `tile.len()` rows side by side, `panel` to
/// `quads` times 32 of them.
pub(super) unsafe fn sums(left: *const i32, quads: usize, panel: *const u8, tile: &mut [[i32; PANEL]]) {
    if is_x86_feature_detected!("avxvnni") {
        // SAFETY: the features were just asked for; the rest is what the caller promised.
        unsafe { short::sums(left, quads, panel, tile) }
    } else {
        // SAFETY: then it has the others, as the caller promised.
        unsafe { long::sums(left, quads, panel, tile) }
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
            pub(super) unsafe fn sums(left: *const i32, quads: usize, panel: *const u8, tile: &mut [[i32; PANEL]]) {
                match tile.len() {
                    // SAFETY: what the caller promised.
                    1 => unsafe { rows::<1>(left, quads, panel, tile) },
                    // SAFETY: likewise.
                    2 => unsafe { rows::<2>(left, quads, panel, tile) },
                    // SAFETY: likewise.
                    3 => unsafe { rows::<3>(left, quads, panel, tile) },
                    _ => {}
                }
            }

            /// # Safety
            /// As [`sums`], with a tile of `HIGH` rows.
            #[target_feature(enable = $features)]
            unsafe fn rows<const HIGH: usize>(
                left: *const i32,
                quads: usize,
                panel: *const u8,
                tile: &mut [[i32; PANEL]],
            ) {
                let mut sums = [[_mm256_setzero_si256(); 4]; HIGH];
                for at in 0..quads {
                    let mut factors = [_mm256_setzero_si256(); HIGH];
                    for (row, factors) in factors.iter_mut().enumerate() {
                        // SAFETY: each step has a quad of each row. It need not be aligned.
                        *factors = _mm256_set1_epi32(unsafe { left.add(at * HIGH + row).read_unaligned() });
                    }
                    for eight in 0..4 {
                        // SAFETY: the panel has as many steps of 128 bytes.
                        let weights = unsafe { _mm256_loadu_si256(panel.add(at * 4 * PANEL + eight * 32).cast()) };
                        for (sums, factors) in sums.iter_mut().zip(&factors) {
                            sums[eight] = $multiply(sums[eight], weights, *factors);
                        }
                    }
                }
                for (sums, place) in sums.iter().zip(tile) {
                    for (eight, sums) in sums.iter().enumerate() {
                        // SAFETY: the place has 32 numbers.
                        unsafe { _mm256_storeu_si256(place.as_mut_ptr().add(eight * 8).cast(), *sums) };
                    }
                }
            }
        }
    };
}

encoding!(short, "avx2,avxvnni", _mm256_dpbusd_avx_epi32);
encoding!(long, "avx2,avx512vl,avx512vnni", _mm256_dpbusd_epi32);
