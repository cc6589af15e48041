//! Sums of a few rows of bytes with one panel.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni256;

use crate::{Isa, Level, PANEL};

/// Rows that a tile has on this level, 12 at most: as many as there are registers for.
pub(crate) fn height(isa: Isa) -> usize {
    match isa.level() {
        Level::Portable => 4,
        Level::Avx2 => 2,
        Level::AvxVnni => 3,
        Level::Avx512 | Level::Amx => 12,
    }
}

/// The sums of `tile.len()` rows, whose quads lie side by side in `left`, with each of the panel's columns.
///
/// # Panics
/// Where `left` is too short or the tile too high.
pub(crate) fn sums(isa: Isa, left: &[[i8; 4]], panel: &[u8], tile: &mut [[i32; PANEL]]) {
    let quads = panel.len() / (4 * PANEL);
    assert!(tile.len() <= height(isa) && left.len() >= tile.len() * quads, "a tile within its rows");
    match isa.level() {
        Level::Portable => portable::sums(left, panel, tile),
        // SAFETY: the processor has the features, for there is an `Isa` of this level; `left` holds `quads` quads of each row and the panel as many of 32
        // columns, by the assertion.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::sums(left.as_ptr().cast(), quads, panel.as_ptr(), tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::AvxVnni => unsafe { vnni256::sums(left.as_ptr().cast(), quads, panel.as_ptr(), tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 | Level::Amx => unsafe { avx512::sums(left.as_ptr().cast(), quads, panel.as_ptr(), tile) },
        #[cfg(not(target_arch = "x86_64"))]
        _ => portable::sums(left, panel, tile),
    }
}
