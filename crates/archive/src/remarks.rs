//! The user's stars and notes: `marks.jsonl` in the home, so that they outlive the database.
//!
//! ```text
//! {"row":"star","mark":"90ab12cd34ef5678","track":"mic","from":…,"to":…,"at":…}     without a track: of all
//! {"row":"note","mark":…,"track":…,"from":…,"to":…,"at":…,"text":"call back #todo"}
//! {"row":"undo","mark":…,"at":…}
//! ```
//!
//! They belong to a moment and not to an utterance, so that they stay where they are whoever transcribes it. One JSON object a line, with a
//! checksum, only ever added; what is forgotten is overwritten with spaces where it lies, so that who adds a line meanwhile loses none. An empty line
//! says nothing.

use crate::forgotten::Mark;
use crate::retired::append_line;
use crate::signed_line::checked;
use crate::{ArchiveError, Forgetting, erase};
use home::{Home, files};
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use timeline::{Moment, Span, TrackName, WallTime};

/// A star or a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Tells it from every other.
    pub mark: u64,
    /// On which track; `None`: on all.
    pub track: Option<TrackName>,
    /// From when to when; never empty.
    pub span: Span,
    /// What it says; `None`: it is a star.
    pub note: Option<String>,
    /// When it was made.
    pub at: WallTime,
}

impl Remark {
    /// One with a mark of its own.
    pub fn new(track: Option<TrackName>, span: Span, note: Option<String>, at: WallTime) -> Self {
        let span = Span::new(span.start, span.end.max(span.start.plus_micros(1)));
        Self { mark: RandomState::new().build_hasher().finish(), track, span, note, at }
    }

