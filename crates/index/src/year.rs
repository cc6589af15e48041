//! One year of the index: a tantivy index of its own, in a folder named after it.

use crate::IndexError;
use crate::document::Cursor;
use crate::error::guarded;
use crate::private_directory::PrivateDirectory;
use crate::schema::{Fields, Payload, analyzers, settings};
use crate::snapshot::Snapshot;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, META_LOCK};
use tantivy::{Index, IndexReader, ReloadPolicy};

/// A year of the index as it is read.
pub(crate) struct Year {
    /// In UTC, by the start of what is in it.
    pub(crate) number: i32,
    pub(crate) path: PathBuf,
    pub(crate) index: Index,
    reader: IndexReader,
    /// What was looked at last; `None` before.
    seen: Mutex<Option<Seen>>,
}

/// A commit that was looked at.
struct Seen {
    /// The bytes of its `meta.json`: every commit and every merge writes others.
    meta: Vec<u8>,
    snapshot: Snapshot,
}

impl Year {
    /// Opens a year of the index in `root`.
    ///
    /// # Errors
    /// [`IndexError::Missing`] where there is none, [`IndexError::Outdated`] where it is of another version.
    pub(crate) fn open(root: &Path, number: i32) -> Result<Self, IndexError> {
        let path = folder(root, number);
        if !has_meta(&path) {
            return Err(IndexError::Missing { path });
        }
        let (fits, index, reader) = guarded(&path, "opening", || {
            let mut index = Index::open(PrivateDirectory::open(&path)?)?;
            index.set_tokenizers(analyzers());
            let reader = reader_of(&index)?;
            let (_, schema) = Fields::new();
            // Without a payload it may be empty, but nothing that it holds can be trusted.
            let fits = index.schema() == schema
                && index.settings().sort_by_field == settings().sort_by_field
                && (payload_of(&index)?.is_some() || reader.searcher().num_docs() == 0);
            Ok((fits, index, reader))
        })?;
        if fits {
            Ok(Self { number, path, index, reader, seen: Mutex::default() })
        } else {
            Err(IndexError::Outdated { path })
        }
    }

    /// Makes a year that isn't there yet, empty.
    pub(crate) fn create(root: &Path, number: i32) -> Result<Self, IndexError> {
        let path = folder(root, number);
        let io = |source| IndexError::Io { path: path.clone(), operation: "making the folder", source };
        home::files::create_dir_all(&path).map_err(io)?;
        let (index, reader) = guarded(&path, "making the index", || {
            let (_, schema) = Fields::new();
            let builder = Index::builder().schema(schema).settings(settings());
            let mut index = builder.open_or_create(PrivateDirectory::open(&path)?)?;
            index.set_tokenizers(analyzers());
            let reader = reader_of(&index)?;
            Ok((index, reader))
        })?;
        Ok(Self { number, path, index, reader, seen: Mutex::default() })
    }

