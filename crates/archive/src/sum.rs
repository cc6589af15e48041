//! The checksum of a finished segment: CRC-32 (that of zip and Ethernet) over the whole file, in eight hexadecimal digits that
//! count as zeros themselves. They lie in the `hsay` chunk: `"sum":"1a2b3c4d"`.
//!
//! It tells of a byte that the disk has changed, which nothing else would: of sound, every value is as good as another. And a header
//! with a damaged byte is found again by it ([`mended`]), for only one fits.

use crate::origin::Origin;
use crate::wav::{DATA_START, HEADER_BYTES, ORIGIN_AT, ORIGIN_BYTES, RATE_AT, WavHeader};
use crc32fast::Hasher;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use timeline::SampleRate;

/// What stands where the digits will.
pub(crate) const UNKNOWN: &str = "00000000";
/// What stands in front of them.
const BEFORE: &[u8] = b"\"sum\":\"";
/// Bytes that are read at once.
const STEP: usize = 1 << 18;

/// What a file's checksum says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sum {
    /// The file is as it was finished.
    Right,
    /// A byte of it has changed.
    Wrong,
    /// It is ours and carries none, which a finished one does.
    Missing,
    /// It isn't ours.
    Foreign,
}

/// Puts the checksum into the header of a finished file; its digits are [`UNKNOWN`] so far. Nothing where it has no place for it.
pub(crate) fn sign(header: &mut [u8], data: &Hasher) {
    let Some(digits) = digits_in(header) else { return };
    let mut whole = over(header, &digits);
    whole.combine(data);
    let sum = format!("{:08x}", whole.finalize());
    if let Some(field) = header.get_mut(digits) {
        field.copy_from_slice(sum.as_bytes());
    }
}

/// Puts the checksum of what is there into a file of ours, whatever it said before. Another's file stays as it is.
pub(crate) fn restate(file: &mut File) -> io::Result<()> {
    let len = file.metadata()?.len();
    let (_, data) = read(file)?;
    let Some(header) = WavHeader::read(file, len).ok().filter(|header| header.data_start == DATA_START) else {
        return Ok(());
    };
    let (Some(mut origin), Ok(data_bytes)) = (header.origin, u32::try_from(header.frames * 2)) else { return Ok(()) };
    origin.sum = Some(UNKNOWN.to_owned());
    let Some(mut header) = WavHeader::written(header.rate, &origin, data_bytes) else { return Ok(()) };
    sign(&mut header, &data);
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header)
}

/// Reads a file to its end and compares.
pub(crate) fn check(file: &mut File) -> io::Result<Sum> {
    let (header, data) = read(file)?;
    Ok(of(&header, &data))
}

/// The same for a header and the checksum of what follows it.
pub(crate) fn of(header: &[u8], data: &Hasher) -> Sum {
    match digits_in(header) {
        Some(digits) if agrees(header, &digits, &Behind::new(data)) => Sum::Right,
        Some(_) => Sum::Wrong,
        None if is_ours(header) => Sum::Missing,
        None => Sum::Foreign,
    }
}

/// The header that a file of ours had before a byte of it was changed; `None` where none fits, because more than that is damaged.
///
/// All but the rate and the `hsay` chunk is the same in every file, or follows from its length. Of those two, every byte is tried
/// with every value: of the hundred thousand headers one has the checksum that it names itself, by chance in one of forty thousand cases.
pub(crate) fn mended(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let (damaged, data) = read(file)?;
    let Ok(data_bytes) = u32::try_from(file.metadata()?.len().saturating_sub(DATA_START) / 2 * 2) else {
        return Ok(None);
    };
    let data = Behind::new(&data);
    let Some(chunk) = damaged.get(ORIGIN_AT..ORIGIN_AT + ORIGIN_BYTES) else { return Ok(None) };
    for rate in rates_in(&damaged) {
        let mut header = WavHeader::with_chunk(rate, chunk, data_bytes);
        if fits(&header, &data) {
            return Ok(Some(header));
        }
        for at in ORIGIN_AT..ORIGIN_AT + ORIGIN_BYTES {
            let Some(was) = header.get(at).copied() else { continue };
            for byte in (0..=u8::MAX).filter(|byte| *byte != was) {
                put(&mut header, at, byte);
                if fits(&header, &data) {
                    return Ok(Some(header));
                }
            }
            put(&mut header, at, was);
        }
    }
    Ok(None)
}

