use crate::IndexError;
use crate::document::{Cursor, Document};
use crate::error::guarded;
use crate::private_directory::PrivateDirectory;
use crate::purge;
use crate::schema::{Fields, Payload};
use crate::snapshot;
use crate::year::{self, Year};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use tantivy::directory::error::LockError;
use tantivy::directory::{Directory, DirectoryLock, INDEX_WRITER_LOCK};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{IndexWriter, SegmentReader, TantivyError, Term};
use timeline::Span;

/// Memory for documents of a year that were not committed yet, in bytes. When it is full, they go to the disk, unseen. Enough for those of a
/// large commit, so that it makes a segment and not many.
const MEMORY_BYTES: usize = 40 << 20;
/// A segment with more deleted documents than this is merged: re-transcribing deletes many.
const DELETED_BEFORE_MERGE: f32 = 0.3;
/// So many years keep their threads after a commit: the present one, and one that is transcribed again.
const YEARS_AT_HAND: usize = 2;
/// A year that is over is put together where more than one in so many of its documents lies beside its largest segment.
const SCATTERED_PART: u32 = 8;

/// The one who writes the index. One per index, for as long as the process lives.
///
/// Its threads are tantivy's: for each year that it writes, one that indexes and one that merges. After an error it is of
/// no use: drop it, open another, and go on from its cursor.
pub struct Writer {
    years: BTreeMap<i32, WrittenYear>,
    fields: Fields,
    path: PathBuf,
    cursor: Option<Cursor>,
    /// Counts commits, for the years that were written last.
    round: u64,
    _lock: DirectoryLock,
}

struct WrittenYear {
    year: Year,
    /// Its threads, while it is written.
    documents: Option<IndexWriter>,
    /// Keys that were added and are not committed yet.
    added: HashSet<i64>,
    /// The highest key that was ever added, as far as its segments tell: what is above it needn't be looked for. `None`: not known yet.
    highest: Option<i64>,
    /// Whether anything was changed since its last commit.
    is_changed: bool,
    /// Whether its segments were put together, once for each writer.
    is_gathering: bool,
    /// The round in which it was last written.
    written: u64,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

impl Writer {
    /// Opens the index in `folder`, or makes it. One of another version or layout, or one that can't be opened, is emptied first.
    ///
    /// # Errors
    /// [`IndexError::Locked`] where another writer has it; [`IndexError::Io`] where the folder can't be written.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let io = |source| IndexError::Io { path: folder.to_owned(), operation: "making the folder", source };
        home::files::create_dir_all(folder).map_err(io)?;
        let lock = lock(folder)?;
        if year::has_meta(folder) {
            // A single index for all years, as it was made before there was one for each.
            year::empty(folder)?;
        }
        let (fields, _) = Fields::new();
        let mut writer =
            Self { years: BTreeMap::new(), fields, path: folder.to_owned(), cursor: None, round: 0, _lock: lock };
        if let Some((years, cursor)) = read(folder)? {
            writer.years = years.into_iter().map(|year| (year.number, WrittenYear::new(year))).collect();
            writer.cursor = Some(cursor);
        } else {
            writer.clear()?;
        }
        Ok(writer)
    }

    /// How far the last commit had followed which database. `None`: the index is empty and has to be built.
    pub fn cursor(&self) -> Option<Cursor> {
        self.cursor.clone()
    }

    /// Takes the documents with the keys `remove` out, and puts those of `add` in the place of what was there with
    /// their keys. Nobody sees it before [`commit`](Self::commit).
    ///
    /// # Errors
    /// See [`IndexError`]; drop the writer.
    pub fn apply(&mut self, remove: &[i64], add: &[Document]) -> Result<(), IndexError> {
        let replaced: HashSet<i64> = add.iter().map(|document| document.key).collect();
        for key in remove.iter().filter(|key| !replaced.contains(key)) {
            for year in self.years.values_mut() {
                year.remove(*key, &self.fields)?;
            }
        }
        for document in add {
            let number = document.start.utc_year();
            let year = match self.years.entry(number) {
                std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
                std::collections::btree_map::Entry::Vacant(free) => {
                    free.insert(WrittenYear::new(Year::create(&self.path, number)?))
                }
            };
            year.remove(document.key, &self.fields)?;
            year.add(document, &self.fields)?;
        }
        Ok(())
    }

