//! What the compiler makes of it. Products are rounded before they are added.

use super::Tile;
use crate::PANEL;

pub(super) fn sums(left: Tile<'_>, panel: &[f32], tile: &mut [[f32; PANEL]]) {
    let height = tile.len();
    for (row, place) in tile.iter_mut().enumerate() {
        let (numbers, step) = match left {
            Tile::Packed(numbers) => (numbers.get(row..), height),
            Tile::Rows(numbers, stride) => (numbers.get(row * stride..), 1),
        };
        let mut numbers = numbers.unwrap_or_default();
        // Of its own, not in the tile: it stays in registers.
        let mut sums = [0.0; PANEL];
        for weights in panel.as_chunks::<PANEL>().0 {
            let Some(factor) = numbers.first() else { break };
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += factor * weight;
            }
            numbers = numbers.get(step..).unwrap_or_default();
        }
        *place = sums;
    }
}
