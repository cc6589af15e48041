use crate::IndexError;
use crate::compile::{Compiled, compile};
use crate::document::Cursor;
use crate::error::guarded;
use crate::histogram::{self, Day};
use crate::page;
use crate::query::Query;
use crate::schema::Fields;
use crate::second_chance::{self, Likeness};
use crate::snapshot::Snapshot;
use crate::year::{self, Year};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tantivy::query::EnableScoring;
use timeline::{Side, Span};

/// The most hits of one search.
pub const MAX_LIMIT: usize = 10_000;

/// In which order hits come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The newest first.
    #[default]
    Time,
    /// The best match first; of equally good ones the newer.
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

/// What a search found, and how it has to do with what was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// In the order that was asked for.
    pub hits: Vec<Hit>,
    /// Whether it has the words, or only words like them.
    pub likeness: Likeness,
    /// What they were found by: what was typed, or the same with words like those. For highlights, and for what follows the page.
    pub query: Query,
}

/// Reads the index beside its writer. Each search sees the last commit before it.
pub struct Searcher {
    /// Those that were looked at, the newest first.
    years: Mutex<Vec<Year>>,
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
        let path = folder.to_owned();
        let (fields, _) = Fields::new();
        let searcher = Self { years: Mutex::default(), fields, path };
        if searcher.snapshots()?.is_empty() {
            let path = folder.to_owned();
            // A single index for all years is of a version before.
            return Err(if year::has_meta(folder) {
                IndexError::Outdated { path }
            } else {
                IndexError::Missing { path }
            });
        }
        Ok(searcher)
    }

    /// How far the index has followed which database; `None` while it is being built.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn cursor(&self) -> Result<Option<Cursor>, IndexError> {
        self.snapshots()?;
        let years = self.years.lock().unwrap_or_else(PoisonError::into_inner);
        let payloads =
            years.iter().map(|year| Ok((year.number, year.payload()?))).collect::<Result<Vec<_>, IndexError>>()?;
        Ok(year::cursor(&payloads))
    }

    /// Finds what `query` looks for. An empty query finds nothing.
    ///
    /// # Errors
    /// See [`IndexError`]; after [`IndexError::Damaged`] open it anew once it was rebuilt.
    pub fn search(&self, query: &Query, options: &Options) -> Result<Vec<Hit>, IndexError> {
        let limit = options.limit.min(MAX_LIMIT);
        let Some(query) = compile(query, options, &self.fields).filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let years = self.snapshots()?;
        let found = guarded(&self.path, "searching", || match options.sort {
            Sort::Time => page::newest(&years, &query, limit),
            Sort::Score => page::best(&years, &query, limit),
        })?;
        Ok(found.into_iter().map(|found| Hit { key: found.key, score: found.score }).collect())
    }

    /// As [`search`](Self::search), with a second chance where nothing has the words: what has words that are spelled nearly
    /// so, and else what has words that sound so. Words in quotation marks are meant as they are.
    ///
    /// # Errors
    /// As there.
    pub fn find(&self, query: &Query, options: &Options) -> Result<Found, IndexError> {
        let hits = self.search(query, options)?;
        if hits.is_empty() && options.limit > 0 {
            for likeness in [Likeness::Spelling, Likeness::Sound] {
                let years = self.snapshots()?;
                let other = guarded(&self.path, "looking for words like these", || {
                    second_chance::like(query, likeness, &years, self.fields.exact)
                })?;
                let Some(query) = other else { continue };
                let hits = self.search(&query, options)?;
                if !hits.is_empty() {
                    return Ok(Found { hits, likeness, query });
                }
            }
        }
        Ok(Found { hits, likeness: Likeness::Words, query: query.clone() })
    }

    /// How many utterances `query` finds, whatever the limit.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn count(&self, query: &Query, options: &Options) -> Result<usize, IndexError> {
        let Some(query) = compile(query, options, &self.fields) else { return Ok(0) };
        let years = self.snapshots()?;
        guarded(&self.path, "counting", || count(&years, &query))
    }

    /// How many utterances `query` finds on each local day that has any, in order of time: what a histogram shows, beside a page
    /// that is there already. `None` where `is_cancelled` says, now and then, that nobody wants to know any more.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn days(
        &self,
        query: &Query,
        options: &Options,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Day>>, IndexError> {
        let Some(query) = compile(query, options, &self.fields) else { return Ok(Some(Vec::new())) };
        let years = self.snapshots()?;
        guarded(&self.path, "counting by days", || histogram::days(&years, &query, is_cancelled))
    }

    /// The keys of all documents, in no order. For checks: an index of ten years has ten million.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn keys(&self) -> Result<Vec<i64>, IndexError> {
        let years = self.snapshots()?;
        guarded(&self.path, "reading all keys", || {
            let mut keys = Vec::new();
            for year in &years {
                for (segment, columns) in year.segment_readers().iter().zip(year.columns()?) {
                    keys.extend(segment.doc_ids_alive().map(|document| columns.keys.get_val(document)));
                }
            }
            Ok(keys)
        })
    }

    /// How many terms of all dictionaries contain `part`, those of documents that were deleted and not yet purged among them. For checks: it
    /// goes through all of them.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn terms_with(&self, part: &str) -> Result<usize, IndexError> {
        let years = self.snapshots()?;
        let Fields { text, exact, bridge, note, has, .. } = self.fields;
        guarded(&self.path, "reading all terms", || {
            let mut count = 0;
            for segment in years.iter().flat_map(|year| year.segment_readers()) {
                for field in [text, exact, bridge, note, has] {
                    let dictionary = segment.inverted_index(field)?;
                    let mut terms = dictionary.terms().stream()?;
                    while let Some((term, _)) = terms.next() {
                        count += usize::from(std::str::from_utf8(term).is_ok_and(|term| term.contains(part)));
                    }
                }
            }
            Ok(count)
        })
    }

    /// The years as of their last commits, the newest first. A round of changes to several years may be seen by half.
    fn snapshots(&self) -> Result<Vec<Snapshot>, IndexError> {
        let mut years = self.years.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before: Vec<Year> = std::mem::take(&mut *years);
        let mut snapshots = Vec::new();
        for number in year::years(&self.path)? {
            let known = before.iter().position(|year| year.number == number).map(|place| before.swap_remove(place));
            let year = match known.map_or_else(|| Year::open(&self.path, number), Ok) {
                Ok(year) => year,
                Err(IndexError::Missing { .. }) => continue,
                Err(error) => return Err(error),
            };
            if let Some(snapshot) = year.snapshot()? {
                snapshots.push(snapshot);
                years.push(year);
            }
        }
        Ok(snapshots)
    }
}

fn count(years: &[Snapshot], query: &Compiled) -> tantivy::Result<usize> {
    let mut count = 0;
    for snapshot in years {
        let weight = query.query.weight(EnableScoring::disabled_from_searcher(snapshot))?;
        for segment in page::segments(snapshot, query)? {
            count += usize::try_from(weight.count(segment.reader)?).unwrap_or(usize::MAX);
        }
    }
    Ok(count)
}
