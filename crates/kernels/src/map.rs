//! A file as memory.

use memmap2::Mmap;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// A file's bytes, read from the disk as they are touched.
///
/// For as long as a model is being loaded, no longer: everything is copied out and the map dropped. Should somebody else cut the file in these seconds,
/// touching what is gone ends the process (SIGBUS); should they write into it, other numbers are read. Models are replaced by renaming another file over
/// the name, which leaves the mapped one whole.
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
        // SAFETY: what is mapped must not change while it is. Nothing of this program writes into a model or cuts one, and the map is gone once the model is
        // loaded; that no other process does so in these seconds, no code can see to. If one does, little follows: every value of a byte is valid, lengths and
        // names are copied out before they are checked, and memory that a cut file no longer backs faults instead of holding something else.
        unsafe { Mmap::map(&file) }.map(Self)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
