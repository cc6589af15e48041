//! Twelve rows and two registers of sixteen columns, two products to a sum at once: `vpdpwssd`.

use crate::PANEL;
use crate::word_panels::Pairs;
use std::arch::x86_64::{
    _MM_HINT_T0, _mm_prefetch, _mm512_dpwssd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

/// Steps ahead of their use at which a panel's words are fetched.
const AHEAD: usize = 8;

/// # Safety
/// The processor has AVX-512 F and VNNI. `left` points to `tile.len()` rows, `stride` apart, of as many pairs as the panel has.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) unsafe fn sums(left: *const i16, stride: usize, panel: &[Pairs], tile: &mut [[i32; PANEL]]) {
    macro_rules! heights {
        ($($high:literal)*) => {
            match tile.len() {
                // SAFETY: what the caller promised.
                $($high => unsafe { rows::<$high>(left, stride, panel, tile) },)*
                _ => {}
            }
        };
    }
    heights!(1 2 3 4 5 6 7 8 9 10 11 12);
}

/// # Safety
/// As [`sums`], with a tile of `HIGH` rows.
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn rows<const HIGH: usize>(left: *const i16, stride: usize, panel: &[Pairs], tile: &mut [[i32; PANEL]]) {
    let mut sums = [[_mm512_setzero_si512(); 2]; HIGH];
    for (at, pairs) in panel.iter().enumerate() {
        let pairs: *const Pairs = pairs;
        // SAFETY: a step has 128 bytes.
        let (first, second) =
            unsafe { (_mm512_loadu_si512(pairs.cast()), _mm512_loadu_si512(pairs.cast::<u8>().add(64).cast())) };
        // A hint never faults, wherever it points.
        let ahead = pairs.wrapping_add(AHEAD).cast();
        _mm_prefetch::<_MM_HINT_T0>(ahead);
        _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(64));
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: each row has a pair for each step. It need not be aligned.
            let factors = _mm512_set1_epi32(unsafe { left.add(row * stride + 2 * at).cast::<i32>().read_unaligned() });
            sums[0] = _mm512_dpwssd_epi32(sums[0], first, factors);
            sums[1] = _mm512_dpwssd_epi32(sums[1], second, factors);
        }
    }
    for (sums, place) in sums.iter().zip(tile) {
        // SAFETY: the place has 32 numbers.
        unsafe {
            _mm512_storeu_si512(place.as_mut_ptr().cast(), sums[0]);
            _mm512_storeu_si512(place.as_mut_ptr().add(16).cast(), sums[1]);
        }
    }
}
