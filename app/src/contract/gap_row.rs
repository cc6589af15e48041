use archive::GapCause;
use timeline::{TrackName, WallTime};

/// A row of `gaps --json`: time without sound on one track.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct GapRow {
    track: TrackName,
    start: WallTime,
    end: WallTime,
    cause: GapCause,
    /// At the track's rate.
    frames: u64,
}

impl From<&archive::GapRow> for GapRow {
    fn from(gap: &archive::GapRow) -> Self {
        Self { track: gap.track.clone(), start: gap.from, end: gap.to, cause: gap.cause, frames: gap.frames }
    }
}
