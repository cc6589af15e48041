use crate::ArchiveError;
use crate::origin::Origin;
use crate::wav::{DATA_SIZE_AT, DATA_START, RIFF_SIZE_AT, WavHeader, riff_size};
use home::files;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use timeline::SampleRate;

/// A WAV file that is being written. What [`write`](Self::write) returned for is in the file and in its header.
///
/// The frames go first and then the 512 bytes of the header, in one write: a kill in between leaves the header of the
/// block before, so there is no moment at which a reader finds a header that is wrong.
#[derive(Debug)]
pub(crate) struct PartFile {
    path: PathBuf,
    file: File,
    header: Vec<u8>,
    data_bytes: u32,
    bytes: Vec<u8>,
    unsynced: bool,
}

/// Frames of silence that are written at once.
const SILENCE_FRAMES: usize = 8_000;

impl PartFile {
    /// Creates a file that must not exist, with the header of an empty one.
    pub(crate) fn create(path: &Path, rate: SampleRate, origin: &Origin) -> Result<Self, ArchiveError> {
        let fail = |source| ArchiveError::Io { operation: "create", path: path.to_owned(), source };
        let header = WavHeader::written(rate, origin);
        let header =
            header.ok_or_else(|| fail(io::Error::new(io::ErrorKind::InvalidInput, "its names are too long")))?;
        if let Some(folder) = path.parent() {
            files::create_dir_all(folder).map_err(ArchiveError::io("create", folder))?;
        }
        let mut file = files::create_new(path).map_err(fail)?;
        file.write_all(&header).map_err(ArchiveError::io("write", path))?;
        if let Some(folder) = path.parent() {
            files::sync_folder(folder).map_err(ArchiveError::io("sync", folder))?;
        }
        Ok(Self { path: path.to_owned(), file, header, data_bytes: 0, bytes: Vec::new(), unsynced: true })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends frames.
    pub(crate) fn write(&mut self, frames: &[i16]) -> Result<(), ArchiveError> {
        self.bytes.clear();
        self.bytes.extend(frames.iter().flat_map(|frame| frame.to_le_bytes()));
        let written = u32::try_from(self.bytes.len()).ok().and_then(|len| self.data_bytes.checked_add(len));
        let Some(data_bytes) = written else {
            let source = io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file ends at 4 GiB");
            return Err(ArchiveError::Io { operation: "write", path: self.path.clone(), source });
        };
        self.append(data_bytes).map_err(ArchiveError::io("write", &self.path))
    }

    /// Appends silence.
    pub(crate) fn write_silence(&mut self, frames: u64) -> Result<(), ArchiveError> {
        let silence = [0; SILENCE_FRAMES];
        let mut left = frames;
        while left > 0 {
            let now = usize::try_from(left).unwrap_or(SILENCE_FRAMES).min(SILENCE_FRAMES);
            self.write(silence.get(..now).unwrap_or_default())?;
            left -= now as u64;
        }
        Ok(())
    }

    fn append(&mut self, data_bytes: u32) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(DATA_START + u64::from(self.data_bytes)))?;
        self.file.write_all(&self.bytes)?;
        for (at, size) in [(RIFF_SIZE_AT, riff_size(data_bytes)), (DATA_SIZE_AT, data_bytes)] {
            let at = usize::try_from(at).unwrap_or(0);
            if let Some(field) = self.header.get_mut(at..at + 4) {
                field.copy_from_slice(&size.to_le_bytes());
            }
        }
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.header)?;
        self.data_bytes = data_bytes;
        self.unsynced = true;
        Ok(())
    }

    /// Makes what was written survive a power cut.
    pub(crate) fn sync(&mut self) -> Result<(), ArchiveError> {
        if self.unsynced {
            self.file.sync_data().map_err(ArchiveError::io("sync", &self.path))?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// Ends the file and gives it its final name, which must be free.
    pub(crate) fn finish(self, to: &Path) -> Result<(), ArchiveError> {
        self.file.sync_all().map_err(ArchiveError::io("sync", &self.path))?;
        rename_to_free(&self.path, to)
    }
}

/// Renames a synced file, but never over another.
pub(crate) fn rename_to_free(from: &Path, to: &Path) -> Result<(), ArchiveError> {
    let fail = |source| ArchiveError::Io { operation: "rename", path: from.to_owned(), source };
    if to.symlink_metadata().is_ok() {
        return Err(fail(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} is already there", to.display()))));
    }
    files::rename_durably(from, to).map_err(fail)
}
