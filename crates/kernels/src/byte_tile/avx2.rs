//! Two rows and four registers of eight columns. `vpmaddubsw` would saturate, so even and odd bytes are widened to 16 bits and multiplied by
//! `vpmaddwd`, which is exact.
#![expect(clippy::cast_ptr_alignment, reason = "loads and stores that need no alignment")]
#![expect(clippy::indexing_slicing, reason = "four of four")]

use crate::PANEL;
use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_slli_epi16, _mm256_srai_epi16, _mm256_srli_epi16,
    _mm256_storeu_si256,
};

/// # Safety
/// The processor has AVX2. `left` points to `quads` quads of each of `tile.len()` rows side by side, `panel` to `quads` times 32 of them.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn sums(left: *const i32, quads: usize, panel: *const u8, tile: &mut [[i32; PANEL]]) {
    match tile.len() {
        // SAFETY: what the caller promised.
        1 => unsafe { rows::<1>(left, quads, panel, tile) },
        // SAFETY: likewise.
        2 => unsafe { rows::<2>(left, quads, panel, tile) },
        _ => {}
    }
}

/// # Safety
/// As [`sums`], with a tile of `HIGH` rows.
#[target_feature(enable = "avx2")]
unsafe fn rows<const HIGH: usize>(left: *const i32, quads: usize, panel: *const u8, tile: &mut [[i32; PANEL]]) {
    let low = _mm256_set1_epi16(0xff);
    let mut sums = [[_mm256_setzero_si256(); 4]; HIGH];
    for at in 0..quads {
        let mut factors = [(low, low); HIGH];
        for (row, factors) in factors.iter_mut().enumerate() {
            // SAFETY: each step has a quad of each row. It need not be aligned.
            let quad = _mm256_set1_epi32(unsafe { left.add(at * HIGH + row).read_unaligned() });
            *factors = (_mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(quad)), _mm256_srai_epi16::<8>(quad));
        }
        for eight in 0..4 {
            // SAFETY: the panel has as many steps of 128 bytes.
            let weights = unsafe { _mm256_loadu_si256(panel.add(at * 4 * PANEL + eight * 32).cast::<__m256i>()) };
            let (even, odd) = (_mm256_and_si256(weights, low), _mm256_srli_epi16::<8>(weights));
            for (sums, factors) in sums.iter_mut().zip(&factors) {
                let both = _mm256_add_epi32(_mm256_madd_epi16(even, factors.0), _mm256_madd_epi16(odd, factors.1));
                sums[eight] = _mm256_add_epi32(sums[eight], both);
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
