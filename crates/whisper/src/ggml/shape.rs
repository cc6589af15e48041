//! How large a model is.

use super::cursor::Cursor;

/// Numbers of one attention head, in every Whisper model.
pub(crate) const HEAD: usize = 64;

/// What the header of a model file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Tokens, those without text included.
    pub vocabulary: usize,
    /// Positions that the encoder gives: 1,500 for 30 s.
    pub audio_context: usize,
    /// Numbers of a position: 384 tiny, 512 base, 768 small, 1,024 medium, 1,280 large.
    pub width: usize,
    /// Layers of the encoder.
    pub audio_layers: usize,
    /// Positions that the decoder has: 448.
    pub text_context: usize,
    /// Layers of the decoder.
    pub text_layers: usize,
    /// Bands of the spectrogram: 80, or 128 since large-v3.
    pub bands: usize,
}

impl Shape {
    /// Attention heads of a layer.
    pub fn heads(&self) -> usize {
        self.width / HEAD
    }

    /// Whether the model knows other languages than English.
    pub fn multilingual(&self) -> bool {
        self.vocabulary >= 51_865
    }

    /// Languages that it has tokens for; the English models have them too, without a use.
    pub fn languages(&self) -> usize {
        if self.vocabulary >= 51_866 { 100 } else { 99 }
    }

    /// Tensors that a model of this shape has: each name that is asked for, and no other.
    pub(super) fn tensors(&self) -> usize {
        // Two convolutions, positions and the last norm; positions, tokens and the last norm.
        let (encoder, decoder) = (7, 4);
        // Four norms' halves, four layers of attention (one without a bias) and two of the perceptron; the decoder's attention twice, with a norm.
        encoder + decoder + 15 * self.audio_layers + 24 * self.text_layers
    }

    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, String> {
        let mut within = |name: &str, from: i32, to: i32| {
            let value = cursor.i32()?;
            let number = usize::try_from(value).ok().filter(|_| (from..=to).contains(&value));
            number.ok_or_else(|| format!("its {name} is {value}"))
        };
        let vocabulary = within("vocabulary", 51_864, 51_866)?;
        let audio_context = within("audio context", 1, 1_500)?;
        let width = within("width", 64, 2_560)?;
        let audio_heads = within("number of heads", 1, 40)?;
        let audio_layers = within("number of encoder layers", 1, 64)?;
        let text_context = within("text context", 8, 448)?;
        let text_width = within("width", 64, 2_560)?;
        let text_heads = within("number of heads", 1, 40)?;
        let text_layers = within("number of decoder layers", 1, 64)?;
        let bands = within("number of mel bands", 80, 128)?;
        // Thousands count the version of the quantisation; the tensors say for themselves what they are.
        within("number format", 0, 9_999)?;
        if width != text_width || audio_heads * HEAD != width || text_heads * HEAD != width {
            return Err(format!("it is {width} and {text_width} wide with {audio_heads} and {text_heads} heads"));
        }
        if bands != 80 && bands != 128 {
            return Err(format!("it has {bands} mel bands"));
        }
        Ok(Self { vocabulary, audio_context, width, audio_layers, text_context, text_layers, bands })
    }
}
