//! What is done with a tile's sums before they leave the cache.

use crate::gelu::gelu;
use crate::{Isa, PANEL};

/// What becomes of a product's sums.
#[derive(Debug, Clone, Copy)]
pub enum Then<'a> {
    /// They are stored.
    Store,
    /// A bias per output is added.
    Bias(&'a [f32]),
    /// A bias per output is added, then [GELU](https://arxiv.org/abs/1606.08415) applied.
    BiasGelu(&'a [f32]),
    /// A bias per output is added, and the sum to what the output holds.
    BiasAdd(&'a [f32]),
}

impl<'a> Then<'a> {
    /// The part for the outputs from `column` on.
    pub(crate) fn from(self, column: usize) -> Self {
        let part = |bias: &'a [f32]| bias.get(column..).unwrap_or_default();
        match self {
            Self::Store => Self::Store,
            Self::Bias(bias) => Self::Bias(part(bias)),
            Self::BiasGelu(bias) => Self::BiasGelu(part(bias)),
            Self::BiasAdd(bias) => Self::BiasAdd(part(bias)),
        }
    }

    /// Whether there is a bias for `n` outputs, where there is one at all.
    pub(crate) fn fits(self, n: usize) -> bool {
        match self {
            Self::Store => true,
            Self::Bias(bias) | Self::BiasGelu(bias) | Self::BiasAdd(bias) => bias.len() >= n,
        }
    }
}

/// Writes the first `width` columns of each of a tile's rows into `out`, whose rows begin `stride` apart.
pub(crate) fn finish(isa: Isa, tile: &[[f32; PANEL]], width: usize, then: Then<'_>, out: &mut [f32], stride: usize) {
    versions!(isa, body(tile: &[[f32; PANEL]], width: usize, then: Then<'_>, out: &mut [f32], stride: usize));
}

#[inline(always)]
fn body<const FMA: bool>(tile: &[[f32; PANEL]], width: usize, then: Then<'_>, out: &mut [f32], stride: usize) {
    for (sums, row) in tile.iter().zip(out.chunks_mut(stride)) {
        let Some(row) = row.get_mut(..width) else { return };
        match then {
            Then::Store => row.copy_from_slice(sums.get(..width).unwrap_or_default()),
            Then::Bias(bias) => each(row, sums, bias, |_, sum| sum),
            Then::BiasGelu(bias) => each(row, sums, bias, |_, sum| gelu::<FMA>(sum)),
            Then::BiasAdd(bias) => each(row, sums, bias, |before, sum| before + sum),
        }
    }
}

/// Whole panels in a loop of known length, which needs no remainder.
#[inline(always)]
fn each(row: &mut [f32], sums: &[f32; PANEL], bias: &[f32], then: impl Fn(f32, f32) -> f32) {
    if let (Ok(row), Some(bias)) = (<&mut [f32; PANEL]>::try_from(&mut *row), bias.first_chunk::<PANEL>()) {
        for ((place, sum), bias) in row.iter_mut().zip(sums).zip(bias) {
            *place = then(*place, sum + bias);
        }
        return;
    }
    for ((place, sum), bias) in row.iter_mut().zip(sums).zip(bias) {
        *place = then(*place, sum + bias);
    }
}
