use archive::ArchiveError;
use capture::CaptureError;

/// Why a recorder can't start.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The archive can't be written or listed. Another home, or room on the disk, helps.
    #[error("nothing can be recorded: {0}")]
    Archive(#[from] ArchiveError),
    /// No device could be opened. Starting the sound server or plugging one in helps.
    #[error(
        "nothing can be recorded: {reasons}. Start the sound server or plug a device in; `hearsay devices` lists them"
    )]
    NoDevice {
        /// What each device said.
        reasons: String,
    },
    /// The system has no thread to give. Retrying may help.
    #[error(transparent)]
    Thread(CaptureError),
}
