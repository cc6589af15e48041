//! Whether an open microphone still hears.
//!
//! Only time in which somebody looked counts: a process that was stopped, or a machine that slept, finds the clock far
//! ahead and the frames of that time still on their way. Silence is measured in frames, not in time, so that late ones
//! count for nothing.

use crate::ring::Heard;
use crate::{CaptureError, Kind};

/// A microphone that has delivered nothing for so long has failed. With a look every 100 ms that is noticed within 3 s.
const STALL_MICROS: i64 = 2_800_000;
/// A sound server may take 2 s to wake a sleeping device: so long is waited for the first frame.
const FIRST_FRAME_MICROS: i64 = 6_000_000;
/// A microphone that isn't muted and has delivered only digital zero for so long is silent.
const SILENT_MICROS: i64 = 2_800_000;
/// A silent microphone is opened again at most so often.
const REOPEN_EVERY_MICROS: i64 = 60_000_000;
/// Time between two looks counts as no more than this.
const LOOKED_MICROS: i64 = 1_000_000;

/// What an open device shows at a moment.
#[derive(Debug)]
pub(super) struct Sign {
    /// Whether the sound system says that it runs.
    pub(super) alive: Result<(), CaptureError>,
    /// Whether the sound system says that it is muted.
    pub(super) muted: bool,
    /// What has come out of it.
    pub(super) heard: Heard,
}

/// What a look found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing to say.
    Well,
    /// It was silent and isn't any more.
    Sound,
    /// It is silent.
    Silent {
        /// Since this look.
        first: bool,
        /// For how long since it was opened.
        seconds: u64,
        /// Opening it again is due.
        reopen: bool,
    },
    /// Nothing comes.
    Stalled {
        /// For how long.
        seconds: u64,
    },
}

/// The watch over one track's device, across its reopenings.
#[derive(Debug)]
pub(super) struct Vigil {
    kind: Kind,
    /// When it was last looked.
    looked: i64,
    /// Time in which nothing came.
    waited: i64,
    /// Frames that had come at the last look.
    frames: u64,
    /// Frames up to which silence is explained: by sound, or by mute.
    explained: u64,
    silent: bool,
    /// When it was last opened again for being silent.
    reopened: Option<i64>,
}

impl Vigil {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, looked: 0, waited: 0, frames: 0, explained: 0, silent: false, reopened: None }
    }

    /// A device has been opened.
    pub(super) fn begin(&mut self, now: i64) {
        (self.looked, self.waited, self.frames, self.explained) = (now, 0, 0, 0);
    }

    /// Whether anything came since it was opened.
    pub(super) fn delivered(&self) -> bool {
        self.frames > 0
    }

    /// Looks at the open device.
    pub(super) fn look(&mut self, now: i64, sign: &Sign) -> Verdict {
        let passed = (now - self.looked).clamp(0, LOOKED_MICROS);
        self.looked = now;
        let came = std::mem::replace(&mut self.frames, sign.heard.frames) != sign.heard.frames;
        if self.kind == Kind::Loopback {
            return Verdict::Well;
        }
        self.waited = if came || sign.muted { 0 } else { self.waited + passed };
        let allowed = if self.delivered() { STALL_MICROS } else { FIRST_FRAME_MICROS };
        if self.waited >= allowed {
            return Verdict::Stalled { seconds: seconds(self.waited) };
        }
        self.explained = if sign.muted { self.frames } else { self.explained.max(sign.heard.loud) };
        let zero = sign.heard.rate.micros(self.frames.saturating_sub(self.explained));
        if zero >= SILENT_MICROS {
            let reopen = self.reopened.is_none_or(|last| now - last >= REOPEN_EVERY_MICROS);
            if reopen {
                self.reopened = Some(now);
            }
            let first = !std::mem::replace(&mut self.silent, true);
            return Verdict::Silent { first, seconds: seconds(zero), reopen };
        }
        if (sign.muted || sign.heard.loud > 0) && std::mem::take(&mut self.silent) {
            return Verdict::Sound;
        }
        Verdict::Well
    }
}

/// To the nearest second.
fn seconds(micros: i64) -> u64 {
    (micros.unsigned_abs() + 500_000) / 1_000_000
}
