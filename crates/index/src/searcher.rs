use crate::IndexError;
use crate::compile::compile;
use crate::document::Cursor;
use crate::error::guarded;
use crate::query::Query;
use crate::schema::{Fields, KEY, START};
use crate::writer::{cursor, open_index};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{EnableScoring, Query as TantivyQuery};
use tantivy::{DocAddress, Index, IndexReader, Order, Searcher as Snapshot};
use timeline::{Side, Span};

/// The most hits of one search.
pub const MAX_LIMIT: usize = 10_000;

/// In which order hits come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The newest first.
    #[default]
    Time,
    /// The best match first.
    Score,
}

/// How to search.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How many hits, [`MAX_LIMIT`] at most.
    pub limit: usize,
    /// In which order.
    pub sort: Sort,
    /// Only this side. A recording of everybody counts as either.
    pub side: Option<Side>,
    /// Only what overlaps this span.
    pub span: Option<Span>,
    /// Hidden utterances too.
    pub include_hidden: bool,
    /// The query is being typed: its last word may go on.
    pub prefix_last: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { limit: 20, sort: Sort::Time, side: None, span: None, include_hidden: false, prefix_last: false }
    }
}

/// An utterance that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The database's key of the utterance.
    pub key: i64,
    /// How well it matches. Only comparable within one search.
    pub score: f32,
}

/// Reads the index beside its writer. Each search sees the last commit before it.
pub struct Searcher {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    path: PathBuf,
}

impl std::fmt::Debug for Searcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Searcher").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Searcher {
    /// Opens the index in `folder` for reading. Never makes one.
    ///
    /// # Errors
    /// [`IndexError::Missing`], [`IndexError::Outdated`] or [`IndexError::Damaged`]; the worker builds another.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let (index, reader) = open_index(folder)?;
        let (fields, _) = Fields::new();
        Ok(Self { index, reader, fields, path: folder.to_owned() })
    }

    /// How far the index has followed which database; `None` while it is being built.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn cursor(&self) -> Result<Option<Cursor>, IndexError> {
        guarded(&self.path, "reading its cursor", || cursor(&self.index))
    }

    /// Finds what `query` looks for. An empty query finds nothing.
    ///
    /// # Errors
    /// See [`IndexError`]; after [`IndexError::Damaged`] open it anew once it was rebuilt.
    pub fn search(&self, query: &Query, options: &Options) -> Result<Vec<Hit>, IndexError> {
        let limit = options.limit.min(MAX_LIMIT);
        let Some(query) = compile(query, options, &self.fields).filter(|_| limit > 0) else { return Ok(Vec::new()) };
        guarded(&self.path, "searching", || {
            let snapshot = self.snapshot()?;
            let top = TopDocs::with_limit(limit);
            let found = match options.sort {
                Sort::Score => snapshot.search(&query, &top.order_by_score())?,
                Sort::Time => {
                    let newest = snapshot.search(&query, &top.order_by_fast_field::<i64>(START, Order::Desc))?;
                    scored(&snapshot, &*query, newest.into_iter().map(|(_, place)| place))?
                }
            };
            let mut keys = Keys::new(&snapshot);
            found.into_iter().map(|(score, place)| Ok(Hit { key: keys.get(place)?, score })).collect()
        })
    }

    /// How many utterances `query` finds, whatever the limit.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn count(&self, query: &Query, options: &Options) -> Result<usize, IndexError> {
        let Some(query) = compile(query, options, &self.fields) else { return Ok(0) };
        guarded(&self.path, "counting", || self.snapshot()?.search(&query, &Count))
    }

    /// The keys of all documents, in no order. For checks: an index of ten years has ten million.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn keys(&self) -> Result<Vec<i64>, IndexError> {
        guarded(&self.path, "reading all keys", || {
            let snapshot = self.snapshot()?;
            let mut keys = Vec::new();
            for segment in snapshot.segment_readers() {
                let column = segment.fast_fields().i64(KEY)?;
                keys.extend(segment.doc_ids_alive().filter_map(|document| column.first(document)));
            }
            Ok(keys)
        })
    }

    /// The index as of its last commit. Asking for it without a new commit takes 0.04 ms.
    fn snapshot(&self) -> tantivy::Result<Snapshot> {
        self.reader.reload()?;
        Ok(self.reader.searcher())
    }
}

/// The scores of documents that were not found by score, in the order given: a few dozen seeks instead of scoring
/// every document that matches.
fn scored(
    snapshot: &Snapshot,
    query: &dyn TantivyQuery,
    places: impl Iterator<Item = DocAddress>,
) -> tantivy::Result<Vec<(f32, DocAddress)>> {
    let mut found: Vec<(usize, f32, DocAddress)> = places.enumerate().map(|(rank, place)| (rank, 0.0, place)).collect();
    found.sort_by_key(|(_, _, place)| *place);
    let weight = query.weight(EnableScoring::enabled_from_searcher(snapshot))?;
    for segment in found.chunk_by_mut(|a, b| a.2.segment_ord == b.2.segment_ord) {
        let Some(ord) = segment.first().map(|(_, _, place)| place.segment_ord) else { continue };
        let mut scorer = weight.scorer(snapshot.segment_reader(ord), 1.0)?;
        for (_, score, place) in segment {
            // A scorer goes forward only, and stands on its first document.
            if scorer.doc() < place.doc_id {
                scorer.seek(place.doc_id);
            }
            if scorer.doc() == place.doc_id {
                *score = scorer.score();
            }
        }
    }
    found.sort_by_key(|(rank, _, _)| *rank);
    Ok(found.into_iter().map(|(_, score, place)| (score, place)).collect())
}

/// The key column of each segment, opened once.
struct Keys<'a> {
    snapshot: &'a Snapshot,
    columns: HashMap<u32, tantivy::columnar::Column<i64>>,
}

impl<'a> Keys<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, columns: HashMap::new() }
    }

    fn get(&mut self, place: DocAddress) -> tantivy::Result<i64> {
        use std::collections::hash_map::Entry;
        let column = match self.columns.entry(place.segment_ord) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => free.insert(self.snapshot.segment_reader(place.segment_ord).fast_fields().i64(KEY)?),
        };
        column
            .first(place.doc_id)
            .ok_or_else(|| tantivy::TantivyError::InternalError("a document has no key".to_owned()))
    }
}
