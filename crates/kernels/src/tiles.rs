//! Products by tiles, AMX: 16 rows of 64 bytes are multiplied with as many at once.
//!
//! The left side of such a product lies in lines of the cache: `[16 rows][k / 64][row][64 bytes]`, filled up with zeros. Panels lie as they do for every level.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod linux;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(crate) use linux::{Tiles, are_there};

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod elsewhere;
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
pub(crate) use elsewhere::{Tiles, are_there};

/// Rows of a tile.
pub(crate) const HIGH: usize = 16;

/// Rows that are multiplied at once at most: two tiles of them with two of a panel's, so that each tile that is loaded is used twice.
pub(crate) const HIGHEST: usize = 2 * HIGH;
