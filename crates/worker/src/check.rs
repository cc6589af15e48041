//! Whether everything in the home is as it was left: looks at all of it, names what isn't, and changes nothing.
//!
//! ```text
//! modes ─► segments, journals ─► [sound, read to its end] ─► words.*.jsonl ⇄ archive.sqlite3 ─► index/
//!                                                     sound for every word ──┘
//! ```
//!
//! It may run beside a recorder and a worker: what they are just writing is no fault.

pub(crate) mod modes;
mod sound;
mod words;

use crate::WorkerError;
use crate::{choices, remarks};
use archive::{Archive, Fault, FaultKind, Journal, Segment};
use home::Home;
use index::{IndexError, Searcher};
use std::path::Path;
use store::{Store, StoreError};
use timeline::WallTime;

/// How much of the sound is read to its end: every so manieth segment, another one each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    every: u64,
    from: u64,
}

impl Share {
    /// `percent` of the segments (1 to 100), so chosen that days in a row read all of it.
    pub fn new(percent: u8, today: WallTime) -> Self {
        let every = 100 / u64::from(percent.clamp(1, 100));
        Self { every, from: (today.as_micros() / DAY_MICROS).unsigned_abs() % every }
    }

    fn takes(self, at: usize) -> bool {
        at as u64 % self.every == self.from
    }
}

const DAY_MICROS: i64 = 86_400_000_000;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checking {
    /// So many segments were read to their end.
    Sound {
        /// How many.
        done: usize,
        /// Of how many.
        of: usize,
    },
    /// The database is being read.
    Database,
    /// So many files of words were compared with it.
    Words {
        /// How many.
        done: usize,
        /// Of how many.
        of: usize,
    },
    /// The index is being read.
    Index,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Segments there are.
    pub segments: usize,
    /// Segments that were read to their end.
    pub read: usize,
    /// Files of words.
    pub words: usize,
    /// Everything that is wrong, in the order in which sound becomes words.
    pub faults: Vec<Fault>,
}

/// Looks at everything. `sound` says how much of the sound is read to its end; headers always are. `tell` may end it: what was found
/// until then is the answer.
///
/// # Errors
/// [`WorkerError`] where a folder can't be listed or a lasting failure of the system stops it; what is wrong with a file is a fault.
pub fn check(
    home: &Home,
    sound: Option<Share>,
    tell: &mut dyn FnMut(Checking) -> std::ops::ControlFlow<()>,
) -> Result<Checked, WorkerError> {
    let archive = Archive::open(home);
    let mut checked = Checked { faults: modes::open_to_others(home.root()), ..Checked::default() };
    let scan = archive.scan()?;
    checked.segments = scan.segments.len();
    checked.faults.extend(scan.faults.iter().cloned());
    let journal = Journal::open(&archive);
    for day in archive.days()? {
        match journal.rows(&day) {
            Ok(rows) => checked.faults.extend(rows.faults),
            Err(error) => checked.faults.push(failed(&archive.day_folder(&day).join("journal.jsonl"), &error)),
        }
    }
    for (found, path) in [(choices::check(home), home.choices_file()), (remarks::check(home), home.marks_file())] {
        match found {
            Ok(fault) => checked.faults.extend(fault),
            Err(error) => checked.faults.push(failed(&path, &error)),
        }
    }
    if let Some(share) = sound {
        let segments: Vec<&Segment> = scan.segments.iter().filter(|segment| !segment.part).collect();
        let chosen: Vec<&Segment> =
            segments.into_iter().enumerate().filter(|(at, _)| share.takes(*at)).map(|(_, segment)| segment).collect();
        for (done, segment) in chosen.iter().enumerate() {
            if tell(Checking::Sound { done, of: chosen.len() }).is_break() {
                return Ok(checked);
            }
            checked.faults.extend(archive::verify::verify(&segment.path));
            checked.read += 1;
        }
    }
    if tell(Checking::Database).is_break() {
        return Ok(checked);
    }
    let store = database(home, &mut checked.faults)?;
    words::check(&archive, (store.as_ref(), &home.database()), &mut checked, tell)?;
    if let Some(store) = &store {
        match beside(home, &archive, store, &mut checked.faults, tell) {
            // Something in a row of it that nobody could have written; of the words it was told before.
            Err(WorkerError::Store(error @ StoreError::Damaged { .. })) => {
                if !checked.faults.iter().any(|fault| fault.kind == FaultKind::Database) {
                    checked.faults.push(unusable(&home.database(), &error));
                }
            }
            done => done?,
        }
    }
    Ok(checked)
}

