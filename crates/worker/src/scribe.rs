use crate::WorkerError;
use archive::{Archive, ArchiveError, WordsLog};
use std::collections::HashSet;
use store::{Store, Stretch, Unwritten, UnwrittenFile};

/// The plain files beside the sound as they follow the store: never ahead of it, and soon after it.
///
/// The store notes which stretches they don't have yet. A line is written and synced before its note goes, so a kill between the
/// two leaves both: each line carries its note's mark, and before a run adds to a file for the first time it looks which marks are
/// there. So nothing is lost and nothing stands there twice. What changes later is stated again; a later line goes before.
///
/// A file that can't be written is told once, and tried again: its notes stay, and transcription goes on.
pub(crate) struct Scribe {
    log: WordsLog,
    /// Files of which this run knows that they hold nothing that is still noted.
    known: HashSet<UnwrittenFile>,
    /// What was told of the files that can't be written.
    told: HashSet<String>,
    /// When to try those again, in microseconds since boot.
    again: i64,
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Step {
    /// Whether there is more that could be written at once.
    pub(crate) more: bool,
    /// Files that couldn't be written.
    pub(crate) failed: u64,
}

/// Lines written at once: some hundred kilobytes where everybody talks.
const LINES_PER_WRITE: usize = 64;
/// Writes in one step: a fraction of a second, so that words are not kept waiting while years are written for the first time.
const WRITES_PER_STEP: usize = 4;
/// Files that may fail in one step. The latest days come first, so that old ones that can't be written hold nothing up.
const MOST_FAILED: u64 = 16;
/// When those are tried again.
const AGAIN_MICROS: i64 = 10_000_000;
/// Files remembered at once.
const MOST_KNOWN: usize = 1_024;

impl Scribe {
    pub(crate) fn new(archive: &Archive) -> Self {
        Self { log: WordsLog::open(archive), known: HashSet::new(), told: HashSet::new(), again: i64::MIN }
    }

    /// Writes some of what the files don't have yet. `now` is in microseconds since boot.
    ///
    /// # Errors
    /// [`WorkerError::Store`]. That a file can't be written is told and no error.
    pub(crate) fn step(&mut self, store: &mut Store, now: i64) -> Result<Step, WorkerError> {
        let mut step = Step::default();
        if now < self.again {
            // One that is there to be tried again.
            step.failed = 1;
            return Ok(step);
        }
        let (mut writes, mut file) = (0, store.unwritten_file(None)?);
        while let Some(behind) = file {
            if writes == WRITES_PER_STEP {
                step.more = true;
                break;
            }
            let noted = store.unwritten(&behind, LINES_PER_WRITE)?;
            writes += 1;
            match self.write(&behind, &noted) {
                Ok(()) => store.written(&noted)?,
                Err(error) => {
                    self.known.remove(&behind);
                    self.tell(&error);
                    step.failed += 1;
                    if step.failed == MOST_FAILED {
                        break;
                    }
                    file = store.unwritten_file(Some(&behind))?;
                    continue;
                }
            }
            // The latest again, while it is behind: but not the ones that failed.
            file = if step.failed == 0 { store.unwritten_file(None)? } else { store.unwritten_file(Some(&behind))? };
        }
        if step.failed > 0 {
            self.again = now.saturating_add(AGAIN_MICROS);
        } else if !self.told.is_empty() {
            self.told.clear();
            tracing::info!("the words beside the sound can be written again");
        }
        Ok(step)
    }

    /// Writes all that can be written.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub(crate) fn write_all(&mut self, store: &mut Store, now: i64) -> Result<Step, WorkerError> {
        loop {
            let step = self.step(store, now)?;
            if !step.more {
                return Ok(step);
            }
        }
    }

    fn write(&mut self, file: &UnwrittenFile, noted: &[Unwritten]) -> Result<(), ArchiveError> {
        let there = if self.known.contains(file) { HashSet::new() } else { self.marks(file)? };
        let lines: Vec<String> = noted
            .iter()
            .filter(|noted| !there.contains(&noted.mark))
            .filter_map(|noted| Some(noted.stretch.as_ref()?.to_line(noted.mark)))
            .collect();
        if !lines.is_empty() {
            self.log.append(file.day, &file.pass, &lines)?;
        }
        if self.known.len() == MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(file.clone());
        Ok(())
    }

    /// The marks of the lines that a file has.
    fn marks(&self, file: &UnwrittenFile) -> Result<HashSet<u64>, ArchiveError> {
        let read = self.log.read(&self.log.path(file.day, &file.pass))?;
        Ok(read.lines.iter().filter_map(|line| Stretch::mark_of(&line.text)).collect())
    }

