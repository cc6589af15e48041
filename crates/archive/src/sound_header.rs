use crate::flac_header::{self, FlacHeader};
use crate::origin::Origin;
use crate::wav::{WavError, WavHeader};
use std::io::{Read, Seek, SeekFrom};
use timeline::SampleRate;

/// What a file of sound says about itself, whichever form it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoundHeader {
    pub(crate) rate: SampleRate,
    /// Whole frames in the file: of a WAV those that are really there, of a FLAC those that it states.
    pub(crate) frames: u64,
    /// The frames that the header states; `None` where it was never finished.
    pub(crate) claimed_frames: Option<u64>,
    pub(crate) origin: Option<Origin>,
}

impl SoundHeader {
    /// Reads the header of a file of `len` bytes, by what it holds and not by its name.
    pub(crate) fn read(file: &mut (impl Read + Seek), len: u64) -> Result<Self, WavError> {
        if is_flac(file)? { Ok(FlacHeader::read(file, len)?.into()) } else { Ok((&WavHeader::read(file, len)?).into()) }
    }

    /// Whether the file holds less than its header claims, or the header was never finished.
    pub(crate) fn is_truncated(&self) -> bool {
        self.claimed_frames != Some(self.frames)
    }
}

/// Whether a file begins as FLAC does.
pub(crate) fn is_flac(file: &mut (impl Read + Seek)) -> std::io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let mut magic = Vec::new();
    file.take(4).read_to_end(&mut magic)?;
    Ok(magic == flac_header::MAGIC)
}

impl From<&WavHeader> for SoundHeader {
    fn from(header: &WavHeader) -> Self {
        Self {
            rate: header.rate,
            frames: header.frames,
            claimed_frames: header.claimed_bytes.map(|bytes| bytes / header.frame_bytes() as u64),
            origin: header.origin.clone(),
        }
    }
}

impl From<FlacHeader> for SoundHeader {
    fn from(header: FlacHeader) -> Self {
        let origin = header.chunk.as_deref().and_then(Origin::parse);
        Self { rate: header.rate, frames: header.frames, claimed_frames: Some(header.frames), origin }
    }
}
