//! Forgetting: what was recorded and said in a span goes off the disk, for good.
//!
//! ```text
//! 1  forgotten.jsonl   the intent, in every day's folder that it touches: readers find a gap from here on
//! 2  archive.sqlite3   utterances of all passes, in one transaction; its -wal is emptied
//! 3  *.wav             frames overwritten where they lie; a segment of which nothing else is left is deleted
//! 4  index/            the changes are followed, and segments with deleted documents written anew
//! 5  words.*.jsonl     written anew without those utterances; marks.jsonl: the lines of its stars and notes are overwritten
//! 6  archive.sqlite3.* databases that were set aside, and the daily copy, are overwritten and deleted: nobody knows what they hold
//! 7  forgotten.jsonl   done
//! ```
//!
//! The first stage and the second are for whoever is asked ([`Forget::ask`]); they hide it from everyone. The rest is for whoever holds
//! `worker.lock`: a worker that is at work, and else [`Forget::finish`]. Each stage can be done again and then does what is left, so a
//! kill anywhere is made good by whoever comes next: a worker, a rebuild, or the next that is to be forgotten. What is still growing is the
//! recorder's; it waits until its segment is finished.

use crate::own_file::failed;
use crate::scribe::Scribe;
use crate::{Follower, WorkerError};
use archive::erase::{self, Erased, Touched};
use archive::{Archive, Fault, Forgetting, ForgottenLog, Remark, Remarks, Segment, WordsLog, repair};
use home::{Home, Lock};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use store::{Goes, Store, StoreError, Stretch};
use timeline::{Span, WallTime};

/// What would go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WouldForget {
    /// The segments, and how much of each.
    pub segments: Vec<Touched>,
    /// The utterances, by pass.
    pub utterances: Vec<Goes>,
    /// The stars and notes.
    pub remarks: Vec<Remark>,
    /// Databases that were set aside.
    pub set_aside: Vec<PathBuf>,
    /// Files of those days that can't be read, and may hold sound of it.
    pub faults: Vec<Fault>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasing {
    /// The words in the database.
    Words,
    /// The sound.
    Sound,
    /// The index.
    Index,
    /// The words beside the sound.
    PlainWords,
}

/// What is left of what was to be forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// Segments that grow: the recorder hasn't finished them.
    pub growing: Vec<PathBuf>,
    /// Whether the database's write-ahead log can't be emptied, since somebody reads from it.
    pub wal: bool,
    /// Files that can't be erased, or read.
    pub faults: Vec<Fault>,
    /// Lines of words beside the sound, and of stars and notes, that nobody can read, and that were taken out with the rest.
    pub unreadable_lines: usize,
}

impl Left {
    /// Whether nothing is.
    pub const fn is_nothing(&self) -> bool {
        self.growing.is_empty() && !self.wal && self.faults.is_empty()
    }
}

/// One who is asked to forget.
#[derive(Debug, Clone)]
pub struct Forget {
    home: Home,
    archive: Archive,
    log: ForgottenLog,
}

impl Forget {
    /// For a home. Touches nothing on disk.
    pub fn at(home: &Home) -> Self {
        let archive = Archive::open(home);
        Self { home: home.clone(), log: ForgottenLog::open(&archive), archive }
    }

