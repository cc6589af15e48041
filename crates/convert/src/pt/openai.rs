use super::state::State;
use crate::error::{ConvertError, Fault};
use crate::{Shape, Tensor};
use std::path::Path;

const HINT: &str = "a .pt as OpenAI publishes them has \"dims\" and \"model_state_dict\"; a pytorch_model.bin is converted with its folder";

/// The shape and the tensors of a checkpoint of openai-whisper, the latter in its own order and under whisper.cpp's names.
///
/// # Errors
/// What isn't such a checkpoint, or is damaged: every storage is compared with its checksum.
pub(crate) fn checkpoint(path: &Path) -> Result<(Shape, Vec<Tensor>), ConvertError> {
    read(path).map_err(|fault| fault.of(path))
}

fn read(path: &Path) -> Result<(Shape, Vec<Tensor>), Fault> {
    let state = State::open(path)?;
    let root = state.values.by_name(state.root).unwrap_or_default();
    let (Some(dims), Some(tensors)) = (root.get("dims"), root.get("model_state_dict")) else {
        let found: Vec<&str> = root.keys().copied().take(5).collect();
        return Err(Fault::Unsuitable(format!("it is not a checkpoint of openai-whisper; it has {found:?}"), HINT));
    };
    let dims = state.values.by_name(*dims).unwrap_or_default();
    let number = |name: &str| {
        let found = dims.get(name).and_then(|id| state.values.int(*id)).and_then(|int| u32::try_from(int).ok());
        found.ok_or_else(|| Fault::Unsuitable(format!("its dims have no {name}"), HINT))
    };
    let shape = Shape {
        vocabulary: number("n_vocab")?,
        audio_context: number("n_audio_ctx")?,
        width: number("n_audio_state")?,
        audio_heads: number("n_audio_head")?,
        audio_layers: number("n_audio_layer")?,
        text_context: number("n_text_ctx")?,
        text_heads: number("n_text_head")?,
        text_layers: number("n_text_layer")?,
        mel_bands: number("n_mels")?,
    };
    shape.within_bounds()?;
    if number("n_text_state")? != shape.width {
        return Err(Fault::Unsuitable("its encoder and its decoder differ in width".to_owned(), HINT));
    }
    let tensors = state.tensors(*tensors)?;
    state.verify()?;
    Ok((shape, tensors))
}
