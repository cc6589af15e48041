//! Spans that no rule touches: `pins.jsonl` in the home, so that they outlive the database.
//!
//! One JSON object a line, with a checksum, only ever added; a later line goes before an earlier one: `{"at":…,"pinned":true,"from":…,"to":…}`.

use crate::ArchiveError;
use crate::retired::append_line;
use crate::signed_line::checked_or_plain;
use home::Home;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;
use timeline::{Span, SpanSet, WallTime};

/// The pins of a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pins {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Line {
    at: WallTime,
    pinned: bool,
    from: WallTime,
    to: WallTime,
}

impl Pins {
    /// The pins of a home. Touches nothing on disk.
    pub fn open(home: &Home) -> Self {
        Self { path: home.pins_file() }
    }

    /// Everything that is pinned, on all tracks.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], also where a line can't be read: it may be the one that keeps something.
    pub fn read(&self) -> Result<SpanSet, ArchiveError> {
        let bytes = match home::files::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(SpanSet::new()),
            Err(source) => return Err(ArchiveError::Io { operation: "read", path: self.path.clone(), source }),
        };
        let mut pinned = SpanSet::new();
        // What has no end was torn by a crash, and whoever wrote it was told of no success.
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        for (number, line) in (1..).zip(lines) {
            let Some(line) = checked_or_plain(line).and_then(|text| serde_json::from_str::<Line>(&text).ok()) else {
                let what = format!("line {number} is damaged; mend it or take it away");
                let source = io::Error::new(io::ErrorKind::InvalidData, what);
                return Err(ArchiveError::Io { operation: "read", path: self.path.clone(), source });
            };
            let span = Span::new(line.from, line.to);
            if line.pinned { pinned.insert(span) } else { pinned.remove(span) }
        }
        Ok(pinned)
    }

    /// Pins a span, or lets go of it.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path.
    pub fn set(&self, span: &Span, pinned: bool, at: WallTime) -> Result<(), ArchiveError> {
        append_line(&self.path, &Line { at, pinned, from: span.start, to: span.end })
    }
}
