//! The recorder and the worker as services of the user's own systemd: what `hearsay service` does.
//!
//! [`mod@unit`] is pure: what the units say. [`UnitFile`] puts one where systemd looks and takes away only what hearsay wrote;
//! [`Systemctl`] tells systemd. Nothing here asks a question, and nothing needs root.

mod systemctl;
mod unit;
mod unit_file;

pub(crate) use systemctl::{Systemctl, Told};
pub(crate) use unit::{RECORD, Setup, WORK, recorder, worker};
pub(crate) use unit_file::{UnitFile, folder};
