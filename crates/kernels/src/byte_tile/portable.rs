//! What the compiler makes of it.

use crate::PANEL;

pub(super) fn sums(left: &[[i8; 4]], panel: &[u8], tile: &mut [[i32; PANEL]]) {
    let height = tile.len();
    for (row, place) in tile.iter_mut().enumerate() {
        // Of its own, not in the tile: it stays in registers.
        let mut sums = [0; PANEL];
        let factors = left.iter().skip(row).step_by(height);
        for (factors, quads) in factors.zip(panel.as_chunks::<{ 4 * PANEL }>().0) {
            let factors = factors.map(i32::from);
            for (sum, quad) in sums.iter_mut().zip(quads.as_chunks::<4>().0) {
                *sum += quad.iter().zip(factors).map(|(weight, factor)| i32::from(*weight) * factor).sum::<i32>();
            }
        }
        *place = sums;
    }
}
