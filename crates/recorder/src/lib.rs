//! From devices to the archive: what `hearsay-record` does, without its process.
//!
//! A [`Recorder`] takes what its devices deliver, places it by the clock, writes it into the segments of a session and
//! says everything that happens in the journal. [`Recorder::advance`] is one round of it; [`Recorder::run`] goes round
//! until it is told to stop. Where no device delivers, the time is a gap with its cause; where sound was delivered and
//! couldn't be kept, it is counted to the frame.
//!
//! The crate has no thread of its own but those of `capture` and `hs-outputs`, which asks what plays; no signal and no
//! socket: those are the executable's.
//! It links neither a model nor a database.

mod all_outputs;
mod asking;
mod before;
mod boot_line;
mod causes;
mod condition;
mod context;
mod disk;
mod error;
mod input;
mod inputs;
mod ledger;
mod level;
mod marks;
mod measure;
mod mix;
mod outputs;
mod pause;
mod recorder;
mod session_lines;
mod start;
mod status;
mod track;

pub use context::Supervision;
pub use disk::{RESUME_BYTES, Room, STOP_BYTES, WARN_BYTES, room_of};
pub use error::RecorderError;
pub use level::SILENCE_DB;
pub use recorder::{Command, Recorder, Report};
pub use start::{Notify, Start};
pub use status::SharedStatus;
pub use track::TrackReport;
