//! How exactly is computed.

/// What the products are computed in. Softmax, normalisation and the sums from layer to layer are f32 in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbers {
    /// f32. Compared with openai-whisper computing on the same weights in f32, over windows of the fixtures with a small model for English: the tokens are
    /// the same but for at most one window of fifty, and that only where the reference's two best scores lie within 0.02.
    #[default]
    Exact,
    /// Weights in eight bits with a scale per output, and what they are multiplied with in eight bits with a scale per row; the sound's keys and values
    /// in eight bits. The encoder's attention is in sixteen bits, but bf16 on processors that multiply by tiles of it (AMX): what bf16 adds to the features' distance from
    /// the exact ones is a hundredth of what eight bits do, and sixteen bits are nearer. The sums of bytes and words are exact and the same on every processor. Some tokens differ from the exact ones: how many a small model's tests allow
    /// is in `tests/reference.rs`. How much faster it is depends on the processor; `examples/bench.rs` measures it.
    Fast,
}

impl Numbers {
    /// Bytes of a number of the sound's keys and values.
    pub(crate) fn sound_bytes(self) -> usize {
        match self {
            Self::Exact => 4,
            Self::Fast => 1,
        }
    }
}
