//! What is to be forgotten goes before everything else.

use super::Worker;
use crate::WorkerError;
use crate::forget::{Forget, Left, Tools};
use home::Home;
use std::collections::BTreeSet;
use timeline::Clock;

/// What is to be forgotten, as the worker comes to know of it.
pub(super) struct Forgets {
    pub(super) forget: Forget,
    /// When the database was last asked, in microseconds since boot.
    asked: i64,
    /// Of what couldn't be done at once.
    tried: BTreeSet<u64>,
    /// When to try that again.
    again: i64,
    /// Whether a round was broken off for it.
    pub(super) broke_off: bool,
}

/// Whether something is to be forgotten is asked this often.
const FORGET_WITHIN_MICROS: i64 = 1_000_000;
/// What is left of it is tried again after this long, windows under way or not.
const FORGET_AGAIN_MICROS: i64 = 10_000_000;

impl Forgets {
    pub(super) fn new(home: &Home, clock: &dyn Clock) -> Self {
        let forget = Forget::at(home);
        // What keeps it from being forgotten keeps nobody from being transcribed.
        tell_of_forgetting(forget.finish_locked(clock.wall(), &mut |_| ()));
        Self { forget, asked: clock.boot_micros(), tried: BTreeSet::new(), again: i64::MIN, broke_off: false }
    }
}

impl Worker {
    /// Whether something is to be forgotten that wasn't tried yet: everything else gives way to it.
    pub(super) fn forgets_due(&mut self) -> Result<bool, WorkerError> {
        let now = self.desk.clock.boot_micros();
        if now - self.forgets.asked < FORGET_WITHIN_MICROS {
            return Ok(false);
        }
        self.forgets.asked = now;
        let known = self.desk.store.forgets()?;
        let mut pending = known.iter().filter(|(_, pending)| **pending).map(|(mark, _)| mark).peekable();
        if pending.peek().is_none() {
            return Ok(false);
        }
        if pending.any(|mark| !self.forgets.tried.contains(mark)) {
            return Ok(true);
        }
        if now < self.forgets.again {
            return Ok(false);
        }
        self.forgets.again = now + FORGET_AGAIN_MICROS;
        // While a segment of it grows, windows aren't broken off in vain.
        self.forgets.forget.nothing_grows(&self.desk.store)
    }

    pub(super) fn forget_what_is_due(&mut self) -> Result<(), WorkerError> {
        if !self.desk.store.forgets()?.values().any(|pending| *pending) {
            self.forgets.tried.clear();
            return Ok(());
        }
        let due = self.forgets.forget.due(Some(&self.desk.store))?;
        if due.iter().any(|forgetting| !self.forgets.tried.contains(&forgetting.mark))
            && let Some(live) = &mut self.live
        {
            // It may hold sound of it.
            live.stop(&mut self.desk);
        }
        self.forgets.tried.extend(due.iter().map(|forgetting| forgetting.mark));
        // One may be packing what is to be overwritten, and the other copying it.
        if let Some(retainer) = &mut self.retainer {
            retainer.stop(self.desk.clock.as_ref());
        }
        self.snapshot.stop();
        let (now, boot) = (self.desk.clock.wall(), self.desk.clock.boot_micros());
        let (store, follower) = (Some(&mut self.desk.store), Some(&mut self.desk.follower));
        let mut tools = Tools { store, follower, scribe: &mut self.scribe, boot };
        tell_of_forgetting(self.forgets.forget.carry_out(&due, &mut tools, now, &mut |_| ()));
        self.forgets.again = boot + FORGET_AGAIN_MICROS;
        Ok(())
    }
}

/// Says what is left of what was to be forgotten.
fn tell_of_forgetting(left: Result<Left, WorkerError>) {
    match left {
        Ok(left) if left.is_nothing() => {}
        Ok(left) => {
            for fault in &left.faults {
                tracing::warn!("{fault}");
            }
            let (growing, wal) = (left.growing.len(), left.wal);
            tracing::info!(growing, wal, "something is still to be forgotten: it goes once its segments are finished");
        }
        Err(error) => {
            tracing::error!("something can't be forgotten yet, and is tried again: {}", home::one_line(&error));
        }
    }
}