/// Whether sound and index are what the database says.
fn beside(
    home: &Home,
    archive: &Archive,
    store: &Store,
    faults: &mut Vec<Fault>,
    tell: &mut dyn FnMut(Checking) -> std::ops::ControlFlow<()>,
) -> Result<(), WorkerError> {
    faults.extend(sound::missing(archive, store)?);
    if tell(Checking::Index).is_continue() { index(home, store, faults) } else { Ok(()) }
}

/// The database, if it can be read from end to end.
fn database(home: &Home, faults: &mut Vec<Fault>) -> Result<Option<Store>, WorkerError> {
    let path = home.database();
    match Store::examine(&path).and_then(|()| Store::open_read_only(&path)) {
        Ok(store) => return Ok(Some(store)),
        Err(StoreError::Missing { .. }) if archive::WordsLog::open(&Archive::open(home)).is_empty()? => {}
        Err(StoreError::Missing { .. }) => {
            let advice = "`hearsay rebuild` makes it of the words beside the sound";
            faults.push(Fault::new(&path, FaultKind::Database, "is missing", advice));
        }
        // The worker brings it up to date.
        Err(StoreError::Older { .. }) => {}
        Err(error @ (StoreError::Damaged { .. } | StoreError::Foreign { .. })) => faults.push(unusable(&path, &error)),
        Err(error) => faults.push(failed(&path, &error)),
    }
    Ok(None)
}

/// A database of which something can't be read.
fn unusable(path: &Path, error: &StoreError) -> Fault {
    let advice = "`hearsay rebuild` makes it anew of the words beside the sound, and deletes nothing";
    Fault::new(path, FaultKind::Database, home::one_line(error), advice)
}

/// The index, and whether it is that of the database.
fn index(home: &Home, store: &Store, faults: &mut Vec<Fault>) -> Result<(), WorkerError> {
    let (root, advice) = (home.index(), "`hearsay rebuild` makes the index anew; nothing is lost");
    let damaged = |path: &Path, what: String| Fault::new(path, FaultKind::Index, what, advice);
    // A worker that merges takes files away while they are read: only what is so twice is told.
    match index::damaged_files(&root).or_else(|_| index::damaged_files(&root)) {
        Ok(files) => {
            let what = || "is not as it was written: its checksum differs".to_owned();
            faults.extend(files.iter().map(|path| damaged(path, what())));
            if !files.is_empty() {
                return Ok(());
            }
        }
        Err(error) => {
            faults.push(damaged(&root, home::one_line(&error)));
            return Ok(());
        }
    }
    let cursor = Searcher::open(&root).and_then(|searcher| searcher.cursor());
    // Read after it: the index follows.
    let last = store.last_change()?;
    match cursor {
        Ok(Some(cursor)) => {
            let known = store.change_nonce(cursor.seq)? == Some(cursor.nonce);
            let ahead = last.is_none_or(|last| cursor.seq > last.seq);
            if cursor.database != store.database_id()? || ahead || !known {
                faults.push(damaged(&root, "belongs to another database, or to a later state of this one".to_owned()));
            }
        }
        Err(IndexError::Missing { .. }) | Ok(None) if last.is_none() => {}
        Err(IndexError::Missing { .. }) => faults.push(damaged(&root, "is missing".to_owned())),
        Ok(None) => faults.push(damaged(&root, "doesn't say what it was made of".to_owned())),
        Err(error) => faults.push(damaged(&root, home::one_line(&error))),
    }
    Ok(())
}

fn failed(path: &Path, error: &dyn std::error::Error) -> Fault {
    Fault::new(path, FaultKind::Unreadable, home::one_line(error), "check its owner and permissions")
}
