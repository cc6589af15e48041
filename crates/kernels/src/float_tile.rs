//! Sums of a few rows with one panel.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

use crate::{Isa, Level, PANEL};

/// Rows that a tile has at most, whatever the level.
pub(crate) const HIGHEST: usize = 12;

/// Rows that a tile has on this level: as many as there are registers for.
pub(crate) fn height(isa: Isa) -> usize {
    match isa.level() {
        Level::Portable => 4,
        Level::Neon | Level::Avx2 | Level::AvxVnni => 6,
        Level::Avx512 | Level::Amx => 12,
    }
}

/// The left side of a tile.
#[derive(Clone, Copy)]
pub(crate) enum Tile<'a> {
    /// Its rows side by side, number by number.
    Packed(&'a [f32]),
    /// Rows that begin so far apart.
    Rows(&'a [f32], usize),
}

/// The sums of `tile.len()` rows with each of the panel's columns.
///
/// # Panics
/// Where `left` is too short or the tile too high.
pub(crate) fn sums(isa: Isa, left: Tile<'_>, panel: &[f32], tile: &mut [[f32; PANEL]]) {
    let k = panel.len() / PANEL;
    let Some(last) = tile.len().checked_sub(1) else { return };
    let fits = match left {
        Tile::Packed(numbers) => numbers.len() >= tile.len() * k,
        Tile::Rows(numbers, stride) => numbers.len() >= last * stride + k,
    };
    assert!(tile.len() <= height(isa) && fits, "a tile within its rows");
    match isa.level() {
        // SAFETY: the processor has the features, for there is an `Isa` of this level; `left` holds `tile.len()` rows of `k` and the panel `k` rows of 32, by
        // the assertion.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::AvxVnni => unsafe { avx2::sums(left, k, panel.as_ptr(), tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 | Level::Amx => unsafe { avx512::sums(left, k, panel.as_ptr(), tile) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Level::Neon => unsafe { neon::sums(left, k, panel.as_ptr(), tile) },
        // The portable one; of levels of other processors there is no `Isa`.
        _ => portable::sums(left, panel, tile),
    }
}
