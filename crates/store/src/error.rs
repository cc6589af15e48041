use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};
use timeline::{PassName, Span, TrackName};

/// Why the database did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The SQLite that this program was linked with can damage a database with several connections
    /// (its WAL-reset fault). Build with a newer one.
    #[error(
        "SQLite {found} is too old: 3.51.3 or newer is needed, older ones can damage a database that several programs use"
    )]
    SqliteTooOld {
        /// The version that was found.
        found: &'static str,
    },
    /// A reader came before any writer. Trying again helps once something was transcribed.
    #[error("there is no database yet at {path}")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is a database, but of another program. It is left alone.
    #[error("{path} is a database of another program")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of this program has written the database. A newer program helps.
    #[error("{path} was written by a newer version: it has format {found}, this program knows formats up to {known}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// The database waits for its migration, which a reader doesn't do. Opening it for writing helps.
    #[error("{path} has the older format {found}, which only the worker brings up to date (to {known})")]
    Older {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The format that this program reads.
        known: i64,
    },
    /// The file is no database, or a part of it can't be read. Trying again doesn't help; a backup does.
    #[error("{path} is damaged ({operation}): {source}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The disk is full. Nothing was written; trying again helps once there is room.
    #[error("no room left on the disk of {path} ({operation}): {source}")]
    Full {
        /// The file.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Another program kept the database for longer than ten seconds. Trying again helps.
    #[error("another program keeps {path} busy ({operation}): {source}")]
    Busy {
        /// The file.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Any other failure of SQLite.
    #[error("{path}: {operation}: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file could not be made or looked at.
    #[error("{path}: {operation}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        operation: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// A window came whose span this pass has dealt with already. Nothing was written; drop the window.
    #[error("pass {pass} has already dealt with {covered} of track {track}")]
    AlreadyCovered {
        /// The pass.
        pass: PassName,
        /// The track.
        track: TrackName,
        /// The first covered span that the window overlaps.
        covered: Span,
    },
    /// A window that contradicts itself. Nothing was written; trying again doesn't help.
    #[error("a window of track {track} at {span} can't be stored: {reason}")]
    BadWindow {
        /// The track.
        track: TrackName,
        /// The window's span.
        span: Span,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An utterance was to be corrected that isn't the one that is read where it is: another pass speaks there now, or it is gone. Look again.
    #[error("the utterance with key {key} isn't the one that is read there")]
    NotRead {
        /// The private key.
        key: i64,
    },
    /// A track that [`ensure_track`](crate::Store::ensure_track) was never called for.
    #[error("there is no track {track}")]
    UnknownTrack {
        /// The track.
        track: TrackName,
    },
    /// A pass that [`ensure_pass`](crate::Store::ensure_pass) never gave out.
    #[error("there is no pass with key {key}")]
    UnknownPass {
        /// The private key.
        key: i64,
    },
    /// A track is there with another side. Another name for the track helps.
    #[error("track {track} is already there with side {side}")]
    OtherSide {
        /// The track.
        track: TrackName,
        /// The side that it has.
        side: timeline::Side,
    },
    /// Two different passes came to the same eight digits. Any change of a parameter helps.
    #[error("pass {name} is already there with another model, engine or parameters")]
    PassNameTaken {
        /// The name.
        name: PassName,
    },
    /// A span holds more utterances than are handed out at once. A shorter span helps, or
    /// [`each_utterance`](crate::Store::each_utterance).
    #[error("{span} holds more than {limit} utterances")]
    TooMany {
        /// The span.
        span: Span,
        /// The most that are handed out at once.
        limit: usize,
    },
}

/// Turns SQLite's errors into this crate's, with the file and what was being done.
pub(crate) trait During<T> {
    fn during(self, path: &Path, operation: &'static str) -> Result<T, StoreError>;
}

impl<T> During<T> for rusqlite::Result<T> {
    fn during(self, path: &Path, operation: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| {
            let path = path.to_owned();
            if is_damage(&source) {
                return StoreError::Damaged { path, operation, source };
            }
            match source.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => StoreError::Full { path, operation, source },
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    StoreError::Busy { path, operation, source }
                }
                _ => StoreError::Sqlite { path, operation, source },
            }
        })
    }
}

/// Besides what SQLite itself calls corrupt, a value that no version of this program could have written.
fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(
            error,
            E::FromSqlConversionFailure(..)
                | E::InvalidColumnType(..)
                | E::IntegralValueOutOfRange(..)
                | E::Utf8Error(..)
        )
}

/// A stored value in column `column` that can't be read.
pub(crate) fn unreadable(column: usize, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what.into())
}
