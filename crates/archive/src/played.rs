//! What hearsay itself played, `played.jsonl` in each day's folder, so that a replay heard through the loopback can be
//! told from what others said.
//!
//! One JSON object a line, each appended with a single write, since a viewer and a command may play at once; the day is the
//! UTC day of `at`. It says when and what, never a word. A line that can't be read is passed over.

use crate::signed_line::{checked_or_plain, signed};
use crate::{Archive, ArchiveError};
use home::files;
use serde::{Deserialize, Serialize};
use std::io::Write;
use timeline::{Span, WallTime};

/// One stretch that was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Played {
    /// When it began to sound.
    pub at: WallTime,
    /// When it ended.
    pub end: WallTime,
    /// The moment of the archive that was played first.
    pub from: WallTime,
    /// The moment it ended at.
    pub to: WallTime,
    /// How fast: 1 is as it was.
    pub speed: f32,
}

/// The log of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayedLog {
    archive: Archive,
}

/// A day's log may tell of what began the day before, and nobody listens for longer without a stop.
const DAY_MICROS: i64 = 86_400_000_000;

impl PlayedLog {
    /// The log of an archive. Touches nothing on disk.
    pub fn open(archive: &Archive) -> Self {
        Self { archive: archive.clone() }
    }

    /// Appends what was played, with one write.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the log's path.
    pub fn append(&self, played: &Played) -> Result<(), ArchiveError> {
        let folder = self.archive.folder().join(played.at.day_folder());
        let path = folder.join(NAME);
        self.archive.create_folder(&folder)?;
        let write = || -> std::io::Result<()> {
            let line = signed(&serde_json::to_string(played)?);
            files::open_append(&path)?.write_all(line.as_bytes())
        };
        write().map_err(ArchiveError::io("append to", &path))
    }

    /// What sounded within `span`, in the order in which it was written.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where a log is there and can't be read.
    pub fn within(&self, span: &Span) -> Result<Vec<Played>, ArchiveError> {
        let day = |time: WallTime| time.utc().format("%Y-%m-%d").to_string();
        let (first, last) = (day(span.start.plus_micros(-DAY_MICROS)), day(span.end));
        let mut found = Vec::new();
        for day in self.archive.days()?.into_iter().filter(|day| (&first..=&last).contains(&day)) {
            let path = self.archive.day_folder(&day).join(NAME);
            let bytes = match files::read(&path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(source) => return Err(ArchiveError::Io { operation: "read", path, source }),
            };
            let lines = bytes.split(|byte| *byte == b'\n');
            let played = lines.filter_map(|line| serde_json::from_str::<Played>(&checked_or_plain(line)?).ok());
            found.extend(played.filter(|played| Span::new(played.at, played.end).overlaps(span)));
        }
        Ok(found)
    }
}

/// What the log is called.
pub(crate) const NAME: &str = "played.jsonl";

#[cfg(test)]
mod tests {
    use super::*;
    use home::Home;

    #[test]
    fn what_was_played_is_found_by_when_it_sounded() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::open(&Home::at(dir.path()));
        let log = PlayedLog::open(&archive);
        let midnight = WallTime::parse_rfc3339("2026-11-24T00:00:00Z").unwrap();
        let from = WallTime::parse_rfc3339("2026-11-20T09:15:00Z").unwrap();
        let played = |start_s: i64, len_s: i64| Played {
            at: midnight.plus_micros(start_s * 1_000_000),
            end: midnight.plus_micros((start_s + len_s) * 1_000_000),
            from,
            to: from.plus_micros(len_s * 1_500_000),
            speed: 1.5,
        };
        let (over, later) = (played(-30, 60), played(600, 10));
        log.append(&over).unwrap();
        log.append(&later).unwrap();
        let within = |from_s: i64, to_s: i64| {
            let at = |seconds: i64| midnight.plus_micros(seconds * 1_000_000);
            log.within(&Span::new(at(from_s), at(to_s))).unwrap()
        };
        assert_eq!(within(0, 10), std::slice::from_ref(&over));
        assert_eq!(within(-100, 1_000), [over, later]);
        assert_eq!(within(40, 600), []);
        assert_eq!(archive.scan().unwrap().faults, [], "the log is no stray file");
    }
}
