//! Which attention heads tell when a word was said.

use speech::models::ModelInfo;
use whisper_rs::{DtwMode, DtwModelPreset, DtwParameters};

/// Room for the alignment of a window by the published heads: tokens × audio frames × heads in f32, several times over.
const MEMORY: usize = 256 << 20;
/// The attention of one head over a window: 224 tokens, 1,500 frames, f32, and the copies that normalising and filtering make of it. whisper.cpp
/// ends the process where the room is too small.
const MEMORY_PER_HEAD: usize = 224 * 1_500 * 4 * 8;
/// More heads than this bring nothing: the published sets have 6 to 23.
const MOST_HEADS: u32 = 40;

/// The published heads of the `OpenAI` models, recognised by their shape; for any other model all heads of the upper half of the decoder, as
/// openai-whisper does by default, or of the uppermost layers where that would be many.
pub(crate) fn parameters(info: &ModelInfo) -> DtwParameters<'static> {
    if let Some(model_preset) = preset(info) {
        return DtwParameters { mode: DtwMode::ModelPreset { model_preset }, dtw_mem_size: MEMORY };
    }
    let heads = (info.width / HEAD_WIDTH).max(1);
    let layers = info.decoder_layers.div_ceil(2).min(MOST_HEADS / heads).max(1);
    let memory = usize::try_from(layers.saturating_mul(heads)).unwrap_or(1).saturating_mul(MEMORY_PER_HEAD);
    DtwParameters {
        mode: DtwMode::TopMost { n_top: i32::try_from(layers).unwrap_or(1) },
        dtw_mem_size: memory.max(MEMORY),
    }
}

/// Of every Whisper model.
const HEAD_WIDTH: u32 = 64;

fn preset(info: &ModelInfo) -> Option<DtwModelPreset> {
    // large-v1 and large-v2 have one shape; v2's heads serve both, as v1 is hardly around.
    Some(match (info.width, info.encoder_layers, info.decoder_layers, info.mel_bands, info.multilingual) {
        (384, 4, 4, 80, false) => DtwModelPreset::TinyEn,
        (384, 4, 4, 80, true) => DtwModelPreset::Tiny,
        (512, 6, 6, 80, false) => DtwModelPreset::BaseEn,
        (512, 6, 6, 80, true) => DtwModelPreset::Base,
        (768, 12, 12, 80, false) => DtwModelPreset::SmallEn,
        (768, 12, 12, 80, true) => DtwModelPreset::Small,
        (1024, 24, 24, 80, false) => DtwModelPreset::MediumEn,
        (1024, 24, 24, 80, true) => DtwModelPreset::Medium,
        (1280, 32, 32, 80, true) => DtwModelPreset::LargeV2,
        (1280, 32, 32, 128, true) => DtwModelPreset::LargeV3,
        (1280, 32, 4, 128, true) => DtwModelPreset::LargeV3Turbo,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(width: u32, layers: u32) -> ModelInfo {
        let (encoder_layers, decoder_layers) = (layers, layers);
        ModelInfo { bytes: 0, multilingual: false, width, encoder_layers, decoder_layers, mel_bands: 80 }
    }

    #[test]
    fn the_room_holds_the_heads_that_are_looked_at_whatever_the_model() {
        for (width, layers, top) in [(128, 4, 2), (64, 1, 1), (1_280, 32, 2), (1_024, 8, 2), (8_192, 64, 1)] {
            let parameters = parameters(&model(width, layers));
            let DtwMode::TopMost { n_top } = parameters.mode else { panic!("{width} x {layers} is published") };
            assert_eq!(n_top, top, "{width} x {layers}");
            let heads = usize::try_from(u32::try_from(n_top).unwrap() * (width / HEAD_WIDTH)).unwrap();
            assert!(parameters.dtw_mem_size >= heads * MEMORY_PER_HEAD);
        }
    }
}
