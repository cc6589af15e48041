//! What the targets share.

use home::Home;
use std::path::{Path, PathBuf};

/// A home in memory, with the folder of one day.
pub struct Place {
    dir: tempfile::TempDir,
    /// The folder of 2026-11-23.
    pub day: PathBuf,
}

impl Place {
    /// Makes it.
    pub fn new() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let day = dir.path().join("audio/2026/2026-11-23");
        std::fs::create_dir_all(&day).unwrap();
        Self { dir, day }
    }

    /// The home itself.
    pub fn home(&self) -> Home {
        Home::at(self.root())
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}
