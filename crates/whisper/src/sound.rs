//! One head's keys or values of a window's sound.
#![expect(
    clippy::indexing_slicing,
    reason = "offsets into buffers whose sizes are made from the same shape a line above"
)]

use crate::Numbers;
use kernels::{BytePanels, ByteRows, FloatPanels, Isa, Rows, Then, byte_product, float_product};

/// A matrix that is read for every token of a window: what a decoder does most, so its width decides the speed.
///
/// In fast numbers each key has a scale, and each of a value's 64 channels; what they are multiplied with is taken twice, which makes it as good as with 16 bits
/// and costs nothing where memory is what is waited for.
#[derive(Debug)]
pub(crate) enum Sound {
    Float(FloatPanels),
    Byte(BytePanels),
}

/// What a product in eight bits needs: the left side, and its two halves' results.
pub(crate) type Room<'a> = (&'a mut ByteRows, &'a mut Vec<f32>);

impl Default for Sound {
    fn default() -> Self {
        Self::Float(FloatPanels::default())
    }
}

impl Sound {
    /// Takes rows that are an output each: keys.
    pub(crate) fn set_outputs(&mut self, isa: Isa, numbers: Numbers, rows: Rows<'_>) {
        match self.of(numbers) {
            Self::Float(panels) => {
                panels.reshape(rows.len(), rows.rows());
                for row in 0..rows.rows() {
                    panels.set_output(row, rows.row(row));
                }
            }
            Self::Byte(panels) => {
                panels.reshape(rows.len(), rows.rows());
                let mut room = Vec::new();
                for row in 0..rows.rows() {
                    panels.set_output(isa, row, rows.row(row), &mut room);
                }
            }
        }
    }

    /// Takes rows that are an input each: values.
    pub(crate) fn set_inputs(&mut self, numbers: Numbers, rows: Rows<'_>) {
        match self.of(numbers) {
            Self::Float(panels) => {
                panels.reshape(rows.rows(), rows.len());
                for row in 0..rows.rows() {
                    panels.set_input(row, rows.row(row));
                }
            }
            Self::Byte(panels) => panels.set_inputs(rows),
        }
    }

    /// Itself, holding what these numbers want.
    fn of(&mut self, numbers: Numbers) -> &mut Self {
        match (&self, numbers) {
            (Self::Byte(_), Numbers::Exact) => *self = Self::Float(FloatPanels::default()),
            (Self::Float(_), Numbers::Fast) => *self = Self::Byte(BytePanels::default()),
            _ => {}
        }
        self
    }

    pub(crate) fn inputs(&self) -> usize {
        match self {
            Self::Float(panels) => panels.k(),
            Self::Byte(panels) => panels.k(),
        }
    }

    pub(crate) fn outputs(&self) -> usize {
        match self {
            Self::Float(panels) => panels.n(),
            Self::Byte(panels) => panels.n(),
        }
    }

    /// One row of outputs for each row of inputs, beginning `stride` apart.
    pub(crate) fn product(&self, isa: Isa, rows: Rows<'_>, out: &mut [f32], stride: usize, (bytes, halves): Room<'_>) {
        match self {
            Self::Float(panels) => float_product(isa, rows, panels, Then::Store, out, stride),
            Self::Byte(panels) => {
                let n = panels.n();
                bytes.take_twice(isa, rows);
                halves.resize(2 * rows.rows() * n, 0.0);
                byte_product(bytes, panels, Then::Store, halves, n);
                for (pair, out) in halves.chunks_exact(2 * n).zip(out.chunks_mut(stride)) {
                    let (coarse, fine) = pair.split_at(n);
                    for ((out, coarse), fine) in out[..n].iter_mut().zip(coarse).zip(fine) {
                        *out = coarse + fine;
                    }
                }
            }
        }
    }
}
