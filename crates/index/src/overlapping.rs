use crate::schema::{LENGTH, START};
use std::sync::Arc;
use tantivy::columnar::ColumnValues;
use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError};
use timeline::Span;

/// What overlaps a span. Documents lie in the order of their start, the latest first, so it is a run of them, found by halving;
/// only at its early end there may be some that are over before the span begins.
#[derive(Debug, Clone)]
pub(crate) struct Overlapping(pub(crate) Span);

impl Query for Overlapping {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(OverlappingWeight(self.0)))
    }
}

struct OverlappingWeight(Span);

impl Weight for OverlappingWeight {
    fn scorer(&self, reader: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let times = Times::of(reader)?;
        let (from, to) = (self.0.start.as_micros(), self.0.end.as_micros());
        let first = times.first_before(to);
        // Whatever starts before this is over by then, however long it is.
        let end = times.first_before(from.saturating_sub(times.longest()).saturating_add(1));
        if first >= end {
            return Ok(Box::new(EmptyScorer));
        }
        let mut run = Run { times, from, document: first, end };
        run.settle();
        Ok(Box::new(run))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("a span has no score".to_owned()))
    }
}

/// When the documents of a segment start, the latest first, and how long they are.
#[derive(Clone)]
pub(crate) struct Times {
    start: Arc<dyn ColumnValues<i64>>,
    length: Arc<dyn ColumnValues<u64>>,
}

impl Times {
    pub(crate) fn of(reader: &SegmentReader) -> tantivy::Result<Self> {
        let (start, length) = (reader.fast_fields().i64(START)?, reader.fast_fields().u64(LENGTH)?);
        // Every document has both, so a value's place is its document's number.
        if start.values.num_vals() != reader.max_doc() || length.values.num_vals() != reader.max_doc() {
            return Err(TantivyError::InternalError("a document has no time".to_owned()));
        }
        Ok(Self { start: start.values, length: length.values })
    }

    /// In microseconds since the epoch.
    pub(crate) fn start(&self, document: DocId) -> i64 {
        self.start.get_val(document)
    }

    pub(crate) fn newest(&self) -> i64 {
        self.start.max_value()
    }

    /// Whether any document can overlap `span`.
    pub(crate) fn reach(&self, span: &Span) -> bool {
        self.start.min_value() < span.end.as_micros()
            && self.newest().saturating_add(self.longest()) > span.start.as_micros()
    }

    /// The first document that starts before a time: all behind it do, too.
    pub(crate) fn first_before(&self, micros: i64) -> DocId {
        let (mut low, mut high) = (0, self.start.num_vals());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.start(middle) < micros {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    fn longest(&self) -> i64 {
        i64::try_from(self.length.max_value()).unwrap_or(i64::MAX)
    }
}

struct Run {
    times: Times,
    /// The span's start, in microseconds.
    from: i64,
    document: DocId,
    end: DocId,
}

impl Run {
    /// Goes on to the next document that reaches into the span, if this one doesn't.
    fn settle(&mut self) {
        while self.document < self.end {
            let length = i64::try_from(self.times.length.get_val(self.document)).unwrap_or(i64::MAX);
            if self.times.start(self.document).saturating_add(length) > self.from {
                return;
            }
            self.document += 1;
        }
        self.document = TERMINATED;
    }
}

impl DocSet for Run {
    fn advance(&mut self) -> DocId {
        self.seek(self.document.saturating_add(1))
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.document != TERMINATED {
            self.document = target;
            self.settle();
        }
        self.document
    }

    fn doc(&self) -> DocId {
        self.document
    }

    fn size_hint(&self) -> u32 {
        self.end.saturating_sub(self.document.min(self.end))
    }
}

impl Scorer for Run {
    fn score(&mut self) -> Score {
        0.0
    }
}
