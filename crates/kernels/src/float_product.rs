//! Products in f32.

use crate::epilogue::finish;
use crate::float_tile::{self, Tile};
use crate::{FloatPanels, Isa, PANEL, Rows, Then};
use std::ops::Range;

/// Numbers of the left side that are multiplied by one panel after the other while they stay in the second-level cache, beside a panel.
const BLOCK: usize = 96 << 10;

/// Panels from which on it pays to [`pack`].
const WORTH_PACKING: usize = 8;

/// `out = left · right`, with `then` applied: a row of `right.n()` numbers for each row of `left`, rows beginning `stride` apart.
///
/// # Panics
/// Where the sizes don't fit: a fault of the caller's.
pub fn float_product(isa: Isa, left: Rows<'_>, right: &FloatPanels, then: Then<'_>, out: &mut [f32], stride: usize) {
    let (rows, k, n) = (left.rows(), right.k(), right.n());
    if rows == 0 || n == 0 {
        return;
    }
    let fits = left.len() == k && stride >= n && out.len() >= (rows - 1) * stride + n && then.fits(n);
    assert!(fits, "a product of {rows} x {} and {k} x {n} into {} by {stride}", left.len(), out.len());
    let high = float_tile::height(isa);
    // Whole tiles.
    let block = (BLOCK / k.max(1) / high).max(1) * high;
    let is_packed = n >= WORTH_PACKING * PANEL && rows > 1;
    let mut packed = Vec::new();
    let mut tile = [[0.0; PANEL]; float_tile::HIGHEST];
    for first in (0..rows).step_by(block) {
        let until = rows.min(first + block);
        if is_packed {
            pack(left, first..until, high, &mut packed);
        }
        for panel in 0..n.div_ceil(PANEL) {
            let column = panel * PANEL;
            let width = PANEL.min(n - column);
            for row in (first..until).step_by(high) {
                let height = high.min(until - row);
                let sums = tile.get_mut(..height).unwrap_or_default();
                let numbers = if is_packed {
                    Tile::Packed(packed.get((row - first) * k..).unwrap_or_default())
                } else {
                    Tile::Rows(left.from(row), left.stride())
                };
                float_tile::sums(isa, numbers, right.panel(panel), sums);
                let place = out.get_mut(row * stride + column..).unwrap_or_default();
                finish(isa, sums, width, then.from(column), place, stride);
            }
        }
    }
}

/// Lays the rows of each tile side by side, number by number: what a step multiplies then lies in one line of the cache, and rows whose length is a power of
/// two don't push each other out of it.
fn pack(left: Rows<'_>, rows: Range<usize>, high: usize, packed: &mut Vec<f32>) {
    packed.clear();
    packed.resize(rows.len() * left.len(), 0.0);
    let (until, mut rest) = (rows.end, packed.as_mut_slice());
    for first in rows.step_by(high) {
        let height = high.min(until - first);
        let (tile, behind) = rest.split_at_mut(height * left.len());
        rest = behind;
        for row in 0..height {
            for (place, number) in tile.chunks_exact_mut(height).zip(left.row(first + row)) {
                if let Some(place) = place.get_mut(row) {
                    *place = *number;
                }
            }
        }
    }
}
