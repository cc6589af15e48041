//! Twelve rows and two registers of sixteen columns, four products to a sum at once: `vpdpbusd`.

use crate::PANEL;
use std::arch::x86_64::{
    _MM_HINT_T0, _mm_prefetch, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

/// Steps ahead of their use at which a panel's bytes are fetched.
const AHEAD: usize = 8;
/// Bytes of a step.
const QUAD: usize = 4 * PANEL;

/// # Safety
/// The processor has AVX-512 F and VNNI. `left` points to `quads` quads of each of `tile.len()` rows side by side, `panel` to `quads` times 32 of them.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) unsafe fn sums(left: *const i32, quads: usize, panel: *const u8, tile: &mut [[i32; PANEL]]) {
    macro_rules! heights {
        ($($high:literal)*) => {
            match tile.len() {
                // SAFETY: what the caller promised.
                $($high => unsafe { rows::<$high>(left, quads, panel, tile) },)*
                _ => {}
            }
        };
    }
    heights!(1 2 3 4 5 6 7 8 9 10 11 12);
}

/// # Safety
/// As [`sums`], with a tile of `HIGH` rows.
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn rows<const HIGH: usize>(left: *const i32, quads: usize, panel: *const u8, tile: &mut [[i32; PANEL]]) {
    let mut sums = [[_mm512_setzero_si512(); 2]; HIGH];
    for at in 0..quads {
        // SAFETY: the panel has as many steps of 128 bytes.
        let (first, second) = unsafe {
            (_mm512_loadu_si512(panel.add(at * QUAD).cast()), _mm512_loadu_si512(panel.add(at * QUAD + 64).cast()))
        };
        // A hint never faults, wherever it points.
        let ahead = panel.wrapping_add((at + AHEAD) * QUAD).cast();
        _mm_prefetch::<_MM_HINT_T0>(ahead);
        _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(64));
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: each step has a quad of each row. It need not be aligned.
            let factors = _mm512_set1_epi32(unsafe { left.add(at * HIGH + row).read_unaligned() });
            sums[0] = _mm512_dpbusd_epi32(sums[0], first, factors);
            sums[1] = _mm512_dpbusd_epi32(sums[1], second, factors);
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
