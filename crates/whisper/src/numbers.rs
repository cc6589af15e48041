//! How exactly is computed.

/// What the products are computed in. Softmax, normalisation, the sums from layer to layer and the encoder's attention are f32 in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbers {
    /// f32: the reference, with the tokens of openai-whisper.
    #[default]
    Exact,
    /// Weights in eight bits with a scale per output, and what they are multiplied with in eight bits with a scale per row; the sound's keys and values
    /// in eight bits. Several times as fast.
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
