use crate::IndexError;
use crate::error::guarded;
use crate::year::{self, Year};
use std::path::{Path, PathBuf};

/// Reads every file of the index in `root` and compares it with the checksum that it carries: the ones that aren't as they were
/// written. Nothing is changed.
///
/// # Errors
/// Where a year can't be opened at all: [`IndexError::Damaged`], [`IndexError::Outdated`] or [`IndexError::Io`] with its folder.
pub fn damaged_files(root: &Path) -> Result<Vec<PathBuf>, IndexError> {
    let mut damaged = Vec::new();
    for number in year::years(root)? {
        let year = Year::open(root, number)?;
        let names = guarded(&year.path, "reading all of it", || year.index.validate_checksum())?;
        damaged.extend(names.into_iter().map(|name| year.path.join(name)));
    }
    damaged.sort();
    Ok(damaged)
}
