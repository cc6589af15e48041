//! How a track is: what the status shows, and when its user has to be told.

use capture::Kind;
use capture::control::TrackState;

/// A track whose last frame is older than this delivers nothing.
const QUIET_MICROS: i64 = 1_000_000;
/// A device that has been dead for so long, while the machine was awake, is worth a notification.
const DEAD_MICROS: i64 = 10_000_000;

/// What is known of a track's device besides that it is open.
#[derive(Debug, Default)]
pub(super) struct Health {
    pub(super) muted: bool,
    pub(super) silent: bool,
    /// Why it can't be opened or was lost, until it delivers again.
    failure: Option<String>,
    /// Since then (awake clock) nothing comes that should.
    dead_since: Option<i64>,
    /// It has been dead for so long that its user is told.
    dead: bool,
    /// What its user has been told of.
    told: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Dead,
    Silent,
}

impl Health {
    /// A device was opened; it has to deliver before all is well.
    pub(super) fn opened(&mut self) {
        self.muted = false;
        self.failure = None;
    }

    pub(super) fn failed(&mut self, reason: String) {
        self.failure = Some(reason);
    }

    pub(super) fn lost(&mut self, reason: String) {
        self.muted = false;
        self.failed(reason);
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Looks whether it has been dead or silent for long. What its user has to be told, once each time. `age` is that
    /// of the last frame; a track that isn't to be recorded counts as open.
    pub(super) fn look(&mut self, kind: Kind, open: bool, age: Option<i64>, awake: i64) -> Option<String> {
        let quiet = age.is_none_or(|age| age > QUIET_MICROS);
        if open && (kind == Kind::Loopback || !quiet || self.muted) {
            (self.dead_since, self.dead) = (None, false);
        } else {
            self.dead = awake - *self.dead_since.get_or_insert(awake) >= DEAD_MICROS;
        }
        let trouble = match (self.dead, self.silent) {
            (true, _) => Some(Trouble::Dead),
            (_, true) => Some(Trouble::Silent),
            _ => None,
        };
        let told = std::mem::replace(&mut self.told, trouble);
        if trouble == told { None } else { self.trouble() }
    }

    /// What is wrong with it, if that has lasted for long enough to be told.
    pub(super) fn trouble(&self) -> Option<String> {
        if self.dead {
            let why = self.failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            Some(format!("has delivered nothing for more than 10 s{why}"))
        } else {
            self.silent
                .then(|| "delivers only digital silence; is it switched off or taken by another program?".to_owned())
        }
    }

    pub(super) fn state(&self, kind: Kind, open: bool, age: Option<i64>, paused: bool, full: bool) -> TrackState {
        let quiet = age.is_none_or(|age| age > QUIET_MICROS);
        match kind {
            _ if paused => TrackState::Paused,
            _ if full => TrackState::Disk,
            _ if !open => TrackState::NoDevice,
            _ if self.muted => TrackState::Muted,
            _ if self.silent => TrackState::Silent,
            Kind::Microphone if quiet => TrackState::Stalled,
            Kind::Loopback if quiet => TrackState::Idle,
            _ => TrackState::Recording,
        }
    }
}

/// The level as it is shown: to a tenth of a decibel, and none where nothing comes.
pub(super) fn level(age: Option<i64>, db: Option<f32>) -> Option<f32> {
    age.filter(|age| *age < QUIET_MICROS).and(db).map(|db| (db * 10.0).round() / 10.0)
}

/// Microseconds as seconds, to a millisecond.
#[expect(clippy::cast_precision_loss, reason = "to a millisecond")]
pub(super) fn seconds(micros: i64) -> f64 {
    (micros.max(0) / 1_000) as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    #[test]
    fn a_dead_microphone_is_told_once_after_ten_seconds() {
        let mut health = Health::default();
        health.lost("usb ended: unplugged".into());
        let look = |health: &mut Health, at: i64| health.look(Kind::Microphone, false, Some(at * S), at * S);
        assert_eq!((0..10).find_map(|at| look(&mut health, at)), None);
        assert!(look(&mut health, 10).unwrap().ends_with("usb ended: unplugged"));
        assert_eq!((11..100).find_map(|at| look(&mut health, at)), None);
        assert!(health.trouble().is_some());
        health.opened();
        assert_eq!(health.look(Kind::Microphone, true, Some(0), 100 * S), None);
        assert_eq!(health.trouble(), None);
        health.lost("again".into());
        assert_eq!((101..111).find_map(|at| look(&mut health, at)), None);
        assert!(look(&mut health, 111).is_some());
    }

    #[test]
    fn silence_is_told_once_and_mute_and_idleness_never() {
        let mut health = Health { silent: true, ..Health::default() };
        assert!(health.look(Kind::Microphone, true, Some(0), 0).is_some());
        assert_eq!((1..100).find_map(|at| health.look(Kind::Microphone, true, Some(0), at * S)), None);
        let mut muted = Health { muted: true, ..Health::default() };
        assert_eq!((1..100).find_map(|at| muted.look(Kind::Microphone, true, None, at * S)), None);
        let mut idle = Health::default();
        assert_eq!((1..100).find_map(|at| idle.look(Kind::Loopback, true, None, at * S)), None);
        assert_eq!(idle.state(Kind::Loopback, true, None, false, false), TrackState::Idle);
    }
}
