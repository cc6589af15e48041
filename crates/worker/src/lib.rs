//! From sound in the archive to words in the store and the index.
//!
//! ```text
//! archive folder ──► TrackStream: what is there and not covered, as windows ──► Recogniser ──► store ──► index
//!      ▲                (a window is a function of the timeline alone)            (a queue)    one        follows
//!      └─ notify only shortens the wait; a rescan finds what was missed                    transaction   by number
//! ```
//!
//! Work is whatever the archive holds and the pass doesn't cover. There is no list of jobs that could disagree
//! with the folder: a worker that is killed starts again from the same question, and since a window's place
//! depends on nothing but the timeline, it finds the same windows again and repeats at most the ones that were
//! under way.
//!
//! This crate never writes sound, never deletes a file, and never logs a word that was spoken.

mod backlog;
mod error;
mod follow;
mod pass;
mod progress;
mod track_stream;
mod watch;
mod work;

pub use backlog::{Backlog, TrackBacklog};
pub use error::WorkerError;
pub use follow::{Followed, Follower};
pub use pass::PassPlan;
pub use progress::{Progress, Summary};
pub use work::{Settings, Worker};
