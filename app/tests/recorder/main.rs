//! `hearsay-record` against everything that happens to recorders: real processes, a real sound server, real files.
//!
//! Each test prints its figures. How often it repeats comes from the environment; `cargo xtask soak` asks for more.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "what a test is built of may fail the test; it waits in real time for real processes"
)]

mod devices;
mod disk;
mod forget;
mod killed;
mod load;
mod many;
mod outputs;
mod power_cut;
mod private;
mod recording;
mod stopped;
