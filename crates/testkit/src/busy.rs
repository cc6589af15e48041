//! A machine that has no time.

use crate::process::{Killed, TestkitError};
use std::process::{Command, Stdio};

/// Keeps every core busy until it is dropped: a process per core that does nothing, as fast as it can.
///
/// # Errors
/// [`TestkitError::Missing`] where there is no shell.
pub fn busy_cores() -> Result<Vec<Killed>, TestkitError> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let busy = |_| {
        let mut command = Command::new("sh");
        command.args(["-c", "while :; do :; done"]).stdin(Stdio::null()).stdout(Stdio::null());
        let started = command.spawn();
        started.map(Killed).map_err(|source| TestkitError::Missing { program: "sh".into(), package: "dash", source })
    };
    (0..cores).map(busy).collect()
}
