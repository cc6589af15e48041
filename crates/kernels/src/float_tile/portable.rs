//! What the compiler makes of it. Products are rounded before they are added.

use super::Tile;
use crate::PANEL;

pub(super) fn sums(left: Tile<'_>, panel: &[f32], tile: &mut [[f32; PANEL]]) {
    let height = tile.len();
    for (row, sums) in tile.iter_mut().enumerate() {
        *sums = [0.0; PANEL];
        let (numbers, step) = match left {
            Tile::Packed(numbers) => (numbers.get(row..), height),
            Tile::Rows(numbers, stride) => (numbers.get(row * stride..), 1),
        };
        let numbers = numbers.unwrap_or_default().iter().step_by(step);
        for (factor, weights) in numbers.zip(panel.as_chunks::<PANEL>().0) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += factor * weight;
            }
        }
    }
}
