//! Twelve rows and two registers of sixteen columns: 24 of the 32 registers hold sums.

use super::Tile;
use crate::PANEL;
use std::arch::x86_64::{
    _MM_HINT_T0, _mm_prefetch, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

/// Rows of the panel that are fetched before they are needed.
const AHEAD: usize = 8;

/// # Safety
/// The processor has AVX-512 F. `left` has `tile.len()` rows of `k` numbers, `panel` to `k` rows of 32.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn sums(left: Tile<'_>, k: usize, panel: *const f32, tile: &mut [[f32; PANEL]]) {
    macro_rules! heights {
        ($($high:literal)*) => {
            match (tile.len(), left) {
                // SAFETY: what the caller promised.
                $(($high, Tile::Packed(numbers)) => unsafe { rows::<$high, true>(numbers.as_ptr(), 0, k, panel, tile) },
                // SAFETY: likewise.
                ($high, Tile::Rows(numbers, stride)) => unsafe { rows::<$high, false>(numbers.as_ptr(), stride, k, panel, tile) },)*
                _ => {}
            }
        };
    }
    heights!(1 2 3 4 5 6 7 8 9 10 11 12);
}

/// # Safety
/// As [`sums`], with a tile of `HIGH` rows.
#[target_feature(enable = "avx512f")]
unsafe fn rows<const HIGH: usize, const PACKED: bool>(
    left: *const f32,
    stride: usize,
    k: usize,
    panel: *const f32,
    tile: &mut [[f32; PANEL]],
) {
    let mut sums = [[_mm512_setzero_ps(); 2]; HIGH];
    for at in 0..k {
        // SAFETY: the panel has k rows of 32 numbers.
        let (first, second) =
            unsafe { (_mm512_loadu_ps(panel.add(at * PANEL)), _mm512_loadu_ps(panel.add(at * PANEL + 16))) };
        // What lies ahead comes from the second-level cache; a hint never faults, wherever it points.
        let ahead = panel.wrapping_add((at + AHEAD) * PANEL).cast();
        _mm_prefetch::<_MM_HINT_T0>(ahead);
        _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(64));
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: each of the rows has k numbers.
            let factor = _mm512_set1_ps(unsafe { *left.add(if PACKED { at * HIGH + row } else { row * stride + at }) });
            sums[0] = _mm512_fmadd_ps(factor, first, sums[0]);
            sums[1] = _mm512_fmadd_ps(factor, second, sums[1]);
        }
    }
    for (sums, place) in sums.iter().zip(tile) {
        // SAFETY: the place has 32 numbers.
        unsafe {
            _mm512_storeu_ps(place.as_mut_ptr(), sums[0]);
            _mm512_storeu_ps(place.as_mut_ptr().add(16), sums[1]);
        }
    }
}
