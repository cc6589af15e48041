//! A unit on disk. Its first line says that hearsay wrote it and holds the sum of the rest, so that a unit that someone
//! else wrote or changed is told from ours, and never overwritten or taken away.

use anyhow::{Context as _, Result};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const BEGIN: &str = "# Written by `hearsay service install` (";
const END: &str = "); `hearsay service remove` takes it away while it is as it was written.";

/// Where the user's own units lie: `systemd/user` in the configuration folder (systemd.unit(5)).
pub(crate) fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(config.join("systemd/user"))
}

/// A unit's name, its place and what lies there.
#[derive(Debug)]
pub(crate) struct UnitFile {
    /// `hearsay-record.service`.
    pub(crate) name: &'static str,
    /// Its place.
    pub(crate) path: PathBuf,
    /// What lies there.
    found: Option<Vec<u8>>,
}

impl UnitFile {
    /// Looks what lies there.
    ///
    /// # Errors
    /// Where something does that can't be read.
    pub(crate) fn look(folder: &Path, name: &'static str) -> Result<Self> {
        let path = folder.join(name);
        let found = match std::fs::read(&path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(Self { name, path, found })
    }

    /// Whether anything lies there.
    pub(crate) fn exists(&self) -> bool {
        self.found.is_some()
    }

    /// Whether what lies there is as hearsay wrote it.
    pub(crate) fn is_ours(&self) -> bool {
        let Some(text) = self.found.as_deref().and_then(|found| std::str::from_utf8(found).ok()) else { return false };
        text.split_once('\n').is_some_and(|(first, unit)| first == mark(unit))
    }

    /// Whether it says this already.
    pub(crate) fn says(&self, unit: &str) -> bool {
        self.found.as_deref() == Some(marked(unit).as_bytes())
    }

    /// Puts it there, at once and for good, and for the user alone.
    ///
    /// # Errors
    /// Where the folder or the file can't be written.
    pub(crate) fn write(&self, unit: &str) -> Result<()> {
        let write = || {
            let folder = self.path.parent().unwrap_or(&self.path);
            home::files::create_dir_all(folder)?;
            let new = self.path.with_extension("service.new");
            let mut file = home::files::create_or_truncate(&new)?;
            file.write_all(marked(unit).as_bytes())?;
            file.sync_all()?;
            home::files::rename_durably(&new, &self.path)
        };
        write().with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Takes it away.
    ///
    /// # Errors
    /// Where it can't be.
    pub(crate) fn remove(&self) -> Result<()> {
        #[expect(clippy::disallowed_methods, reason = "the user asked for it, and it is as hearsay wrote it")]
        let removed = std::fs::remove_file(&self.path);
        removed.with_context(|| format!("cannot remove {}", self.path.display()))
    }
}

fn mark(unit: &str) -> String {
    let sum = Sha256::digest(unit.as_bytes()).iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!("{BEGIN}{sum:016x}{END}")
}

/// A unit with its first line.
pub(super) fn marked(unit: &str) -> String {
    format!("{}\n{unit}", mark(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_as_it_was_written_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let look = || UnitFile::look(folder.path(), super::super::RECORD).unwrap();
        assert!(!look().exists() && !look().is_ours());
        look().write("[Unit]\n").unwrap();
        assert!(look().is_ours() && look().says("[Unit]\n") && !look().says("[Service]\n"));
        let changed = format!("{}Nice=5\n", marked("[Unit]\n"));
        for other in [changed.as_str(), "[Unit]\n", "", "\u{0}"] {
            let mut file = home::files::create_or_truncate(&look().path).unwrap();
            file.write_all(other.as_bytes()).unwrap();
            assert!(look().exists() && !look().is_ours(), "{other:?}");
        }
    }
}
