use crate::IndexError;
use crate::document::{Cursor, Document};
use crate::error::guarded;
use crate::private_directory::PrivateDirectory;
use crate::schema::{Fields, Payload, analyzers};
use std::path::{Path, PathBuf};
use tantivy::directory::error::LockError;
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, META_LOCK};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Term};

/// Memory for documents that were not committed yet, in bytes. When it is full, they go to the disk, unseen.
const MEMORY_BYTES: usize = 20 << 20;
/// A segment with more deleted documents than this is merged: re-transcribing deletes many.
const DELETED_BEFORE_MERGE: f32 = 0.3;

/// The one who writes the index. One per index, for as long as the process lives.
///
/// Its threads are tantivy's: one that indexes and one that merges. After an error it is of no use: drop it, open
/// another, and go on from its cursor.
pub struct Writer {
    documents: IndexWriter,
    fields: Fields,
    path: PathBuf,
    cursor: Option<Cursor>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

impl Writer {
    /// Opens the index in `folder`, or makes it. One of another version, or one that can't be opened, is emptied first.
    ///
    /// # Errors
    /// [`IndexError::Locked`] where another writer has it; [`IndexError::Io`] where the folder can't be written.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let io = |source| IndexError::Io { path: folder.to_owned(), operation: "making the folder", source };
        home::files::create_dir_all(folder).map_err(io)?;
        let index = match open_index(folder) {
            Ok((index, _)) => index,
            Err(IndexError::Missing { .. }) => create(folder)?,
            Err(IndexError::Damaged { .. } | IndexError::Outdated { .. }) => {
                empty(folder)?;
                create(folder)?
            }
            Err(other) => return Err(other),
        };
        let (fields, _) = Fields::new();
        let writer = guarded(folder, "opening for writing", || {
            let options = IndexWriterOptions::builder()
                .memory_budget_per_thread(MEMORY_BYTES)
                .num_worker_threads(1)
                .num_merge_threads(1)
                .build();
            let writer: IndexWriter = index.writer_with_options(options)?;
            let mut merging = LogMergePolicy::default();
            merging.set_del_docs_ratio_before_merge(DELETED_BEFORE_MERGE);
            writer.set_merge_policy(Box::new(merging));
            Ok(writer)
        })?;
        // Read under the writer's lock, so that it is the last word of whoever wrote before.
        let cursor = guarded(folder, "reading its cursor", || cursor(&index))?;
        Ok(Self { documents: writer, fields, path: folder.to_owned(), cursor })
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
        guarded(&self.path, "adding documents", || {
            for key in remove {
                self.documents.delete_term(Term::from_field_i64(self.fields.key, *key));
            }
            for document in add {
                self.documents.delete_term(Term::from_field_i64(self.fields.key, document.key));
                self.documents.add_document(self.fields.document(document))?;
            }
            Ok(())
        })
    }

    /// Makes what was applied visible and durable, and `cursor` with it: both or neither.
    ///
    /// # Errors
    /// See [`IndexError`]; drop the writer.
    pub fn commit(&mut self, cursor: &Cursor) -> Result<(), IndexError> {
        let payload = Payload::new(cursor.clone());
        guarded(&self.path, "committing", || {
            let payload = serde_json::to_string(&payload).map_err(std::io::Error::from)?;
            let mut prepared = self.documents.prepare_commit()?;
            prepared.set_payload(&payload);
            prepared.commit()
        })?;
        self.cursor = Some(payload.cursor);
        Ok(())
    }

    /// Empties the index, and forgets the cursor: at once, for everyone.
    ///
    /// # Errors
    /// See [`IndexError`]; drop the writer.
    pub fn clear(&mut self) -> Result<(), IndexError> {
        guarded(&self.path, "emptying", || {
            self.documents.delete_all_documents()?;
            self.documents.prepare_commit()?.commit()
        })?;
        self.cursor = None;
        Ok(())
    }

    /// Waits for merges that are under way, and closes. Dropping the writer gives them up, which loses nothing either.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn close(self) -> Result<(), IndexError> {
        guarded(&self.path, "closing", || self.documents.wait_merging_threads())
    }
}

/// Opens the index for whoever reads it, with all its files.
///
/// # Errors
/// [`IndexError::Missing`] where there is none, [`IndexError::Outdated`] where it is of another version.
pub(crate) fn open_index(folder: &Path) -> Result<(Index, IndexReader), IndexError> {
    let path = || folder.to_owned();
    if !folder.join("meta.json").is_file() {
        return Err(IndexError::Missing { path: path() });
    }
    let (fits, index, reader) = guarded(folder, "opening", || {
        let mut index = Index::open(PrivateDirectory::open(folder)?)?;
        index.set_tokenizers(analyzers());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let (_, schema) = Fields::new();
        // Without a cursor it may be empty, but nothing that it holds can be trusted.
        let fits = index.schema() == schema && (cursor(&index)?.is_some() || reader.searcher().num_docs() == 0);
        Ok((fits, index, reader))
    })?;
    if fits { Ok((index, reader)) } else { Err(IndexError::Outdated { path: path() }) }
}

pub(crate) fn cursor(index: &Index) -> tantivy::Result<Option<Cursor>> {
    let payload = index.load_metas()?.payload;
    Ok(payload.and_then(|text| Payload::read(&text)).map(|payload| payload.cursor))
}

fn create(folder: &Path) -> Result<Index, IndexError> {
    guarded(folder, "making the index", || {
        let (_, schema) = Fields::new();
        let mut index = Index::open_or_create(PrivateDirectory::open(folder)?, schema)?;
        index.set_tokenizers(analyzers());
        Ok(index)
    })
}

/// Deletes the files of the index. They are terms of what was said, so none may stay behind under another name;
/// and nothing is lost, since the database has all of it.
fn empty(folder: &Path) -> Result<(), IndexError> {
    let operation = "emptying";
    let io = |source| IndexError::Io { path: folder.to_owned(), operation, source };
    let directory = guarded(folder, operation, || Ok(PrivateDirectory::open(folder)?))?;
    let _lock = directory.acquire_lock(&INDEX_WRITER_LOCK).map_err(|error| match error {
        LockError::LockBusy => IndexError::Locked { path: folder.to_owned() },
        LockError::IoError(source) => io(std::io::Error::new(source.kind(), source.to_string())),
    })?;
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = PathBuf::from(entry.file_name());
        let is_lock = name == INDEX_WRITER_LOCK.filepath || name == META_LOCK.filepath;
        if !is_lock && entry.file_type().map_err(io)?.is_file() {
            directory.delete(&name).map_err(|error| io(std::io::Error::other(error)))?;
        }
    }
    Ok(())
}
