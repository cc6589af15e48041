//! What a recorder that died left behind: its `.part` files, finished in its place.
//!
//! A part is mended by writing the header's two sizes where they are wrong, and its checksum, and then gets its final name. Finished
//! files are never opened for writing, and nothing is deleted: what can't be mended stays as it is and is reported.
//! To be called by the one recorder of a home, before it writes.

use crate::part_file::rename_to_free;
use crate::sum;
use crate::wav::{WavError, WavHeader};
use crate::{Archive, ArchiveError, Fault, FaultKind};
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use timeline::SegmentName;

/// What [`left_behind`] did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repaired {
    /// Segments that were finished, by their final path.
    pub adopted: Vec<PathBuf>,
    /// Parts that couldn't be.
    pub faults: Vec<Fault>,
}

/// Finishes every `.part` file of an archive. Doing it again changes nothing.
///
/// # Errors
/// [`ArchiveError::Io`] where the archive's folder can't be listed; what is wrong with one file is a [`Fault`].
pub fn left_behind(archive: &Archive) -> Result<Repaired, ArchiveError> {
    let mut repaired = Repaired::default();
    for day in archive.days()? {
        let folder = archive.day_folder(&day);
        let names = match fs::read_dir(&folder) {
            Ok(entries) => entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()),
            Err(error) => {
                repaired.faults.push(Fault::unreadable(&folder, &error));
                continue;
            }
        };
        let mut parts: Vec<String> =
            names.filter(|name| SegmentName::parse(name).is_some_and(|(_, part)| part)).collect();
        parts.sort();
        for part in parts {
            let path = folder.join(&part);
            match adopt(&path) {
                Ok(finished) => repaired.adopted.push(finished),
                Err(fault) => repaired.faults.push(fault),
            }
        }
    }
    Ok(repaired)
}

fn adopt(path: &Path) -> Result<PathBuf, Fault> {
    let left = |what: String| {
        let advice = "it is left as it is; if nothing of it is needed, take it away";
        Fault::new(path, FaultKind::LeftBehind, format!("was left behind by a recorder and {what}"), advice)
    };
    let io = |error: io::Error| left(format!("cannot be finished: {error}"));
    if path.symlink_metadata().map_err(io)?.is_symlink() {
        return Err(left("is a link".to_owned()));
    }
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let header = WavHeader::read(&mut file, metadata.len()).map_err(|error| match error {
        WavError::Empty => left("holds nothing (0 bytes)".to_owned()),
        error => left(format!("cannot be read: {error}")),
    })?;
    let times = metadata.modified().map(|modified| FileTimes::new().set_modified(modified));
    mend(&mut file, &header, metadata.len()).map_err(io)?;
    if header.origin.is_some() {
        sum::restate(&mut file).map_err(io)?;
    }
    if let Ok(times) = times {
        file.set_times(times).map_err(io)?;
    }
    file.sync_all().map_err(io)?;
    let finished = path.with_extension("");
    rename_to_free(path, &finished).map_err(|error| left(format!("cannot be renamed: {error}")))?;
    Ok(finished)
}

/// Writes the two sizes where they don't say what the file holds. Sound behind the last header that was written counts.
fn mend(file: &mut File, header: &WavHeader, len: u64) -> io::Result<()> {
    let frame_bytes = header.frame_bytes() as u64;
    let there = len.saturating_sub(header.data_start) / frame_bytes * frame_bytes;
    // Behind the sound of a file that isn't ours there may be other chunks.
    let data_bytes = if header.origin.is_some() || header.is_truncated() { there } else { header.frames * frame_bytes };
    if header.claimed_bytes == Some(data_bytes) {
        return Ok(());
    }
    let too_large = |_| io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file ends at 4 GiB");
    let data = u32::try_from(data_bytes).map_err(too_large)?;
    let riff = u32::try_from(header.data_start - 8 + data_bytes).map_err(too_large)?;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(&riff.to_le_bytes())?;
    file.seek(SeekFrom::Start(header.data_start - 4))?;
    file.write_all(&data.to_le_bytes())
}
