use crate::Number;
use crate::error::{ConvertError, Fault};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// How many numbers are read at once: a megabyte of them.
pub(crate) const PIECE: usize = 1 << 18;

/// Where a tensor lies: a stretch of a file, checked to be within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its size in each dimension, the outermost first, as in PyTorch.
    pub dims: Vec<u64>,
    /// How its numbers are stored.
    pub number: Number,
    /// The file.
    pub(crate) file: Arc<Path>,
    /// Its first byte there.
    pub(crate) at: u64,
}

impl Tensor {
    /// How many numbers it has.
    pub fn len(&self) -> u64 {
        self.dims.iter().product()
    }

    /// Whether it has no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its length in one row: what a quantised tensor's blocks must divide.
    pub(crate) fn row(&self) -> u64 {
        self.dims.last().copied().unwrap_or(1)
    }

    /// Gives all its numbers, in order, in pieces that are whole blocks.
    ///
    /// # Errors
    /// [`ConvertError::Io`] and [`ConvertError::Broken`] for the file; whatever `each` says.
    pub fn read(&self, each: &mut dyn FnMut(&[f32]) -> Result<(), ConvertError>) -> Result<(), ConvertError> {
        let failed = |error: std::io::Error| Fault::from(error).of(&self.file);
        let mut file = File::open(&self.file).map_err(failed)?;
        file.seek(SeekFrom::Start(self.at)).map_err(failed)?;
        let (mut bytes, mut values) = (Vec::new(), Vec::new());
        let mut left = self.len();
        while left > 0 {
            let some = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            bytes.resize(some / self.number.block_len() * self.number.block_bytes(), 0);
            file.read_exact(&mut bytes).map_err(failed)?;
            values.clear();
            self.number.decode(&bytes, &mut values);
            each(&values)?;
            left -= u64::try_from(some).unwrap_or(left);
        }
        Ok(())
    }
}
