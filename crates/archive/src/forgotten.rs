//! What was forgotten: `forgotten.jsonl` in each day's folder that it touches.
//!
//! ```text
//! {"row":"forget","mark":"90ab12cd34ef5678","start":"2026-11-23T09:15:00.000000Z","end":…,"tracks":["mic"],"asked":…}
//! {"row":"done","mark":"90ab12cd34ef5678","at":…}
//! ```
//!
//! A `forget` line comes first of all, before anything is erased: from then on every reader finds a gap in its span, and once it
//! is synced the sound and the words of it will go, whatever is killed. Without `tracks` it is of all. Lines are only ever added, each
//! with a single write. A file holds no word and no sound, so that it can outlive both: a database or a copy that is put back later is
//! held against it.

use crate::signed_line::{checked, signed};
use crate::{Archive, ArchiveError, Fault, FaultKind};
use home::files;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::Path;
use timeline::{Moment, Position, Span, SpanSet, TrackName, WallTime};

/// A span that is to be forgotten, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgetting {
    /// Tells it from every other.
    pub mark: u64,
    /// From when to when, on frames of the 16 kHz grid.
    pub span: Span,
    /// Of which tracks; `None`: of all.
    pub tracks: Option<Vec<TrackName>>,
    /// When it was asked for.
    pub asked: WallTime,
}

impl Forgetting {
    /// One with a mark of its own. The span is widened to whole frames, and ends where it is asked for at the latest: nobody forgets
    /// what is still to come.
    pub fn new(span: &Span, tracks: Option<Vec<TrackName>>, asked: WallTime) -> Self {
        let end = span.end.min(asked);
        let (first, last) = (span.start.position(), end.position());
        let first = if first.wall() > span.start { first.plus(-1) } else { first };
        let last = if last.wall() < end { last.plus(1) } else { last };
        let wall = |position: Position| position.wall().max(WallTime::from_micros(0));
        Self {
            mark: RandomState::new().build_hasher().finish(),
            span: Span::new(wall(first), wall(last)),
            tracks,
            asked,
        }
    }

    /// Whether it is of that track.
    pub fn is_of(&self, track: &TrackName) -> bool {
        self.tracks.as_ref().is_none_or(|tracks| tracks.contains(track))
    }
}

/// What files say of what was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Each once, in the order of its asking.
    pub all: Vec<Forgetting>,
    /// The marks of those of which a file doesn't say yet that it is done.
    pub pending: BTreeSet<u64>,
}

impl Forgotten {
    /// What of a track was forgotten.
    pub fn of(&self, track: &TrackName) -> SpanSet {
        self.all.iter().filter(|forgetting| forgetting.is_of(track)).map(|forgetting| forgetting.span).collect()
    }

    /// Those that aren't done.
    pub fn pending(&self) -> impl Iterator<Item = &Forgetting> {
        self.all.iter().filter(|forgetting| self.pending.contains(&forgetting.mark))
    }

