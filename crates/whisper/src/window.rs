//! A window that waits to be decoded.

use crate::{Decode, Mel};

/// Up to 30 s of sound and how to decode it.
#[derive(Debug, Clone)]
pub struct Window {
    /// Names it in the result.
    pub id: u64,
    /// Its spectrogram.
    pub mel: Mel,
    /// How.
    pub decode: Decode,
}
