use crate::error::Fault;

/// The numbers of a model's header: what its tensors must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Tokens it knows.
    pub vocabulary: u32,
    /// Positions of the encoder, of 20 ms each.
    pub audio_context: u32,
    /// Width.
    pub width: u32,
    /// Attention heads of an encoder's layer.
    pub audio_heads: u32,
    /// Layers of the encoder.
    pub audio_layers: u32,
    /// Tokens that the decoder sees at once.
    pub text_context: u32,
    /// Attention heads of a decoder's layer.
    pub text_heads: u32,
    /// Layers of the decoder: fewer than the encoder's in distilled models.
    pub text_layers: u32,
    /// Frequency bands of its spectrogram.
    pub mel_bands: u32,
}

/// Whisper's vocabulary without other languages than English, and the two with them (99 and 100 languages).
const ENGLISH: u32 = 51_864;
const MULTILINGUAL: [u32; 2] = [51_865, 51_866];
/// How many tokens of text there are before the first special one.
const ENGLISH_WORDS: usize = 50_256;
/// What whisper.cpp takes a head to be.
const HEAD: u32 = 64;
const FOREIGN: &str =
    "whisper.cpp runs the shapes of OpenAI's Whisper and of models that were fine-tuned or distilled from it";

impl Shape {
    /// Whether it knows other languages than English.
    pub fn multilingual(&self) -> bool {
        self.vocabulary > ENGLISH
    }

    /// How many tokens of text a model of this vocabulary has; the special ones follow.
    pub(crate) fn words(&self) -> usize {
        ENGLISH_WORDS + usize::from(self.multilingual())
    }

    /// Demands bounds, so that sums of sizes can't overflow and lists can't become long.
    pub(crate) fn within_bounds(&self) -> Result<(), Fault> {
        let bounds = [
            ("vocabulary", self.vocabulary, 1 << 17),
            ("number of audio positions", self.audio_context, 1 << 14),
            ("width", self.width, 1 << 14),
            ("number of audio heads", self.audio_heads, 1 << 10),
            ("number of encoder layers", self.audio_layers, 128),
            ("number of text positions", self.text_context, 1 << 14),
            ("number of text heads", self.text_heads, 1 << 10),
            ("number of decoder layers", self.text_layers, 128),
            ("number of mel bands", self.mel_bands, 1 << 10),
        ];
        for (name, value, most) in bounds {
            if !(1..=most).contains(&value) {
                return Err(Fault::Unsuitable(format!("its {name} is {value}"), FOREIGN));
            }
        }
        Ok(())
    }

    /// Demands what whisper.cpp demands of a model, or takes for granted.
    pub(crate) fn runs(&self) -> Result<(), Fault> {
        let not = |reason: String| Err(Fault::Unsuitable(reason, FOREIGN));
        if self.vocabulary != ENGLISH && !MULTILINGUAL.contains(&self.vocabulary) {
            return not(format!("its vocabulary has {} tokens, Whisper's has 51864, 51865 or 51866", self.vocabulary));
        }
        if self.mel_bands != 80 && self.mel_bands != 128 {
            return not(format!("it has {} mel bands, Whisper has 80 or 128", self.mel_bands));
        }
        if self.audio_context > 1_500 || self.text_context > 448 {
            return not(format!(
                "it has {} audio and {} text positions, Whisper has 1500 and 448",
                self.audio_context, self.text_context
            ));
        }
        for heads in [self.audio_heads, self.text_heads] {
            if heads * HEAD != self.width {
                return not(format!(
                    "it has {heads} heads for a width of {}, Whisper's heads are {HEAD} wide",
                    self.width
                ));
            }
        }
        Ok(())
    }
}
