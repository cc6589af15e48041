//! A tensor in the file.

use super::cursor::Cursor;
use super::format::Format;
use super::table::Table;
use crate::Error;
use kernels::Map;
use std::path::Path;
use std::sync::Arc;

/// Where a tensor lies and what it is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    format: Format,
    /// Innermost first.
    shape: [usize; 3],
    at: usize,
    len: usize,
}

impl Place {
    /// Steps over a payload that must be there in full.
    pub(super) fn read(cursor: &mut Cursor<'_>, format: Format, shape: [usize; 3]) -> Result<Self, String> {
        let (numbers, bytes) = format.block();
        let [inner, ..] = shape;
        let elements = shape.iter().try_fold(1_usize, |product, dim| product.checked_mul(*dim));
        let len = elements.filter(|_| inner.is_multiple_of(numbers)).and_then(|all| (all / numbers).checked_mul(bytes));
        let len = len.ok_or("a tensor's length doesn't fit its number format")?;
        let at = cursor.at();
        cursor.take(len)?;
        Ok(Self { format, shape, at, len })
    }

    /// The tensor as a matrix. Dimensions of 1 don't count, and the inner ones of a tensor with three are one row: the weights of a convolution.
    pub(super) fn tensor<'a>(
        &self,
        file: &'a Arc<Map>,
        (path, name): (&'a Path, &'a str),
        rows: usize,
        columns: usize,
    ) -> Result<Tensor<'a>, String> {
        let [a, b, c] = self.shape;
        let row_bytes = self.format.row_bytes(columns);
        let fits = [(c * b, a), (c, b * a), (1, a * b * c)].contains(&(rows, columns));
        let Some(row_bytes) = row_bytes.filter(|_| fits) else {
            return Err(format!("is {a} x {b} x {c} and not {columns} x {rows}"));
        };
        Ok(Tensor { path, name, format: self.format, file, at: self.at, len: self.len, row_bytes })
    }

    /// Gives back the memory that its bytes take.
    pub(super) fn let_go(&self, file: &Map) {
        file.let_go(self.at, self.len);
    }
}

/// A matrix in the file, whose rows are read one by one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tensor<'a> {
    path: &'a Path,
    name: &'a str,
    format: Format,
    file: &'a Arc<Map>,
    at: usize,
    len: usize,
    row_bytes: usize,
}

impl Tensor<'_> {
    /// The same without a look at its numbers.
    pub(crate) fn to_table(self) -> Table {
        Table::mapped(self.format, self.row_bytes, self.file, self.at..self.at + self.len)
    }

    /// The numbers of a row, in f32. Beyond the last row `out` stays as it is.
    ///
    /// # Errors
    /// [`Error::Broken`] where one of them is infinite or no number: a single one spreads to every score, and no token is the likeliest then.
    pub(crate) fn row(&self, at: usize, out: &mut [f32]) -> Result<(), Error> {
        let tensor = self.file.get(self.at..self.at + self.len).unwrap_or_default();
        let bytes = tensor.get(at * self.row_bytes..(at + 1) * self.row_bytes).unwrap_or_default();
        self.format.read(bytes, out);
        if out.iter().all(|number| number.is_finite()) {
            return Ok(());
        }
        Err(Error::Broken { path: self.path.to_owned(), reason: format!("its {} holds what is no number", self.name) })
    }
}
