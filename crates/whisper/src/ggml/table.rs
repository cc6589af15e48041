//! A table of rows as a file wrote it.

use super::format::Format;
use kernels::Map;
use std::ops::Range;
use std::sync::Arc;

/// A matrix as the file wrote it, whose rows are read one by one.
#[derive(Debug)]
pub(crate) struct Table {
    format: Format,
    bytes: Bytes,
    row_bytes: usize,
}

/// Where they lie.
#[derive(Debug)]
enum Bytes {
    Own(Box<[u8]>),
    Mapped(Arc<Map>, Range<usize>),
}

impl Table {
    pub(super) fn mapped(format: Format, row_bytes: usize, map: &Arc<Map>, range: Range<usize>) -> Self {
        Self { format, bytes: Bytes::Mapped(Arc::clone(map), range), row_bytes }
    }

    /// A table of `rows × columns` in a file, at some byte of it, in a format of ggml's; and the first byte behind it. None where there is no such format, or the
    /// file hasn't so many bytes.
    pub(crate) fn at(map: &Arc<Map>, at: usize, kind: u32, (rows, columns): (usize, usize)) -> Option<(Self, usize)> {
        let format = Format::numbered(i32::try_from(kind).ok()?)?;
        let row_bytes = format.row_bytes(columns)?;
        let end = at.checked_add(rows.checked_mul(row_bytes)?)?;
        map.get(at..end)?;
        Some((Self::mapped(format, row_bytes, map, at..end), end))
    }

    /// The same in memory of its own, to be read after the file is closed.
    pub(crate) fn owned(self) -> Self {
        let bytes = Bytes::Own(self.bytes().into());
        Self { bytes, ..self }
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Own(bytes) => bytes,
            Bytes::Mapped(map, range) => map.get(range.clone()).unwrap_or_default(),
        }
    }

    /// Its format by ggml's own number.
    pub(crate) fn kind(&self) -> u32 {
        self.format.number()
    }

    /// The numbers of a row, in f32. Beyond the last row `out` stays as it is.
    pub(crate) fn row(&self, at: usize, out: &mut [f32]) {
        let start = at.saturating_mul(self.row_bytes);
        let bytes = self.bytes().get(start..start.saturating_add(self.row_bytes)).unwrap_or_default();
        self.format.read(bytes, out);
    }
}
