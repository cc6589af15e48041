//! Why sound is missing, moment by moment, so that each gap can be told with its cause.

use archive::GapCause;

/// A stretch shorter than this isn't told apart from the one beside it.
const SHORT_MICROS: i64 = 200_000;
/// After a sleep, a pause or a crash a device takes a while to deliver: that belongs to what came before.
const WAKING_MICROS: i64 = 5_000_000;
/// So many changes are remembered between two sounds; the oldest stretches run together beyond.
const CHANGES: usize = 256;

/// A stretch without sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missing {
    /// From when, by the boot clock.
    pub(crate) from: i64,
    /// To when.
    pub(crate) to: i64,
    pub(crate) cause: GapCause,
}

/// What would be the cause if no sound came, since when.
#[derive(Debug)]
pub(crate) struct Causes {
    /// What it is where nothing is known: a loopback is idle, a microphone has stalled.
    usual: GapCause,
    /// In order of time.
    changes: Vec<(i64, GapCause)>,
}

impl Causes {
    pub(crate) fn new(usual: GapCause) -> Self {
        Self { usual, changes: Vec::new() }
    }

    /// From that moment of the boot clock on, that is why. What was said of later moments is forgotten.
    pub(crate) fn since(&mut self, at: i64, cause: GapCause) {
        self.changes.retain(|(changed, _)| *changed < at);
        if self.now() == cause {
            return;
        }
        if self.changes.len() >= CHANGES {
            self.changes.remove(1);
        }
        self.changes.push((at, cause));
    }

    /// From that moment on nothing is known to be wrong.
    pub(crate) fn usual_since(&mut self, at: i64) {
        self.since(at, self.usual);
    }

    /// That is why, since the sound ended at that moment, or since the last thing that is known to have changed after it.
    pub(crate) fn since_sound(&mut self, ended: i64, cause: GapCause) {
        let changed = self.changes.last().map_or(ended, |(at, _)| *at);
        self.since(ended.max(changed), cause);
    }

    /// Between two moments that was why, and afterwards what it is now.
    pub(crate) fn between(&mut self, from: i64, to: i64, cause: GapCause) {
        let now = self.now();
        if let [.., (_, before), (at, _)] = self.changes.as_slice()
            && *before == cause
            && from - at < SHORT_MICROS
        {
            // It goes on: what was between isn't worth telling apart.
            self.changes.pop();
        }
        self.since(from, cause);
        self.since(to, now);
    }

    /// What it is at this moment.
    pub(crate) fn now(&self) -> GapCause {
        self.changes.last().map_or(self.usual, |(_, cause)| *cause)
    }

    /// Sound came up to then: what was before is of no interest, and what was wrong is over.
    pub(crate) fn sound(&mut self, up_to: i64) {
        self.changes.retain(|(at, _)| *at >= up_to);
    }

    /// The stretches between two moments, each with its cause, without a hole.
    pub(crate) fn split(&self, from: i64, to: i64) -> Vec<Missing> {
        let mut parts: Vec<Missing> = Vec::new();
        let mut cause = self.usual;
        let mut at = from;
        for (changed, next) in &self.changes {
            if *changed > at {
                push(&mut parts, Missing { from: at, to: (*changed).min(to), cause });
                at = (*changed).min(to);
            }
            cause = *next;
        }
        push(&mut parts, Missing { from: at, to, cause });
        if parts.is_empty() {
            parts.push(Missing { from, to: to.max(from), cause });
        }
        parts
    }
}

/// Adds a stretch, or makes it part of the one before or after it.
fn push(parts: &mut Vec<Missing>, next: Missing) {
    let length = next.to - next.from;
    if length <= 0 {
        return;
    }
    let Some(last) = parts.last_mut() else { return parts.push(next) };
    let waking = matches!(last.cause, GapCause::Suspended | GapCause::Paused | GapCause::Crash);
    if last.cause == next.cause || length < SHORT_MICROS || (waking && length < WAKING_MICROS) {
        last.to = next.to;
    } else if last.to - last.from < SHORT_MICROS {
        (last.to, last.cause) = (next.to, next.cause);
    } else {
        parts.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    fn split(causes: &Causes, from: i64, to: i64) -> Vec<(i64, i64, GapCause)> {
        causes.split(from * S, to * S).iter().map(|part| (part.from / S, part.to / S, part.cause)).collect()
    }

    #[test]
    fn an_idle_hour_with_a_lost_device_in_it_is_three_stretches() {
        let mut causes = Causes::new(GapCause::Idle);
        causes.since(100 * S, GapCause::DeviceLost);
        causes.usual_since(110 * S);
        let parts = [(0, 100, GapCause::Idle), (100, 110, GapCause::DeviceLost), (110, 3600, GapCause::Idle)];
        assert_eq!(split(&causes, 0, 3600), parts);
        assert_eq!(split(&causes, 105, 108), [(105, 108, GapCause::DeviceLost)]);
        causes.sound(3600 * S);
        assert_eq!(split(&causes, 3600, 3601), [(3600, 3601, GapCause::Idle)]);
    }

    #[test]
    fn a_device_that_wakes_slowly_after_a_sleep_is_part_of_the_sleep() {
        let mut causes = Causes::new(GapCause::Stalled);
        causes.between(10 * S, 3610 * S, GapCause::Suspended);
        assert_eq!(split(&causes, 10, 3612), [(10, 3612, GapCause::Suspended)]);
        causes.since(3611 * S, GapCause::DeviceLost);
        assert_eq!(split(&causes, 10, 3700), [(10, 3611, GapCause::Suspended), (3611, 3700, GapCause::DeviceLost)]);
    }

    #[test]
    fn what_is_noticed_a_moment_later_counts_from_the_last_sound() {
        let mut causes = Causes::new(GapCause::Idle);
        causes.since(S + 100_000, GapCause::DeviceLost);
        assert_eq!(split(&causes, 1, 9), [(1, 9, GapCause::DeviceLost)]);
    }

    #[test]
    fn the_stretches_cover_the_whole_gap_however_much_happened_in_it() {
        let mut causes = Causes::new(GapCause::Stalled);
        for n in 0..1_000 {
            causes.since(n * S, if n % 2 == 0 { GapCause::DeviceLost } else { GapCause::Disk });
        }
        let parts = causes.split(0, 1_000 * S);
        assert!(parts.len() <= CHANGES + 1);
        assert_eq!((parts[0].from, parts[parts.len() - 1].to), (0, 1_000 * S));
        assert!(parts.windows(2).all(|pair| pair[0].to == pair[1].from));
    }
}
