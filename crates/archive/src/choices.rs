//! Which pass the user wants to read where: `choices.jsonl` in the home, so that it outlives the database.
//!
//! One JSON object a line, with a checksum, only ever added:
//! `{"row":"prefer","mark":"…","pass":"1a2b3c4d","from":…,"to":…,"at":…}` and, where it is taken back, `{"row":"undo","mark":"…","at":…}`.

use crate::ArchiveError;
use crate::forgotten::Mark;
use crate::retired::append_line;
use crate::signed_line::checked;
use home::Home;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::PathBuf;
use timeline::{Moment, PassName, Span, TrackName, WallTime};

/// A pass that is preferred over a span, whatever ranks higher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Tells it from every other.
    pub mark: u64,
    /// The pass.
    pub pass: PassName,
    /// Of which track; `None`: of all.
    pub track: Option<TrackName>,
    /// From when to when.
    pub span: Span,
    /// When it was chosen.
    pub at: WallTime,
}

impl Choice {
    /// One with a mark of its own.
    pub fn new(pass: &PassName, track: Option<TrackName>, span: Span, at: WallTime) -> Self {
        Self { mark: RandomState::new().build_hasher().finish(), pass: pass.clone(), track, span, at }
    }
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chosen {
    /// The choices that stand, the oldest first.
    pub standing: Vec<Choice>,
    /// The marks of those that were taken back.
    pub undone: Vec<u64>,
    /// How many lines aren't as they were written.
    pub unreadable: usize,
}

/// The choices of a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
enum Line {
    Prefer {
        mark: Mark,
        pass: PassName,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        track: Option<TrackName>,
        from: Moment,
        to: Moment,
        at: Moment,
    },
    Undo {
        mark: Mark,
        at: Moment,
    },
}

impl Choices {
    /// The choices of a home. Touches nothing on disk.
    pub fn open(home: &Home) -> Self {
        Self { path: home.choices_file() }
    }

    /// The file itself.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// What the file says. A last line without an end was torn by a crash, and whoever wrote it was told of no success.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where the file is there and can't be read.
    pub fn read(&self) -> Result<Chosen, ArchiveError> {
        let bytes = match home::files::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Chosen::default()),
            Err(source) => return Err(ArchiveError::Io { operation: "read", path: self.path.clone(), source }),
        };
        let mut chosen = Chosen::default();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match checked(line).and_then(|text| serde_json::from_str(&text).ok()) {
                Some(Line::Prefer { mark, pass, track, from, to, at }) => {
                    chosen.standing.push(Choice { mark: mark.0, pass, track, span: Span::new(from.0, to.0), at: at.0 });
                }
                Some(Line::Undo { mark, .. }) => {
                    chosen.standing.retain(|choice| choice.mark != mark.0);
                    chosen.undone.push(mark.0);
                }
                None if !line.ends_with(b"\n") || line.trim_ascii().is_empty() => {}
                None => chosen.unreadable += 1,
            }
        }
        Ok(chosen)
    }

    /// Keeps a choice.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path.
    pub fn add(&self, choice: &Choice) -> Result<(), ArchiveError> {
        let Choice { mark, pass, track, span, at } = choice.clone();
        let (from, to, at) = (Moment(span.start), Moment(span.end), Moment(at));
        append_line(&self.path, &Line::Prefer { mark: Mark(mark), pass, track, from, to, at })
    }

    /// Takes a choice back.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path.
    pub fn undo(&self, mark: u64, at: WallTime) -> Result<(), ArchiveError> {
        append_line(&self.path, &Line::Undo { mark: Mark(mark), at: Moment(at) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_choice_stands_until_it_is_taken_back_and_a_damaged_line_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        home.ensure().unwrap();
        let choices = Choices::open(&home);
        assert_eq!(choices.read().unwrap(), Chosen::default());
        let at = |second: i64| WallTime::from_millis(1_795_425_312_000 + second * 1_000);
        let pass = PassName::new("1a2b3c4d").unwrap();
        let first = Choice::new(&pass, None, Span::new(at(0), at(60)), at(100));
        let second = Choice::new(&pass, Some(TrackName::mic()), Span::new(at(5), at(6)), at(101));
        choices.add(&first).unwrap();
        choices.add(&second).unwrap();
        let both = Chosen { standing: vec![first.clone(), second.clone()], ..Chosen::default() };
        assert_eq!(choices.read().unwrap(), both);
        choices.undo(first.mark, at(102)).unwrap();
        let one = Chosen { standing: vec![second], undone: vec![first.mark], unreadable: 0 };
        assert_eq!(choices.read().unwrap(), one);
        let mut bytes = std::fs::read(choices.path()).unwrap();
        bytes[40] ^= 1;
        bytes.extend_from_slice(b"{\"row\":\"torn");
        home::files::create_or_truncate(choices.path()).unwrap().write_all(&bytes).unwrap();
        assert_eq!(choices.read().unwrap().unreadable, 1);
    }
}
