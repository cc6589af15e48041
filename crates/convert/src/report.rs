use crate::Kind;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the source that are done.
    pub have: u64,
    /// Bytes of its tensors.
    pub of: u64,
}

/// What a tensor lost.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorError {
    /// Its name.
    pub name: String,
    /// Root of the mean squared error over the root of the mean square: 0.01 is 1 %.
    pub relative_rms: f64,
}

/// What was written, and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What the file is made of.
    pub kind: Kind,
    /// The size of the file.
    pub bytes: u64,
    /// The size of all tensors in the form they came in.
    pub source_bytes: u64,
    /// Every tensor that is stored less exactly than it came, in the file's order. Empty where nothing was lost.
    pub errors: Vec<TensorError>,
    /// The error over the numbers of all tensors together, as [`TensorError::relative_rms`].
    pub relative_rms: f64,
}

impl Report {
    /// The tensor that lost most; `None` where nothing was lost.
    pub fn worst(&self) -> Option<&TensorError> {
        self.errors.iter().max_by(|a, b| a.relative_rms.total_cmp(&b.relative_rms))
    }
}

/// Squares of errors and of values, added up.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Squares {
    errors: f64,
    values: f64,
}

impl Squares {
    pub(crate) fn add(&mut self, value: f32, kept: f32) {
        let (value, kept) = (f64::from(value), f64::from(kept));
        self.errors += (value - kept).powi(2);
        self.values += value.powi(2);
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.errors += other.errors;
        self.values += other.values;
    }

    pub(crate) fn relative_rms(self) -> f64 {
        if self.errors > 0.0 { (self.errors / self.values.max(f64::MIN_POSITIVE)).sqrt() } else { 0.0 }
    }
}
