//! The recorder's ledger: `journal.jsonl` in each day's folder.
//!
//! One JSON object a line, each appended with a single write; the day is the UTC day of the row's `at`. It is read where no
//! worker ever ran, so what it says must be complete in itself. A last line without an end was torn by a crash and is
//! ignored; any other line that can't be read is a fault, and the rest counts.

use crate::signed_line::{checked_or_plain, signed};
use crate::{Archive, ArchiveError, Fault, FaultKind, GapCause};
use home::files;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use timeline::{Side, TrackName, WallTime};

/// Time without sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapRow {
    /// When it was written.
    pub at: WallTime,
    /// The session that sound came back in, or was to: the one by whose clock the row's times are.
    pub session: String,
    /// The track.
    pub track: TrackName,
    /// Why.
    pub cause: GapCause,
    /// When the sound stopped. Where a recorder died, that was in a session before; and where the wall clock was set
    /// since, this isn't the time at which the sound of that session ends, but earlier or later by as much as the clock
    /// was set. It is `to` less the time that has really passed, unless the machine was started anew meanwhile: then
    /// the wall clock is all there is.
    pub from: WallTime,
    /// When it went on.
    pub to: WallTime,
    /// The session's index of the first missing frame.
    pub frame: u64,
    /// How many frames the track was moved on.
    pub frames: u64,
    /// Whether they are silence in the file.
    pub written: bool,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields mean the same in every row and are described at GapRow and here")]
pub enum Row {
    /// A session began: `boot_us` on the boot clock is `at`. With `boot_id`, which rows of older recorders lack, a later
    /// recorder knows whether its boot clock is the same one: then it finds a moment of this session again to the
    /// microsecond, however the wall clock was set since.
    Session {
        at: WallTime,
        session: String,
        boot_us: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        boot_id: Option<String>,
        utc_offset_s: i32,
    },
    /// A device was opened for a track; `frame` is the track's next.
    Opened { at: WallTime, session: String, track: TrackName, side: Side, device: String, rate: u32, frame: u64 },
    /// `frame` was captured at `boot_us` on the boot clock, when the wall clock said `wall_us`.
    Anchor { at: WallTime, session: String, track: TrackName, frame: u64, boot_us: i64, wall_us: i64 },
    /// There was no sound for a while.
    Gap(GapRow),
    /// The user paused the recorder, until a time or until further notice.
    Paused { at: WallTime, session: String, until: Option<WallTime> },
    /// The pause ended.
    Resumed { at: WallTime, session: String },
    /// The system muted the device, or no longer does.
    Muted { at: WallTime, session: String, track: TrackName, muted: bool },
    /// The device went away.
    DeviceLost { at: WallTime, session: String, track: TrackName, device: String, reason: String },
    /// The track ended; `frame` would have been its next.
    Closed { at: WallTime, session: String, track: TrackName, frame: u64 },
}

impl Row {
    /// When it was written, by its session's clock.
    pub const fn at(&self) -> WallTime {
        match self {
            Self::Gap(row) => row.at,
            Self::Session { at, .. }
            | Self::Opened { at, .. }
            | Self::Anchor { at, .. }
            | Self::Paused { at, .. }
            | Self::Resumed { at, .. }
            | Self::Muted { at, .. }
            | Self::DeviceLost { at, .. }
            | Self::Closed { at, .. } => *at,
        }
    }

    /// Its session.
    pub fn session(&self) -> &str {
        match self {
            Self::Gap(row) => &row.session,
            Self::Session { session, .. }
            | Self::Opened { session, .. }
            | Self::Anchor { session, .. }
            | Self::Paused { session, .. }
            | Self::Resumed { session, .. }
            | Self::Muted { session, .. }
            | Self::DeviceLost { session, .. }
            | Self::Closed { session, .. } => session,
        }
    }
}

/// What a day's journal says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalRows {
    /// Its rows, in the order in which they were written.
    pub rows: Vec<Row>,
    /// Lines that can't be read.
    pub faults: Vec<Fault>,
}

/// The ledger of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    archive: Archive,
}

impl Journal {
    /// The journal of an archive. Touches nothing on disk.
    pub fn open(archive: &Archive) -> Self {
        Self { archive: archive.clone() }
    }

    /// Appends a row to the journal of its day, with one write.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the journal's path.
    pub fn append(&self, row: &Row) -> Result<(), ArchiveError> {
        let folder = self.archive.folder().join(row.at().day_folder());
        let path = folder.join("journal.jsonl");
        self.archive.create_folder(&folder)?;
        let write = || -> io::Result<()> {
            let mut file = files::open_append(&path)?;
            // What a crash tore off must not swallow this row.
            let before = if ends_torn(&mut file)? { "\n" } else { "" };
            let line = signed(&serde_json::to_string(row)?);
            file.write_all(format!("{before}{line}").as_bytes())
        };
        write().map_err(ArchiveError::io("append to", &path))
    }

    /// Makes the journal of the day of `at` survive a power cut.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the journal's path.
    pub fn sync(&self, at: WallTime) -> Result<(), ArchiveError> {
        let path = self.archive.folder().join(at.day_folder()).join("journal.jsonl");
        match files::open(&path) {
            Ok(file) => file.sync_data().map_err(ArchiveError::io("sync", &path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(ArchiveError::Io { operation: "open", path, source }),
        }
    }

    /// Whether there is any: whether a recorder ever ran. An archive of imported sound alone has none.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where the archive's folder can't be listed.
    pub fn exists(&self) -> Result<bool, ArchiveError> {
        Ok(self.archive.days()?.iter().rev().any(|day| self.path(day).exists()))
    }

    /// What the journal of a day such as `2026-11-23` says; nothing where there is none.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where it is there and can't be read.
    pub fn rows(&self, day: &str) -> Result<JournalRows, ArchiveError> {
        let path = self.path(day);
        let bytes = match files::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(JournalRows::default()),
            Err(source) => return Err(ArchiveError::Io { operation: "read", path, source }),
        };
        let mut found = JournalRows::default();
        let mut number = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            number += 1;
            let why = match checked_or_plain(line).map(|text| serde_json::from_str(&text)) {
                Some(Ok(row)) => {
                    found.rows.push(row);
                    continue;
                }
                _ if !line.ends_with(b"\n") || line.trim_ascii().is_empty() => continue,
                None => "it isn't as it was written".to_owned(),
                Some(Err(error)) => error.to_string(),
            };
            let advice = "the other lines count; nothing needs to be done";
            let what = format!("line {number} cannot be used: {why}");
            found.faults.push(Fault::new(&path, FaultKind::Journal, what, advice));
        }
        Ok(found)
    }

    fn path(&self, day: &str) -> PathBuf {
        self.archive.day_folder(day).join("journal.jsonl")
    }
}

/// Whether a file's last line has no end.
pub(crate) fn ends_torn(file: &mut fs::File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