    /// Makes what was applied visible and durable, and `cursor` with it. The year that is committed last carries it: who is
    /// killed before that applies the same changes again.
    ///
    /// # Errors
    /// See [`IndexError`]; drop the writer.
    pub fn commit(&mut self, cursor: &Cursor) -> Result<(), IndexError> {
        self.round += 1;
        let numbers: Vec<i32> = self.years.keys().copied().collect();
        let mut changed: Vec<i32> =
            self.years.iter().filter(|(_, year)| year.is_changed).map(|(number, _)| *number).collect();
        if changed.is_empty() {
            changed.extend(numbers.last());
        }
        let last = changed.last().copied();
        for number in changed {
            let carried = if Some(number) == last { Some(cursor.clone()) } else { self.cursor.clone() };
            let Some(year) = self.years.get_mut(&number) else { continue };
            year.commit(&Payload::new(numbers.clone(), carried))?;
            year.written = self.round;
        }
        self.cursor = Some(cursor.clone());
        self.let_go()
    }

    /// Takes the words of documents that are gone off the disk: a commit only marks such documents, and their words stay in the dictionary until
    /// their segment is written anew. Of the years of `span` alone; years in which nothing was deleted cost nothing. Everything must be
    /// committed. Doing it again does what is left.
    ///
    /// # Errors
    /// See [`IndexError`]; drop the writer.
    pub fn purge(&mut self, span: &Span) -> Result<(), IndexError> {
        let years = span.start.utc_year()..=span.end.utc_year();
        for (_, year) in self.years.range_mut(years) {
            // Merges that are under way end first, or their segments couldn't be merged.
            year.close()?;
            purge::purge(&year.year)?;
        }
        Ok(())
    }

    /// Empties the index, and forgets the cursor: at once, for everyone.
    ///
    /// # Errors
    /// See [`IndexError`]; drop the writer.
    pub fn clear(&mut self) -> Result<(), IndexError> {
        self.cursor = None;
        // A merge that is under way would write its files behind who deletes them.
        self.years.values_mut().try_for_each(WrittenYear::close)?;
        self.years.clear();
        for number in year::years(&self.path)? {
            year::empty(&year::folder(&self.path, number))?;
        }
        Ok(())
    }

    /// Waits for merges that are under way, and closes. Dropping the writer gives them up, which loses nothing either.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn close(mut self) -> Result<(), IndexError> {
        self.years.values_mut().try_for_each(WrittenYear::close)
    }

    /// Ends the threads of years that weren't written lately, and puts the segments of a year that is over together.
    fn let_go(&mut self) -> Result<(), IndexError> {
        let last = self.years.keys().next_back().copied();
        let round = self.round;
        let is_over = |number: &i32, year: &WrittenYear| Some(*number) != last && year.written < round;
        let mut over = self.years.iter_mut().filter(|(number, year)| is_over(number, year)).map(|(_, year)| year);
        // One at a time: each takes a while.
        if let Some(year) = over.find(|year| year.is_scattered()) {
            year.gather()?;
            year.written = round;
        }
        let mut at_hand: Vec<&mut WrittenYear> =
            self.years.values_mut().filter(|year| year.documents.is_some()).collect();
        at_hand.sort_by_key(|year| std::cmp::Reverse(year.written));
        at_hand.into_iter().skip(YEARS_AT_HAND).try_for_each(WrittenYear::close)
    }
}

impl WrittenYear {
    fn new(year: Year) -> Self {
        Self {
            year,
            documents: None,
            added: HashSet::new(),
            highest: None,
            is_changed: false,
            is_gathering: false,
            written: 0,
        }
    }

    /// Takes a document out, if it is here: a year that doesn't have it isn't touched.
    fn remove(&mut self, key: i64, fields: &Fields) -> Result<(), IndexError> {
        if key > self.highest()? {
            return Ok(());
        }
        let term = Term::from_field_i64(fields.key, key);
        if self.added.contains(&key) || self.holds(&term)? {
            self.documents()?.delete_term(term);
            self.is_changed = true;
        }
        Ok(())
    }

    fn add(&mut self, document: &Document, fields: &Fields) -> Result<(), IndexError> {
        let path = self.year.path.clone();
        let documents = self.documents()?;
        guarded(&path, "adding documents", || documents.add_document(fields.document(document)))?;
        self.added.insert(document.key);
        self.highest = Some(self.highest()?.max(document.key));
        self.is_changed = true;
        Ok(())
    }

