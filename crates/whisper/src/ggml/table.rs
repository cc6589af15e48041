//! A tensor in memory.

use super::format::Format;

/// A matrix as the file wrote it, whose rows are read one by one.
#[derive(Debug)]
pub(crate) struct Table {
    pub(super) format: Format,
    pub(super) bytes: Box<[u8]>,
    pub(super) row_bytes: usize,
}

impl Table {
    /// The numbers of a row, in f32. Beyond the last row `out` stays as it is.
    pub(crate) fn row(&self, at: usize, out: &mut [f32]) {
        let start = at.saturating_mul(self.row_bytes);
        let bytes = self.bytes.get(start..start.saturating_add(self.row_bytes)).unwrap_or_default();
        self.format.read(bytes, out);
    }
}
