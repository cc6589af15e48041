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

/// The scales of a tile of whole numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scales<'a> {
    /// By row.
    pub(crate) rows: &'a [f32],
    /// By row, the sum of its bytes, where the panel's are 128 too large.
    pub(crate) sums: Option<&'a [i32]>,
    /// By column.
    pub(crate) columns: &'a [f32; PANEL],
}

/// Writes the first `width` columns of each of a tile's rows into `out`, whose rows begin `stride` apart.
pub(crate) fn finish(isa: Isa, tile: &[[f32; PANEL]], width: usize, then: Then<'_>, out: &mut [f32], stride: usize) {
    #[inline(always)]
    fn body<const FMA: bool>(tile: &[[f32; PANEL]], width: usize, then: Then<'_>, out: &mut [f32], stride: usize) {
        for (sums, row) in tile.iter().zip(out.chunks_mut(stride)) {
            finish_row::<FMA>(*sums, width, then, row);
        }
    }
    versions!(isa, body(tile: &[[f32; PANEL]], width: usize, then: Then<'_>, out: &mut [f32], stride: usize));
}

/// As [`finish`], with whole sums.
pub(crate) fn finish_sums(
    isa: Isa,
    tile: &[[i32; PANEL]],
    scales: Scales<'_>,
    width: usize,
    then: Then<'_>,
    (out, stride): (&mut [f32], usize),
) {
    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "rounded to 24 bits, and then multiplied by factors of 8")]
    #[expect(clippy::indexing_slicing, reason = "arrays of one length")]
    fn body<const FMA: bool>(
        tile: &[[i32; PANEL]],
        scales: Scales<'_>,
        width: usize,
        then: Then<'_>,
        out: &mut [f32],
        stride: usize,
    ) {
        for (at, ((sums, scale), row)) in tile.iter().zip(scales.rows).zip(out.chunks_mut(stride)).enumerate() {
            let shift = 128 * scales.sums.and_then(|sums| sums.get(at)).unwrap_or(&0);
            let mut values = [0.0; PANEL];
            for at in 0..PANEL {
                values[at] = (sums[at] - shift) as f32 * (scale * scales.columns[at]);
            }
            finish_row::<FMA>(values, width, then, row);
        }
    }
    versions!(
        isa,
        body(
            tile: &[[i32; PANEL]],
            scales: Scales<'_>,
            width: usize,
            then: Then<'_>,
            out: &mut [f32],
            stride: usize,
        )
    );
}

#[inline(always)]
fn finish_row<const FMA: bool>(sums: [f32; PANEL], width: usize, then: Then<'_>, row: &mut [f32]) {
    match then {
        Then::Store => each(row, width, &sums, None, |_, sum| sum),
        Then::Bias(bias) => each(row, width, &sums, Some(bias), |_, sum| sum),
        Then::BiasGelu(bias) => each(row, width, &sums, Some(bias), |_, sum| gelu::<FMA>(sum)),
        Then::BiasAdd(bias) => each(row, width, &sums, Some(bias), |before, sum| before + sum),
    }
}

/// Whole panels in loops of known length, which stay in registers.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "arrays of one length")]
fn each(row: &mut [f32], width: usize, sums: &[f32; PANEL], bias: Option<&[f32]>, then: impl Fn(f32, f32) -> f32) {
    match (row.first_chunk_mut::<PANEL>(), bias.map(<[f32]>::first_chunk::<PANEL>)) {
        (Some(row), None) if width == PANEL => {
            for at in 0..PANEL {
                row[at] = then(row[at], sums[at]);
            }
        }
        (Some(row), Some(Some(bias))) if width == PANEL => {
            for at in 0..PANEL {
                row[at] = then(row[at], sums[at] + bias[at]);
            }
        }
        _ => {
            for (at, (place, sum)) in row.iter_mut().zip(sums).take(width).enumerate() {
                *place = then(*place, sum + bias.and_then(|bias| bias.get(at)).unwrap_or(&0.0));
            }
        }
    }
}
