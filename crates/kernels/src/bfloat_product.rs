//! Products in bf16.

use crate::line::Line;
use crate::tiles::{HIGH, HIGHEST, Tiles};
use crate::{BfloatPanels, BfloatRows, Isa, PANEL};

/// The sums of a tile that can't be stored where they belong.
#[repr(C, align(64))]
struct Sums([[f32; PANEL]; HIGHEST]);

/// `out = left · right`: a row of `right.n()` numbers for each row of `left`, rows beginning `stride` apart.
///
/// Products are exact, their sums f32. Other levels than [`Amx`](crate::Level::Amx) have no instructions for it and are slower than with
/// [`float_product`](crate::float_product()); they add up in another order.
///
/// # Panics
/// Where the sizes don't fit: a fault of the caller's.
pub fn bfloat_product(isa: Isa, left: &BfloatRows, right: &BfloatPanels, out: &mut [f32], stride: usize) {
    let (rows, k, n) = (left.rows(), right.k(), right.n());
    if rows == 0 || n == 0 {
        return;
    }
    let fits = left.row_len() == k && stride >= n && out.len() >= (rows - 1) * stride + n;
    assert!(fits, "a product of {rows} x {} and {k} x {n} into {} by {stride}", left.row_len(), out.len());
    let tiles = Tiles::of(isa).filter(|_| k > 0);
    let mut room = Sums([[0.0; PANEL]; HIGHEST]);
    for row in (0..rows).step_by(HIGHEST) {
        let height = HIGHEST.min(rows - row);
        let lines = left.lines(row, height);
        let factors = left.factors(row);
        for panel in 0..n.div_ceil(PANEL) {
            let column = panel * PANEL;
            let width = PANEL.min(n - column);
            let panel = right.panel(panel);
            let place = out.get_mut(row * stride + column..).unwrap_or_default();
            let is_whole = height % HIGH == 0 && width == PANEL && factors.is_none();
            let sums = room.0.get_mut(..height.next_multiple_of(HIGH)).unwrap_or_default();
            match &tiles {
                Some(tiles) if is_whole => {
                    tiles.bfloats(lines, panel, place, stride);
                    continue;
                }
                Some(tiles) => tiles.bfloats(lines, panel, sums.as_flattened_mut(), PANEL),
                None => plain(isa, lines, panel, sums),
            }
            for ((at, sums), place) in sums.iter().enumerate().take(height).zip(place.chunks_mut(stride)) {
                let factor = factors.and_then(|factors| factors.get(at)).unwrap_or(&1.0);
                for (place, sum) in place.iter_mut().zip(sums).take(width) {
                    *place = sum * factor;
                }
            }
        }
    }
}

/// What the compiler makes of it.
fn plain(isa: Isa, left: &[Line], panel: &[Line], sums: &mut [[f32; PANEL]]) {
    #[inline(always)]
    fn body<const FMA: bool>(left: &[Line], panel: &[Line], sums: &mut [[f32; PANEL]]) {
        let number = |half: u32| f32::from_bits(half << 16);
        let steps = left.len().checked_div(sums.len()).unwrap_or(0);
        for (row, place) in sums.iter_mut().enumerate() {
            let first = row / HIGH * HIGH * steps + row % HIGH;
            let mut sums = [0.0; PANEL];
            let factors = left.iter().skip(first).step_by(HIGH).take(steps).flat_map(Line::words);
            for (factors, pairs) in factors.zip(panel.as_chunks::<2>().0) {
                let factors = (number(factors & 0xffff), number(factors >> 16));
                for (sum, pair) in sums.iter_mut().zip(pairs.iter().flat_map(Line::words)) {
                    *sum += factors.0 * number(pair & 0xffff) + factors.1 * number(pair >> 16);
                }
            }
            *place = sums;
        }
    }
    versions!(isa, body(left: &[Line], panel: &[Line], sums: &mut [[f32; PANEL]]));
}
