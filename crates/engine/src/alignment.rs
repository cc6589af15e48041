//! Which attention heads tell when a word was said.

use speech::models::ModelInfo;
use whisper_rs::{DtwMode, DtwModelPreset, DtwParameters};

/// Room for the alignment of a window: tokens × audio frames × heads in f32, several times over.
const MEMORY: usize = 256 << 20;

/// The published heads of the `OpenAI` models, recognised by their shape; for any other model all heads of the upper half of the decoder, as
/// openai-whisper does by default.
pub(crate) fn parameters(info: &ModelInfo) -> DtwParameters<'static> {
    let mode = match preset(info) {
        Some(model_preset) => DtwMode::ModelPreset { model_preset },
        None => DtwMode::TopMost { n_top: i32::try_from(info.decoder_layers.div_ceil(2)).unwrap_or(1).max(1) },
    };
    DtwParameters { mode, dtw_mem_size: MEMORY }
}

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
