//! The WAV header, read leniently and written strictly.
//!
//! Reading walks the chunks of a file that anybody may have made: sizes that lie are cut to what the file holds, unknown
//! chunks are skipped, and nothing is allocated by what a header claims. Writing makes one form, 512 bytes long:
//!
//! ```text
//!   0  "RIFF"  file size - 8   "WAVE"
//!  12  "fmt "  16              PCM, 1 channel, rate, 16 bits
//!  36  "hsay"  460             {"v":1,"session":…} padded with spaces; in a finished file with its checksum
//! 504  "data"  sound bytes     512: the frames, little-endian
//! ```

use crate::origin::Origin;
use std::io::{self, Read, Seek, SeekFrom};
use timeline::SampleRate;

/// Where the frames begin in a file of ours.
pub(crate) const DATA_START: u64 = 512;
/// Where the two sizes lie in a file of ours.
pub(crate) const RIFF_SIZE_AT: u64 = 4;
pub(crate) const DATA_SIZE_AT: u64 = 508;
/// What lies in front of the frames in a file of ours.
pub(crate) const HEADER_BYTES: usize = 512;
/// Where its rate is stated, and then, in bytes a second, again.
pub(crate) const RATE_AT: usize = 24;
/// Where the content of its `hsay` chunk begins.
pub(crate) const ORIGIN_AT: usize = 44;
/// The fixed length of the `hsay` chunk.
pub(crate) const ORIGIN_BYTES: usize = 460;
/// A header with more chunks than this before its sound is refused.
const MAX_CHUNKS: usize = 1_000;
/// Rates beyond these aren't sound for people; a hostile one would make a small file last for years. The lowest are for
/// simulations of whole days.
pub(crate) const RATES_HZ: std::ops::RangeInclusive<u32> = 100..=768_000;
const MAX_CHANNELS: u16 = 64;

/// How a sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SampleForm {
    U8,
    I16,
    I24,
    /// Signed, in four bytes; fewer valid bits are left-justified, as the format demands.
    I32,
    F32,
    F64,
}

impl SampleForm {
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// What a WAV file holds, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WavHeader {
    pub(crate) form: SampleForm,
    pub(crate) channels: u16,
    pub(crate) rate: SampleRate,
    /// Where the `data` chunk's size is stored, four bytes before the frames.
    pub(crate) data_start: u64,
    /// Whole frames that are really in the file.
    pub(crate) frames: u64,
    /// Bytes of sound the header claims; `None` where it was never finished (0 or 4 GiB - 1 with sound behind it).
    pub(crate) claimed_bytes: Option<u64>,
    pub(crate) origin: Option<Origin>,
}

/// Why a file's header can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WavError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is empty")]
    Empty,
    #[error("{0}")]
    Form(String),
}

fn form<T>(reason: impl Into<String>) -> Result<T, WavError> {
    Err(WavError::Form(reason.into()))
}

impl WavHeader {
    /// Bytes of one frame, all channels.
    pub(crate) const fn frame_bytes(&self) -> usize {
        self.form.bytes() * self.channels as usize
    }

    /// Whether the file holds less than its header claims, or the header was never finished.
    pub(crate) fn is_truncated(&self) -> bool {
        let whole = self.claimed_bytes.map(|claimed| claimed / self.frame_bytes() as u64);
        whole != Some(self.frames)
    }

    /// Reads the header of a file of `len` bytes.
    pub(crate) fn read(file: &mut (impl Read + Seek), len: u64) -> Result<Self, WavError> {
        if len == 0 {
            return Err(WavError::Empty);
        }
        file.seek(SeekFrom::Start(0))?;
        let mut riff = [0; 12];
        if len < 12 || file.read_exact(&mut riff).is_err() {
            return form("it is too short for a WAV header");
        }
        match (riff.get(..4), riff.get(8..)) {
            (Some(b"RIFF"), Some(b"WAVE")) => {}
            (Some(b"RF64"), _) => return form("RF64 (over 4 GiB) is not supported"),
            _ => return form("it does not begin with RIFF…WAVE"),
        }
        let (mut at, mut fmt, mut origin) = (12_u64, None, None);
        for _ in 0..MAX_CHUNKS {
            let mut head = [0; 8];
            file.seek(SeekFrom::Start(at))?;
            if at + 8 > len || file.read_exact(&mut head).is_err() {
                return form("it ends before its sound begins");
            }
            let [a, b, c, d, s0, s1, s2, s3] = head;
            let size = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
            at += 8;
            match &[a, b, c, d] {
                b"fmt " => fmt = Some(Fmt::read(file, size)?),
                b"hsay" if size <= 4_096 => origin = Origin::parse(&read_up_to(file, size)?),
                b"data" => {
                    let Some(fmt) = fmt else { return form("its sound comes before its format") };
                    return Ok(fmt.with_data(at, size, len - at, origin));
                }
                _ => {}
            }
            // Chunks of odd length are followed by a byte of padding.
            at += size + size % 2;
        }
        form("it has too many chunks")
    }

