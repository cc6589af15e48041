use crate::contract::{GapRow, SearchRow};
use home::HooksConfig;
use serde::Serialize;
use timeline::{TrackName, WallTime};

/// What hooks are run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Utterance,
    Gap,
    DeviceLost,
}

impl Kind {
    /// The program and its arguments; none where there is no hook.
    pub(super) fn command(self, hooks: &HooksConfig) -> &[String] {
        match self {
            Self::Utterance => &hooks.utterance,
            Self::Gap => &hooks.gap,
            Self::DeviceLost => &hooks.device_lost,
        }
    }

    /// As in the configuration, and in `event`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utterance => "utterance",
            Self::Gap => "gap",
            Self::DeviceLost => "device_lost",
        }
    }
}

/// What a hook reads on its standard input: one JSON object.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event<'a> {
    /// As a row of `show --json`.
    Utterance(SearchRow<'a>),
    /// As a row of `gaps --json`.
    Gap(GapRow),
    /// A device went away.
    DeviceLost { at: WallTime, track: &'a TrackName, device: &'a str, reason: &'a str },
}
