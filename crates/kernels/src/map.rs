//! A file as memory.

use memmap2::Mmap;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// A file's bytes, read from the disk as they are touched.
///
/// The file must not be cut short while it is mapped: touching what is gone ends the process. Nothing that uses this cuts files: a model is replaced
/// by renaming another over its name, which leaves the mapped one whole.
#[derive(Debug)]
pub struct Map(Mmap);

impl Map {
    /// Maps a file for reading.
    ///
    /// # Errors
    /// What the system said; also for an empty file or a folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
        }
        // SAFETY: the map is read-only and private to this process; that the file isn't cut meanwhile is said above, and no check here could
        // see to it.
        unsafe { Mmap::map(&file) }.map(Self)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
