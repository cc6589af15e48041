//! Making a lost database, and the index, anew.
//!
//! ```text
//! words.*.jsonl ──► archive.sqlite3.rebuilding ──rename──► archive.sqlite3 ──► index/
//! *.wav (tracks) ──►                           what was there before: archive.sqlite3.damaged-TIME
//! ```
//!
//! Under the worker's lock. Killed anywhere, it leaves the old database, or none, or the whole new one; done again, it finishes.
//! Only its own unfinished file is ever deleted. What it reads is never written to. What was forgotten stays forgotten, and what is still to
//! be ([`Forget`]) is.

use crate::choices::keep_choices;
use crate::forget::{self, Forget};
use crate::own_file::{self, failed};
use crate::remarks::keep_remarks;
use crate::scribe::Scribe;
use crate::{Follower, WorkerError, stated};
use archive::{Archive, Fault, FaultKind, ForgottenLog, WordsLog};
use home::{Home, Lock, files};
use index::{IndexError, Searcher};
use std::fs::File;
use std::path::{Path, PathBuf};
use store::{Restored, Store, StoreError};
use timeline::WallTime;

/// What can be made anew, after a look at what is there.
pub struct Rebuild {
    home: Home,
    log: WordsLog,
    /// What state the database is in.
    pub database: Database,
    /// The files of words beside the sound.
    pub files: Vec<PathBuf>,
    /// Whether there is an index, whatever it is worth.
    pub index: bool,
    _lock: Lock,
}

/// What state a database is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// It can be read from end to end.
    Whole,
    /// It isn't there, or holds nothing.
    Missing,
    /// A part of it can't be read, or it is none of ours.
    Damaged {
        /// What is wrong.
        why: String,
    },
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebuilding {
    /// So many of the files of words were put back.
    Files {
        /// How many.
        done: usize,
        /// Of how many.
        of: usize,
    },
    /// So many changes of the database are in the index.
    Indexed {
        /// How many.
        done: usize,
        /// Of how many, about.
        of: u64,
    },
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Stretches that were put back into a new database.
    pub stretches: u64,
    /// Utterances in them.
    pub utterances: u64,
    /// Stretches that the words beside the sound lacked, and that they state now.
    pub stated: u64,
    /// Files of words that couldn't be written; the worker tries them again.
    pub unwritten: u64,
    /// Lines and files that couldn't be used, and why.
    pub faults: Vec<Fault>,
    /// Where the damaged database lies now.
    pub set_aside: Option<PathBuf>,
    /// Changes that the index was made of.
    pub indexed: usize,
}

impl Rebuild {
    /// Takes the worker's lock and looks at what is there. Changes nothing.
    ///
    /// # Errors
    /// [`WorkerError::SecondWorker`] where a worker lives; otherwise what can't be read.
    pub fn look(home: &Home) -> Result<Self, WorkerError> {
        let lock = Lock::acquire(&home.worker_lock())?;
        let database = match Store::examine(&home.database()) {
            Ok(()) => Database::Whole,
            Err(StoreError::Missing { .. }) => Database::Missing,
            Err(error @ (StoreError::Damaged { .. } | StoreError::Foreign { .. })) => {
                Database::Damaged { why: home::one_line(&error) }
            }
            Err(error) => return Err(error.into()),
        };
        let log = WordsLog::open(&Archive::open(home));
        let files = log.files()?;
        Ok(Self {
            home: home.clone(),
            log,
            database,
            files,
            index: !matches!(Searcher::open(&home.index()), Err(IndexError::Missing { .. })),
            _lock: lock,
        })
    }

    /// Makes the database anew where it isn't whole, and then the index. A whole one also gives back what the words beside the sound
    /// have lost.
    ///
    /// # Errors
    /// What can't be read or written. A line that can't be used is no error: see [`Rebuilt::faults`].
    pub fn run(self, now: WallTime, tell: &mut dyn FnMut(Rebuilding)) -> Result<Rebuilt, WorkerError> {
        let mut rebuilt = Rebuilt::default();
        if self.database != Database::Whole {
            let unfinished = self.make(&mut rebuilt, tell)?;
            rebuilt.set_aside = set_aside(&self.home.database(), now)?;
            let database = self.home.database();
            files::rename_durably(&unfinished, &database).map_err(failed("rename", &unfinished))?;
        }
        // What a database has that was put back may have been forgotten meanwhile; and a set-aside one may hold words of it.
        Forget::at(&self.home).finish_locked(now, &mut |_| ())?;
        let mut store = Store::open(&self.home.database())?;
        for (kept, path, unknown) in [
            (keep_choices(&self.home, &mut store), self.home.choices_file(), "which pass you prefer isn't known"),
            (keep_remarks(&self.home, &mut store), self.home.marks_file(), "your stars and notes aren't known"),
        ] {
            match kept {
                Ok(fault) => rebuilt.faults.extend(fault),
                Err(WorkerError::Archive(error)) => {
                    rebuilt.faults.push(Fault::new(&path, FaultKind::Unreadable, home::one_line(&error), unknown));
                }
                Err(error) => return Err(error),
            }
        }
        if self.database == Database::Whole {
            self.state_again(&mut store, &mut rebuilt)?;
        }
        let of = store.last_change()?.map_or(0, |change| change.seq);
        let mut told = |done| tell(Rebuilding::Indexed { done, of });
        let followed = Follower::open(&self.home.index())?.begin_again(&store, &mut told)?;
        rebuilt.indexed = followed.changes;
        Ok(rebuilt)
    }

