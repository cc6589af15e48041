//! The right side of a product in f32.

use crate::PANEL;

/// A matrix of `k` rows and `n` columns, cut into panels of 32 columns: `[panel][row][32]`. The last panel is filled up with zeros.
///
/// A layer's weights are stored the other way round, a row of `k` numbers for each output; [`set_output`](Self::set_output) takes them as they are.
#[derive(Debug, Clone, Default)]
pub struct FloatPanels {
    data: Vec<f32>,
    k: usize,
    n: usize,
}

impl FloatPanels {
    /// Zeros.
    pub fn zeros(k: usize, n: usize) -> Self {
        Self { data: vec![0.0; n.div_ceil(PANEL) * k * PANEL], k, n }
    }

    /// Of the numbers that [`numbers`](Self::numbers) gave; none where there are more or fewer than such a matrix has.
    pub fn of_numbers(k: usize, n: usize, data: Vec<f32>) -> Option<Self> {
        (Self::count(k, n) == Some(data.len())).then_some(Self { data, k, n })
    }

    /// How many numbers the panels of such a matrix are; none where no memory is so large.
    pub fn count(k: usize, n: usize) -> Option<usize> {
        n.div_ceil(PANEL).checked_mul(PANEL)?.checked_mul(k)
    }

    /// The panels as they lie in memory.
    pub fn numbers(&self) -> &[f32] {
        &self.data
    }

    /// From the rows of `k` weights of each output.
    pub fn of_outputs<'a>(k: usize, outputs: impl ExactSizeIterator<Item = &'a [f32]>) -> Self {
        let mut panels = Self::zeros(k, outputs.len());
        for (column, weights) in outputs.enumerate() {
            panels.set_output(column, weights);
        }
        panels
    }

    /// Sets a column: the weights of one output. What is missing stays, what is too much is left out.
    pub fn set_output(&mut self, column: usize, weights: &[f32]) {
        let start = column / PANEL * self.k * PANEL + column % PANEL;
        let places = self.data.get_mut(start..).unwrap_or_default().iter_mut().step_by(PANEL);
        for (place, weight) in places.zip(weights.iter().take(self.k)) {
            *place = *weight;
        }
    }

    /// Sets a row: what is multiplied by one input. What is missing stays, what is too much is left out.
    pub fn set_input(&mut self, row: usize, values: &[f32]) {
        for (panel, part) in values.chunks(PANEL).take(self.n.div_ceil(PANEL)).enumerate() {
            let start = (panel * self.k + row) * PANEL;
            let place = self.data.get_mut(start..start + part.len()).unwrap_or_default();
            place.copy_from_slice(part);
        }
    }

    /// Takes another size, for what is written anew each time. Columns beyond `n` in the last panel hold what was there.
    pub fn reshape(&mut self, k: usize, n: usize) {
        self.data.resize(n.div_ceil(PANEL) * k * PANEL, 0.0);
        (self.k, self.n) = (k, n);
    }

    /// Rows: the length of each sum.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Columns: the outputs.
    pub fn n(&self) -> usize {
        self.n
    }

    /// A panel's numbers.
    pub(crate) fn panel(&self, at: usize) -> &[f32] {
        let len = self.k * PANEL;
        self.data.get(at * len..(at + 1) * len).unwrap_or_default()
    }
}
