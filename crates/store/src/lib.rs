//! What was said, what is covered and what is to do: the truth for words.
//!
//! One SQLite database, `archive.sqlite3`, in WAL mode with `synchronous=FULL`. Its tables are described in
//! `migrations/`, and no other crate writes SQL. A recogniser's window goes in as one transaction
//! ([`Store::commit_window`]): its coverage, its utterances and a [`Change`] for each utterance that the index
//! has to look at again. A kill leaves all of it or nothing, and a window that comes twice is refused.
//!
//! A **pass** is never edited, but for the user's own ([`BY_HAND`]). Which utterances a reader sees is worked out when reading: for every moment
//! of a track the best pass that found words there speaks (rank first, then the younger), and an utterance
//! belongs to the pass that speaks at its middle. A pass that failed on a span, or found nothing in it,
//! doesn't silence another, unless that is a provisional one ([`PROVISIONAL`]): what was written as it was said gives way to
//! whatever another pass made of it, nothing included. What the user prefers ([`Preference`]) goes before all ranks, and what he wrote himself ([`Store::correct`]) before that. An utterance of another pass
//! where the one that speaks heard nobody stays in sight, as doubtful.
//!
//! Beside what was said stand the user's stars and notes ([`Remark`]), each of a moment.
//!
//! What was forgotten goes for good ([`Store::forget`]), and words of it that come later are left out.
//!
//! Beside the database lie plain files with all of it ([`Stretch`]). They follow it: triggers note what they don't have yet
//! ([`Store::unwritten`]), and [`Store::restore`] makes a database of them again.
//!
//! Writers take short `BEGIN IMMEDIATE` transactions, so several processes may write. Readers
//! ([`Store::open_read_only`]) never wait for them. No text that was spoken appears in an error.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("archive.sqlite3");
//! use store::{NewPass, Outcome, Store, WindowRow};
//! use timeline::{Side, Span, TrackName, WallTime};
//!
//! let mut store = Store::open(&path)?;
//! let mic = TrackName::mic();
//! store.ensure_track(&mic, Side::Said)?;
//! let start = WallTime::from_millis(1_795_425_312_000);
//! let pass = store.ensure_pass(&NewPass {
//!     model: "tiny.en".into(),
//!     model_sha256: "00".repeat(32),
//!     engine: "whisper.cpp".into(),
//!     params: serde_json::json!({ "beam_size": 0 }),
//!     rank: 0,
//!     created: start,
//! })?;
//! let span = Span::new(start, start.plus_micros(60_000_000));
//! store.commit_window(&WindowRow::nothing(pass.key, mic.clone(), span))?;
//! assert!(store.coverage(pass.key, &mic)?.covers(&span));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod campaign;
mod change;
mod correction;
mod current;
mod document;
mod echo;
mod error;
mod forget;
mod kept;
mod live;
mod migrate;
mod open;
mod pass;
mod preference;
mod read;
mod remark;
mod restore;
mod spoken;
mod stretch;
mod talk;
mod track;
mod unwritten;
mod utterance;
mod window;
mod words;
mod worker_state;

pub use campaign::{Campaign, CampaignState, Terms, When};
pub use change::Change;
pub use correction::BY_HAND;
pub use document::{Document, Documents};
pub use error::StoreError;
pub use forget::{Forget, Goes};
pub use open::Store;
pub use pass::{NewPass, PROVISIONAL, Pass, PassSummary, SpeechWithin};
pub use preference::Preference;
pub use read::{Counters, MAX_UTTERANCES};
pub use remark::Remark;
pub use restore::Restored;
pub use spoken::Spoken;
pub use stretch::Stretch;
pub use unwritten::{Comparison, Unwritten, UnwrittenFile};
pub use utterance::{State, Utterance, Word};
pub use window::{MAX_UTTERANCE_MICROS, NewUtterance, Outcome, WindowRow};
pub use worker_state::WorkerState;