    /// A whole database beside the place where it belongs.
    fn make(&self, rebuilt: &mut Rebuilt, tell: &mut dyn FnMut(Rebuilding)) -> Result<PathBuf, WorkerError> {
        let path = beside(&self.home.database(), ".rebuilding");
        for part in parts(&path) {
            own_file::remove(&part)?;
        }
        let mut store = Store::open(&path)?;
        let forgotten = ForgottenLog::open(&Archive::open(&self.home)).all()?;
        for forgetting in &forgotten.all {
            store.forget(&forget::stored(forgetting))?;
            if !forgotten.pending.contains(&forgetting.mark) {
                store.forgotten(forgetting.mark)?;
            }
        }
        for (done, words) in self.files.iter().enumerate() {
            tell(Rebuilding::Files { done, of: self.files.len() });
            self.put_back(words, &mut store, rebuilt)?;
        }
        tell(Rebuilding::Files { done: self.files.len(), of: self.files.len() });
        for segment in Archive::open(&self.home).scan()?.segments {
            match store.ensure_track(&segment.name.track, segment.side) {
                // What was said on it says which side it is; the worker tells of one that isn't the sound's.
                Ok(()) | Err(StoreError::OtherSide { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        store.close()?;
        File::open(&path).and_then(|file| file.sync_all()).map_err(failed("sync", &path))?;
        Ok(path)
    }

    /// Lets the files state what they lack. A line that can't be used is no loss here: what it said is stated again.
    fn state_again(&self, store: &mut Store, rebuilt: &mut Rebuilt) -> Result<(), WorkerError> {
        for file in store.plain_files()? {
            let mut faults = Vec::new();
            let (_, stretches) = stated::standing(&self.log, &self.log.path(file.day, &file.pass), &mut faults);
            // A file whose lines are all as they were written isn't corrected by a database that nothing vouches for.
            rebuilt.stated += store.note_unstated(&file, &stretches, !faults.is_empty())?;
        }
        let mut scribe = Scribe::new(&Archive::open(&self.home));
        loop {
            let step = scribe.step(store, 0)?;
            if !step.more {
                rebuilt.unwritten = step.failed;
                return Ok(());
            }
        }
    }

    /// Puts back what a file of words says.
    fn put_back(&self, path: &Path, store: &mut Store, rebuilt: &mut Rebuilt) -> Result<(), WorkerError> {
        let (numbers, stretches) = stated::standing(&self.log, path, &mut rebuilt.faults);
        let Restored { stretches, utterances, left_out } = store.restore(&stretches)?;
        rebuilt.stretches += stretches;
        rebuilt.utterances += utterances;
        for (at, why) in left_out {
            rebuilt.faults.push(Fault::words(path, numbers.get(at).copied().unwrap_or(0), why));
        }
        Ok(())
    }
}

/// The three files of a database: what was written last may lie in the second.
fn parts(database: &Path) -> [PathBuf; 3] {
    [database.to_owned(), beside(database, "-wal"), beside(database, "-shm")]
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Moves what is there of a database out of the way of the new one; what a `-wal` holds would be taken for the new one's. Where
/// to, if there was anything.
fn set_aside(database: &Path, now: WallTime) -> Result<Option<PathBuf>, WorkerError> {
    let is_there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    let mut aside = beside(database, &format!(".damaged-{}", now.compact()));
    for n in 2.. {
        if !parts(&aside).iter().any(|part| is_there(part)) {
            break;
        }
        aside = beside(database, &format!(".damaged-{}~{n}", now.compact()));
    }
    let mut moved = None;
    // The main file first: what is killed after it finds no database, rather than one that lacks its last words.
    for (part, to) in parts(database).iter().zip(parts(&aside)) {
        if is_there(part) {
            files::rename_durably(part, &to).map_err(failed("rename", part))?;
            moved = Some(aside.clone());
        }
    }
    Ok(moved)
}
