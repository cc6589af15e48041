use crate::ArchiveError;
use crate::origin::Origin;
use crate::sum;
use crate::wav::{DATA_SIZE_AT, DATA_START, RIFF_SIZE_AT, WavHeader, riff_size};
use crc32fast::Hasher;
use home::files;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use timeline::{SampleRate, WallTime};

/// A WAV file that is being written. What [`write`](Self::write) returned for is in the file and in its header.
///
/// The frames go first and then the 512 bytes of the header, in one write: a kill in between leaves the header of the
/// block before, so there is no moment at which a reader finds a header that is wrong.
#[derive(Debug)]
pub(crate) struct PartFile {
    path: PathBuf,
    file: File,
    origin: Origin,
    rate: SampleRate,
    header: Vec<u8>,
    data_bytes: u32,
    /// The checksum of the sound so far.
    data_sum: Hasher,
    bytes: Vec<u8>,
    unsynced: bool,
}

/// Frames of silence that are written at once.
const SILENCE_FRAMES: usize = 8_000;

impl PartFile {
    /// Creates a file that must not exist, in a folder that does, with the header of an empty one.
    pub(crate) fn create(path: &Path, rate: SampleRate, origin: Origin) -> Result<Self, ArchiveError> {
        let fail = |source| ArchiveError::Io { operation: "create", path: path.to_owned(), source };
        let header = WavHeader::written(rate, &origin, 0);
        let header =
            header.ok_or_else(|| fail(io::Error::new(io::ErrorKind::InvalidInput, "its names are too long")))?;
        let mut file = files::create_new(path).map_err(fail)?;
        file.write_all(&header).map_err(ArchiveError::io("write", path))?;
        if let Some(folder) = path.parent() {
            files::sync_folder(folder).map_err(ArchiveError::io("sync", folder))?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            origin,
            rate,
            header,
            data_bytes: 0,
            data_sum: Hasher::new(),
            bytes: Vec::new(),
            unsynced: true,
        })
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
        self.write_header(data_bytes)?;
        self.data_bytes = data_bytes;
        self.data_sum.update(&self.bytes);
        Ok(())
    }

    fn write_header(&mut self, data_bytes: u32) -> io::Result<()> {
        for (at, size) in [(RIFF_SIZE_AT, riff_size(data_bytes)), (DATA_SIZE_AT, data_bytes)] {
            let at = usize::try_from(at).unwrap_or(0);
            if let Some(field) = self.header.get_mut(at..at + 4) {
                field.copy_from_slice(&size.to_le_bytes());
            }
        }
        self.unsynced = true;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.header)
    }

    /// Frames in the file.
    pub(crate) fn frames(&self) -> u64 {
        u64::from(self.data_bytes / 2)
    }

    /// Says when the frame behind the last one is; `None` where the count says it.
    pub(crate) fn end_at(&mut self, end: Option<WallTime>) -> Result<(), ArchiveError> {
        if end.is_none() && self.origin.end_us.is_none() {
            return Ok(());
        }
        self.origin.end_us = end.map(WallTime::as_micros);
        self.origin.end_frames = end.map(|_| self.frames());
        // An origin too long for this keeps its nominal end: what is lost is the drift of five minutes.
        if let Some(header) = WavHeader::written(self.rate, &self.origin, self.data_bytes) {
            self.header = header;
            self.write_header(self.data_bytes).map_err(ArchiveError::io("write", &self.path))?;
        }
        Ok(())
    }

    /// Cuts off what a write that failed left behind the frames that the header counts.
    pub(crate) fn cut_to_header(&mut self) -> Result<(), ArchiveError> {
        let len = DATA_START + u64::from(self.data_bytes);
        self.file.set_len(len).map_err(ArchiveError::io("cut", &self.path))?;
        self.write_header(self.data_bytes).map_err(ArchiveError::io("write", &self.path))
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
    pub(crate) fn finish(&mut self, to: &Path) -> Result<(), ArchiveError> {
        self.seal()?;
        rename_to_free(&self.path, to)
    }

    /// Writes the checksum, and makes all of it survive a power cut. Nothing is appended any more.
    pub(crate) fn seal(&mut self) -> Result<(), ArchiveError> {
        self.origin.sum = Some(sum::UNKNOWN.to_owned());
        // An origin too long for it does without.
        if let Some(mut header) = WavHeader::written(self.rate, &self.origin, self.data_bytes) {
            sum::sign(&mut header, &self.data_sum);
            self.header = header;
            self.write_header(self.data_bytes).map_err(ArchiveError::io("write", &self.path))?;
        }
        self.file.sync_all().map_err(ArchiveError::io("sync", &self.path))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::ORIGIN_VERSION;
    use timeline::{Side, TrackName};

    fn samples(path: &Path) -> Vec<i16> {
        hound::WavReader::open(path).unwrap().samples::<i16>().map(Result::unwrap).collect()
    }

    #[test]
    fn a_write_that_failed_half_way_is_cut_back_to_what_the_header_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("20261123T091458.500Z.mic.wav.part");
        let origin = Origin {
            v: ORIGIN_VERSION,
            session: "20261123T091458.500Z".into(),
            track: TrackName::mic(),
            side: Side::Said,
            first_frame: 0,
            start_us: 1_795_425_298_500_000,
            end_us: None,
            end_frames: None,
            utc_offset_s: 0,
            source: None,
            sum: None,
        };
        let mut part = PartFile::create(&path, SampleRate::SPEECH, origin).unwrap();
        part.write(&[1, 2, 3]).unwrap();
        // Half a block and a byte, as a full disk takes it, and then a disk that takes nothing.
        let mut whole = std::mem::replace(&mut part.file, File::open(&path).unwrap());
        whole.seek(SeekFrom::End(0)).unwrap();
        whole.write_all(&[9; 5]).unwrap();
        assert!(part.write(&[4, 5, 6]).is_err() && part.cut_to_header().is_err());
        assert_eq!((samples(&path), part.frames()), (vec![1, 2, 3], 3), "it can be read as it is");
        part.file = whole;
        part.cut_to_header().unwrap();
        let finished = path.with_extension("");
        part.finish(&finished).unwrap();
        assert_eq!((samples(&finished), finished.metadata().unwrap().len()), (vec![1, 2, 3], 512 + 6));
    }
}
