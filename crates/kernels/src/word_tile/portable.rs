//! What the compiler makes of it.

use crate::PANEL;
use crate::word_panels::Pairs;

pub(super) fn sums(left: &[i16], stride: usize, panel: &[Pairs], tile: &mut [[i32; PANEL]]) {
    for (row, place) in tile.iter_mut().enumerate() {
        let words = left.get(row * stride..).unwrap_or_default();
        // Of its own, not in the tile: it stays in registers.
        let mut sums = [0; PANEL];
        for (factors, pairs) in words.as_chunks::<2>().0.iter().zip(panel) {
            let factors = factors.map(i32::from);
            for (sum, pair) in sums.iter_mut().zip(&pairs.0) {
                *sum += pair.iter().zip(factors).map(|(weight, factor)| i32::from(*weight) * factor).sum::<i32>();
            }
        }
        *place = sums;
    }
}
