use crate::WorkerError;
use crate::scribe::Scribe;
use archive::Archive;
use home::{Home, Lock, LockError};
use index::{Cursor, Document, Writer};
use std::path::Path;
use store::Store;
use timeline::Span;

/// The index as it follows the store: by sequence number, so that neither can run ahead of the other.
///
/// The index's own commit says up to which change it has come. Whatever kills the worker between the two
/// commits, the next run finds the number it stopped at and applies the rest again; applying a change twice
/// gives the same index, since an utterance is always removed before it is added.
#[derive(Debug)]
pub struct Follower {
    writer: Writer,
}

/// Has the index and the plain files follow the database where no worker lives to do that; `false` where one does.
///
/// # Errors
/// What can't be read or written. That a plain file can't be is told and no error.
pub fn follow_up(home: &Home, store: &mut Store) -> Result<bool, WorkerError> {
    let _lock = match Lock::acquire(&home.worker_lock()) {
        Err(LockError::Held { .. }) => return Ok(false),
        lock => lock?,
    };
    Follower::open(&home.index())?.catch_up(store)?;
    Scribe::new(&Archive::open(home)).write_all(store, 0)?;
    Ok(true)
}

/// What one round of following did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Followed {
    /// Changes applied.
    pub changes: usize,
    /// Whether the index was made anew, because it was of another database, another version, or ahead.
    pub rebuilt: bool,
}

/// Changes that are read at once: some hundred kilobytes of text.
const CHANGES_AT_ONCE: usize = 2_000;
/// Changes applied in one commit of the index while there are more: each makes a segment, and each segment is merged with others until few are left.
const CHANGES_PER_COMMIT: usize = 100_000;

impl Follower {
    /// Opens the index for writing.
    ///
    /// # Errors
    /// [`WorkerError::Index`], also where another process writes it.
    pub fn open(folder: &Path) -> Result<Self, WorkerError> {
        Ok(Self { writer: Writer::open(folder)? })
    }

    /// Applies every change that the index hasn't seen.
    ///
    /// # Errors
    /// [`WorkerError::Store`] or [`WorkerError::Index`]; what was committed before stays.
    pub fn catch_up(&mut self, store: &Store) -> Result<Followed, WorkerError> {
        self.catch_up_telling(store, &mut |_| ())
    }

    /// Makes the index anew, whatever it holds. `tell` is called with how many changes were applied, now and then.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up), which goes on from where this stopped.
    pub fn begin_again(&mut self, store: &Store, tell: &mut dyn FnMut(usize)) -> Result<Followed, WorkerError> {
        self.writer.clear()?;
        self.catch_up_telling(store, tell)
    }

    /// Takes the words of what is gone off the disk, of the years of `span`. It must have caught up.
    ///
    /// # Errors
    /// [`WorkerError::Index`].
    pub(crate) fn purge(&mut self, span: &Span) -> Result<(), WorkerError> {
        Ok(self.writer.purge(span)?)
    }

    /// Empties the index.
    ///
    /// # Errors
    /// [`WorkerError::Index`].
    pub(crate) fn clear(&mut self) -> Result<(), WorkerError> {
        Ok(self.writer.clear()?)
    }

    /// As [`catch_up`](Self::catch_up). `tell` is called with how many changes were applied, now and then.
    ///
    /// # Errors
    /// As there.
    pub fn catch_up_telling(&mut self, store: &Store, tell: &mut dyn FnMut(usize)) -> Result<Followed, WorkerError> {
        let database = store.database_id()?;
        let mut followed = Followed::default();
        let mut seq = match self.writer.cursor() {
            Some(cursor) if Self::belongs(&cursor, &database, store)? => cursor.seq,
            other => {
                followed.rebuilt = other.is_some();
                self.writer.clear()?;
                0
            }
        };
        let mut uncommitted = 0;
        let mut reached = None;
        loop {
            let changes = store.changes_after(seq, CHANGES_AT_ONCE)?;
            let Some(last) = changes.last() else { break };
            let mut keys: Vec<i64> = changes.iter().map(|change| change.key).collect();
            keys.sort_unstable();
            keys.dedup();
            let store::Documents { current, past, .. } = store.documents(&keys)?;
            let current = current.into_iter().map(|it| document(it.state.code(), it));
            let past = past.into_iter().map(|it| document(index::PAST, it));
            let documents: Vec<Document> = current.chain(past).collect();
            self.writer.apply(&keys, &documents)?;
            seq = last.seq;
            uncommitted += changes.len();
            reached = Some(Cursor { database: database.clone(), seq, nonce: last.nonce });
            if uncommitted >= CHANGES_PER_COMMIT {
                self.commit(reached.take())?;
                uncommitted = 0;
            }
            followed.changes += changes.len();
            tell(followed.changes);
        }
        self.commit(reached)?;
        Ok(followed)
    }

    fn commit(&mut self, reached: Option<Cursor>) -> Result<(), WorkerError> {
        Ok(reached.map_or(Ok(()), |cursor| self.writer.commit(&cursor))?)
    }

    /// Waits for segments of the index that are being merged, and closes. Dropping it gives them up, which loses nothing.
    ///
    /// # Errors
    /// [`WorkerError::Index`].
    pub fn close(self) -> Result<(), WorkerError> {
        Ok(self.writer.close()?)
    }

    /// Whether the index was made from this database and not from a later state of it: a backup that was put back
    /// has other numbers, or the same number with another nonce.
    fn belongs(cursor: &Cursor, database: &str, store: &Store) -> Result<bool, WorkerError> {
        Ok(cursor.database == database && store.change_nonce(cursor.seq)? == Some(cursor.nonce))
    }
}

fn document(state: u8, from: store::Document) -> Document {
    Document {
        is_correction: from.is_correction(),
        key: from.key,
        start: from.span.start,
        end: from.span.end,
        side: from.side,
        text: from.text,
        before: from.before,
        language: from.language,
        pass: from.pass.to_string(),
        model: from.model,
        p: from.p,
        state,
        is_echo: from.is_echo,
        is_replay: from.is_replay,
        is_starred: from.is_starred,
        notes: from.notes,
    }
}
