use crate::files;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// "There is one of us": an advisory lock on a file. The system frees it when the process ends, however it ends,
/// so a lock file that is left behind means nothing and is never removed.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why a lock isn't ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another process holds {path:?}")]
    Held {
        /// The lock's file.
        path: PathBuf,
    },
    /// The file can't be opened.
    #[error("cannot lock {path:?}: {source}")]
    Io {
        /// The lock's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// [`Lock::is_held`] takes the lock for a moment; whoever starts in that moment must not give up.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

impl Lock {
    /// Takes the lock, or says who has it, within a tenth of a second.
    ///
    /// # Errors
    /// [`LockError::Held`] where another process has it, [`LockError::Io`] where its file can't be opened.
    pub fn acquire(path: &Path) -> Result<Self, LockError> {
        let io = |source| LockError::Io { path: path.to_owned(), source };
        let file = files::open_or_create(path).map_err(io)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
                Err(TryLockError::Error(source)) => return Err(io(source)),
            }
        }
        Err(LockError::Held { path: path.to_owned() })
    }

    /// Whether a process holds the lock now. A file that is missing or can't be opened is held by nobody.
    pub fn is_held(path: &Path) -> bool {
        let Ok(file) = OpenOptions::new().read(true).open(path) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("worker.lock");
        assert!(!Lock::is_held(&path));
        let first = Lock::acquire(&path).unwrap();
        assert!(Lock::is_held(&path));
        assert!(matches!(Lock::acquire(&path), Err(LockError::Held { .. })));
        drop(first);
        assert!(!Lock::is_held(&path));
        Lock::acquire(&path).unwrap();
    }
}
