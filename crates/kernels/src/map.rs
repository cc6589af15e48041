//! A file as memory.

use crate::line::Line;
use memmap2::Mmap;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// A file's bytes, read from the disk as they are touched.
///
/// A model's file is mapped for as long as it is being loaded, no longer: everything is copied out and the map dropped. A file of [panels](crate::BytePanels)
/// is mapped for as long as they are multiplied: whoever keeps such a file replaces it by renaming another over the name, and never writes into one or cuts
/// it. Should somebody else cut a mapped file, touching what is gone ends the process (SIGBUS); should they write into it, other numbers are read.
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
        // SAFETY: what is mapped must not change while it is. Nothing of this program writes into a model or a file of panels, or cuts one: the latter are written
        // under another name before they are mapped. That no other process does so, no code can see to. If one does, little follows: every value of a byte is
        // valid, lengths and names are copied out before they are checked, and memory that a cut file no longer backs faults instead of holding something else.
        unsafe { Mmap::map(&file) }.map(Self)
    }

    /// Says that the file is about to be read from front to back.
    pub fn read_ahead(&self) {
        // A hint: where it isn't taken, reading takes longer.
        #[cfg(unix)]
        self.0.advise(memmap2::Advice::WillNeed).unwrap_or_default();
    }

    /// Gives back the memory that a stretch of the file takes. Where it is touched again, it is read again.
    pub fn let_go(&self, at: usize, len: usize) {
        #[cfg(unix)]
        if at.checked_add(len).is_some_and(|end| end <= self.len()) {
            // SAFETY: the pages are the file's and nobody can write to them, so what is read after this is what the file holds, as before. A hint as well.
            unsafe { self.0.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, at, len) }.unwrap_or_default();
        }
        #[cfg(not(unix))]
        let _: (usize, usize) = (at, len);
    }

    /// Lines of the file; none where it has not so many there, or they don't begin where a line of the cache does.
    pub(crate) fn lines(&self, at: usize, count: usize) -> Option<&[Line]> {
        let bytes = self.get(at..at.checked_add(count.checked_mul(Line::BYTES)?)?)?;
        // SAFETY: any bytes make lines.
        let (before, lines, _) = unsafe { bytes.align_to::<Line>() };
        (before.is_empty() && lines.len() == count).then_some(lines)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
