use std::io;
use std::path::{Path, PathBuf};

/// Why a checkpoint can't be converted. Nothing is left under the name that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// A file can't be read or written. The system's message says why.
    #[error("cannot {operation} {path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file contradicts itself. Fetching or copying it again helps.
    #[error("{path} is damaged: {reason}\nhint: fetch or copy it again")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What doesn't add up.
        reason: String,
    },
    /// The file may be whole, but it is nothing that whisper.cpp could run, or nothing that is read here. The hint says what helps.
    #[error("{path} can't be converted: {reason}\nhint: {hint}")]
    Unsuitable {
        /// The file or folder.
        path: PathBuf,
        /// What it is, or lacks.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// There is a file of that name already, and nothing is overwritten.
    #[error("{path} exists already\nhint: choose another name, or remove it first")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The caller called it off.
    #[error("called off; nothing was written")]
    CalledOff,
}

/// What is wrong, before it is known in which file.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Reading failed; an unexpected end is damage.
    Io(io::Error),
    /// See [`ConvertError::Broken`].
    Broken(String),
    /// See [`ConvertError::Unsuitable`].
    Unsuitable(String, &'static str),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Fault {
    /// Names the file.
    pub(crate) fn of(self, path: &Path) -> ConvertError {
        let path = path.to_owned();
        match self {
            Self::Io(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
                ConvertError::Broken { path, reason: "it ends too early".to_owned() }
            }
            Self::Io(source) => ConvertError::Io { path, operation: "read", source },
            Self::Broken(reason) => ConvertError::Broken { path, reason },
            Self::Unsuitable(reason, hint) => ConvertError::Unsuitable { path, reason, hint },
        }
    }
}

/// Damage, unless it holds.
pub(crate) fn demand(holds: bool, reason: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::Broken(reason())) }
}
