//! Models as our own engine computes with them: `models/packed/SHA256.panels`, which it writes at a model's first load and maps at later ones.
//!
//! Nothing is lost with these files: they are made anew. What is left of models that are gone goes when another is packed.

use super::ModelError;
use super::checksums;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = "packed";
const EXTENSION: &str = "panels";

/// Where the model of this sum lies packed, if it does.
pub fn packed(models: &Path, sha256: &str) -> PathBuf {
    models.join(FOLDER).join(sha256).with_extension(EXTENSION)
}

/// Deletes the packed files of models that aren't here any more.
///
/// # Errors
/// [`ModelError::Record`] where it can't be read which are, [`ModelError::Io`].
pub fn tidy_packed(models: &Path) -> Result<(), ModelError> {
    let kept: BTreeSet<PathBuf> = checksums::sums(models)?.of_files().map(|sha256| packed(models, sha256)).collect();
    let folder = models.join(FOLDER);
    let failed = |source| ModelError::Io { path: folder.clone(), operation: "list", source };
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) && !kept.contains(&path) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Deletes what was packed of a model, unless another file holds the same.
pub(super) fn forget(models: &Path, sha256: &str) {
    let others = checksums::sums(models).is_ok_and(|sums| sums.of_files().any(|other| other == sha256));
    let path = packed(models, sha256);
    if others || !path.exists() {
        return;
    }
    if let Err(error) = remove(&path) {
        tracing::debug!(error = home::one_line(&error), "the packed model was not removed");
    }
}

fn remove(path: &Path) -> Result<(), ModelError> {
    #[expect(clippy::disallowed_methods, reason = "made of a model that is gone, and of nothing else")]
    fs::remove_file(path).map_err(|source| ModelError::Io { path: path.to_owned(), operation: "remove", source })
}
