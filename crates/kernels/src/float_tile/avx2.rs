//! Six rows and two registers of eight columns, half a panel at a time: 12 of the 16 registers hold sums.

use super::Tile;
use crate::PANEL;
use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps};

/// # Safety
/// The processor has AVX2 and FMA. `left` has `tile.len()` rows of `k` numbers, `panel` to `k` rows of 32.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn sums(left: Tile<'_>, k: usize, panel: *const f32, tile: &mut [[f32; PANEL]]) {
    macro_rules! heights {
        ($($high:literal)*) => {
            match (tile.len(), left) {
                $(($high, Tile::Packed(numbers)) => for half in [0, 16] {
                    // SAFETY: what the caller promised; half a panel is 16 of 32 columns.
                    unsafe { rows::<$high, true>(numbers.as_ptr(), 0, k, panel, tile, half) }
                },
                ($high, Tile::Rows(numbers, stride)) => for half in [0, 16] {
                    // SAFETY: likewise.
                    unsafe { rows::<$high, false>(numbers.as_ptr(), stride, k, panel, tile, half) }
                },)*
                _ => {}
            }
        };
    }
    heights!(1 2 3 4 5 6);
}

/// # Safety
/// As [`sums`], with a tile of `HIGH` rows; `half` is 0 or 16.
#[target_feature(enable = "avx2,fma")]
unsafe fn rows<const HIGH: usize, const PACKED: bool>(
    left: *const f32,
    stride: usize,
    k: usize,
    panel: *const f32,
    tile: &mut [[f32; PANEL]],
    half: usize,
) {
    let mut sums = [[_mm256_setzero_ps(); 2]; HIGH];
    for at in 0..k {
        // SAFETY: the panel has k rows of 32 numbers.
        let (first, second) = unsafe {
            (_mm256_loadu_ps(panel.add(at * PANEL + half)), _mm256_loadu_ps(panel.add(at * PANEL + half + 8)))
        };
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: each of the rows has k numbers.
            let factor = _mm256_set1_ps(unsafe { *left.add(if PACKED { at * HIGH + row } else { row * stride + at }) });
            sums[0] = _mm256_fmadd_ps(factor, first, sums[0]);
            sums[1] = _mm256_fmadd_ps(factor, second, sums[1]);
        }
    }
    for (sums, place) in sums.iter().zip(tile) {
        // SAFETY: the place has 32 numbers.
        unsafe {
            _mm256_storeu_ps(place.as_mut_ptr().add(half), sums[0]);
            _mm256_storeu_ps(place.as_mut_ptr().add(half + 8), sums[1]);
        }
    }
}
