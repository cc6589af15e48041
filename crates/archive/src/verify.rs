//! Reads a finished segment from end to end: whether it is as it was finished, and what can be done where it isn't.

use crate::packing;
use crate::sound_header::is_flac;
use crate::sum::{self, Sum};
use crate::{ArchiveError, Fault, FaultKind};
use home::files;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// Reads a file and compares it with the checksum that it carries; what is wrong, if anything is. A file that isn't ours carries
/// none and can't be wrong. Nothing where there is no such file any more.
pub fn verify(path: &Path) -> Option<Fault> {
    let checked = files::open(path).and_then(|mut file| {
        if is_flac(&mut file)? { packing::check(path).map_err(io::Error::other) } else { sum::check(&mut file) }
    });
    let damaged = |what: &str| {
        let advice = if path.extension() == Some("flac".as_ref()) {
            "put it back from a copy; what can't be decoded reads as silence, and the rest is used"
        } else {
            "`hearsay repair` mends a damaged header; sound can only be put back from a copy, or taken as it is with `hearsay repair --accept FILE`"
        };
        Some(Fault::new(path, FaultKind::Damaged, what, advice))
    };
    match checked {
        Ok(Sum::Right | Sum::Foreign) => None,
        Ok(Sum::Wrong) => damaged("is not as it was finished: its checksum differs"),
        Ok(Sum::Missing) => damaged("has lost its checksum"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(Fault::unreadable(path, &error)),
    }
}

/// Gives a file of ours the header back that its checksum belongs to. Says whether there is one: where the sound was damaged, or more than
/// a byte of what can't be derived, none fits, and the file is left as it is.
///
/// # Errors
/// [`ArchiveError::Io`] where it can't be read or written.
pub fn mend_header(path: &Path) -> Result<bool, ArchiveError> {
    let mut file = open_to_mend(path)?;
    let Some(header) = sum::mended(&mut file).map_err(ArchiveError::io("read", path))? else { return Ok(false) };
    let written = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&header)).and_then(|()| file.sync_all());
    written.map_err(ArchiveError::io("write", path))?;
    Ok(true)
}

/// Takes a file as it is: its checksum becomes that of what it holds. Says whether it could: the header must be readable and ours.
///
/// # Errors
/// [`ArchiveError::Io`] where it can't be read or written.
pub fn accept(path: &Path) -> Result<bool, ArchiveError> {
    let mut file = open_to_mend(path)?;
    let accepted = sum::restate(&mut file).and_then(|()| file.sync_all()).and_then(|()| sum::check(&mut file));
    Ok(accepted.map_err(ArchiveError::io("write", path))? == Sum::Right)
}

/// A link is never followed, and nothing is created.
fn open_to_mend(path: &Path) -> Result<File, ArchiveError> {
    files::open_existing(path).map_err(ArchiveError::io("open", path))
}
