use crate::overlapping::Times;
use crate::schema::KEY;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use tantivy::columnar::ColumnValues;
use tantivy::{Searcher, SegmentReader};

/// A year as of one commit, with the columns that every search reads: opening those of all segments costs more than most searches.
#[derive(Clone)]
pub(crate) struct Snapshot {
    searcher: Searcher,
    columns: Arc<OnceLock<Vec<Columns>>>,
}

/// What every search reads of a segment.
#[derive(Clone)]
pub(crate) struct Columns {
    pub(crate) times: Times,
    pub(crate) keys: Arc<dyn ColumnValues<i64>>,
}

impl Columns {
    fn of(reader: &SegmentReader) -> tantivy::Result<Self> {
        Ok(Self { times: Times::of(reader)?, keys: keys(reader)? })
    }
}

impl Snapshot {
    pub(crate) fn new(searcher: Searcher) -> Self {
        Self { searcher, columns: Arc::default() }
    }

    /// Of each segment, in the order of [`Searcher::segment_readers`].
    pub(crate) fn columns(&self) -> tantivy::Result<&[Columns]> {
        if let Some(columns) = self.columns.get() {
            return Ok(columns);
        }
        let opened = self.searcher.segment_readers().iter().map(Columns::of).collect::<tantivy::Result<Vec<_>>>()?;
        Ok(self.columns.get_or_init(|| opened))
    }
}

impl Deref for Snapshot {
    type Target = Searcher;

    fn deref(&self) -> &Searcher {
        &self.searcher
    }
}

/// The keys of a segment's documents.
pub(crate) fn keys(reader: &SegmentReader) -> tantivy::Result<Arc<dyn ColumnValues<i64>>> {
    Ok(reader.fast_fields().i64(KEY)?.values)
}
