use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenReadError};

/// Why the index did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Nothing was indexed yet. Searching again helps once something was.
    #[error("there is no index yet at {path}")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The index was made by another version of this program. The worker builds it anew.
    #[error("the index at {path} is of another version and has to be built anew")]
    Outdated {
        /// The index.
        path: PathBuf,
    },
    /// Another writer has the index. It is left alone.
    #[error("another program is writing the index at {path}")]
    Locked {
        /// The index.
        path: PathBuf,
    },
    /// A file of the index can't be read. It has to be built anew, which loses nothing.
    #[error("the index at {path} is damaged ({operation}): {reason}")]
    Damaged {
        /// The index.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What tantivy says.
        reason: String,
    },
    /// The disk is full, or doesn't let the index be read or written. A [`Writer`](crate::Writer) is of no use after it:
    /// drop it and open another, which goes on from the last commit.
    #[error("{path}: {operation}: {source}")]
    Io {
        /// The index.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// Any other failure. A [`Writer`](crate::Writer) is of no use after it: drop it and open another.
    #[error("the index at {path} failed ({operation}): {source}")]
    Failed {
        /// The index.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What tantivy says.
        source: Box<TantivyError>,
    },
}

/// Runs `work` on the index at `path`; a panic of tantivy, which some damaged files cause, becomes an error.
pub(crate) fn guarded<T>(
    path: &Path,
    operation: &'static str,
    work: impl FnOnce() -> tantivy::Result<T>,
) -> Result<T, IndexError> {
    let damaged = |reason: String| IndexError::Damaged { path: path.to_owned(), operation, reason };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(classify(error, path, operation)),
        Err(_) => Err(damaged("its files make no sense".to_owned())),
    }
}

fn classify(error: TantivyError, path: &Path, operation: &'static str) -> IndexError {
    let path = path.to_owned();
    match error {
        TantivyError::LockFailure(LockError::LockBusy, _) => IndexError::Locked { path },
        TantivyError::LockFailure(LockError::IoError(source), _) | TantivyError::IoError(source) => {
            io(path, operation, &source)
        }
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. }) => io(path, operation, &io_error),
        TantivyError::OpenReadError(_)
        | TantivyError::DataCorruption(_)
        | TantivyError::IncompatibleIndex(_)
        | TantivyError::SchemaError(_)
        | TantivyError::FieldNotFound(_)
        | TantivyError::InternalError(_)
        | TantivyError::DeserializeError(_) => IndexError::Damaged { path, operation, reason: error.to_string() },
        source => IndexError::Failed { path, operation, source: Box::new(source) },
    }
}

/// Reading past the end of a file, or bytes that mean nothing, is damage and not the disk's fault.
fn io(path: PathBuf, operation: &'static str, source: &std::io::Error) -> IndexError {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    if source.raw_os_error().is_none() && matches!(source.kind(), InvalidData | InvalidInput | Other | UnexpectedEof) {
        return IndexError::Damaged { path, operation, reason: source.to_string() };
    }
    let source = match source.raw_os_error() {
        Some(code) => std::io::Error::from_raw_os_error(code),
        None => std::io::Error::new(source.kind(), source.to_string()),
    };
    IndexError::Io { path, operation, source }
}
