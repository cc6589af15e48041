use crate::WallTime;
use serde::{Deserialize, Serialize};

/// From `start` to just before `end` on the timeline. Never ends before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first moment in it.
    pub start: WallTime,
    /// The first moment after it.
    pub end: WallTime,
}

impl Span {
    /// All of time.
    pub const ALL: Self = Self { start: WallTime::MIN, end: WallTime::MAX };

    /// From `start` to `end`; empty at `start` where `end` is earlier.
    pub fn new(start: WallTime, end: WallTime) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Its length in microseconds.
    pub fn len_micros(&self) -> i64 {
        self.end.micros_since(self.start)
    }

    /// Whether it holds no moment at all.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }

    /// Whether `time` lies in it.
    pub fn contains(&self, time: WallTime) -> bool {
        self.start <= time && time < self.end
    }

    /// Whether the two share a moment; touching ends don't.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// What both hold, if anything.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let both = Self { start: self.start.max(other.start), end: self.end.min(other.end) };
        (!both.is_empty()).then_some(both)
    }

    /// The moment in its middle.
    pub fn middle(&self) -> WallTime {
        self.start.plus_micros(self.len_micros() / 2)
    }

    /// The span with `micros` more at both ends.
    #[must_use]
    pub fn widened(&self, micros: i64) -> Self {
        Self::new(self.start.plus_micros(micros.saturating_neg()), self.end.plus_micros(micros))
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}
