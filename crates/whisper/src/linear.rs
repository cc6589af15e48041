//! Weights and biases of a layer.

use crate::Error;
use crate::ggml::ModelFile;
use kernels::{FloatPanels, Isa, Rows, Then, float_product};

/// `inputs` numbers to `outputs` numbers.
#[derive(Debug)]
pub(crate) struct Linear {
    weights: FloatPanels,
    bias: Vec<f32>,
}

/// What happens to a layer's output.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// It is stored.
    Store,
    /// GELU is applied.
    Gelu,
    /// It is added to what is there.
    Add,
}

/// A part of a layer: a matrix of the file with its bias, both times a factor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) factor: f32,
    pub(crate) has_bias: bool,
}

impl<'a> Part<'a> {
    pub(crate) fn plain(name: &'a str) -> Self {
        Self { name, factor: 1.0, has_bias: true }
    }
}

impl Linear {
    /// Matrices of `outputs × inputs` each, one behind the other: one layer that gives the outputs of all.
    pub(crate) fn load(
        file: &ModelFile,
        prefix: &str,
        parts: &[Part<'_>],
        outputs: usize,
        inputs: usize,
    ) -> Result<Self, Error> {
        let mut weights = FloatPanels::zeros(inputs, outputs * parts.len());
        let mut bias = Vec::with_capacity(outputs * parts.len());
        let mut row = vec![0.0; inputs];
        for (at, part) in parts.iter().enumerate() {
            let matrix = file.matrix(&format!("{prefix}{}.weight", part.name), outputs, inputs)?;
            for output in 0..outputs {
                matrix.row(output, &mut row);
                for weight in &mut row {
                    *weight *= part.factor;
                }
                weights.set_output(at * outputs + output, &row);
            }
            let mut part_bias = vec![0.0; outputs];
            if part.has_bias {
                part_bias = file.vector(&format!("{prefix}{}.bias", part.name), outputs)?;
            }
            bias.extend(part_bias.iter().map(|number| number * part.factor));
        }
        Ok(Self { weights, bias })
    }

    /// A convolution over three positions, as a layer whose inputs are the three positions one behind the other.
    pub(crate) fn load_convolution(
        file: &ModelFile,
        name: &str,
        outputs: usize,
        channels: usize,
    ) -> Result<Self, Error> {
        let matrix = file.matrix(&format!("{name}.weight"), outputs, channels * 3)?;
        let mut weights = FloatPanels::zeros(channels * 3, outputs);
        let mut row = vec![0.0; channels * 3];
        for output in 0..outputs {
            matrix.row(output, &mut row);
            let place_by_place: Vec<f32> =
                (0..3).flat_map(|place| row.iter().skip(place).step_by(3)).copied().collect();
            weights.set_output(output, &place_by_place);
        }
        Ok(Self { weights, bias: file.vector(&format!("{name}.bias"), outputs)? })
    }

    /// Outputs of each row.
    pub(crate) fn outputs(&self) -> usize {
        self.weights.n()
    }

    /// One row of outputs for each row of inputs, one behind the other.
    pub(crate) fn apply(&self, isa: Isa, rows: Rows<'_>, act: Act, out: &mut [f32]) {
        let then = match act {
            Act::Store => Then::Bias(&self.bias),
            Act::Gelu => Then::BiasGelu(&self.bias),
            Act::Add => Then::BiasAdd(&self.bias),
        };
        float_product(isa, rows, &self.weights, then, out, self.outputs());
    }
}
