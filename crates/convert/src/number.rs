use crate::blocks;
use crate::sixteen::{from_brain, from_half, to_brain, to_half};

/// How the numbers of a tensor are stored, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Number {
    /// IEEE 754, 32 bits.
    F32,
    /// IEEE 754, 16 bits.
    F16,
    /// The upper half of an `F32`; in checkpoints only.
    Bf16,
    /// Blocks of 32: a scale and 32 × 8 bits.
    Q8_0,
    /// Blocks of 32: a scale, a minimum and 32 × 5 bits.
    Q5_1,
    /// Blocks of 32: a scale and 32 × 5 bits.
    Q5_0,
    /// Blocks of 32: a scale and 32 × 4 bits.
    Q4_0,
}

impl Number {
    const ALL: [Self; 7] = [Self::F32, Self::F16, Self::Bf16, Self::Q8_0, Self::Q5_1, Self::Q5_0, Self::Q4_0];

    /// How many numbers stand together.
    pub fn block_len(self) -> usize {
        if self.is_blocks() { blocks::LEN } else { 1 }
    }

    /// How many bytes a block has.
    pub fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Q8_0 => 34,
            Self::Q5_1 => 24,
            Self::Q5_0 => 22,
            Self::Q4_0 => 18,
        }
    }

    /// Whether the numbers are quantised.
    pub fn is_blocks(self) -> bool {
        matches!(self, Self::Q8_0 | Self::Q5_1 | Self::Q5_0 | Self::Q4_0)
    }

    /// As ggml counts them (`enum ggml_type`); `None` for what it isn't given here.
    pub(crate) fn ggml(self) -> Option<i32> {
        match self {
            Self::F32 => Some(0),
            Self::F16 => Some(1),
            Self::Q4_0 => Some(2),
            Self::Q5_0 => Some(6),
            Self::Q5_1 => Some(7),
            Self::Q8_0 => Some(8),
            Self::Bf16 => None,
        }
    }

    /// The other way round.
    pub(crate) fn of_ggml(id: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|number| number.ggml() == Some(id))
    }

    /// The bytes of so many numbers; `None` where they don't fill whole blocks or no file could hold them.
    pub(crate) fn bytes_of(self, len: u64) -> Option<u64> {
        let block = u64::try_from(self.block_len()).ok()?;
        len.is_multiple_of(block).then_some(len / block)?.checked_mul(u64::try_from(self.block_bytes()).ok()?)
    }

    /// Appends the numbers in whole blocks of `bytes`.
    pub(crate) fn decode(self, bytes: &[u8], values: &mut Vec<f32>) {
        match self {
            Self::F32 => values.extend(bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four))),
            Self::F16 => values.extend(bytes.as_chunks().0.iter().map(|two| from_half(u16::from_le_bytes(*two)))),
            Self::Bf16 => values.extend(bytes.as_chunks().0.iter().map(|two| from_brain(u16::from_le_bytes(*two)))),
            Self::Q8_0 => bytes.as_chunks().0.iter().for_each(|block| blocks::from_q8_0(block, values)),
            Self::Q5_1 => bytes.as_chunks().0.iter().for_each(|block| blocks::from_q5_1(block, values)),
            Self::Q5_0 => bytes.as_chunks().0.iter().for_each(|block| blocks::from_q5_0(block, values)),
            Self::Q4_0 => bytes.as_chunks().0.iter().for_each(|block| blocks::from_q4_0(block, values)),
        }
    }

    /// Appends the bytes of `values`, which fill whole blocks. 16 bits round to the nearest, ties to even.
    pub(crate) fn encode(self, values: &[f32], bytes: &mut Vec<u8>) {
        match self {
            Self::F32 => values.iter().for_each(|value| bytes.extend(value.to_le_bytes())),
            Self::F16 => values.iter().for_each(|value| bytes.extend(to_half(*value).to_le_bytes())),
            Self::Bf16 => values.iter().for_each(|value| bytes.extend(to_brain(*value).to_le_bytes())),
            Self::Q8_0 => values.as_chunks().0.iter().for_each(|block| blocks::q8_0(block, bytes)),
            Self::Q5_1 => values.as_chunks().0.iter().for_each(|block| blocks::q5_1(block, bytes)),
            Self::Q5_0 => values.as_chunks().0.iter().for_each(|block| blocks::q5_0(block, bytes)),
            Self::Q4_0 => values.as_chunks().0.iter().for_each(|block| blocks::q4_0(block, bytes)),
        }
    }
}
