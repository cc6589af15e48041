use super::plan::{Rule, Step, Words, is_pinned, plan};
use crate::WorkerError;
use archive::packing::{Packed, pack};
use archive::{Archive, ArchiveError, Fault, Pins};
use home::{Home, RetentionConfig};
use std::collections::BTreeMap;
use store::{Store, StoreError};
use timeline::{SpanSet, WallTime};

/// The rules of a home, and what they are kept by.
pub struct Retention {
    archive: Archive,
    pins: Pins,
    rules: RetentionConfig,
    /// Without one nothing was ever transcribed, and so no sound is taken away.
    store: Option<Store>,
    pass: Option<i64>,
}

/// How far it is, in bytes of the files that the plan names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retaining {
    /// Bytes that were dealt with.
    pub done: u64,
    /// Bytes there are.
    pub total: u64,
}

/// What a rule did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Segments.
    pub segments: u64,
    /// How long they last, in microseconds.
    pub micros: i64,
    /// What they took on disk, in bytes.
    pub before: u64,
    /// What they take now.
    pub after: u64,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Retained {
    /// By rule.
    pub rules: BTreeMap<Rule, Tally>,
    /// Segments that were left as they are, each with the reason.
    pub faults: Vec<Fault>,
    /// Whether it was called off before everything was done.
    pub stopped: bool,
}

impl Retained {
    fn count(&mut self, step: &Step, before: u64, after: u64) {
        let tally = self.rules.entry(step.rule).or_default();
        tally.segments += 1;
        tally.micros += step.segment.span.len_micros();
        tally.before += before;
        tally.after += after;
    }

    /// What a plan would do, with the lengths that are to be expected.
    pub fn expected(steps: &[Step]) -> Self {
        let mut expected = Self::default();
        for step in steps {
            let after = if step.rule.removes() { 0 } else { super::plan::packed_bytes(step.bytes) };
            expected.count(step, step.bytes, after);
        }
        expected
    }
}

/// So many failures one after the other concern the disk and not a file.
const MAX_FAILURES: usize = 3;

impl Retention {
    /// The rules of a home. `pass` is the one that speaks for it, where one is known: what it hasn't dealt with is kept, whatever others have.
    ///
    /// # Errors
    /// [`WorkerError::Store`] where the database is there and can't be read.
    pub fn open(home: &Home, rules: RetentionConfig, pass: Option<i64>) -> Result<Self, WorkerError> {
        let store = match Store::open_read_only(&home.database()) {
            Ok(store) => Some(store),
            Err(StoreError::Missing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { archive: Archive::open(home), pins: Pins::open(home), rules, store, pass })
    }

    /// What the rules would do at the time `now`, oldest first. Changes nothing.
    ///
    /// # Errors
    /// [`WorkerError::Archive`] where the archive or the pins can't be read, [`WorkerError::Store`].
    pub fn plan(&self, now: WallTime) -> Result<Vec<Step>, WorkerError> {
        if self.rules.is_empty() {
            return Ok(Vec::new());
        }
        let with_length = |segment: archive::Segment| {
            let bytes = segment.path.metadata().ok()?.len();
            Some((segment, bytes))
        };
        let files = self.archive.scan()?.segments.into_iter().filter_map(with_length).collect();
        let mut dealt_with = |track: &timeline::TrackName, failed_too: bool| -> Result<SpanSet, WorkerError> {
            let Some(store) = &self.store else { return Ok(SpanSet::new()) };
            Ok(store.dealt_with(self.pass, track, failed_too)?)
        };
        let mut heard = |segment: &archive::Segment| -> Result<bool, WorkerError> {
            let Some(store) = &self.store else { return Ok(true) };
            Ok(store.has_words(&segment.name.track, &segment.span)?)
        };
        let mut words = Words { dealt_with: &mut dealt_with, heard: &mut heard };
        plan(files, &self.rules, now, &self.pins.read()?, &mut words)
    }

    /// Does what the rules say at the time `now`. `stop` is asked between files and every few seconds of sound. One file that can't be dealt with is
    /// named and stops nothing.
    ///
    /// # Errors
    /// As [`plan`](Self::plan), and [`WorkerError::Archive`] where the disk takes nothing more. What was done until then is whole.
    pub fn carry_out(
        &self,
        now: WallTime,
        stop: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Retaining),
    ) -> Result<Retained, WorkerError> {
        let mut done = Retained::default();
        let steps = self.plan(now)?;
        let total = steps.iter().map(|step| step.bytes).sum();
        let mut at = Retaining { done: 0, total };
        let (by_size, by_age): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(|step| step.rule == Rule::MaxSize);
        self.take(&by_age, now, stop, &mut done, &mut |bytes| {
            at.done += bytes;
            tell(at);
        })?;
        if !by_size.is_empty() && !done.stopped {
            // How much room packing really made is known only now.
            let mut steps = self.plan(now)?;
            steps.retain(|step| step.rule == Rule::MaxSize);
            self.take(&steps, now, stop, &mut done, &mut |bytes| {
                at.done = at.done.saturating_add(bytes).min(at.total);
                tell(at);
            })?;
        }
        Ok(done)
    }

    fn take(
        &self,
        steps: &[Step],
        now: WallTime,
        stop: &dyn Fn() -> bool,
        done: &mut Retained,
        tell: &mut dyn FnMut(u64),
    ) -> Result<(), WorkerError> {
        let mut failures = 0;
        for step in steps {
            if stop() {
                done.stopped = true;
                return Ok(());
            }
            match self.take_one(step, now, stop) {
                Ok(Some(Packed::Packed { before, after })) => {
                    done.count(step, before, after);
                    failures = 0;
                }
                Ok(Some(Packed::Left(fault))) => done.faults.push(fault),
                Ok(None) => {}
                Ok(Some(Packed::Stopped)) => {
                    done.stopped = true;
                    return Ok(());
                }
                Err(error) => {
                    failures += 1;
                    if failures >= MAX_FAILURES {
                        return Err(error.into());
                    }
                    done.faults.push(Fault::failed(&step.segment.path, &error));
                }
            }
            tell(step.bytes);
        }
        Ok(())
    }

    /// Does one step; `None` where it isn't to be done any more.
    fn take_one(&self, step: &Step, now: WallTime, stop: &dyn Fn() -> bool) -> Result<Option<Packed>, ArchiveError> {
        if !step.rule.removes() {
            return pack(&step.segment, stop).map(Some);
        }
        // It may have been pinned since it was planned.
        if is_pinned(&self.pins.read()?, &step.segment.span) {
            return Ok(None);
        }
        let before = self.archive.retire(&step.segment, step.rule.key(), now)?;
        Ok(Some(Packed::Packed { before, after: 0 }))
    }
}
