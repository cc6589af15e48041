//! Sums of a few rows of bytes with one panel.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni256;

use crate::{Isa, Level, PANEL};

/// Rows that a tile has on this level, 12 at most: as many as there are registers for.
pub(crate) fn height(isa: Isa) -> usize {
    match isa.level() {
        Level::Portable | Level::Neon => 4,
        Level::Avx2 => 2,
        Level::AvxVnni => 3,
        Level::Avx512 | Level::Amx => 12,
    }
}

/// The left side of a tile.
#[derive(Clone, Copy)]
pub(crate) enum Tile<'a> {
    /// Its rows side by side, quad by quad.
    Quads(&'a [[i8; 4]]),
    /// With AVX2, which only multiplies words: rows that begin so far apart, each quad with its even numbers first.
    Words(&'a [[i16; 4]], usize),
}

/// The sums of `tile.len()` rows with each of the panel's columns.
///
/// # Panics
/// Where `left` is too short or the tile too high.
pub(crate) fn sums(isa: Isa, left: Tile<'_>, panel: &[u8], tile: &mut [[i32; PANEL]]) {
    let quads = panel.len() / (4 * PANEL);
    let Some(last) = tile.len().checked_sub(1) else { return };
    let fits = match left {
        Tile::Quads(left) => left.len() >= tile.len() * quads,
        Tile::Words(left, stride) => left.len() >= last * stride + quads,
    };
    assert!(tile.len() <= height(isa) && fits, "a tile within its rows");
    match (isa.level(), left) {
        // SAFETY: the processor has the features, for there is an `Isa` of this level; `left` holds `quads` quads of each row and the panel as many of 32
        // columns, by the assertion.
        #[cfg(target_arch = "x86_64")]
        (Level::Avx2, Tile::Words(left, stride)) => unsafe {
            avx2::sums(left.as_ptr(), stride, quads, panel.as_ptr(), tile);
        },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        (Level::AvxVnni, Tile::Quads(left)) => unsafe {
            vnni256::sums(left.as_ptr().cast(), quads, panel.as_ptr(), tile);
        },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        (Level::Avx512 | Level::Amx, Tile::Quads(left)) => unsafe {
            avx512::sums(left.as_ptr().cast(), quads, panel.as_ptr(), tile);
        },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        (Level::Neon, Tile::Quads(left)) => unsafe {
            neon::sums(left.as_ptr().cast(), quads, panel.as_ptr(), tile);
        },
        (_, Tile::Quads(left)) => portable::sums(left, panel, tile),
        // No other level lays rows out so.
        (_, Tile::Words(..)) => {}
    }
}
