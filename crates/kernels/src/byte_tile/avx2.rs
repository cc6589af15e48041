//! Two rows and four registers of eight columns. `vpmaddubsw` would saturate, so even and odd bytes are widened to 16 bits and multiplied by
//! `vpmaddwd`, which is exact.
#![expect(clippy::cast_ptr_alignment, reason = "loads and stores that need no alignment")]
#![expect(clippy::indexing_slicing, reason = "four of four")]

use crate::PANEL;
use std::arch::x86_64::{
    __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi32, _mm256_and_si256, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_srli_epi16, _mm256_storeu_si256,
};

/// Steps ahead of their use at which a panel's bytes are fetched.
const AHEAD: usize = 16;

/// # Safety
/// The processor has AVX2. `left` points to `tile.len()` rows of `quads` quads, each quad with its even numbers first, the rows `stride` quads apart; `panel` to `quads` times 32
/// quads of bytes.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn sums(
    left: *const [i16; 4],
    stride: usize,
    quads: usize,
    panel: *const u8,
    tile: &mut [[i32; PANEL]],
) {
    match tile.len() {
        // SAFETY: what the caller promised.
        1 => unsafe { rows::<1>(left, stride, quads, panel, tile) },
        // SAFETY: likewise.
        2 => unsafe { rows::<2>(left, stride, quads, panel, tile) },
        _ => {}
    }
}

/// # Safety
/// As [`sums`], with a tile of `HIGH` rows.
#[target_feature(enable = "avx2")]
unsafe fn rows<const HIGH: usize>(
    left: *const [i16; 4],
    stride: usize,
    quads: usize,
    panel: *const u8,
    tile: &mut [[i32; PANEL]],
) {
    let low = _mm256_set1_epi16(0xff);
    let mut sums = [[_mm256_setzero_si256(); 4]; HIGH];
    for at in 0..quads {
        // What lies ahead may come from memory; a hint never faults, wherever it points.
        let ahead = panel.wrapping_add((at + AHEAD) * 4 * PANEL).cast();
        _mm_prefetch::<_MM_HINT_T0>(ahead);
        _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(64));
        let mut factors = [(low, low); HIGH];
        for (row, factors) in factors.iter_mut().enumerate() {
            // SAFETY: each row has a quad for each step: two pairs, which need not be aligned.
            *factors = unsafe {
                let pairs = left.add(row * stride + at).cast::<i32>();
                (_mm256_set1_epi32(pairs.read_unaligned()), _mm256_set1_epi32(pairs.add(1).read_unaligned()))
            };
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
