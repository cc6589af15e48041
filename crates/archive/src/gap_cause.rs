use serde::{Deserialize, Serialize};

/// Why a track has no sound for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// The device was open and delivered nothing.
    Stalled,
    /// The device was gone: unplugged, or its sound system ended.
    DeviceLost,
    /// The recorder closed and opened the device itself: the default changed, or it gave digital silence.
    Reopened,
    /// Frames came faster than they could be taken; they are counted to the frame.
    Overrun,
    /// The machine slept.
    Suspended,
    /// The disk was full, read-only or gone.
    Disk,
    /// The recorder died and was started again.
    Crash,
    /// The user paused the recorder.
    Paused,
    /// Nothing was played, so that a loopback had nothing to deliver.
    Idle,
    /// The user had it forgotten. Never in a journal: `forgotten.jsonl` says so.
    Forgotten,
    /// A rule of the user's took the sound away; the words are there.
    Retired,
}

impl GapCause {
    /// As it is written: `device_lost`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stalled => "stalled",
            Self::DeviceLost => "device_lost",
            Self::Reopened => "reopened",
            Self::Overrun => "overrun",
            Self::Suspended => "suspended",
            Self::Disk => "disk",
            Self::Crash => "crash",
            Self::Paused => "paused",
            Self::Idle => "idle",
            Self::Forgotten => "forgotten",
            Self::Retired => "retired",
        }
    }

    /// Whether sound was lost that should have been there: an idle loopback and a pause aren't failures, nor is what was forgotten or taken away.
    pub const fn is_loss(self) -> bool {
        !matches!(self, Self::Idle | Self::Paused | Self::Forgotten | Self::Retired)
    }
}
