//! Who may read what is kept.

use super::finding::Finding;
use home::Home;
use std::path::{Path, PathBuf};

/// Files and folders whose modes are looked at; a year of both sides has 200,000.
const MAX_LOOKED_AT: usize = 500_000;

/// Whether anybody but the user may look into the home.
pub(super) fn modes(home: &Home) -> Finding {
    const TOPIC: &str = "privacy";
    let root = home.root();
    if !root.exists() {
        return Finding::good(TOPIC, format!("{} isn't there yet; it is made for you alone", root.display()));
    }
    let mut open = Vec::new();
    open_to_others(root, &mut MAX_LOOKED_AT.clone(), &mut open);
    match open.first() {
        None => Finding::good(TOPIC, format!("only you can read {}", root.display())),
        Some(first) => {
            let text = format!("others may read {} files or folders, such as {}", open.len(), first.display());
            Finding::bad(TOPIC, text, format!("chmod -R go= '{}'", root.display()))
        }
    }
}

#[cfg(unix)]
fn open_to_others(path: &Path, left: &mut usize, found: &mut Vec<PathBuf>) {
    use std::os::unix::fs::PermissionsExt as _;
    // What went away meanwhile is nobody's.
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return };
    if *left == 0 || metadata.is_symlink() {
        return;
    }
    *left -= 1;
    if metadata.permissions().mode() & 0o077 != 0 {
        found.push(path.to_owned());
    }
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            open_to_others(&entry.path(), left, found);
        }
    }
}

/// Modes are unix's; elsewhere the user's own folder is what keeps others out.
#[cfg(not(unix))]
fn open_to_others(_path: &Path, _left: &mut usize, _found: &mut Vec<PathBuf>) {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[test]
    fn a_file_that_others_may_read_is_found() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"));
        home.ensure().unwrap();
        assert_eq!(modes(&home).verdict, Verdict::Good);
        let file = home.audio().join("a.wav");
        home::files::create_new(&file).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let found = modes(&home);
        assert!(found.verdict == Verdict::Bad && found.text.contains("a.wav"), "{found:?}");
    }
}
