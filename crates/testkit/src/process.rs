use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Output};

/// Why a test can't have what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum TestkitError {
    /// A program that tests need isn't installed. `./dev test` installs it.
    #[error("cannot run {program:?}: {source} (Debian package {package}; ./dev test installs what tests need)")]
    Missing {
        /// The program.
        program: String,
        /// The Debian package that has it.
        package: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A program ended with an error, or didn't get ready.
    #[error("{program} failed: {what}")]
    Failed {
        /// The program.
        program: String,
        /// What it said.
        what: String,
    },
    /// A file can't be read or written.
    #[error("{path:?}: {what}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl TestkitError {
    pub(crate) fn file(path: impl Into<PathBuf>, error: impl std::fmt::Display) -> Self {
        Self::File { path: path.into(), what: error.to_string() }
    }
}

/// A child process that doesn't outlive this value.
#[derive(Debug)]
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Runs a command to its end; an error where it fails, with what it wrote to stderr.
///
/// # Errors
/// [`TestkitError::Missing`] where it can't be started, [`TestkitError::Failed`] where it ends with an error.
pub fn output(command: &mut Command, package: &'static str) -> Result<Output, TestkitError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output();
    let output = output.map_err(|source| TestkitError::Missing { program: program.clone(), package, source })?;
    if output.status.success() {
        Ok(output)
    } else {
        let what = format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
        Err(TestkitError::Failed { program, what })
    }
}
