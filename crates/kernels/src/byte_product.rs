//! Products in eight bits.

use crate::epilogue::{Scales, finish_sums};
use crate::tiles::{self, Tiles};
use crate::{BytePanels, ByteRows, PANEL, Then, byte_tile};

/// Rows, at most, that are multiplied by all panels before the next ones are: processors follow about as many streams of memory, one to a page, as they fetch
/// ahead what is written to.
const BLOCK: usize = 32;

/// The sums of a tile, where registers and tiles are stored line by line.
#[repr(C, align(64))]
struct Sums([[i32; PANEL]; tiles::HIGHEST]);

/// `out = left · right`, with `then` applied: a row of `right.n()` numbers for each row of `left`, rows beginning `stride` apart.
///
/// With the instructions that the left side was laid out for. The sums are whole numbers, the same on every level.
///
/// # Panics
/// Where the sizes don't fit: a fault of the caller's.
pub fn byte_product(left: &ByteRows, right: &BytePanels, then: Then<'_>, out: &mut [f32], stride: usize) {
    let (rows, k, n) = (left.rows(), right.k(), right.n());
    let Some(isa) = left.isa().filter(|_| rows > 0 && n > 0) else { return };
    let fits = left.row_len() == k && stride >= n && out.len() >= (rows - 1) * stride + n && then.fits(n);
    assert!(fits, "a product of {rows} x {} and {k} x {n} into {} by {stride}", left.row_len(), out.len());
    let tiles = Tiles::of(isa);
    let high = if tiles.is_some() { tiles::HIGHEST } else { byte_tile::height(isa) };
    let block = BLOCK / high * high;
    let mut sums = Sums([[0; PANEL]; tiles::HIGHEST]);
    for first in (0..rows).step_by(block) {
        let until = rows.min(first + block);
        for panel in 0..n.div_ceil(PANEL) {
            let column = panel * PANEL;
            let width = PANEL.min(n - column);
            for row in (first..until).step_by(high) {
                let height = high.min(until - row);
                if let Some(tiles) = &tiles {
                    let sums = sums.0.get_mut(..height.next_multiple_of(tiles::HIGH)).unwrap_or_default();
                    tiles.bytes(left.lines(row, height), right.lines(panel), sums);
                } else {
                    let sums = sums.0.get_mut(..height).unwrap_or_default();
                    byte_tile::sums(isa, left.tile(row, height), right.panel(panel), sums);
                }
                let sums = sums.0.get(..height).unwrap_or_default();
                let scales =
                    Scales { rows: left.scales(row), sums: Some(left.sums(row)), columns: right.scales(panel) };
                let place = out.get_mut(row * stride + column..).unwrap_or_default();
                finish_sums(isa, sums, scales, width, then.from(column), (place, stride));
            }
        }
    }
}
