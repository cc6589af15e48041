//! The main job on the sample day, with the real executables, the real model and real files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test's helpers may fail, print, write files of any kind and ask for the time"
)]

mod again;
mod care;
mod faults;
mod forget;
mod home;
mod import_to_search;
mod kill;
mod rebuild;
mod record_to_search;
mod replay;
mod retain;
mod served;
