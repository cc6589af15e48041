//! Products in sixteen bits.

use crate::epilogue::{Scales, finish_sums};
use crate::{Isa, PANEL, Then, WordPanels, WordRows, word_tile};

/// Rows, at most, that are multiplied by all panels before the next ones are.
const BLOCK: usize = 48;

/// `out = left · right`: a row of `right.n()` numbers for each row of `left`, rows beginning `stride` apart. The sums are whole numbers, the same on every level.
///
/// # Panics
/// Where the sizes don't fit: a fault of the caller's.
pub fn word_product(isa: Isa, left: &WordRows, right: &WordPanels, out: &mut [f32], stride: usize) {
    let (rows, k, n) = (left.rows(), right.k(), right.n());
    if rows == 0 || n == 0 {
        return;
    }
    let fits = left.row_len() == k && stride >= n && out.len() >= (rows - 1) * stride + n;
    assert!(fits, "a product of {rows} x {} and {k} x {n} into {} by {stride}", left.row_len(), out.len());
    let high = word_tile::height(isa);
    let block = BLOCK / high * high;
    let mut tile = [[0; PANEL]; word_tile::HIGHEST];
    for first in (0..rows).step_by(block) {
        let until = rows.min(first + block);
        for panel in 0..n.div_ceil(PANEL) {
            let column = panel * PANEL;
            let width = PANEL.min(n - column);
            for row in (first..until).step_by(high) {
                let sums = tile.get_mut(..high.min(until - row)).unwrap_or_default();
                word_tile::sums(isa, left.from(row), left.stride(), right.panel(panel), sums);
                let scales = Scales { rows: left.scales(row), sums: None, columns: right.scales(panel) };
                let place = out.get_mut(row * stride + column..).unwrap_or_default();
                finish_sums(isa, sums, scales, width, Then::Store, (place, stride));
            }
        }
    }
}
