use serde::Serialize;
use std::path::{Path, PathBuf};

/// Something wrong with one file, which stops nothing else: what, which file, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file or folder.
    pub path: PathBuf,
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// What is wrong, in words that follow the path.
    pub what: String,
    /// What the user can do.
    pub advice: String,
}

/// The kinds of faults a file can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Zero bytes.
    Empty,
    /// Neither a WAV nor a FLAC file, or a kind of them that can't be read.
    NotSound,
    /// The header claims more sound than there is, or was never finished; what is there is used.
    Truncated,
    /// The system doesn't let us read it.
    Unreadable,
    /// A name that isn't a segment's, or a link.
    Foreign,
    /// A segment in another folder than its day's.
    Misplaced,
    /// Sound at a time at which its track already has sound.
    Overlap,
    /// A file whose checksum says that it isn't as it was finished.
    Damaged,
    /// A line of a journal that can't be used.
    Journal,
    /// A line of a file of words that can't be used, or a stretch that such a file lacks.
    Words,
    /// A file of words and the database say different things.
    Contradiction,
    /// A segment that was to be packed and can't be.
    Unpacked,
    /// A `.part` file left behind that can't be finished.
    LeftBehind,
    /// Others than the user may read it.
    Open,
    /// Words are there, and the sound that they were heard in isn't.
    NoSound,
    /// The database, or what it says.
    Database,
    /// A file of the index.
    Index,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.path.display(), self.what, self.advice)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// A fault of a file.
    pub fn new(path: &Path, kind: FaultKind, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { path: path.to_owned(), kind, what: what.into(), advice: advice.into() }
    }

    /// An error that concerned one file and stopped nothing else.
    pub fn failed(path: &Path, error: &crate::ArchiveError) -> Self {
        Self::new(path, FaultKind::Unreadable, format!("was left as it is: {error}"), "it is tried again the next time")
    }

    /// A file or folder that the system doesn't let us read.
    pub fn unreadable(path: &Path, source: &std::io::Error) -> Self {
        Self::new(path, FaultKind::Unreadable, format!("cannot be read: {source}"), "check its owner and permissions")
    }
}
