//! What can go wrong.

use std::io;
use std::path::PathBuf;

/// Why a model can't be used, or a window not be decoded as was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read or written. Worth another try where the cause is outside: a disk that comes back, a mode that is changed.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no whole model. No use trying again with the same file.
    #[error("{path} is not a whole model: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What doesn't add up.
        reason: String,
    },
    /// A spectrogram that was made for another model. Models have 80 or 128 bands; each makes its own with [`mels`](crate::Model::mels).
    #[error("a spectrogram of {frames} frames and {bands} bands is another model's")]
    Spectrogram {
        /// Its frames.
        frames: usize,
        /// Its bands.
        bands: usize,
    },
    /// The instructions that were asked for can't be used. Not before the environment is another.
    #[error(transparent)]
    Isa(#[from] kernels::UnusableIsa),
    /// There is no such language, or the model doesn't know it.
    #[error("{0:?} is not a language that the model knows")]
    Language(String),
    /// A window's scores are no numbers, so that no token is the likeliest: weights that are numbers, but so large that their sums aren't. No use trying
    /// again; the other windows have nothing to do with it.
    #[error("window {window} cannot be decoded: the model's scores are no numbers")]
    NoNumbers {
        /// The window's own number.
        window: u64,
    },
    /// A model that knows English only can't translate.
    #[error("this model knows English only and cannot translate")]
    CannotTranslate,
}