    fn add(&mut self, lines: Vec<Line>) {
        let mut open = BTreeSet::new();
        for line in lines {
            match line {
                Line::Forget { mark: Mark(mark), start, end, tracks, asked } => {
                    open.insert(mark);
                    if !self.all.iter().any(|known| known.mark == mark) {
                        self.all.push(Forgetting { mark, span: Span::new(start.0, end.0), tracks, asked: asked.0 });
                    }
                }
                Line::Done { mark, .. } => {
                    open.remove(&mark.0);
                }
            }
        }
        self.pending.extend(open);
        self.all.sort_by_key(|forgetting| (forgetting.asked, forgetting.mark));
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
enum Line {
    Forget {
        mark: Mark,
        start: Moment,
        end: Moment,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tracks: Option<Vec<TrackName>>,
        asked: Moment,
    },
    Done {
        mark: Mark,
        at: Moment,
    },
}

/// 16 hexadecimal digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(pub(crate) u64);

impl Serialize for Mark {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(from)?;
        u64::from_str_radix(&digits, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// The files of an archive that say what was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgottenLog {
    archive: Archive,
}

impl ForgottenLog {
    /// The files of an archive. Touches nothing on disk.
    pub fn open(archive: &Archive) -> Self {
        Self { archive: archive.clone() }
    }

    /// Says in every folder that it touches that a span is to be forgotten, and syncs that. A folder that says so already is left
    /// as it is; where there is none, that of the span's last day is made.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path. Some folders may say so then, and that counts: doing it again says so in the rest.
    pub fn ask(&self, forgetting: &Forgetting) -> Result<(), ArchiveError> {
        let mut days = self.archive.days_touched(forgetting)?;
        if days.is_empty() {
            days.push(forgetting.span.end.plus_micros(-1).day_folder().get(5..).unwrap_or_default().to_owned());
        }
        for day in days {
            if self.read(&day, &mut Vec::new())?.all.iter().any(|known| known.mark == forgetting.mark) {
                continue;
            }
            let Forgetting { mark, span, tracks, asked } = forgetting.clone();
            let (start, end) = (Moment(span.start), Moment(span.end));
            self.append(&day, &Line::Forget { mark: Mark(mark), start, end, tracks, asked: Moment(asked) })?;
        }
        Ok(())
    }

    /// Says that nothing of it is left, wherever that wasn't said.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path.
    pub fn done(&self, mark: u64, at: WallTime) -> Result<(), ArchiveError> {
        for day in self.archive.days()? {
            if self.read(&day, &mut Vec::new())?.pending.contains(&mark) {
                self.append(&day, &Line::Done { mark: Mark(mark), at: Moment(at) })?;
            }
        }
        Ok(())
    }

    /// What was ever forgotten.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where a file is there and can't be read.
    pub fn all(&self) -> Result<Forgotten, ArchiveError> {
        self.of_days(&self.archive.days()?)
    }

    /// What was forgotten of the sound that may lie in the folders for a span. Reads only the folders of those days.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where a file is there and can't be read.
    pub fn within(&self, span: &Span) -> Result<Forgotten, ArchiveError> {
        let mut found = self.of_days(&self.archive.days_of(span)?)?;
        found.all.retain(|forgetting| forgetting.span.overlaps(span));
        Ok(found)
    }

    fn of_days(&self, days: &[String]) -> Result<Forgotten, ArchiveError> {
        let mut found = Forgotten::default();
        for day in days {
            read_into(&self.archive.day_folder(day), &mut found, &mut Vec::new())?;
        }
        Ok(found)
    }

    fn read(&self, day: &str, faults: &mut Vec<Fault>) -> Result<Forgotten, ArchiveError> {
        let mut found = Forgotten::default();
        read_into(&self.archive.day_folder(day), &mut found, faults)?;
        Ok(found)
    }

    fn append(&self, day: &str, line: &Line) -> Result<(), ArchiveError> {
        let folder = self.archive.day_folder(day);
        let path = folder.join(NAME);
        self.archive.create_folder(&folder)?;
        let write = || -> io::Result<()> {
            let is_new = !path.exists();
            let mut file = files::open_append(&path)?;
            // What a crash tore off must not swallow this line.
            let before = if crate::journal::ends_torn(&mut file)? { "\n" } else { "" };
            let line = signed(&serde_json::to_string(line)?);
            file.write_all(format!("{before}{line}").as_bytes())?;
            file.sync_all()?;
            if is_new { files::sync_folder(&folder) } else { Ok(()) }
        };
        write().map_err(ArchiveError::io("append to", &path))
    }
}

/// Adds what a day's folder says of what was forgotten. A last line without an end was torn before anything was erased.
pub(crate) fn read_into(folder: &Path, to: &mut Forgotten, faults: &mut Vec<Fault>) -> Result<(), ArchiveError> {
    let path = folder.join(NAME);
    let bytes = match files::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(ArchiveError::Io { operation: "read", path, source }),
    };
    let mut lines = Vec::new();
    for (before, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match checked(line).and_then(|text| serde_json::from_str(&text).ok()) {
            Some(line) => lines.push(line),
            None if !line.ends_with(b"\n") || line.trim_ascii().is_empty() => {}
            None => {
                let what =
                    format!("line {} isn't as it was written: it may say that a span is to be forgotten", before + 1);
                let advice = "if you know which, `hearsay forget` it again";
                faults.push(Fault::new(&path, FaultKind::Journal, what, advice));
            }
        }
    }
    to.add(lines);
    Ok(())
}

/// What the files are called.
const NAME: &str = "forgotten.jsonl";