    /// The database counts keys upwards, so most of what is added is new, and is told to be by this alone.
    fn highest(&mut self) -> Result<i64, IndexError> {
        if let Some(highest) = self.highest {
            return Ok(highest);
        }
        let highest = guarded(&self.year.path, "reading its keys", || {
            let mut highest = i64::MIN;
            for segment in self.year.last_snapshot().segment_readers() {
                highest = highest.max(snapshot::keys(segment)?.max_value());
            }
            Ok(highest)
        })?;
        Ok(*self.highest.insert(highest))
    }

    /// Whether its last commit has a document with that key. One that was replaced counts for a while, which does no harm.
    fn holds(&self, key: &Term) -> Result<bool, IndexError> {
        guarded(&self.year.path, "looking for a document", || {
            let snapshot = self.year.last_snapshot();
            for segment in snapshot.segment_readers() {
                if segment.inverted_index(key.field())?.get_term_info(key)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    fn commit(&mut self, payload: &Payload) -> Result<(), IndexError> {
        let path = self.year.path.clone();
        let documents = self.documents()?;
        guarded(&path, "committing", || {
            let payload = serde_json::to_string(payload).map_err(std::io::Error::from)?;
            let mut prepared = documents.prepare_commit()?;
            prepared.set_payload(&payload);
            prepared.commit()
        })?;
        self.added.clear();
        self.is_changed = false;
        self.year.snapshot().map(|_| ())
    }

    fn documents(&mut self) -> Result<&mut IndexWriter, IndexError> {
        let writer = match self.documents.take() {
            Some(writer) => writer,
            None => guarded(&self.year.path, "opening for writing", || {
                let options = IndexWriterOptions::builder()
                    .memory_budget_per_thread(MEMORY_BYTES)
                    .num_worker_threads(1)
                    .num_merge_threads(1)
                    .build();
                let writer: IndexWriter = self.year.index.writer_with_options(options)?;
                let mut merging = LogMergePolicy::default();
                merging.set_del_docs_ratio_before_merge(DELETED_BEFORE_MERGE);
                writer.set_merge_policy(Box::new(merging));
                Ok(writer)
            })?,
        };
        Ok(self.documents.insert(writer))
    }

    /// Whether a good part of it isn't in its largest segment.
    fn is_scattered(&self) -> bool {
        let snapshot = self.year.last_snapshot();
        let sizes = || snapshot.segment_readers().iter().map(SegmentReader::num_docs);
        let (all, largest) = (sizes().sum::<u32>(), sizes().max().unwrap_or(0));
        !self.is_gathering && (all - largest) > all / SCATTERED_PART
    }

    /// Begins to merge all of its segments into one: what comes into a year that is over is little, and a search looks into each segment.
    fn gather(&mut self) -> Result<(), IndexError> {
        // Merges that are under way end first, or their segments would be merged twice.
        self.close()?;
        let path = self.year.path.clone();
        let ids = guarded(&path, "listing its segments", || self.year.index.searchable_segment_ids())?;
        if ids.len() > 1 {
            // It goes on while other years are written. One that fails is told by tantivy, and tried again by another writer.
            drop(self.documents()?.merge(&ids));
        }
        self.is_gathering = true;
        Ok(())
    }

    fn close(&mut self) -> Result<(), IndexError> {
        match self.documents.take() {
            Some(writer) => guarded(&self.year.path, "closing", || writer.wait_merging_threads()),
            None => Ok(()),
        }
    }
}

/// The years of an index and how far it has come; `None` where it has to be made anew.
fn read(root: &Path) -> Result<Option<(Vec<Year>, Cursor)>, IndexError> {
    let mut years = Vec::new();
    let mut payloads = Vec::new();
    for number in year::years(root)? {
        match Year::open(root, number) {
            Ok(year) => {
                payloads.push((number, year.payload()?));
                years.push(year);
            }
            Err(IndexError::Damaged { .. } | IndexError::Outdated { .. }) => return Ok(None),
            Err(other) => return Err(other),
        }
    }
    Ok(year::cursor(&payloads).map(|cursor| (years, cursor)))
}

/// tantivy locks each year as well, but there is one writer for all of them.
fn lock(root: &Path) -> Result<DirectoryLock, IndexError> {
    guarded(root, "locking", || {
        let directory = PrivateDirectory::open(root)?;
        directory.acquire_lock(&INDEX_WRITER_LOCK).map_err(|error: LockError| TantivyError::LockFailure(error, None))
    })
}
