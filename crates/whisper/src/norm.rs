//! Layer normalisation with its weights.

use crate::Error;
use crate::pieces::Pieces;
use kernels::{Isa, normalise};

/// Scale and shift of each number of a position.
#[derive(Debug)]
pub(crate) struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Norm {
    pub(crate) fn load(pieces: &mut Pieces, name: &str) -> Result<Self, Error> {
        let mut part = |part: &str| pieces.numbers(&format!("{name}.{part}"));
        Ok(Self { scale: part("weight")?, shift: part("bias")? })
    }

    /// Normalises rows of `width` numbers into `out`.
    pub(crate) fn apply(&self, isa: Isa, rows: &[f32], out: &mut [f32]) {
        normalise(isa, rows, &self.scale, &self.shift, out);
    }
}
