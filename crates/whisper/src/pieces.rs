//! The parts of a model as they are computed with.

use crate::ggml::{ModelFile, Table};
use crate::linear::Linear;
use crate::parts::{self, Made, Part, TOKENS};
use crate::{Error, Numbers, parallel};
use kernels::Isa;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A part that is made.
#[derive(Debug)]
pub(crate) enum Piece {
    Linear(Linear),
    Numbers(Vec<f32>),
    Table(Table),
}

impl Piece {
    /// # Errors
    /// [`Error::Broken`] where a tensor of it is missing, of another size, or holds what is no number.
    pub(crate) fn make(part: &Part, file: &ModelFile, isa: Isa, numbers: Numbers) -> Result<Self, Error> {
        let (name, shape) = (&part.name, &file.head.shape);
        Ok(match &part.made {
            Made::Linear { outputs, inputs, matrices } => {
                Self::Linear(Linear::load(file, isa, numbers, matrices, (*outputs, *inputs))?)
            }
            Made::Convolution { outputs, channels } => {
                Self::Linear(Linear::load_convolution(file, isa, name, *outputs, *channels)?)
            }
            Made::Scores => Self::Linear(Linear::load_table(file, isa, numbers, TOKENS)?),
            // Its rows are numbers: the layer that scores them reads them all.
            Made::Tokens => Self::Table(file.matrix(TOKENS, shape.vocabulary, shape.width)?.to_table()),
            Made::Numbers { rows, columns } => {
                let numbers = file.table(name, *rows, *columns)?;
                file.let_go(name);
                Self::Numbers(numbers)
            }
        })
    }
}

/// All parts of a model, by their names.
pub(crate) struct Pieces {
    path: PathBuf,
    pieces: HashMap<String, Piece>,
}

impl Pieces {
    /// Makes them of a model's file, in parallel, in memory of their own.
    ///
    /// # Errors
    /// As [`Piece::make`].
    pub(crate) fn of_file(file: &ModelFile, isa: Isa, numbers: Numbers) -> Result<Self, Error> {
        let parts = parts::all(&file.head.shape);
        let pieces = parallel::each(&parts, |part| {
            Ok(match Piece::make(part, file, isa, numbers)? {
                Piece::Table(table) => Piece::Table(table.owned()),
                piece => piece,
            })
        })?;
        Ok(Self::new(file.path(), parts, pieces))
    }

    pub(crate) fn new(path: &Path, parts: Vec<Part>, pieces: Vec<Piece>) -> Self {
        let pieces = parts.into_iter().map(|part| part.name).zip(pieces).collect();
        Self { path: path.to_owned(), pieces }
    }

    /// # Errors
    /// [`Error::Broken`] where there is no such layer, as in the next two.
    pub(crate) fn linear(&mut self, name: &str) -> Result<Linear, Error> {
        match self.pieces.remove(name) {
            Some(Piece::Linear(linear)) => Ok(linear),
            _ => Err(self.missing(name)),
        }
    }

    /// A row of numbers, or several, one behind the other.
    pub(crate) fn numbers(&mut self, name: &str) -> Result<Vec<f32>, Error> {
        match self.pieces.remove(name) {
            Some(Piece::Numbers(numbers)) => Ok(numbers),
            _ => Err(self.missing(name)),
        }
    }

    pub(crate) fn table(&mut self, name: &str) -> Result<Table, Error> {
        match self.pieces.remove(name) {
            Some(Piece::Table(table)) => Ok(table),
            _ => Err(self.missing(name)),
        }
    }

    fn missing(&self, name: &str) -> Error {
        Error::Broken { path: self.path.clone(), reason: format!("it has no {name}") }
    }
}