    fn tell(&mut self, error: &ArchiveError) {
        let text = home::one_line(error);
        if self.told.len() < MOST_KNOWN && self.told.insert(text.clone()) {
            tracing::warn!("the words beside the sound are behind, and are tried again every 10 s: {text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use home::{Home, files};
    use serde_json::json;
    use std::path::PathBuf;
    use store::{NewPass, WindowRow};
    use timeline::{Side, Span, TrackName, WallTime};

    const DAY_MICROS: i64 = 86_400_000_000;

    struct Desk {
        _dir: tempfile::TempDir,
        archive: Archive,
        store: Store,
        pass: store::Pass,
    }

    impl Desk {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let home = Home::at(dir.path());
            home.ensure().unwrap();
            let store = Store::open(&home.database()).unwrap();
            store.ensure_track(&TrackName::mic(), Side::Said).unwrap();
            let new = NewPass {
                model: "tiny".into(),
                model_sha256: "00".repeat(32),
                engine: "test".into(),
                params: json!({}),
                rank: 0,
                created: WallTime::from_micros(0),
            };
            let pass = store.ensure_pass(&new).unwrap();
            Self { _dir: dir, archive: Archive::open(&home), store, pass }
        }

        /// A second of nothing that touches no other.
        fn commit(&mut self, day: i64, second: i64) {
            let start = WallTime::from_micros(day * DAY_MICROS + second * 2_000_000);
            let span = Span::new(start, start.plus_micros(1_000_000));
            self.store.commit_window(&WindowRow::nothing(self.pass.key, TrackName::mic(), span)).unwrap();
        }

        fn path(&self, day: i64) -> PathBuf {
            WordsLog::open(&self.archive).path(WallTime::from_micros(day * DAY_MICROS), &self.pass.name)
        }

        /// When each line of a day's file begins, in the order of the lines.
        fn starts(&self, day: i64) -> Vec<i64> {
            let read = WordsLog::open(&self.archive).read(&self.path(day)).unwrap();
            assert_eq!(read.faults, []);
            let second = |line: &archive::WordsLine| {
                (Stretch::from_line(&line.text).unwrap().span.start.as_micros() - day * DAY_MICROS) / 2_000_000
            };
            read.lines.iter().map(second).collect()
        }

        fn scribe(&self) -> Scribe {
            Scribe::new(&self.archive)
        }
    }

    #[test]
    fn a_kill_between_a_line_and_its_note_neither_loses_nor_doubles_it() {
        let mut desk = Desk::new();
        for second in 0..5 {
            desk.commit(0, second);
        }
        // Two of them were written, the third was torn, and no note is gone.
        let file = desk.store.unwritten_file(None).unwrap().unwrap();
        let noted = desk.store.unwritten(&file, 3).unwrap();
        desk.scribe().write(&file, &noted).unwrap();
        let bytes = std::fs::read(desk.path(0)).unwrap();
        files::open_or_create(&desk.path(0)).unwrap().set_len(bytes.len() as u64 - 9).unwrap();
        let mut scribe = desk.scribe();
        assert_eq!(scribe.step(&mut desk.store, 0).unwrap(), Step::default());
        assert_eq!(desk.starts(0), [0, 1, 2, 3, 4]);
        desk.commit(0, 7);
        scribe.step(&mut desk.store, 0).unwrap();
        desk.scribe().step(&mut desk.store, 0).unwrap();
        assert_eq!(desk.starts(0), [0, 1, 2, 3, 4, 7]);
    }

    #[test]
    fn a_file_that_can_not_be_written_holds_nothing_up_and_is_tried_again() {
        let mut desk = Desk::new();
        for day in [1, 2, 3] {
            desk.commit(day, 0);
        }
        files::create_dir_all(&desk.path(2)).unwrap();
        let mut scribe = desk.scribe();
        assert_eq!(scribe.step(&mut desk.store, 0).unwrap(), Step { more: false, failed: 1 });
        assert_eq!((desk.starts(1), desk.starts(3)), (vec![0], vec![0]), "the others are written");
        assert_eq!(scribe.told.len(), 1);
        std::fs::remove_dir(desk.path(2)).unwrap();
        assert_eq!(scribe.step(&mut desk.store, AGAIN_MICROS - 1).unwrap().failed, 1, "it isn't tried all the time");
        assert_eq!(scribe.step(&mut desk.store, AGAIN_MICROS).unwrap(), Step::default());
        assert_eq!(desk.starts(2), [0]);
        assert!(scribe.told.is_empty(), "and would be told again");
    }

    #[test]
    fn years_are_written_in_steps_the_latest_day_first() {
        let mut desk = Desk::new();
        let lines = i64::try_from(LINES_PER_WRITE).unwrap();
        for second in 0..=lines {
            desk.commit(1, second);
        }
        for day in 2..8 {
            desk.commit(day, 0);
        }
        let mut scribe = desk.scribe();
        assert!(scribe.step(&mut desk.store, 0).unwrap().more);
        assert_eq!((desk.starts(7), desk.starts(4), desk.starts(3)), (vec![0], vec![0], vec![]));
        desk.commit(8, 0);
        while scribe.step(&mut desk.store, 0).unwrap().more {}
        assert_eq!(desk.starts(8), [0]);
        assert_eq!(desk.starts(1), (0..=lines).collect::<Vec<_>>());
    }
}
