//! Who may read it.

use archive::{Fault, FaultKind};
use std::fs;
use std::path::{Path, PathBuf};

/// A fault for everything below `root` that others than the user may read or write, links left out.
pub(super) fn open_to_others(root: &Path) -> Vec<Fault> {
    let fault = |path: &PathBuf| {
        let advice = "`hearsay repair` takes that from them";
        Fault::new(path, FaultKind::Open, "can be read or written by other users of this machine", advice)
    };
    paths_open_to_others(root).iter().map(fault).collect()
}

/// The same as paths.
#[cfg(unix)]
pub(crate) fn paths_open_to_others(root: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let (mut open, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(path) = folders.pop() {
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if metadata.is_symlink() {
            continue;
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            open.push(path.clone());
        }
        if metadata.is_dir()
            && let Ok(entries) = fs::read_dir(&path)
        {
            folders.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
        }
    }
    open.sort();
    open
}

/// Elsewhere the user's folder is the user's by itself.
#[cfg(not(unix))]
pub(crate) fn paths_open_to_others(_: &Path) -> Vec<PathBuf> {
    Vec::new()
}
