//! What the decoder thinks comes next.

/// Logits: a row of as many numbers as there are tokens for each row that asked.
#[derive(Debug, Default)]
pub struct Scores {
    numbers: Vec<f32>,
    vocabulary: usize,
}

impl Scores {
    /// Makes room for `rows` rows of `vocabulary` numbers and gives it, to be written in full.
    pub fn room(&mut self, rows: usize, vocabulary: usize) -> &mut [f32] {
        self.vocabulary = vocabulary;
        self.numbers.resize(rows * vocabulary, 0.0);
        &mut self.numbers
    }

    /// The logits for the `at`th of the rows that asked.
    pub fn row(&mut self, at: usize) -> &mut [f32] {
        self.numbers.get_mut(at * self.vocabulary..(at + 1) * self.vocabulary).unwrap_or_default()
    }
}
