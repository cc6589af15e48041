//! How long sound is kept, by the rules in the configuration. Without a rule nothing is planned and nothing happens.
//!
//! ```text
//! finished segments ──► plan: which rule takes which (a function of values) ──► FLAC, or only the words
//! ```
//!
//! What a span is kept for goes before every rule: it is pinned; or its sound is all there is of it, because no main pass has come to words or to the
//! finding that there are none; or sound of that time waits on another track, whose echo it may be. Packing needs neither words nor coverage, for the FLAC is the same sound.
//!
//! It can be stopped and killed at any moment: each segment is dealt with by itself, and the next run plans anew with what is there. To be run by the
//! holder of the worker's lock: by the command, or by a worker that has nothing else to do, on a thread of its own, `hs-retain`.

mod due;
mod plan;
mod retainer;
mod run;

pub use due::{due, set_due};
pub use plan::{Rule, Step};
pub(crate) use retainer::Retainer;
pub use run::{Retained, Retaining, Retention, Tally};
