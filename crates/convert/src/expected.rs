//! Which tensors a Whisper of a shape has, and how they are called.

use crate::Shape;

/// A tensor that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    /// As OpenAI and whisper.cpp call it: `encoder.blocks.0.attn.query.weight`.
    pub(crate) name: String,
    /// As Hugging Face calls it, without `model.`: `encoder.layers.0.self_attn.q_proj.weight`.
    pub(crate) hugging: String,
    /// Its size, the outermost dimension first.
    pub(crate) dims: Vec<u64>,
}

/// What Hugging Face's models may hold besides: the embedding once more.
pub(crate) const TIED: [&str; 2] = ["proj_out.weight", "lm_head.weight"];

/// All of them, in the order in which Hugging Face's `state_dict` has them: whisper.cpp's script writes them so.
pub(crate) fn expected(shape: &Shape) -> Vec<Expected> {
    let wide = u64::from(shape.width);
    let mut list = List(Vec::new());
    for (conv, bands) in [("conv1", u64::from(shape.mel_bands)), ("conv2", wide)] {
        let name = format!("encoder.{conv}");
        list.add(&format!("{name}.weight"), &format!("{name}.weight"), &[wide, bands, 3]);
        list.add(&format!("{name}.bias"), &format!("{name}.bias"), &[wide]);
    }
    let positions = |context: u32| [u64::from(context), wide];
    list.add("encoder.positional_embedding", "encoder.embed_positions.weight", &positions(shape.audio_context));
    for layer in 0..shape.audio_layers {
        list.layer("encoder", layer, wide);
    }
    list.norm("encoder.ln_post", "encoder.layer_norm", wide);
    list.add("decoder.token_embedding.weight", "decoder.embed_tokens.weight", &positions(shape.vocabulary));
    list.add("decoder.positional_embedding", "decoder.embed_positions.weight", &positions(shape.text_context));
    for layer in 0..shape.text_layers {
        list.layer("decoder", layer, wide);
    }
    list.norm("decoder.ln", "decoder.layer_norm", wide);
    list.0
}

struct List(Vec<Expected>);

impl List {
    fn add(&mut self, name: &str, hugging: &str, dims: &[u64]) {
        self.0.push(Expected { name: name.to_owned(), hugging: hugging.to_owned(), dims: dims.to_vec() });
    }

    fn layer(&mut self, side: &str, layer: u32, wide: u64) {
        let (ours, theirs) = (format!("{side}.blocks.{layer}"), format!("{side}.layers.{layer}"));
        self.attention(&format!("{ours}.attn"), &format!("{theirs}.self_attn"), wide);
        self.norm(&format!("{ours}.attn_ln"), &format!("{theirs}.self_attn_layer_norm"), wide);
        if side == "decoder" {
            self.attention(&format!("{ours}.cross_attn"), &format!("{theirs}.encoder_attn"), wide);
            self.norm(&format!("{ours}.cross_attn_ln"), &format!("{theirs}.encoder_attn_layer_norm"), wide);
        }
        self.linear(&format!("{ours}.mlp.0"), &format!("{theirs}.fc1"), 4 * wide, wide);
        self.linear(&format!("{ours}.mlp.2"), &format!("{theirs}.fc2"), wide, 4 * wide);
        self.norm(&format!("{ours}.mlp_ln"), &format!("{theirs}.final_layer_norm"), wide);
    }

    fn attention(&mut self, ours: &str, theirs: &str, wide: u64) {
        // A key's bias would change nothing, so there is none.
        self.add(&format!("{ours}.key.weight"), &format!("{theirs}.k_proj.weight"), &[wide, wide]);
        for (our, their) in [("value", "v_proj"), ("query", "q_proj"), ("out", "out_proj")] {
            self.linear(&format!("{ours}.{our}"), &format!("{theirs}.{their}"), wide, wide);
        }
    }

    fn linear(&mut self, ours: &str, theirs: &str, out: u64, from: u64) {
        self.add(&format!("{ours}.weight"), &format!("{theirs}.weight"), &[out, from]);
        self.add(&format!("{ours}.bias"), &format!("{theirs}.bias"), &[out]);
    }

    fn norm(&mut self, ours: &str, theirs: &str, wide: u64) {
        self.add(&format!("{ours}.weight"), &format!("{theirs}.weight"), &[wide]);
        self.add(&format!("{ours}.bias"), &format!("{theirs}.bias"), &[wide]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_whisper_cpp_counts() {
        let shape = Shape {
            vocabulary: 51_866,
            audio_context: 1_500,
            width: 1_280,
            audio_heads: 20,
            audio_layers: 32,
            text_context: 448,
            text_heads: 20,
            text_layers: 4,
            mel_bands: 128,
        };
        let list = expected(&shape);
        assert_eq!(list.len(), 11 + 15 * 32 + 24 * 4);
        let names: std::collections::BTreeSet<_> = list.iter().map(|tensor| &tensor.name).collect();
        assert_eq!(names.len(), list.len());
        // large-v3-turbo has 809 million parameters.
        let numbers: u64 = list.iter().map(|tensor| tensor.dims.iter().product::<u64>()).sum();
        assert_eq!(numbers / 1_000_000, 808);
    }
}
