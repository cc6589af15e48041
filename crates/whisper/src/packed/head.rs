//! What lies before the parts.

use super::{LAYOUT, LINE};
use crate::Numbers;

const MAGIC: &[u8; 16] = b"whisper panels\0\n";
/// Bytes before the model's own head.
pub(super) const LEN: usize = 128;
/// Of one part.
const ENTRY: usize = 16;
/// Where the sum lies.
const SUM: usize = 60;
/// Bytes of the key.
const KEY: usize = 64;

/// The file's own head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Front {
    layout: u32,
    numbers: u32,
    /// The number format of the table of tokens, by ggml's number.
    pub(super) table: u32,
    /// Of the model's head.
    pub(super) head_len: usize,
    /// The model file's length and time of change.
    model: (u64, u64),
    /// Of this file.
    pub(super) len: u64,
    key: Vec<u8>,
    sum: u32,
}

/// Where a part lies.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    pub(super) at: u64,
    pub(super) lines: u32,
    pub(super) sum: u32,
}

impl Front {
    /// As it is before anything is written. A longer key counts as far as there is room.
    pub(super) fn of(numbers: Numbers, key: &[u8], model: (u64, u64)) -> Self {
        let numbers = match numbers {
            Numbers::Exact => 0,
            Numbers::Fast => 1,
        };
        let key = key.get(..KEY).unwrap_or(key).to_vec();
        Self { layout: LAYOUT, numbers, table: 0, head_len: 0, model, len: 0, key, sum: 0 }
    }

    /// Whether it was written of the same model in the same way.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        let how = |front: &Self| (front.layout, front.numbers, front.model);
        how(self) == how(other) && self.key == other.key
    }

    /// None where the bytes don't begin like a packed model, or aren't as many as it says.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.get(..LEN)?.split_first_chunk()?;
        let mut numbers = rest.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four));
        let mut next = || numbers.next();
        let mut front = Self {
            layout: next()?,
            numbers: next()?,
            table: next()?,
            head_len: usize::try_from(next()?).ok()?,
            model: (long(next()?, next()?), long(next()?, next()?)),
            len: long(next()?, next()?),
            key: Vec::new(),
            sum: 0,
        };
        let key_len = usize::try_from(next()?).ok()?;
        front.sum = next()?;
        front.key = bytes.get(LEN - KEY..LEN)?.get(..key_len)?.to_vec();
        (magic == MAGIC && u64::try_from(bytes.len()) == Ok(front.len)).then_some(front)
    }

    /// Where the list of parts begins.
    fn list(&self) -> usize {
        LEN + self.head_len
    }

    /// Where the parts begin.
    pub(super) fn parts(&self, count: usize) -> usize {
        (self.list() + count * ENTRY).next_multiple_of(LINE)
    }

    /// Where each of so many parts lies; none where the sum differs.
    pub(super) fn entries(&self, bytes: &[u8], count: usize) -> Option<Vec<Entry>> {
        let front = bytes.get(..self.parts(count))?;
        if sum(front) != self.sum {
            return None;
        }
        let entries = front.get(self.list()..)?.as_chunks::<ENTRY>().0.iter().take(count).map(|entry| {
            let [a, b, lines, sum] = [0, 4, 8, 12].map(|at| entry.get(at..).and_then(|rest| rest.first_chunk()));
            let [a, b, lines, sum] = [a, b, lines, sum].map(|four| four.copied().map(u32::from_le_bytes));
            Some(Entry { at: long(a?, b?), lines: lines?, sum: sum? })
        });
        entries.collect()
    }

    /// All that lies before the parts, with its sum.
    pub(super) fn bytes(&self, head: &[u8], entries: &[Entry]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let head_len = u32::try_from(self.head_len).unwrap_or(u32::MAX);
        let key_len = u32::try_from(self.key.len()).unwrap_or(0);
        for number in [self.layout, self.numbers, self.table, head_len] {
            bytes.extend(number.to_le_bytes());
        }
        for number in [self.model.0, self.model.1, self.len] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(key_len.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(&self.key);
        bytes.resize(LEN, 0);
        bytes.extend(head);
        for entry in entries {
            bytes.extend(entry.at.to_le_bytes());
            bytes.extend(entry.lines.to_le_bytes());
            bytes.extend(entry.sum.to_le_bytes());
        }
        bytes.resize(self.parts(entries.len()), 0);
        let sum = sum(&bytes).to_le_bytes();
        for (place, byte) in bytes.iter_mut().skip(SUM).zip(sum) {
            *place = byte;
        }
        bytes
    }
}

/// The sum of the front, its own bytes as zeros.
fn sum(front: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(front.get(..SUM).unwrap_or(front));
    sum.update(&[0; 4]);
    sum.update(front.get(SUM + 4..).unwrap_or_default());
    sum.finalize()
}

fn long(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}
