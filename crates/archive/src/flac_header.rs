//! The header of a FLAC file (RFC 9639), as far as a segment needs it: read leniently, with nothing allocated by what it claims.
//!
//! ```text
//! "fLaC"
//! STREAMINFO    rate, channels, bits, frames, MD5 of the samples
//! APPLICATION   "hsay", then the JSON of the WAV's `hsay` chunk, to the byte
//! …             what others put there: skipped
//! frames
//! ```
//!
//! A scan reads these few hundred bytes and no frame, for every segment of years, which a decoder's own reader doesn't offer.

use crate::wav::WavError;
use std::io::{Read, Seek, SeekFrom};
use timeline::SampleRate;

/// How a FLAC file begins.
pub(crate) const MAGIC: [u8; 4] = *b"fLaC";
/// Whose application block it is.
pub(crate) const APPLICATION: [u8; 4] = *b"hsay";
/// A header with more blocks than this is refused.
const MAX_BLOCKS: usize = 1_000;
/// No `hsay` block of ours is longer.
const MAX_CHUNK_BYTES: u64 = 4_096;
/// What a few bytes claim to last longer than this is refused, or one file would cover years; a WAV's own length says so.
const MAX_SECONDS: u64 = 3 * 86_400;

const STREAMINFO: u8 = 0;
const APPLICATION_BLOCK: u8 = 2;
const SEEK_TABLE: u8 = 3;

/// What a FLAC file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlacHeader {
    pub(crate) rate: SampleRate,
    pub(crate) channels: u16,
    /// Bits of a sample.
    pub(crate) bits: u8,
    pub(crate) frames: u64,
    /// The `hsay` block.
    pub(crate) chunk: Option<Vec<u8>>,
    /// Whether its seek table can be trusted, or there is none.
    pub(crate) may_seek: bool,
}

fn form<T>(reason: impl Into<String>) -> Result<T, WavError> {
    Err(WavError::Form(reason.into()))
}

impl FlacHeader {
    /// Reads the header of a file of `len` bytes.
    pub(crate) fn read(file: &mut (impl Read + Seek), len: u64) -> Result<Self, WavError> {
        let (mut at, mut info, mut chunk, mut may_seek) = (4_u64, None, None, true);
        for _ in 0..MAX_BLOCKS {
            let mut head = [0; 4];
            file.seek(SeekFrom::Start(at))?;
            if file.read_exact(&mut head).is_err() {
                return form("it ends before its sound begins");
            }
            let [kind, a, b, c] = head;
            let size = u64::from(u32::from_be_bytes([0, a, b, c]));
            at += 4;
            match kind & 0x7f {
                STREAMINFO => info = Some(Info::read(file, size)?),
                APPLICATION_BLOCK if (4..=MAX_CHUNK_BYTES + 4).contains(&size) => {
                    let bytes = read_up_to(file, size)?;
                    chunk = bytes.strip_prefix(&APPLICATION).map(<[u8]>::to_vec).or(chunk);
                }
                SEEK_TABLE => may_seek = is_ascending(&read_up_to(file, size)?, len),
                _ => {}
            }
            at += size;
            if kind & 0x80 != 0 {
                let Some(Info { rate, channels, bits, frames }) = info else { return form("it does not say its form") };
                return Ok(Self { rate, channels, bits, frames, chunk, may_seek });
            }
        }
        form("it has too many blocks")
    }
}

fn read_up_to(file: &mut impl Read, size: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a seek table's points follow each other within a file of `len` bytes: a decoder that looks by them counts on it.
fn is_ascending(table: &[u8], len: u64) -> bool {
    let (mut last, mut placeholders) = (None, false);
    for point in table.chunks(18) {
        let number = |at: usize| point.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        let (Some(frame), Some(byte)) = (number(0), number(8)) else { return false };
        if frame == u64::MAX {
            placeholders = true;
            continue;
        }
        if placeholders || byte >= len || last.is_some_and(|last: (u64, u64)| last.0 >= frame || last.1 >= byte) {
            return false;
        }
        last = Some((frame, byte));
    }
    true
}

/// The STREAMINFO block.
struct Info {
    rate: SampleRate,
    channels: u16,
    bits: u8,
    frames: u64,
}

impl Info {
    fn read(file: &mut impl Read, size: u64) -> Result<Self, WavError> {
        let bytes = read_up_to(file, size.min(34))?;
        // From bit 80 on: 20 bits of rate, 3 of channels, 5 of depth, 36 of frames.
        let packed = bytes.get(10..18).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        let Some(packed) = packed.filter(|_| bytes.len() == 34) else { return form("its form is cut short") };
        let hz = u32::try_from(packed >> 44).unwrap_or(0);
        let channels = u16::try_from(packed >> 41 & 7).unwrap_or(0) + 1;
        let bits = u8::try_from(packed >> 36 & 31).unwrap_or(0) + 1;
        let frames = packed & 0xf_ffff_ffff;
        let rate = SampleRate::new(hz).filter(|rate| crate::wav::RATES_HZ.contains(&rate.hz()));
        let Some(rate) = rate else { return form(format!("its rate is {hz} Hz")) };
        if frames == 0 {
            return form("it does not say how long it is");
        }
        if frames / u64::from(hz) > MAX_SECONDS {
            return form(format!("it claims to last {} hours", frames / u64::from(hz) / 3_600));
        }
        Ok(Self { rate, channels, bits, frames })
    }
}
