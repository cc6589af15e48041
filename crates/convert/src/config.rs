use crate::Shape;
use crate::error::Fault;
use serde::Deserialize;

/// `config.json` of a Hugging Face folder, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Config {
    model_type: Option<String>,
    vocab_size: u32,
    num_mel_bins: u32,
    d_model: u32,
    encoder_layers: u32,
    encoder_attention_heads: u32,
    decoder_layers: u32,
    decoder_attention_heads: u32,
    encoder_ffn_dim: Option<u32>,
    decoder_ffn_dim: Option<u32>,
    max_source_positions: u32,
    max_target_positions: u32,
    activation_function: Option<String>,
    scale_embedding: Option<bool>,
    pub(crate) eos_token_id: Option<u32>,
}

const HINT: &str = "whisper.cpp computes what OpenAI's Whisper computes, and nothing else";

impl Config {
    pub(crate) fn read(text: &[u8]) -> Result<Self, Fault> {
        let value: serde_json::Value =
            serde_json::from_slice(text).map_err(|error| Fault::Broken(format!("it is not JSON: {error}")))?;
        // Said first: another model's configuration lacks Whisper's keys as well.
        if let Some(other) = value.get("model_type").and_then(|kind| kind.as_str()).filter(|kind| *kind != "whisper") {
            return Err(Fault::Unsuitable(format!("it is a model of type {other:?}, not \"whisper\""), HINT));
        }
        let config: Self = serde_json::from_value(value)
            .map_err(|error| Fault::Unsuitable(format!("it is not the configuration of a Whisper: {error}"), HINT))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Fault> {
        let not = |reason: String| Err(Fault::Unsuitable(reason, HINT));
        if self.model_type.is_none() {
            return not("it doesn't say that its model_type is \"whisper\"".to_owned());
        }
        if let Some(other) = self.activation_function.as_deref().filter(|name| *name != "gelu") {
            return not(format!("its activation_function is {other:?}, not \"gelu\""));
        }
        if self.scale_embedding == Some(true) {
            return not("its embedding is scaled".to_owned());
        }
        for (name, size) in [("encoder_ffn_dim", self.encoder_ffn_dim), ("decoder_ffn_dim", self.decoder_ffn_dim)] {
            if let Some(size) = size.filter(|size| Some(*size) != self.d_model.checked_mul(4)) {
                return not(format!("its {name} is {size}, not four times its width of {}", self.d_model));
            }
        }
        Ok(())
    }

    /// `max_length`, which whisper.cpp's script takes for the text context, is how long an answer may be and is changed by
    /// fine-tuning; how many positions there are is `max_target_positions`.
    pub(crate) fn shape(&self) -> Result<Shape, Fault> {
        let shape = Shape {
            vocabulary: self.vocab_size,
            audio_context: self.max_source_positions,
            width: self.d_model,
            audio_heads: self.encoder_attention_heads,
            audio_layers: self.encoder_layers,
            text_context: self.max_target_positions,
            text_heads: self.decoder_attention_heads,
            text_layers: self.decoder_layers,
            mel_bands: self.num_mel_bins,
        };
        shape.within_bounds()?;
        Ok(shape)
    }
}
