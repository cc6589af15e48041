//! Sound that was taken away by a rule of the user's: `retired.jsonl` in each day's folder.
//!
//! ```text
//! {"at":"2027-11-23T04:00:00.000Z","track":"mic","side":"said","from":…,"to":…,"file":"20261123T091500.000Z.mic.flac","bytes":2318204,"rule":"text_only_after"}
//! ```
//!
//! One JSON object a line for each segment, with a checksum, written and synced before the file goes: a kill in between leaves a line and the sound, and the next
//! run takes the sound away without a second line. The words of it stay, and so does what the passes cover, so it is never missed nor
//! transcribed again. A line that can't be read is passed over; the sound is gone either way, and then simply a gap without a cause.

use crate::packing::is_file;
use crate::signed_line::{checked_or_plain, signed};
use crate::words_log::take_off_torn_end;
use crate::{Archive, ArchiveError, GapCause, GapRow, Row, Segment};
use home::files;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use timeline::{Side, Span, SpanSet, TrackName, WallTime};

/// What the log is called.
pub(crate) const NAME: &str = "retired.jsonl";

/// A segment whose sound was taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// When it was.
    pub at: WallTime,
    /// Its track.
    pub track: TrackName,
    /// Whose words it carried.
    pub side: Side,
    /// Where its sound began.
    pub from: WallTime,
    /// Where its sound ended.
    pub to: WallTime,
    /// What its file was called.
    pub file: String,
    /// How long that was, in bytes.
    pub bytes: u64,
    /// The rule, by its key in the configuration.
    pub rule: String,
}

impl Archive {
    /// Takes the sound of a segment away and says so in its day's log; gives the bytes that were freed. To be called by the holder of the
    /// worker's lock, for what a rule of the user's names.
    ///
    /// # Errors
    /// [`ArchiveError::Io`]; doing it again takes away what is left.
    pub fn retire(&self, segment: &Segment, rule: &str, at: WallTime) -> Result<u64, ArchiveError> {
        let path = &segment.path;
        if segment.part || !is_file(path) {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it is no finished segment");
            return Err(ArchiveError::Io { operation: "remove", path: path.clone(), source });
        }
        // Where packing was broken off both are there, and the other would be found once the first is gone.
        let twin = path.with_extension(if path.extension() == Some("wav".as_ref()) { "flac" } else { "wav" });
        let paths: Vec<&Path> = [twin.as_path(), path].into_iter().filter(|path| is_file(path)).collect();
        let mut bytes = 0;
        for path in &paths {
            bytes += path.metadata().map_err(ArchiveError::io("read", path))?.len();
        }
        let retired = Retired {
            at,
            track: segment.name.track.clone(),
            side: segment.side,
            from: segment.span.start,
            to: segment.span.end,
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            bytes,
            rule: rule.to_owned(),
        };
        let folder = path.parent().unwrap_or_else(|| self.folder());
        let said = read(&folder.join(NAME))?;
        if !said.iter().any(|before| (&before.file, before.from) == (&retired.file, retired.from)) {
            append(folder, &retired)?;
        }
        for path in paths {
            remove(path)?;
        }
        files::sync_folder(folder).map_err(ArchiveError::io("sync", folder))?;
        Ok(bytes)
    }

    /// The sound that was taken away within `span`, in the order of its days.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where a log is there and can't be read.
    pub fn retired(&self, span: &Span) -> Result<Vec<Retired>, ArchiveError> {
        let mut found = Vec::new();
        for folder in self.day_folders(span)? {
            found.extend(read(&folder.join(NAME))?);
        }
        found.retain(|retired| Span::new(retired.from, retired.to).overlaps(span));
        Ok(found)
    }

    /// The same as gaps, for those who read the journal: one for all segments of a track that followed each other.
    ///
    /// # Errors
    /// As [`retired`](Self::retired).
    pub fn retired_gaps(&self, span: &Span) -> Result<Vec<Row>, ArchiveError> {
        let mut tracks: BTreeMap<TrackName, SpanSet> = BTreeMap::new();
        for retired in self.retired(span)? {
            tracks.entry(retired.track).or_default().insert(Span::new(retired.from, retired.to));
        }
        let gap = |track: &TrackName, span: Span| {
            Row::Gap(GapRow {
                at: span.end,
                session: String::new(),
                track: track.clone(),
                cause: GapCause::Retired,
                from: span.start,
                to: span.end,
                frame: 0,
                frames: 0,
                written: false,
            })
        };
        Ok(tracks.iter().flat_map(|(track, spans)| spans.iter().map(|span| gap(track, span))).collect())
    }
}

fn read(path: &Path) -> Result<Vec<Retired>, ArchiveError> {
    if !is_file(path) {
        return Ok(Vec::new());
    }
    let bytes = files::read(path).map_err(ArchiveError::io("read", path))?;
    let lines = bytes.split(|byte| *byte == b'\n');
    Ok(lines.filter_map(|line| serde_json::from_str(&checked_or_plain(line)?).ok()).collect())
}

fn append(folder: &Path, retired: &Retired) -> Result<(), ArchiveError> {
    append_line(&folder.join(NAME), retired)
}

/// Adds a line to a log, with one write, and syncs it. A link is not followed.
pub(crate) fn append_line(path: &Path, row: &impl Serialize) -> Result<(), ArchiveError> {
    let write = || -> io::Result<()> {
        let is_new = match fs::symlink_metadata(path) {
            Ok(found) if found.is_file() => false,
            Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(error),
        };
        let line = signed(&serde_json::to_string(row)?);
        let mut file = files::open_append(path)?;
        take_off_torn_end(&mut file)?;
        file.write_all(line.as_bytes())?;
        file.sync_data()?;
        match path.parent().filter(|_| is_new) {
            Some(folder) => files::sync_folder(folder),
            None => Ok(()),
        }
    };
    write().map_err(ArchiveError::io("append to", path))
}

#[expect(clippy::disallowed_methods, reason = "a rule of the user's asks for it, and the log says so")]
fn remove(path: &Path) -> Result<(), ArchiveError> {
    fs::remove_file(path).map_err(ArchiveError::io("remove", path))
}
