//! The player as a whole: both sides in step for an hour, places that are true, and how long it takes until something is heard.

mod starts;
mod sync;