    /// Whether it goes with what is forgotten: one that reaches beyond it goes whole. What was written of the span afterwards stays.
    pub fn goes_with(&self, forgetting: &Forgetting) -> bool {
        let is_of_it = self.track.as_ref().is_none_or(|track| forgetting.is_of(track));
        is_of_it && self.at <= forgetting.asked && self.span.overlaps(&forgetting.span)
    }
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Noted {
    /// Those that stand, the oldest first.
    pub standing: Vec<Remark>,
    /// The marks of those that were taken back.
    pub undone: Vec<u64>,
    /// How many lines aren't as they were written.
    pub unreadable: usize,
}

/// The stars and notes of a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remarks {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
enum Line {
    Star {
        #[serde(flatten)]
        moment: MomentPart,
    },
    Note {
        #[serde(flatten)]
        moment: MomentPart,
        text: String,
    },
    Undo {
        mark: Mark,
        at: Moment,
    },
}

#[derive(Serialize, Deserialize)]
struct MomentPart {
    mark: Mark,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    track: Option<TrackName>,
    from: Moment,
    to: Moment,
    at: Moment,
}

impl MomentPart {
    fn remark(self, note: Option<String>) -> Remark {
        let Self { mark, track, from, to, at } = self;
        Remark { mark: mark.0, track, span: Span::new(from.0, to.0), note, at: at.0 }
    }
}

/// What a line says.
enum Read {
    Made(Remark),
    Undone(u64),
    Nothing,
    Unreadable,
}

fn read_line(line: &[u8]) -> Read {
    match checked(line).and_then(|text| serde_json::from_str(&text).ok()) {
        Some(Line::Star { moment }) => Read::Made(moment.remark(None)),
        Some(Line::Note { moment, text }) => Read::Made(moment.remark(Some(text))),
        Some(Line::Undo { mark, .. }) => Read::Undone(mark.0),
        None if line.trim_ascii().is_empty() => Read::Nothing,
        None => Read::Unreadable,
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

impl Remarks {
    /// The stars and notes of a home. Touches nothing on disk.
    pub fn open(home: &Home) -> Self {
        Self { path: home.marks_file() }
    }

    /// The file itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says. A last line without an end was torn by a crash, and whoever wrote it was told of no success.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where the file is there and can't be read.
    pub fn read(&self) -> Result<Noted, ArchiveError> {
        let mut noted = Noted::default();
        for line in lines(&self.bytes()?) {
            match read_line(line) {
                Read::Made(remark) => noted.standing.push(remark),
                Read::Undone(mark) => {
                    noted.standing.retain(|remark| remark.mark != mark);
                    noted.undone.push(mark);
                }
                Read::Unreadable if line.ends_with(b"\n") => noted.unreadable += 1,
                Read::Unreadable | Read::Nothing => {}
            }
        }
        Ok(noted)
    }

    /// Keeps a star or a note.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path.
    pub fn add(&self, remark: &Remark) -> Result<(), ArchiveError> {
        let Remark { mark, track, span, note, at } = remark.clone();
        let (mark, from, to, at) = (Mark(mark), Moment(span.start), Moment(span.end), Moment(at));
        let moment = MomentPart { mark, track, from, to, at };
        append_line(
            &self.path,
            &match note {
                None => Line::Star { moment },
                Some(text) => Line::Note { moment, text },
            },
        )
    }

    /// Takes one back.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path.
    pub fn undo(&self, mark: u64, at: WallTime) -> Result<(), ArchiveError> {
        append_line(&self.path, &Line::Undo { mark: Mark(mark), at: Moment(at) })
    }

    /// Overwrites the lines of what is forgotten, those that were taken back among them, and those that nobody can read: they may say
    /// anything. How many couldn't be read. Doing it again does what is left.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path.
    pub fn forget(&self, forgetting: &Forgetting) -> Result<usize, ArchiveError> {
        let (mut start, mut unreadable, mut going) = (0_u64, 0, Vec::new());
        for line in lines(&self.bytes()?) {
            let len = line.strip_suffix(b"\n").unwrap_or(line).len() as u64;
            match read_line(line) {
                Read::Made(remark) if remark.goes_with(forgetting) => going.push((start, len)),
                Read::Unreadable => {
                    unreadable += 1;
                    going.push((start, len));
                }
                _ => {}
            }
            start += line.len() as u64;
        }
        if !going.is_empty() {
            let overwrite = || -> io::Result<()> {
                let mut file = files::open_existing(&self.path)?;
                going.iter().try_for_each(|(start, len)| erase::fill(&mut file, *start, *len, b' '))
            };
            overwrite().map_err(ArchiveError::io("overwrite lines of", &self.path))?;
        }
        Ok(unreadable)
    }

    fn bytes(&self) -> Result<Vec<u8>, ArchiveError> {
        match files::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(ArchiveError::io("read", &self.path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn at(second: i64) -> WallTime {
        WallTime::from_millis(1_795_425_312_000 + second * 1_000)
    }

    fn opened() -> (tempfile::TempDir, Remarks) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        home.ensure().unwrap();
        (folder, Remarks::open(&home))
    }

    fn remark(from: i64, note: Option<&str>) -> Remark {
        Remark::new(Some(TrackName::mic()), Span::new(at(from), at(from + 5)), note.map(str::to_owned), at(1_000))
    }

    #[test]
    fn a_star_or_a_note_stands_until_it_is_taken_back_and_a_damaged_line_is_counted() {
        let (_folder, remarks) = opened();
        assert_eq!(remarks.read().unwrap(), Noted::default());
        let (star, note) = (remark(0, None), Remark { track: None, ..remark(60, Some("call back #todo")) });
        remarks.add(&star).unwrap();
        remarks.add(&note).unwrap();
        assert_eq!(remarks.read().unwrap().standing, [star.clone(), note.clone()]);
        remarks.undo(star.mark, at(1_001)).unwrap();
        let noted = Noted { standing: vec![note], undone: vec![star.mark], unreadable: 0 };
        assert_eq!(remarks.read().unwrap(), noted);
        let mut bytes = std::fs::read(remarks.path()).unwrap();
        bytes[40] ^= 1;
        bytes.extend_from_slice(b"{\"row\":\"torn");
        home::files::create_or_truncate(remarks.path()).unwrap().write_all(&bytes).unwrap();
        assert_eq!(remarks.read().unwrap().unreadable, 1);
    }

    #[test]
    fn what_is_forgotten_is_overwritten_and_nothing_else_moves() {
        let (_folder, remarks) = opened();
        let [before, gone, other, torn] =
            ["before", "zanzibar", "phoenix", "quicksilver"].map(|text| remark(0, Some(text)));
        let (before, other) = (Remark { span: Span::new(at(-9), at(0)), ..before }, Remark { track: None, ..other });
        let other = Remark { span: Span::new(at(60), at(70)), ..other };
        for remark in [&before, &gone, &other, &torn] {
            remarks.add(remark).unwrap();
        }
        remarks.undo(torn.mark, at(1_001)).unwrap();
        let mut bytes = std::fs::read(remarks.path()).unwrap();
        bytes.extend_from_slice(b"{\"row\":\"note\",\"text\":\"marmalade\n");
        home::files::create_or_truncate(remarks.path()).unwrap().write_all(&bytes).unwrap();
        let forgetting = Forgetting::new(&Span::new(at(4), at(20)), Some(vec![TrackName::mic()]), at(2_000));
        assert_eq!(remarks.forget(&forgetting).unwrap(), 1);
        let left = std::fs::read(remarks.path()).unwrap();
        assert_eq!(left.len(), bytes.len());
        for word in ["zanzibar", "quicksilver", "marmalade"] {
            assert!(!String::from_utf8_lossy(&left).contains(word), "{word}");
        }
        let later = Remark { at: at(2_001), ..remark(4, Some("they asked me to")) };
        remarks.add(&later).unwrap();
        assert_eq!(remarks.forget(&forgetting).unwrap(), 0, "it is done");
        let noted = Noted { standing: vec![before, other, later], undone: vec![torn.mark], unreadable: 0 };
        assert_eq!(remarks.read().unwrap(), noted, "and what was written afterwards stays");
    }
}
