//! Sums of a few rows of words with one panel.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni256;

use crate::word_panels::Pairs;
use crate::{Isa, Level, PANEL};

/// Rows that a tile has at most, whatever the level.
pub(crate) const HIGHEST: usize = 12;

/// Rows that a tile has on this level: as many as there are registers for.
pub(crate) fn height(isa: Isa) -> usize {
    match isa.level() {
        Level::Portable | Level::Neon => 4,
        Level::Avx2 | Level::AvxVnni => 6,
        Level::Avx512 | Level::Amx => 12,
    }
}

/// The sums of `tile.len()` rows, which begin `stride` apart in `left`, with each of the panel's columns. `stride` is even.
///
/// # Panics
/// Where `left` is too short or the tile too high.
pub(crate) fn sums(isa: Isa, left: &[i16], stride: usize, panel: &[Pairs], tile: &mut [[i32; PANEL]]) {
    let Some(last) = tile.len().checked_sub(1) else { return };
    let fits = left.len() >= last * stride + 2 * panel.len();
    assert!(tile.len() <= height(isa) && fits, "a tile within its rows");
    match isa.level() {
        // SAFETY: the processor has the features, for there is an `Isa` of this level; `left` holds as many pairs of each row as the panel has, by the assertion.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::sums(left.as_ptr(), stride, panel, tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::AvxVnni => unsafe { vnni256::sums(left.as_ptr(), stride, panel, tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 | Level::Amx => unsafe { avx512::sums(left.as_ptr(), stride, panel, tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Level::Neon => unsafe { neon::sums(left.as_ptr(), stride, panel, tile) },
        // The portable one; of levels of other processors there is no `Isa`.
        _ => portable::sums(left, stride, panel, tile),
    }
}
