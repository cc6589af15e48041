//! The left side of a product.

/// Rows of numbers that begin `stride` apart; they may overlap, or be part of wider rows.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    data: &'a [f32],
    count: usize,
    stride: usize,
    len: usize,
}

impl<'a> Rows<'a> {
    /// `rows` rows of `len` numbers, each beginning `stride` behind the one before; `None` where `data` is too short for that.
    pub fn new(data: &'a [f32], rows: usize, stride: usize, len: usize) -> Option<Self> {
        let end = rows.checked_sub(1).map_or(Some(0), |last| last.checked_mul(stride)?.checked_add(len))?;
        (end <= data.len()).then_some(Self { data, count: rows, stride, len })
    }

    /// Rows that lie one behind the other.
    pub fn dense(data: &'a [f32], len: usize) -> Self {
        let count = data.len().checked_div(len).unwrap_or(0);
        Self { data, count, stride: len, len }
    }

    /// How many there are.
    pub fn rows(&self) -> usize {
        self.count
    }

    /// How far apart they begin.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The numbers of each.
    #[expect(clippy::len_without_is_empty, reason = "the length of a row, not of the rows")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// A row; empty where there is none.
    pub fn row(&self, at: usize) -> &'a [f32] {
        self.data.get(at * self.stride..at * self.stride + self.len).unwrap_or_default()
    }

    /// Everything from the beginning of a row on.
    pub(crate) fn from(&self, at: usize) -> &'a [f32] {
        self.data.get(at * self.stride..).unwrap_or_default()
    }
}
