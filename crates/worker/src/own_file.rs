//! Files of the worker's own.

use crate::WorkerError;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Takes away a file of our own that was never finished, or that a whole one replaces.
#[expect(clippy::disallowed_methods, reason = "it holds nothing that isn't elsewhere")]
pub(crate) fn remove(path: &Path) -> Result<(), WorkerError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

/// What couldn't be done with a file.
pub(crate) fn failed<'a>(operation: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> WorkerError + use<'a> {
    move |source| WorkerError::File { operation, path: path.to_owned(), source }
}