    /// What would go. Changes nothing.
    ///
    /// # Errors
    /// Where the archive's folder or the database can't be read.
    pub fn look(&self, forgetting: &Forgetting) -> Result<WouldForget, WorkerError> {
        let (mut segments, faults) = erase::touched(&self.archive, forgetting)?;
        // One that is hidden already and is still there goes, too: a backup may hold it.
        segments.retain(|touched| touched.micros > 0 || touched.whole);
        let utterances = match Store::open_read_only(&self.home.database()) {
            Ok(store) => store.would_forget(&stored(forgetting))?,
            // One of an older version is brought up to date by whoever forgets.
            Err(StoreError::Missing { .. } | StoreError::Older { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let remarks = self.remarks(forgetting)?;
        Ok(WouldForget { segments, utterances, remarks, set_aside: set_aside(&self.home)?, faults })
    }

    /// Says for good that it is to be forgotten, and hides it from everyone. What is left to do is [`finish`](Self::finish)'s, or the
    /// worker's.
    ///
    /// # Errors
    /// Where that can't be written. After an error the intent may stand.
    pub fn ask(&self, forgetting: &Forgetting) -> Result<(), WorkerError> {
        self.log.ask(forgetting)?;
        if let Some(mut store) = self.store()? {
            store.forget(&stored(forgetting))?;
        }
        Ok(())
    }

    /// Whether a file still says that it isn't done.
    ///
    /// # Errors
    /// Where the files can't be read.
    pub fn is_pending(&self, forgetting: &Forgetting) -> Result<bool, WorkerError> {
        Ok(self.log.all()?.pending.contains(&forgetting.mark))
    }

    /// Does all that is left to do, of whatever was to be forgotten, under the worker's lock.
    ///
    /// # Errors
    /// [`WorkerError::SecondWorker`] where a worker is at work: it does so itself. Otherwise what can't be read or written; doing it again
    /// goes on from there.
    pub fn finish(&self, now: WallTime, tell: &mut dyn FnMut(Erasing)) -> Result<Left, WorkerError> {
        let _lock = Lock::acquire(&self.home.worker_lock())?;
        self.finish_locked(now, tell)
    }

    /// As [`finish`](Self::finish), for one who holds the worker's lock and neither the database nor the index.
    pub(crate) fn finish_locked(&self, now: WallTime, tell: &mut dyn FnMut(Erasing)) -> Result<Left, WorkerError> {
        let mut store = self.store()?;
        let due = self.due(store.as_ref())?;
        if due.is_empty() {
            return Ok(Left::default());
        }
        let mut follower = self.home.index().is_dir().then(|| Follower::open(&self.home.index())).transpose()?;
        let mut scribe = Scribe::new(&self.archive);
        let mut tools = Tools { store: store.as_mut(), follower: follower.as_mut(), scribe: &mut scribe, boot: 0 };
        self.carry_out(&due, &mut tools, now, tell)
    }

    /// What files say that isn't done, and what the database doesn't know of: it may be one that was put back.
    pub(crate) fn due(&self, store: Option<&Store>) -> Result<Vec<Forgetting>, WorkerError> {
        let forgotten = self.log.all()?;
        let known = store.map(Store::forgets).transpose()?;
        if let (Some(store), Some(known)) = (store, &known) {
            let strays =
                known.iter().filter(|(mark, pending)| **pending && !forgotten.all.iter().any(|it| it.mark == **mark));
            for (mark, _) in strays {
                // Its days were taken away, and their sound with them.
                store.forgotten(*mark)?;
            }
        }
        let is_due = |forgetting: &Forgetting| {
            let unknown = known.as_ref().is_some_and(|known| known.get(&forgetting.mark) != Some(&false));
            forgotten.pending.contains(&forgetting.mark) || unknown
        };
        Ok(forgotten.all.iter().filter(|forgetting| is_due(forgetting)).cloned().collect())
    }

    /// The segments with sound of it that still grow.
    ///
    /// # Errors
    /// Where the archive's folder can't be read.
    pub fn growing(&self, forgetting: &Forgetting) -> Result<Vec<Segment>, WorkerError> {
        let touched = erase::touched(&self.archive, forgetting)?.0;
        Ok(touched.into_iter().map(|touched| touched.segment).filter(|segment| segment.part).collect())
    }

    /// Whether the recorder has finished all that is still to be forgotten.
    pub(crate) fn nothing_grows(&self, store: &Store) -> Result<bool, WorkerError> {
        for forgetting in self.due(Some(store))? {
            if !self.growing(&forgetting)?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// All stages after the first, for all of `due`.
    pub(crate) fn carry_out(
        &self,
        due: &[Forgetting],
        tools: &mut Tools<'_>,
        now: WallTime,
        tell: &mut dyn FnMut(Erasing),
    ) -> Result<Left, WorkerError> {
        let mut left = Left::default();
        tell(Erasing::Words);
        for forgetting in due {
            // It may have been asked for by one who was killed before all folders said so.
            self.log.ask(forgetting)?;
            if let Some(store) = &mut tools.store {
                store.forget(&stored(forgetting))?;
            }
        }
        if let Some(store) = &tools.store {
            left.wal = !store.truncate_wal()?;
        }
        tell(Erasing::Sound);
        let mut sound_left = Vec::new();
        for forgetting in due {
            let Erased { growing, faults, .. } = self.erase(forgetting)?;
            sound_left.push(!growing.is_empty() || !faults.is_empty());
            left.growing.extend(growing);
            left.faults.extend(faults);
        }
        tell(Erasing::Index);
        let mut spans: Vec<Span> = due.iter().map(|forgetting| forgetting.span).collect();
        for forgetting in due {
            // The text of a note is in the index wherever it is of.
            spans.extend(self.remarks(forgetting)?.iter().map(|remark| remark.span));
        }
        purge(&spans, tools)?;
        tell(Erasing::PlainWords);
        if let Some(store) = &mut tools.store {
            // What can't be written now is noted, and holds no word of it.
            tools.scribe.write_all(store, tools.boot)?;
        }
        for forgetting in due {
            left.unreadable_lines += self.rewrite_words(forgetting)?;
            left.unreadable_lines += Remarks::open(&self.home).forget(forgetting)?;
        }
        for path in set_aside(&self.home)? {
            erase::shred(&path)?;
        }
        for (forgetting, sound_left) in due.iter().zip(sound_left) {
            if !sound_left && !left.wal {
                self.log.done(forgetting.mark, now)?;
                if let Some(store) = &tools.store {
                    store.forgotten(forgetting.mark)?;
                }
            }
        }
        Ok(left)
    }

    /// The stars and notes that go with it.
    fn remarks(&self, forgetting: &Forgetting) -> Result<Vec<Remark>, WorkerError> {
        let mut remarks = Remarks::open(&self.home).read()?.standing;
        remarks.retain(|remark| remark.goes_with(forgetting));
        Ok(remarks)
    }

    fn erase(&self, forgetting: &Forgetting) -> Result<Erased, WorkerError> {
        let erased = erase::erase(&self.archive, forgetting)?;
        if erased.growing.is_empty() {
            return Ok(erased);
        }
        // Who holds the recorder's lock may finish what a recorder left that died.
        let Ok(_lock) = Lock::acquire(&self.home.recorder_lock()) else { return Ok(erased) };
        repair::left_behind(&self.archive)?;
        Ok(erase::erase(&self.archive, forgetting)?)
    }

    /// Takes the utterances out of the files of words; how many lines went that can't be read.
    fn rewrite_words(&self, forgetting: &Forgetting) -> Result<usize, WorkerError> {
        let (log, forget) = (WordsLog::open(&self.archive), stored(forgetting));
        let mut unreadable = 0;
        let paths = log.files_around(&forget.span)?;
        let stretches_of = |path: &Path| -> Result<Vec<Option<Stretch>>, WorkerError> {
            Ok(log.read(path)?.lines.iter().map(|line| Stretch::from_line(&line.text).ok()).collect())
        };
        // An echo may be of an utterance of another pass, or of the day before.
        let mut ids = HashSet::new();
        for path in &paths {
            ids.extend(stretches_of(path)?.iter().flatten().flat_map(|stretch| stretch.ids_within(&forget)));
        }
        for path in paths {
            let stretches = stretches_of(&path)?;
            // Without the forgotten, most of them are stated again by a later line.
            let is_restated = |at: usize, stretch: &Stretch| {
                let same = |later: &Stretch| later.track == stretch.track && later.span == stretch.span;
                stretches.iter().skip(at + 1).flatten().any(same)
            };
            let (mut at, mut of_no_form) = (0, 0);
            unreadable += log.rewrite(&path, |line| {
                at += 1;
                let stretch = stretches.get(at - 1).and_then(Option::as_ref);
                let Some((mut rest, mark)) = stretch.cloned().zip(Stretch::mark_of(&line.text)) else {
                    // Nobody knows what it says.
                    of_no_form += 1;
                    return None;
                };
                if !rest.forget(&forget, &ids) {
                    Some(line.text.clone())
                } else if is_restated(at - 1, &rest) {
                    None
                } else {
                    Some(rest.to_line(mark))
                }
            })?;
            unreadable += of_no_form;
        }
        Ok(unreadable)
    }

    /// The database, if there is one: none is made for this.
    fn store(&self) -> Result<Option<Store>, WorkerError> {
        let path = self.home.database();
        let is_there = std::fs::metadata(&path).is_ok_and(|found| found.len() > 0);
        Ok(if is_there { Some(Store::open(&path)?) } else { None })
    }
}

/// What the stages work with, as far as it is there.
pub(crate) struct Tools<'a> {
    pub(crate) store: Option<&'a mut Store>,
    pub(crate) follower: Option<&'a mut Follower>,
    pub(crate) scribe: &'a mut Scribe,
    /// Microseconds since boot.
    pub(crate) boot: i64,
}

/// An index without a database can't follow it, and is made anew in any case.
fn purge(spans: &[Span], tools: &mut Tools<'_>) -> Result<(), WorkerError> {
    let Some(follower) = &mut tools.follower else { return Ok(()) };
    let Some(store) = &tools.store else { return follower.clear() };
    follower.catch_up(store)?;
    spans.iter().try_for_each(|span| follower.purge(&span.widened(AROUND_MICROS)))
}

/// The utterance after one that goes holds words of it, and may lie in the next year.
const AROUND_MICROS: i64 = 3_600_000_000;

/// Databases that a rebuild has set aside or never finished, and the daily copy.
fn set_aside(home: &Home) -> Result<Vec<PathBuf>, WorkerError> {
    let (root, database) = (home.root(), home.database());
    let Some(name) = database.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let entries = match std::fs::read_dir(root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(failed("list", root))?,
    };
    let is_one = |found: &str| {
        let rest = found.strip_prefix(name);
        rest.is_some_and(|rest| [".damaged-", ".rebuilding", ".snapshot"].iter().any(|kind| rest.starts_with(kind)))
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter(|entry| entry.file_name().to_str().is_some_and(is_one))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    Ok(paths)
}

/// A forgetting as the store knows it.
pub(crate) fn stored(forgetting: &Forgetting) -> store::Forget {
    let Forgetting { mark, span, tracks, asked } = forgetting.clone();
    store::Forget { mark, span, tracks, asked }
}

impl WouldForget {
    /// Whether there is nothing to forget.
    pub fn is_nothing(&self) -> bool {
        self.segments.is_empty() && self.utterances.is_empty() && self.remarks.is_empty()
    }
}
