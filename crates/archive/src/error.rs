use std::io;
use std::path::{Path, PathBuf};
use timeline::{Span, TrackName};

/// Why the archive couldn't do what it was asked to. Nothing that was on disk before is changed by a failure.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The system refused an operation on a file or folder. Retrying helps where the cause is passing, such as a full disk.
    #[error("cannot {operation} {path:?}: {source}")]
    Io {
        /// What was tried, e.g. `write`.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no recording that can be read. Retrying doesn't help, another file does.
    #[error("cannot read {path:?} as sound: {reason}")]
    NotSound {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The track already has other sound at that time. Another track or another time helps.
    #[error(
        "track {track} already has sound in {span} ({path:?})\nhint: choose another track with --track NAME, or another time with --at TIME"
    )]
    Overlap {
        /// The track.
        track: TrackName,
        /// Where the two would overlap.
        span: Span,
        /// The file that holds the sound that is there.
        path: PathBuf,
    },
    /// The track's time was forgotten. Another track or another time helps.
    #[error(
        "{span} of track {track} was forgotten and takes no sound any more\nhint: choose another track with --track NAME, or another time with --at TIME"
    )]
    Forgotten {
        /// The track.
        track: TrackName,
        /// What was forgotten of the time in question.
        span: Span,
    },
    /// The sound can't be brought to 16 kHz. Retrying doesn't help.
    #[error("cannot resample {path:?}: {source}")]
    Resample {
        /// The file.
        path: PathBuf,
        /// What the resampler said.
        source: resample::ResampleError,
    },
    /// The moment lies outside the years that file names can hold, or the recording is longer than they can.
    #[error("{path:?} would lie outside the years 0000 to 9999")]
    OutOfTime {
        /// The file.
        path: PathBuf,
    },
}

impl ArchiveError {
    /// Gives an I/O error its operation and path: `.map_err(ArchiveError::io("open", path))`.
    pub(crate) fn io<'a>(operation: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::Io { operation, path: path.to_owned(), source }
    }
}
