//! Four rows and four registers of four columns, half a panel at a time: `sdot`, as assembly while the compiler's own name for it is unstable.
#![expect(clippy::indexing_slicing, reason = "four of four, and as many rows as there are")]

use crate::PANEL;
use std::arch::aarch64::{
    int8x16_t, int32x4_t, vaddq_s32, vdupq_n_s8, vdupq_n_s32, vdupq_n_u8, veorq_u8, vld1q_u8, vreinterpretq_s8_s32,
    vreinterpretq_s8_u8, vshlq_n_s32, vst1q_s32,
};
use std::arch::asm;

/// Bytes of a step of half a panel.
const HALF: usize = 2 * PANEL;

/// # Safety
/// The processor has NEON with dot products. `left` points to `quads` quads of each of `tile.len()` rows side by side, `panel` to `quads` times 32 of them.
#[target_feature(enable = "neon,dotprod")]
pub(super) unsafe fn sums(left: *const i32, quads: usize, panel: *const u8, tile: &mut [[i32; PANEL]]) {
    // SAFETY: what the caller promised.
    unsafe {
        match tile.len() {
            1 => rows::<1>(left, quads, panel, tile),
            2 => rows::<2>(left, quads, panel, tile),
            3 => rows::<3>(left, quads, panel, tile),
            4 => rows::<4>(left, quads, panel, tile),
            _ => {}
        }
    }
}

/// # Safety
/// As [`sums`], with a tile of `HIGH` rows.
#[target_feature(enable = "neon,dotprod")]
unsafe fn rows<const HIGH: usize>(left: *const i32, quads: usize, panel: *const u8, tile: &mut [[i32; PANEL]]) {
    // Both sides have a sign here. A panel's bytes are 128 too high, so with the sign that is flipped they are right, and 128 times the row's sum is added as
    // if they were not.
    let (flip, ones) = (vdupq_n_u8(128), vdupq_n_s8(1));
    let mut of_rows = [vdupq_n_s32(0); HIGH];
    for half in [0, HALF] {
        let mut sums = [[vdupq_n_s32(0); 4]; HIGH];
        for at in 0..quads {
            let mut factors = [vdupq_n_s8(0); HIGH];
            for (row, factors) in factors.iter_mut().enumerate() {
                // SAFETY: each step has a quad of each row. It need not be aligned.
                *factors = vreinterpretq_s8_s32(vdupq_n_s32(unsafe { left.add(at * HIGH + row).read_unaligned() }));
                if half == 0 {
                    of_rows[row] = dot(of_rows[row], ones, *factors);
                }
            }
            for four in 0..4 {
                // SAFETY: the panel has as many steps of 128 bytes.
                let weights = unsafe { vld1q_u8(panel.add(at * 2 * HALF + half + four * 16)) };
                let weights = vreinterpretq_s8_u8(veorq_u8(weights, flip));
                for (sums, factors) in sums.iter_mut().zip(&factors) {
                    sums[four] = dot(sums[four], weights, *factors);
                }
            }
        }
        for ((sums, of_row), place) in sums.iter().zip(&of_rows).zip(&mut *tile) {
            for (four, sums) in sums.iter().enumerate() {
                let sums = vaddq_s32(*sums, vshlq_n_s32::<7>(*of_row));
                // SAFETY: the place has 32 numbers, of which half a panel is 16.
                unsafe { vst1q_s32(place.as_mut_ptr().add(half / 4 + four * 4), sums) };
            }
        }
    }
}

/// Adds to each of four sums the products of four bytes of either side.
#[inline]
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn dot(sums: int32x4_t, left: int8x16_t, right: int8x16_t) -> int32x4_t {
    let mut sums = sums;
    // SAFETY: it reads and writes the registers that are named and nothing else; the processor has the instruction, or this function could not be called.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {left:v}.16b, {right:v}.16b",
            sums = inout(vreg) sums,
            left = in(vreg) left,
            right = in(vreg) right,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
