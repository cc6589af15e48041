//! The recorder against simulated devices and a virtual clock: every frame that a device delivers is found in the
//! archive at its place, or lies in a gap that the journal tells.
//!
//! Counts have a size for every day; `HEARSAY_SIMULATED_HOURS` and `HEARSAY_ROTATIONS` make them larger. Figures are
//! printed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that fails says so, and the figures are to be seen"
)]

mod days;
mod devices;
mod disk;
mod overrun;
mod pause;
mod rotation;
mod sim;
mod source;
mod time;
mod verdict;