fn put(header: &mut [u8], at: usize, byte: u8) {
    if let Some(place) = header.get_mut(at) {
        *place = byte;
    }
}

/// The rate as it is stated twice: itself, and in bytes a second.
fn rates_in(header: &[u8]) -> Vec<SampleRate> {
    let word = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let stated = [word(RATE_AT), word(RATE_AT + 4).map(|bytes| bytes / 2)];
    let mut rates: Vec<SampleRate> = stated.into_iter().flatten().filter_map(SampleRate::new).collect();
    rates.dedup();
    rates
}

fn fits(header: &[u8], data: &Behind) -> bool {
    let chunk = header.get(ORIGIN_AT..ORIGIN_AT + ORIGIN_BYTES).unwrap_or_default();
    digits_in(header).is_some_and(|digits| agrees(header, &digits, data)) && Origin::parse(chunk).is_some()
}

fn agrees(header: &[u8], digits: &Range<usize>, data: &Behind) -> bool {
    let stated = header.get(digits.clone()).and_then(|digits| std::str::from_utf8(digits).ok());
    // Only what is written as it is written here: a digit in the other case was changed.
    let lower = stated.is_some_and(|digits| digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    let stated = stated.filter(|_| lower).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    stated == Some(data.after(over(header, digits).finalize()))
}

/// The checksum over a header, its digits as zeros.
fn over(header: &[u8], digits: &Range<usize>) -> Hasher {
    let mut sum = Hasher::new();
    sum.update(header.get(..digits.start).unwrap_or_default());
    sum.update(UNKNOWN.as_bytes());
    sum.update(header.get(digits.end..).unwrap_or_default());
    sum
}

/// What follows a header, made ready for many headers: the checksum of both is linear in that of the header, bit by bit.
struct Behind {
    sum: u32,
    bits: [u32; 32],
}

impl Behind {
    fn new(data: &Hasher) -> Self {
        let with = |before: u32| {
            let mut whole = Hasher::new_with_initial_len(before, HEADER_BYTES as u64);
            whole.combine(data);
            whole.finalize()
        };
        let sum = with(0);
        Self { sum, bits: std::array::from_fn(|bit| with(1 << bit) ^ sum) }
    }

    /// The checksum of a header with this one and what follows it.
    fn after(&self, header: u32) -> u32 {
        let set = self.bits.iter().enumerate().filter(|(bit, _)| header >> bit & 1 == 1);
        set.fold(self.sum, |sum, (_, bits)| sum ^ bits)
    }
}

/// Where the digits lie.
fn digits_in(header: &[u8]) -> Option<Range<usize>> {
    let chunk = header.get(ORIGIN_AT..ORIGIN_AT + ORIGIN_BYTES)?;
    let start = ORIGIN_AT + chunk.windows(BEFORE.len()).position(|bytes| bytes == BEFORE)? + BEFORE.len();
    Some(start..start + UNKNOWN.len()).filter(|digits| digits.end <= ORIGIN_AT + ORIGIN_BYTES)
}

/// Whether a header is one of ours, whichever of its bytes was changed.
fn is_ours(header: &[u8]) -> bool {
    let chunk = header.get(ORIGIN_AT - 8..ORIGIN_AT + ORIGIN_BYTES).unwrap_or_default();
    chunk.starts_with(b"hsay") || chunk.get(8..).is_some_and(|json| json.starts_with(b"{\"v\":1,\"session\":\""))
}

/// The first 512 bytes, and the checksum of the rest.
fn read(file: &mut File) -> io::Result<(Vec<u8>, Hasher)> {
    file.seek(SeekFrom::Start(0))?;
    let mut header = Vec::with_capacity(HEADER_BYTES);
    Read::by_ref(file).take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    let (mut data, mut bytes) = (Hasher::new(), vec![0; STEP]);
    loop {
        match file.read(&mut bytes) {
            Ok(0) => return Ok((header, data)),
            Ok(len) => data.update(bytes.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