    /// The year as of its last commit; `None` where it is no longer there.
    pub(crate) fn snapshot(&self) -> Result<Option<Snapshot>, IndexError> {
        let io = |source| IndexError::Io { path: self.path.join(META), operation: "reading what is new", source };
        let meta = match std::fs::read(self.path.join(META)) {
            Ok(meta) => meta,
            // Emptied meanwhile: its `meta.json` goes first.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(error)),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // tantivy would open every segment anew, which takes longer than most searches.
        if seen.as_ref().is_none_or(|seen| seen.meta != meta) {
            match guarded(&self.path, "reading what is new", || self.reader.reload()) {
                Ok(()) => *seen = Some(Seen { meta, snapshot: Snapshot::new(self.reader.searcher()) }),
                Err(_) if !has_meta(&self.path) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(seen.as_ref().map(|seen| seen.snapshot.clone()))
    }

    /// The year as it was when it was last looked at.
    pub(crate) fn last_snapshot(&self) -> Snapshot {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().map_or_else(|| Snapshot::new(self.reader.searcher()), |seen| seen.snapshot.clone())
    }

    /// What its last commit carries; `None` before any, and where it is no longer there.
    pub(crate) fn payload(&self) -> Result<Option<Payload>, IndexError> {
        match guarded(&self.path, "reading its cursor", || payload_of(&self.index)) {
            Err(_) if !has_meta(&self.path) => Ok(None),
            other => other,
        }
    }
}

/// The cursor of the whole index, out of what the commits of its years carry.
///
/// The last year of a round to be committed carries the new cursor, the others the one before; so the furthest one
/// holds for all. `None` where they belong to different databases, or where one of the years is missing.
pub(crate) fn cursor(payloads: &[(i32, Option<Payload>)]) -> Option<Cursor> {
    let there = |year: &i32| payloads.iter().any(|(number, _)| number == year);
    let carried: Vec<&Payload> = payloads.iter().filter_map(|(_, payload)| payload.as_ref()).collect();
    if !carried.iter().flat_map(|payload| &payload.years).all(there) {
        return None;
    }
    let cursors = || carried.iter().filter_map(|payload| payload.cursor.as_ref());
    let furthest = cursors().max_by_key(|cursor| cursor.seq)?;
    cursors().all(|cursor| cursor.database == furthest.database).then(|| furthest.clone())
}

/// The years of the index in `root`, the newest first.
pub(crate) fn years(root: &Path) -> Result<Vec<i32>, IndexError> {
    let io = |source| IndexError::Io { path: root.to_owned(), operation: "listing its years", source };
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut years = Vec::new();
    for entry in entries {
        let name = entry.map_err(io)?.file_name();
        let number = name.to_str().filter(|name| name.len() == 4).and_then(|name| name.parse::<u16>().ok());
        years.extend(number.map(i32::from).filter(|number| has_meta(&folder(root, *number))));
    }
    years.sort_unstable_by(|a, b| b.cmp(a));
    Ok(years)
}

/// Whether an index lies in that very folder.
pub(crate) fn has_meta(folder: &Path) -> bool {
    folder.join(META).is_file()
}

/// Deletes the files of the index in `folder`, whichever version made it. They are terms of what was said, so none may stay
/// behind; and nothing is lost, since the database has all of it. Nobody may be writing it. The locks stay, empty.
pub(crate) fn empty(folder: &Path) -> Result<(), IndexError> {
    let operation = "emptying";
    let io = |source| IndexError::Io { path: folder.to_owned(), operation, source };
    let directory = guarded(folder, operation, || Ok(PrivateDirectory::open(folder)?))?;
    // Who is just opening it has either all of it or none.
    let _lock = guarded(folder, operation, || Ok(directory.acquire_lock(&META_LOCK)?))?;
    let mut names = vec![PathBuf::from(META)];
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = PathBuf::from(entry.file_name());
        let stays = [&INDEX_WRITER_LOCK.filepath, &META_LOCK.filepath].contains(&&name) || names.contains(&name);
        if !stays && entry.file_type().map_err(io)?.is_file() {
            names.push(name);
        }
    }
    for name in names.iter().filter(|name| folder.join(name).exists()) {
        directory.delete(name).map_err(|error| io(std::io::Error::other(error)))?;
    }
    directory.sync_directory().map_err(io)
}

/// tantivy's list of what belongs to an index. Without it a folder is none.
const META: &str = "meta.json";

pub(crate) fn folder(root: &Path, number: i32) -> PathBuf {
    root.join(format!("{number:04}"))
}

fn reader_of(index: &Index) -> tantivy::Result<IndexReader> {
    index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
}

fn payload_of(index: &Index) -> tantivy::Result<Option<Payload>> {
    let payload = index.load_metas()?.payload;
    Ok(payload.and_then(|text| Payload::read(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seq: u64) -> Cursor {
        Cursor { database: "d".to_owned(), seq, nonce: 7 }
    }

    #[test]
    fn segments_are_opened_anew_only_where_there_is_another_commit() {
        let folder = tempfile::tempdir().unwrap();
        let year = Year::create(folder.path(), 2026).unwrap();
        let generation = || year.snapshot().unwrap().unwrap().generation().generation_id();
        let before = generation();
        assert_eq!(generation(), before);
        let mut writer: tantivy::IndexWriter = year.index.writer_with_num_threads(1, 15 << 20).unwrap();
        writer.add_document(tantivy::TantivyDocument::new()).unwrap();
        writer.commit().unwrap();
        assert_ne!(generation(), before);
        assert_eq!(year.snapshot().unwrap().unwrap().num_docs(), 1);
    }

    #[test]
    fn the_cursor_is_the_furthest_unless_a_year_is_missing() {
        let commit = |years: &[i32], cursor| Some(Payload::new(years.to_vec(), cursor));
        let other = Cursor { database: "e".to_owned(), seq: 4, nonce: 7 };
        for (payloads, expected) in [
            (vec![], None),
            (vec![(2026, commit(&[2026], Some(at(5))))], Some(at(5))),
            (vec![(2026, commit(&[2026], Some(at(5)))), (2025, commit(&[2025, 2026], Some(at(9))))], Some(at(9))),
            (vec![(2026, commit(&[2026], Some(at(5)))), (2025, None)], Some(at(5))),
            (vec![(2026, commit(&[2026], None))], None),
            (vec![(2026, commit(&[2025, 2026], Some(at(5))))], None),
            (vec![(2026, commit(&[2026], Some(at(5)))), (2025, commit(&[2025], Some(other)))], None),
        ] {
            assert_eq!(cursor(&payloads), expected, "{payloads:?}");
        }
    }
}
