//! Six rows and four registers of four columns, half a panel at a time: 24 of the 32 registers hold sums.

use super::Tile;
use crate::PANEL;
use std::arch::aarch64::{vdupq_n_f32, vfmaq_n_f32, vld1q_f32, vst1q_f32};

/// # Safety
/// The processor has NEON. `left` has `tile.len()` rows of `k` numbers, `panel` points to `k` rows of 32.
#[target_feature(enable = "neon")]
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
#[target_feature(enable = "neon")]
unsafe fn rows<const HIGH: usize, const PACKED: bool>(
    left: *const f32,
    stride: usize,
    k: usize,
    panel: *const f32,
    tile: &mut [[f32; PANEL]],
    half: usize,
) {
    let mut sums = [[vdupq_n_f32(0.0); 4]; HIGH];
    for at in 0..k {
        let mut weights = [vdupq_n_f32(0.0); 4];
        for (four, weights) in weights.iter_mut().enumerate() {
            // SAFETY: the panel has k rows of 32 numbers.
            *weights = unsafe { vld1q_f32(panel.add(at * PANEL + half + four * 4)) };
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: each of the rows has k numbers.
            let factor = unsafe { *left.add(if PACKED { at * HIGH + row } else { row * stride + at }) };
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = vfmaq_n_f32(*sum, weights, factor);
            }
        }
    }
    for (sums, place) in sums.iter().zip(tile) {
        for (four, sum) in sums.iter().enumerate() {
            // SAFETY: the place has 32 numbers.
            unsafe { vst1q_f32(place.as_mut_ptr().add(half + four * 4), *sum) };
        }
    }
}
