//! What a supervisor decides, as a function of the time and of what was seen: no thread, no device, no clock.
//!
//! ```text
//!             Order::Open               opened
//! Waiting ----------------> Opening -------------> Open
//!    ^                         | failed, timed out   |
//!    +-------------------------+                     |
//!    +-----------------------------------------------+
//!                       lost (at once where the device was well, else after a wait)
//! ```
//!
//! All times are microseconds that the machine was awake.

use super::vigil::{Sign, Verdict, Vigil};
use super::{Event, Watch};
use crate::{CaptureError, Choice, Device};

/// How long opening may take before it is given up and left to finish or hang by itself.
const OPEN_TIMEOUT_MICROS: i64 = 8_000_000;
/// Waits between attempts to open a device that isn't there, in seconds; the last one goes on for ever. Short, since
/// people plug a device in and speak.
const MISSING_S: [i64; 2] = [1, 2];
/// Waits between attempts to open a device that is there and refuses.
const REFUSED_S: [i64; 4] = [1, 2, 5, 10];
/// A device that ran for so long before it was lost is opened again at once.
const HEALTHY_MICROS: i64 = 5_000_000;
/// How often the system is asked which device is its default, where that one is followed.
const LIST_EVERY_MICROS: i64 = 2_000_000;

/// What the shell has to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Begin to find and open the device.
    Open,
    /// Begin to list what there is.
    List,
    /// Close the device.
    Close,
    /// Say what happened.
    Tell(Event),
}

#[derive(Debug)]
enum Phase {
    Waiting { until: i64 },
    Opening { since: i64 },
    Open(Holding),
}

/// A device that is open.
#[derive(Debug)]
struct Holding {
    device: Device,
    since: i64,
    listed: i64,
    muted: bool,
}

/// A supervisor without hands.
#[derive(Debug)]
pub(super) struct Machine {
    watch: Watch,
    /// Whether it is asked which device is the default while one is open.
    follows: bool,
    phase: Phase,
    vigil: Vigil,
    /// Attempts in a row that came to nothing.
    attempt: usize,
    /// What the last attempt failed with, since equal failures are told once.
    failure: String,
}

impl Machine {
    /// Opens the device as soon as it is stepped.
    pub(super) fn new(watch: Watch, follows: bool) -> Self {
        let vigil = Vigil::new(watch.kind);
        Self { watch, follows, phase: Phase::Waiting { until: i64::MIN }, vigil, attempt: 0, failure: String::new() }
    }

    /// Time has passed. `sign` is what the open device shows, if one is open.
    pub(super) fn step(&mut self, now: i64, sign: Option<Sign>) -> Vec<Order> {
        match (&mut self.phase, sign) {
            (Phase::Waiting { until }, _) if now >= *until => {
                self.phase = Phase::Opening { since: now };
                vec![Order::Open]
            }
            (Phase::Opening { since }, _) if now - *since >= OPEN_TIMEOUT_MICROS => {
                let seconds = OPEN_TIMEOUT_MICROS.unsigned_abs() / 1_000_000;
                self.failed(now, CaptureError::TimedOut { device: self.device_name(), seconds })
            }
            (Phase::Open(_), Some(sign)) => self.look(now, sign),
            _ => Vec::new(),
        }
    }

    /// Whether an opening that ended now is still wanted.
    pub(super) fn is_opening(&self) -> bool {
        matches!(self.phase, Phase::Opening { .. })
    }

    /// The device is open.
    pub(super) fn opened(&mut self, now: i64, device: Device, muted: bool) -> Vec<Order> {
        self.failure.clear();
        self.vigil.begin(now);
        self.phase = Phase::Open(Holding { device, since: now, listed: now, muted });
        if muted { vec![Order::Tell(Event::Muted(true))] } else { Vec::new() }
    }

    /// It can't be opened.
    pub(super) fn failed(&mut self, now: i64, error: CaptureError) -> Vec<Order> {
        self.wait(now, waits(&error));
        let failure = error.to_string();
        if failure == self.failure {
            return Vec::new();
        }
        self.failure = failure;
        vec![Order::Tell(Event::Failed(error))]
    }

    /// What there is, for a supervisor that follows the default.
    pub(super) fn listed(&mut self, now: i64, devices: &[Device]) -> Vec<Order> {
        let Phase::Open(holding) = &self.phase else { return Vec::new() };
        // Where nothing is the default, the stream of the device that was it tells by itself whether it is over.
        match self.watch.choice.find(devices, self.watch.kind) {
            Ok(default) if default.id != holding.device.id => {
                let reason = CaptureError::DefaultChanged { device: holding.device.id.clone() };
                self.lose(now, reason, true)
            }
            _ => Vec::new(),
        }
    }

    fn look(&mut self, now: i64, sign: Sign) -> Vec<Order> {
        let Phase::Open(holding) = &mut self.phase else { return Vec::new() };
        if let Err(reason) = sign.alive {
            let well = self.vigil.delivered() && now - holding.since >= HEALTHY_MICROS;
            return self.lose(now, reason, well);
        }
        let mut orders = Vec::new();
        if sign.muted != holding.muted {
            holding.muted = sign.muted;
            orders.push(Order::Tell(Event::Muted(sign.muted)));
        }
        if self.follows && now - holding.listed >= LIST_EVERY_MICROS {
            holding.listed = now;
            orders.push(Order::List);
        }
        // Looked at millions of times in a simulation: the name is copied only when there is something to say.
        let device = || holding.device.id.clone();
        match self.vigil.look(now, &sign) {
            Verdict::Well => {}
            Verdict::Sound => orders.push(Order::Tell(Event::Silent(false))),
            Verdict::Silent { first, seconds, reopen } => {
                if first {
                    orders.push(Order::Tell(Event::Silent(true)));
                }
                if reopen {
                    let device = device();
                    orders.extend(self.lose(now, CaptureError::Silent { device, seconds }, true));
                }
            }
            Verdict::Stalled { seconds } => {
                let (delivered, device) = (self.vigil.delivered(), device());
                orders.extend(self.lose(now, CaptureError::Stalled { device, seconds }, delivered));
            }
        }
        orders
    }

    /// The device is lost: it is closed, told, and opened again, at once where it was well up to now.
    fn lose(&mut self, now: i64, reason: CaptureError, well: bool) -> Vec<Order> {
        let again = Phase::Waiting { until: now };
        let Phase::Open(holding) = std::mem::replace(&mut self.phase, again) else { return Vec::new() };
        if well {
            self.attempt = 0;
        } else {
            self.wait(now, &MISSING_S);
        }
        vec![Order::Close, Order::Tell(Event::Lost { device: holding.device, reason })]
    }

    fn wait(&mut self, now: i64, waits: &[i64]) {
        let seconds = waits.get(self.attempt).or(waits.last()).copied().unwrap_or(1);
        self.attempt = self.attempt.saturating_add(1);
        self.phase = Phase::Waiting { until: now + seconds * 1_000_000 };
    }

    fn device_name(&self) -> String {
        match &self.watch.choice {
            Choice::Named(name) => name.clone(),
            _ => format!("the default {}", self.watch.kind),
        }
    }
}

/// How long to wait after such a failure, attempt by attempt.
fn waits(error: &CaptureError) -> &'static [i64] {
    match error {
        CaptureError::NoDefault { .. }
        | CaptureError::NotFound { .. }
        | CaptureError::Ambiguous { .. }
        | CaptureError::Unreachable { .. } => &MISSING_S,
        _ => &REFUSED_S,
    }
}
