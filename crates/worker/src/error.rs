use std::path::PathBuf;

/// Why work stopped. What concerns one window or one file alone isn't here: that is stored or reported, and
/// the rest goes on.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Another worker lives. Nothing to do: it does the work.
    #[error("another worker is at work here: {path:?} is locked")]
    SecondWorker {
        /// The lock's file.
        path: PathBuf,
    },
    /// There is no database, but there are words beside the sound to make it of: `hearsay rebuild` does that.
    #[error("the database {path:?} is missing, but its words lie beside the sound")]
    NoDatabase {
        /// The database.
        path: PathBuf,
    },
    /// A file can't be copied, moved or synced. Nothing was lost; doing it again goes on from there.
    #[error("cannot {operation} {path:?}: {source}")]
    File {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A backup and what it is of would lie in each other. Name a folder elsewhere, best on another disk.
    #[error("{to:?} and {home:?} lie in each other")]
    Inside {
        /// What is to be copied.
        home: PathBuf,
        /// Where to.
        to: PathBuf,
    },
    /// A folder holds the words of another archive, which a backup would replace. Name another folder.
    #[error("{to:?} holds another archive, or one that was made anew since")]
    Another {
        /// The folder.
        to: PathBuf,
    },
    /// The lock can't be taken for another reason.
    #[error(transparent)]
    Lock(home::LockError),
    /// The home's folders can't be made.
    #[error(transparent)]
    Home(#[from] home::HomeError),
    /// The archive folder can't be read.
    #[error(transparent)]
    Archive(#[from] archive::ArchiveError),
    /// The database can't be read or written.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The index can't be written. It can be deleted: it is made anew from the database.
    #[error(transparent)]
    Index(#[from] index::IndexError),
    /// The voice detector can't start.
    #[error(transparent)]
    Vad(#[from] speech::VadError),
    /// The recogniser can't start at all.
    #[error(transparent)]
    Engine(#[from] speech::EngineError),
    /// The folder can't be watched.
    #[error("cannot watch {path:?}: {source}")]
    Watch {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: notify::Error,
    },
    /// A thread can't be started.
    #[error("cannot start the thread {name}: {source}")]
    Thread {
        /// Its name.
        name: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<home::LockError> for WorkerError {
    fn from(error: home::LockError) -> Self {
        match error {
            home::LockError::Held { path } => Self::SecondWorker { path },
            other @ home::LockError::Io { .. } => Self::Lock(other),
        }
    }
}
