use serde::{Deserialize, Serialize};
use timeline::{Side, TrackName, WallTime};

/// What a segment's file says about itself: the `hsay` chunk of its WAV header, JSON padded with spaces. With it a
/// lost journal costs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The version of this form: 1.
    pub(crate) v: u32,
    /// The recorder's session, or `import-TIME`.
    pub(crate) session: String,
    pub(crate) track: TrackName,
    pub(crate) side: Side,
    /// The index of the file's first frame in its session and track.
    pub(crate) first_frame: u64,
    /// When that frame is, in microseconds since the Unix epoch.
    pub(crate) start_us: i64,
    /// When a later frame is, where the clock says something else than the count: between the two the sound is read at
    /// the speed it really had. Renewed while a segment grows, for a crash; at last it is the frame behind the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_us: Option<i64>,
    /// How many frames that one lies behind the first; all of the file where it isn't said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_frames: Option<u64>,
    /// How far local time was ahead of UTC.
    pub(crate) utc_offset_s: i32,
    /// SHA-256 of the file this was imported from, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// The checksum of a finished file: see [`sum`](crate::sum).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sum: Option<String>,
}

/// No session is older than this many frames (17 years at 16 kHz); a header that says so lies.
const MAX_FIRST_FRAME: u64 = 1 << 43;

/// The version that is written. A reader that meets another goes by the file's name instead.
pub(crate) const ORIGIN_VERSION: u32 = 1;

impl Origin {
    pub(crate) fn start(&self) -> WallTime {
        WallTime::from_micros(self.start_us)
    }

    /// Reads a chunk; `None` where it isn't ours or of another version.
    pub(crate) fn parse(chunk: &[u8]) -> Option<Self> {
        serde_json::from_slice(chunk)
            .ok()
            .filter(|origin: &Self| origin.v == ORIGIN_VERSION && origin.first_frame < MAX_FIRST_FRAME)
    }
}
