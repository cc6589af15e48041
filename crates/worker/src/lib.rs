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
//! While somebody watches, a second lane reads the segments as they grow, a window for each utterance, into a provisional
//! pass of its own, and overtakes the first in the recogniser. Both run on one thread: the first lets the second have its turn
//! ten times a second.
//!
//! Other passes over old days (campaigns) are queued in the store, and have their turn while there is no new sound. They have a recogniser of
//! their own; new sound, who watches and what is to be forgotten interrupt them at the next window.
//!
//! Behind the store follow the index and the plain files beside the sound ([`Rebuild`] makes a lost database of those).
//!
//! [`check`], [`repair`] and [`backup`] take care of what is there; once a day the worker keeps a copy of the database beside it.
//! Where the user has set rules for it, what is old is packed or taken away while there is nothing else to do ([`retention`]).
//!
//! What the user wants forgotten goes for good ([`Forget`]), whoever is killed meanwhile. Outside of that this crate never writes sound (but [`repair`]
//! gives damaged headers back), never deletes a file that isn't its own and unfinished without such a rule; and it never logs a word that was spoken.

mod backlog;
pub mod backup;
mod campaign_plan;
mod campaigns;
pub mod check;
mod choices;
mod conversation;
mod desk;
mod error;
mod follow;
mod forget;
mod hearing;
mod links;
mod live_fault;
mod live_lane;
mod live_settings;
mod live_track;
mod machine;
mod own_file;
mod pass;
mod planned_window;
mod progress;
mod queue;
mod rebuild;
mod remarks;
pub mod repair;
pub mod retention;
mod scribe;
mod snapshot;
mod stated;
mod track_stream;
mod watch;
mod work;

pub use backlog::{Backlog, TrackBacklog};
pub use campaign_plan::{CampaignPlan, Wanted};
pub use campaigns::{CampaignSettings, OpenRecogniser, WaitsFor, is_between};
pub use choices::keep_choices;
pub use error::WorkerError;
pub use follow::{Followed, Follower, follow_up};
pub use forget::{Erasing, Forget, Left, WouldForget};
pub use live_settings::{LiveModel, LiveSettings};
pub use machine::Machine;
pub use pass::PassPlan;
pub use progress::{Progress, Summary};
pub use rebuild::{Database, Rebuild, Rebuilding, Rebuilt};
pub use remarks::{keep_remarks, stored_remark};
pub use work::{Settings, Worker};
