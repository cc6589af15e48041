use std::path::PathBuf;

/// What is wrong with a model, or with getting one.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file can't be read or written. The system's message says why.
    #[error("cannot {operation} {path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file isn't a whole model of whisper.cpp. Fetching it again helps, or taking another.
    #[error("{path} is not a usable whisper.cpp model: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What doesn't fit.
        reason: String,
    },
    /// What is recorded of models can't be read. Without it no model is known to be unchanged.
    #[error(
        "cannot use {path}: {reason}\nhint: put it back as it was, or move it away: sums are then taken of the models as they are now"
    )]
    Record {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The content is not what it should be. Fetching it again helps.
    #[error(
        "{path} is damaged: its SHA-256 is {found}, it should be {expected}\nhint: remove it, then get or add it again"
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// No such model lies anywhere, but it is known where to get it.
    #[error("the model {name} ({size}) is not here\nhint: get it with `hearsay models get {name}`", size = megabytes(*.bytes))]
    Missing {
        /// Its name.
        name: String,
        /// Its size.
        bytes: u64,
    },
    /// Neither a known name nor a file.
    #[error("no model is called {name:?} and no such file exists\nhint: `hearsay models list` shows what there is")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// No model is installed at all.
    #[error("no speech model is installed\nhint: get one with `hearsay models get {suggestion}` ({size})", size = megabytes(*.bytes))]
    None {
        /// A good first one.
        suggestion: &'static str,
        /// Its size.
        bytes: u64,
    },
    /// The server said no, or can't be reached. Trying again later may help.
    #[error("cannot get {url}")]
    Http {
        /// What was asked for.
        url: String,
        /// What was answered.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The connection broke. What came is kept; the same command goes on from there.
    #[error("the download of {url} broke off after {} of {}: {why}\nhint: the same command goes on from there", megabytes(*.have), of.map_or_else(|| "unknown size".to_owned(), megabytes))]
    Interrupted {
        /// What was being fetched.
        url: String,
        /// Bytes that are here.
        have: u64,
        /// Bytes there should be.
        of: Option<u64>,
        /// What happened.
        why: String,
    },
    /// The server has something else under that name. Another mirror may have the right one.
    #[error(
        "{url} has {found} bytes, it should have {expected}\nhint: it is something else than the model; try another mirror"
    )]
    Length {
        /// What was asked for.
        url: String,
        /// The model's size.
        expected: u64,
        /// What the server says or sends.
        found: u64,
    },
    /// The configured proxy can't be used.
    #[error(
        "the address of the proxy is not understood\nhint: models.proxy is written as http://[USER:PASSWORD@]HOST:PORT"
    )]
    Proxy,
    /// The file isn't in the models folder, so it isn't ours to delete.
    #[error("{path} is not in the models folder\nhint: another program may use it; delete it yourself if it is yours")]
    Elsewhere {
        /// The file.
        path: PathBuf,
    },
    /// The name can't be a file's name in the models folder.
    #[error("{name:?} is not a model's file name")]
    Name {
        /// What was asked for.
        name: String,
    },
}

/// `148 MB`, as files are sold: millions of bytes.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
