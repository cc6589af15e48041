//! What a model is made of: each part by the name under which it is computed with, and the tensors that it comes from.

use crate::Shape;
use crate::ggml::HEAD;

/// A part of a model.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) made: Made,
}

/// How it is made of tensors.
#[derive(Debug)]
pub(crate) enum Made {
    /// Matrices of `outputs × inputs` each, one behind the other: one layer that gives the outputs of all.
    Linear { outputs: usize, inputs: usize, matrices: Vec<Matrix> },
    /// A convolution over three positions, of the tensors under its own name; in f32 always.
    Convolution { outputs: usize, channels: usize },
    /// The table of tokens as the layer that scores them: without a bias.
    Scores,
    /// The table of tokens as what is read.
    Tokens,
    /// The numbers of the tensor of its own name.
    Numbers { rows: usize, columns: usize },
}

/// A matrix of the file with its bias, both times a factor.
#[derive(Debug)]
pub(crate) struct Matrix {
    /// Without `.weight` and `.bias`.
    pub(crate) name: String,
    pub(crate) factor: f32,
    pub(crate) has_bias: bool,
}

/// The tensor of the table of tokens.
pub(crate) const TOKENS: &str = "decoder.token_embedding.weight";
/// The names of its two parts.
pub(crate) const READ: &str = "tokens read";
pub(crate) const SCORED: &str = "tokens scored";

/// All parts, the largest first: whoever makes them with several threads isn't left with it.
pub(crate) fn all(shape: &Shape) -> Vec<Part> {
    let width = shape.width;
    let mut parts = Parts { width, all: Vec::new() };
    parts.add(SCORED, Made::Scores);
    parts.add(READ, Made::Tokens);
    parts.add("encoder.conv2", Made::Convolution { outputs: width, channels: width });
    parts.add("encoder.conv1", Made::Convolution { outputs: width, channels: shape.bands });
    parts.add("encoder.positional_embedding", Made::Numbers { rows: shape.audio_context, columns: width });
    parts.add("decoder.positional_embedding", Made::Numbers { rows: shape.text_context, columns: width });
    for layer in 0..shape.audio_layers {
        let block = format!("encoder.blocks.{layer}.");
        parts.attention(&format!("{block}attn"));
        parts.perceptron(&block);
    }
    for layer in 0..shape.text_layers {
        let block = format!("decoder.blocks.{layer}.");
        parts.attention(&format!("{block}attn"));
        let sound = format!("{block}cross_attn");
        parts.norm(&format!("{sound}_ln"));
        parts.linear(&format!("{sound}.query"), width, width, vec![query(&sound)]);
        parts.linear(&format!("{sound}.kv"), width, width, vec![key(&sound), plain(&sound, ".value")]);
        parts.linear(&format!("{sound}.out"), width, width, vec![plain(&sound, ".out")]);
        parts.perceptron(&block);
    }
    parts.norm("encoder.ln_post");
    parts.norm("decoder.ln");
    parts.all
}

struct Parts {
    width: usize,
    all: Vec<Part>,
}

impl Parts {
    fn add(&mut self, name: &str, made: Made) {
        self.all.push(Part { name: name.to_owned(), made });
    }

    fn linear(&mut self, name: &str, outputs: usize, inputs: usize, matrices: Vec<Matrix>) {
        self.add(name, Made::Linear { outputs, inputs, matrices });
    }

    fn norm(&mut self, name: &str) {
        for half in ["weight", "bias"] {
            self.add(&format!("{name}.{half}"), Made::Numbers { rows: 1, columns: self.width });
        }
    }

    /// Attention to what it is itself of, with its norm; its three inputs are one layer.
    fn attention(&mut self, name: &str) {
        let width = self.width;
        self.norm(&format!("{name}_ln"));
        self.linear(&format!("{name}.qkv"), width, width, vec![query(name), key(name), plain(name, ".value")]);
        self.linear(&format!("{name}.out"), width, width, vec![plain(name, ".out")]);
    }

    fn perceptron(&mut self, block: &str) {
        let width = self.width;
        let name = format!("{block}mlp");
        self.norm(&format!("{name}_ln"));
        self.linear(&format!("{name}.0"), 4 * width, width, vec![plain(&name, ".0")]);
        self.linear(&format!("{name}.2"), width, 4 * width, vec![plain(&name, ".2")]);
    }
}

fn plain(attention: &str, name: &str) -> Matrix {
    Matrix { name: format!("{attention}{name}"), factor: 1.0, has_bias: true }
}

/// Queries are divided by the root of a head's width here: by 8, which changes no bit but the exponent.
fn query(attention: &str) -> Matrix {
    const { assert!(HEAD == 64, "the root of which is 8") };
    Matrix { factor: 0.125, ..plain(attention, ".query") }
}

fn key(attention: &str) -> Matrix {
    Matrix { has_bias: false, ..plain(attention, ".key") }
}
