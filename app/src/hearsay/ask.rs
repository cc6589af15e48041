//! A question to whoever sits at the terminal.

use crate::failure::Failure;
use anyhow::{Context as _, Result};
use std::io::{BufRead, IsTerminal, Write};

/// Whether they agree to go on. `what` says what would be done, for where nobody can be asked.
///
/// # Errors
/// A usage error where standard input is no terminal: `--yes` goes on without asking.
pub(crate) fn agreed(what: &str) -> Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::usage(format!("there is nobody to ask whether {what}"))
            .hint("--yes goes on without asking")
            .into());
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "go on? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).context("cannot read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
