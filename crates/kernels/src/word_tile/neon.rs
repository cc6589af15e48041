//! Four rows and four registers of four columns, half a panel at a time: `smlal`, once for the even numbers of the pairs and once for the odd ones.
#![expect(clippy::indexing_slicing, reason = "four of four")]

use crate::PANEL;
use crate::word_panels::Pairs;
use std::arch::aarch64::{int16x8x2_t, vdupq_n_s32, vget_low_s16, vld2q_s16, vmlal_high_n_s16, vmlal_n_s16, vst1q_s32};

/// # Safety
/// The processor has NEON. `left` points to `tile.len()` rows, `stride` apart, of as many pairs as the panel has.
#[target_feature(enable = "neon")]
pub(super) unsafe fn sums(left: *const i16, stride: usize, panel: &[Pairs], tile: &mut [[i32; PANEL]]) {
    for half in [0, 16] {
        // SAFETY: what the caller promised; half a panel is 16 of 32 columns.
        unsafe {
            match tile.len() {
                1 => rows::<1>(left, stride, panel, tile, half),
                2 => rows::<2>(left, stride, panel, tile, half),
                3 => rows::<3>(left, stride, panel, tile, half),
                4 => rows::<4>(left, stride, panel, tile, half),
                _ => {}
            }
        }
    }
}

/// # Safety
/// As [`sums`], with a tile of `HIGH` rows; `half` is 0 or 16.
#[target_feature(enable = "neon")]
unsafe fn rows<const HIGH: usize>(
    left: *const i16,
    stride: usize,
    panel: &[Pairs],
    tile: &mut [[i32; PANEL]],
    half: usize,
) {
    let mut sums = [[vdupq_n_s32(0); 4]; HIGH];
    for (at, pairs) in panel.iter().enumerate() {
        for eight in 0..2 {
            // SAFETY: a step has 32 pairs.
            let int16x8x2_t(even, odd) = unsafe { vld2q_s16(pairs.0.as_ptr().add(half + eight * 8).cast()) };
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: each row has a pair for each step.
                let [first, second] = unsafe { left.add(row * stride + 2 * at).cast::<[i16; 2]>().read() };
                let (low, high) = (sums[2 * eight], sums[2 * eight + 1]);
                let low = vmlal_n_s16(low, vget_low_s16(even), first);
                let high = vmlal_high_n_s16(high, even, first);
                sums[2 * eight] = vmlal_n_s16(low, vget_low_s16(odd), second);
                sums[2 * eight + 1] = vmlal_high_n_s16(high, odd, second);
            }
        }
    }
    for (sums, place) in sums.iter().zip(tile) {
        for (four, sums) in sums.iter().enumerate() {
            // SAFETY: the place has 32 numbers.
            unsafe { vst1q_s32(place.as_mut_ptr().add(half + four * 4), *sums) };
        }
    }
}
