//! What recognition hears of a microphone, when loudspeakers are on: its sound without what the loopback track played.
//!
//! ```text
//! mic ───────────────────────────────────────────┬─► filter ─► mic - echo, and how much of it was echo
//! loopback ─► correlation ─► delay and drift ─► aligned ─┘ (three times over the stretch, the first to learn)
//! ```
//!
//! The archive is never touched. Everything here is a function of the sound it is given: whoever asks again gets the same bits.

mod align;
mod clean;
mod cleaned;
mod correlation;
mod delay_line;
mod fft;
mod filter;

pub use clean::clean;
pub use cleaned::{Cleaned, EchoShare};
