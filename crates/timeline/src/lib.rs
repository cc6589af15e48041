//! When something was said: frames, rates, spans and wall time, the clock, and the names made of them.
//!
//! The unit of the timeline is the microsecond since the Unix epoch, UTC ([`WallTime`]). Everything
//! after the archive works at 16 kHz on one absolute grid ([`Position`]), so that where a window or a
//! frame of the voice detector lies depends on the time alone and never on a file, an arrival or a restart.
//!
//! ```
//! use timeline::{SegmentName, Span, TrackName, WallTime};
//!
//! let start = WallTime::parse_rfc3339("2026-11-23T09:15:00Z")?;
//! let five_minutes = Span::new(start, start.plus_micros(300_000_000));
//! assert_eq!(five_minutes.len_micros(), 300_000_000);
//! let name = SegmentName { start, track: TrackName::mic() };
//! assert_eq!(name.file_name(), "20261123T091500.000Z.mic.wav");
//! # Ok::<(), timeline::TimeError>(())
//! ```
//!
//! This crate does no I/O but to ask the system for the time, and nothing else in the workspace does that.

mod clock;
mod id;
mod moment;
mod position;
mod rate;
mod segment_name;
mod span;
mod span_set;
mod spoken_time;
mod track;
mod wall_time;

pub use clock::{Clock, SystemClock};
pub use id::{PassName, UtteranceId};
pub use moment::Moment;
pub use position::Position;
pub use rate::SampleRate;
pub use segment_name::SegmentName;
pub use span::Span;
pub use span_set::SpanSet;
pub use spoken_time::{local_day, parse_span, parse_time};
pub use track::{Side, TrackName};
pub use wall_time::WallTime;

/// Why a text is not a time, a span, a name or an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text is neither a time nor a span. Typing it differently helps.
    #[error("cannot read {text:?} as a {wanted}")]
    Unreadable {
        /// What was typed.
        text: String,
        /// What was expected, e.g. `time` or `span`.
        wanted: &'static str,
    },
    /// The civil time doesn't exist or the span ends before it starts.
    #[error("{text:?} ends before it starts")]
    Backwards {
        /// What was typed.
        text: String,
    },
    /// A track's name has characters or a length that file names can't have.
    #[error("{name:?} is not a track name: 1 to 16 of a-z, 0-9 and '-'")]
    Track {
        /// The name.
        name: String,
    },
}