    /// The 512 bytes at the start of a file of ours with so many bytes of sound; `None` where the origin is too long.
    pub(crate) fn written(rate: SampleRate, origin: &Origin, data_bytes: u32) -> Option<Vec<u8>> {
        let json = serde_json::to_vec(origin).ok().filter(|json| json.len() <= ORIGIN_BYTES)?;
        Some(Self::with_chunk(rate, &json, data_bytes))
    }

    /// The same with the content of its `hsay` chunk as it is, which must not be longer than [`ORIGIN_BYTES`].
    pub(crate) fn with_chunk(rate: SampleRate, chunk: &[u8], data_bytes: u32) -> Vec<u8> {
        let mut chunk = chunk.to_vec();
        chunk.resize(ORIGIN_BYTES, b' ');
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(b"RIFF");
        bytes.extend_from_slice(&riff_size(data_bytes).to_le_bytes());
        bytes.extend_from_slice(b"WAVEfmt ");
        bytes.extend_from_slice(&16_u32.to_le_bytes());
        bytes.extend_from_slice(&1_u16.to_le_bytes());
        bytes.extend_from_slice(&1_u16.to_le_bytes());
        bytes.extend_from_slice(&rate.hz().to_le_bytes());
        bytes.extend_from_slice(&(rate.hz() * 2).to_le_bytes());
        bytes.extend_from_slice(&2_u16.to_le_bytes());
        bytes.extend_from_slice(&16_u16.to_le_bytes());
        bytes.extend_from_slice(b"hsay");
        bytes.extend_from_slice(&460_u32.to_le_bytes());
        bytes.extend_from_slice(&chunk);
        bytes.extend_from_slice(b"data");
        bytes.extend_from_slice(&data_bytes.to_le_bytes());
        bytes
    }

    /// The `hsay` chunk in the 512 bytes at the start of a file of ours, with the spaces behind.
    pub(crate) fn chunk(header: &[u8]) -> Option<&[u8]> {
        header.get(ORIGIN_AT..ORIGIN_AT + ORIGIN_BYTES)
    }
}

/// The size that the RIFF header of a file of ours states for `data_bytes` of sound.
pub(crate) const fn riff_size(data_bytes: u32) -> u32 {
    data_bytes.saturating_add(512 - 8)
}

fn read_up_to(file: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The `fmt ` chunk.
struct Fmt {
    form: SampleForm,
    channels: u16,
    rate: SampleRate,
}

impl Fmt {
    fn read(file: &mut impl Read, size: u64) -> Result<Self, WavError> {
        // 16 bytes, or 40 in WAVE_FORMAT_EXTENSIBLE, whose sub-format begins with the tag it stands for.
        let bytes = read_up_to(file, size.min(40))?;
        let word = |at: usize| match bytes.get(at..at + 2) {
            Some(&[low, high]) => Ok(u16::from_le_bytes([low, high])),
            _ => form("its format chunk is too short"),
        };
        let (tag, channels, bits) = (word(0)?, word(2)?, word(14)?);
        let hz = u32::from(word(4)?) | u32::from(word(6)?) << 16;
        let block = word(12)?;
        let tag = if tag == 0xFFFE { word(24)? } else { tag };
        if channels == 0 || channels > MAX_CHANNELS {
            return form(format!("it has {channels} channels"));
        }
        let rate = SampleRate::new(hz).filter(|rate| RATES_HZ.contains(&rate.hz()));
        let Some(rate) = rate else { return form(format!("its rate is {hz} Hz")) };
        let sample_form = match (tag, block / channels) {
            (1, 1) => SampleForm::U8,
            (1, 2) => SampleForm::I16,
            (1, 3) => SampleForm::I24,
            (1, 4) => SampleForm::I32,
            (3, 4) => SampleForm::F32,
            (3, 8) => SampleForm::F64,
            _ => return form(format!("its format (tag {tag}, {bits} bits) is not supported: only PCM and float are")),
        };
        if block % channels != 0 {
            return form("its frames are not whole samples");
        }
        Ok(Self { form: sample_form, channels, rate })
    }

    fn with_data(self, data_start: u64, size: u64, there: u64, origin: Option<Origin>) -> WavHeader {
        // Recorders that were killed leave 0, streams 4 GiB - 1. Our own header is right at any moment, 0 included.
        let unfinished = size == u64::from(u32::MAX) || (size == 0 && there > 0 && origin.is_none());
        let frame_bytes = (self.form.bytes() * usize::from(self.channels)) as u64;
        let frames = if unfinished { there } else { size.min(there) } / frame_bytes;
        WavHeader {
            form: self.form,
            channels: self.channels,
            rate: self.rate,
            data_start,
            frames,
            claimed_bytes: (!unfinished).then_some(size),
            origin,
        }
    }
}
