//! Weights and biases of a layer.

use crate::ggml::ModelFile;
use crate::parts::Matrix;
use crate::{Error, Numbers};
use kernels::{BytePanels, ByteRows, FloatPanels, Isa, Rows, Then, byte_product, float_product};

/// `inputs` numbers to `outputs` numbers.
#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) weights: Weights,
    pub(crate) bias: Vec<f32>,
}

/// Weights in the form in which they are multiplied.
#[derive(Debug)]
pub(crate) enum Weights {
    Float(FloatPanels),
    Byte(BytePanels),
}

impl Weights {
    /// Takes the rows of weights that `read` gives for each output.
    fn of_outputs(
        isa: Isa,
        numbers: Numbers,
        (inputs, outputs): (usize, usize),
        mut read: impl FnMut(usize, &mut [f32]) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut row = vec![0.0; inputs];
        Ok(match numbers {
            Numbers::Exact => {
                let mut panels = FloatPanels::zeros(inputs, outputs);
                for output in 0..outputs {
                    read(output, &mut row)?;
                    panels.set_output(output, &row);
                }
                Self::Float(panels)
            }
            Numbers::Fast => {
                let (mut panels, mut room) = (BytePanels::zeros(inputs, outputs), Vec::new());
                for output in 0..outputs {
                    read(output, &mut row)?;
                    panels.set_output(isa, output, &row, &mut room);
                }
                Self::Byte(panels)
            }
        })
    }
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

impl Linear {
    /// Matrices of `outputs × inputs` each, one behind the other: one layer that gives the outputs of all.
    pub(crate) fn load(
        file: &ModelFile,
        isa: Isa,
        numbers: Numbers,
        parts: &[Matrix],
        (outputs, inputs): (usize, usize),
    ) -> Result<Self, Error> {
        let (mut matrices, mut bias) = (Vec::new(), Vec::with_capacity(outputs * parts.len()));
        for part in parts {
            matrices.push((file.matrix(&format!("{}.weight", part.name), outputs, inputs)?, part.factor));
            let mut part_bias = vec![0.0; outputs];
            if part.has_bias {
                part_bias = file.vector(&format!("{}.bias", part.name), outputs)?;
            }
            bias.extend(part_bias.iter().map(|number| number * part.factor));
        }
        let weights = Weights::of_outputs(isa, numbers, (inputs, outputs * parts.len()), |output, row| {
            let Some((matrix, factor)) = matrices.get(output / outputs) else { return Ok(()) };
            matrix.row(output % outputs, row)?;
            for weight in row {
                *weight *= factor;
            }
            Ok(())
        })?;
        for part in parts {
            file.let_go(&format!("{}.weight", part.name));
        }
        Ok(Self { weights, bias })
    }

    /// The table of tokens as the layer that scores them: without a bias.
    pub(crate) fn load_table(file: &ModelFile, isa: Isa, numbers: Numbers, name: &str) -> Result<Self, Error> {
        let (outputs, inputs) = (file.head.shape.vocabulary, file.head.shape.width);
        let table = file.matrix(name, outputs, inputs)?;
        let weights = Weights::of_outputs(isa, numbers, (inputs, outputs), |output, row| table.row(output, row))?;
        Ok(Self { weights, bias: vec![0.0; outputs] })
    }

    /// A convolution over three positions, as a layer whose inputs are the three positions one behind the other; in f32 always.
    pub(crate) fn load_convolution(
        file: &ModelFile,
        isa: Isa,
        name: &str,
        outputs: usize,
        channels: usize,
    ) -> Result<Self, Error> {
        let matrix = file.matrix(&format!("{name}.weight"), outputs, channels * 3)?;
        let mut together = vec![0.0; channels * 3];
        let weights = Weights::of_outputs(isa, Numbers::Exact, (channels * 3, outputs), |output, row| {
            matrix.row(output, &mut together)?;
            let place_by_place = (0..3).flat_map(|place| together.iter().skip(place).step_by(3));
            for (weight, number) in row.iter_mut().zip(place_by_place) {
                *weight = *number;
            }
            Ok(())
        })?;
        Ok(Self { weights, bias: file.vector(&format!("{name}.bias"), outputs)? })
    }

    /// One row of outputs for each row of inputs, one behind the other. `room` is for the rows in eight bits.
    pub(crate) fn apply(&self, isa: Isa, rows: Rows<'_>, act: Act, out: &mut [f32], room: &mut ByteRows) {
        let then = match act {
            Act::Store => Then::Bias(&self.bias),
            Act::Gelu => Then::BiasGelu(&self.bias),
            Act::Add => Then::BiasAdd(&self.bias),
        };
        match &self.weights {
            Weights::Float(weights) => float_product(isa, rows, weights, then, out, weights.n()),
            Weights::Byte(weights) => {
                room.take(isa, rows);
                byte_product(room, weights, then, out, weights.n());
            }
        }
    }
}
