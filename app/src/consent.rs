//! Whether somebody has still to be asked before anything is recorded. `hearsay` asks; the recorder, started by itself, refuses.

use archive::{Archive, Journal};
use home::Home;
use std::io::IsTerminal;
use std::path::Path;

/// Whether it is so: somebody sits at a terminal, no `configuration` was found, and no recorder ever ran on this home. Sound that was
/// imported is no consent to be recorded.
pub(crate) fn is_owed(home: &Home, configuration: Option<&Path>) -> bool {
    let somebody = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    somebody && configuration.is_none() && !has_recorded(home)
}

/// Whether a recorder ever ran on this home. One whose folders can't be read is no new one.
pub(crate) fn has_recorded(home: &Home) -> bool {
    Journal::open(&Archive::open(home)).exists().unwrap_or(true)
}
