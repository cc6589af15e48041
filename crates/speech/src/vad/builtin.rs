//! The detector's forward pass, for machines without ONNX Runtime.
//!
//! ```text
//! 576 samples ─ reflected by 64 ─► STFT (258 × 256, hop 128) ─► 4 frames of 129 magnitudes
//!   ─► conv 129→128 ─► conv 128→64 /2 ─► conv 64→64 /2 ─► conv 64→128   (width 3, ReLU each)
//!   ─► LSTM cell 128 ─► ReLU ─► one weight per unit ─► sigmoid
//! ```

use super::onnx_file::weight;
use super::{CONTEXT, FRAME, INPUT, VadError};

const BINS: usize = 129;
const STFT_WIDTH: usize = 256;
const STFT_HOP: usize = 128;
const UNITS: usize = 128;

/// A convolution of width 3 over time with one frame of zeros on both sides.
struct Conv {
    weight: Vec<f32>,
    bias: Vec<f32>,
    channels: usize,
    stride: usize,
}

pub(super) struct Builtin {
    basis: Vec<f32>,
    convs: [Conv; 4],
    input_weight: Vec<f32>,
    hidden_weight: Vec<f32>,
    gate_bias: Vec<f32>,
    out_weight: Vec<f32>,
    out_bias: f32,
    hidden: [f32; UNITS],
    cell: [f32; UNITS],
}

impl Builtin {
    pub(super) fn new(model: &[u8]) -> Result<Self, VadError> {
        let load = |name: &'static str, len: usize| {
            weight(model, name).filter(|w| w.len() == len).ok_or(VadError::Model(name))
        };
        let conv = |weight_name, bias_name, channels: usize, out: usize, stride| {
            Ok::<_, VadError>(Conv {
                weight: load(weight_name, out * channels * 3)?,
                bias: load(bias_name, out)?,
                channels,
                stride,
            })
        };
        let mut gate_bias = load("model.decoder.rnn.bias_ih", 4 * UNITS)?;
        for (bias, hidden) in gate_bias.iter_mut().zip(load("model.decoder.rnn.bias_hh", 4 * UNITS)?) {
            *bias += hidden;
        }
        Ok(Self {
            basis: load("model.stft.forward_basis_buffer", 2 * BINS * STFT_WIDTH)?,
            convs: [
                conv("model.encoder.0.reparam_conv.weight", "model.encoder.0.reparam_conv.bias", BINS, 128, 1)?,
                conv("model.encoder.1.reparam_conv.weight", "model.encoder.1.reparam_conv.bias", 128, 64, 2)?,
                conv("model.encoder.2.reparam_conv.weight", "model.encoder.2.reparam_conv.bias", 64, 64, 2)?,
                conv("model.encoder.3.reparam_conv.weight", "model.encoder.3.reparam_conv.bias", 64, UNITS, 1)?,
            ],
            input_weight: load("model.decoder.rnn.weight_ih", 4 * UNITS * UNITS)?,
            hidden_weight: load("model.decoder.rnn.weight_hh", 4 * UNITS * UNITS)?,
            gate_bias,
            out_weight: load("model.decoder.decoder.2.weight", UNITS)?,
            out_bias: load("model.decoder.decoder.2.bias", 1)?.first().copied().unwrap_or(0.0),
            hidden: [0.0; UNITS],
            cell: [0.0; UNITS],
        })
    }

    pub(super) fn reset(&mut self) {
        self.hidden = [0.0; UNITS];
        self.cell = [0.0; UNITS];
    }

    pub(super) fn probability(&mut self, input: &[f32; INPUT]) -> f32 {
        let mut frames = self.magnitudes(input);
        for conv in &self.convs {
            frames = conv.run(&frames);
        }
        // The strides have left one frame of 128 channels.
        if let Some(features) = frames.first() {
            self.lstm(features);
        }
        let relu: Vec<f32> = self.hidden.iter().map(|h| h.max(0.0)).collect();
        sigmoid(dot(&self.out_weight, &relu) + self.out_bias)
    }

    fn magnitudes(&self, input: &[f32; INPUT]) -> Vec<Vec<f32>> {
        let mut padded = Vec::with_capacity(CONTEXT + FRAME + CONTEXT);
        padded.extend_from_slice(input);
        padded.extend(input.iter().rev().skip(1).take(CONTEXT));
        padded
            .windows(STFT_WIDTH)
            .step_by(STFT_HOP)
            .map(|sound| {
                let parts: Vec<f32> = self.basis.chunks_exact(STFT_WIDTH).map(|row| dot(row, sound)).collect();
                let (real, imaginary) = parts.split_at(BINS);
                real.iter().zip(imaginary).map(|(r, i)| (r * r + i * i).sqrt()).collect()
            })
            .collect()
    }

    fn lstm(&mut self, features: &[f32]) {
        let gates: Vec<f32> = self
            .input_weight
            .chunks_exact(UNITS)
            .zip(self.hidden_weight.chunks_exact(UNITS))
            .zip(&self.gate_bias)
            .map(|((input, hidden), bias)| dot(input, features) + dot(hidden, &self.hidden) + bias)
            .collect();
        let (input, rest) = gates.split_at(UNITS);
        let (forget, rest) = rest.split_at(UNITS);
        let (candidate, output) = rest.split_at(UNITS);
        let gates = input.iter().zip(forget).zip(candidate.iter().zip(output));
        for ((cell, hidden), ((i, f), (g, o))) in self.cell.iter_mut().zip(&mut self.hidden).zip(gates) {
            *cell = sigmoid(*f) * *cell + sigmoid(*i) * g.tanh();
            *hidden = sigmoid(*o) * cell.tanh();
        }
    }
}

impl Conv {
    fn run(&self, frames: &[Vec<f32>]) -> Vec<Vec<f32>> {
        (0..frames.len())
            .step_by(self.stride)
            .map(|centre| {
                let patch = self.patch(frames, centre);
                self.weight
                    .chunks_exact(self.channels * 3)
                    .zip(&self.bias)
                    .map(|(row, bias)| (dot(row, &patch) + bias).max(0.0))
                    .collect()
            })
            .collect()
    }

    /// The three frames around `centre` in the order of a weight row: channel by channel.
    fn patch(&self, frames: &[Vec<f32>], centre: usize) -> Vec<f32> {
        let around = [centre.checked_sub(1), Some(centre), centre.checked_add(1)];
        let around = around.map(|at| at.and_then(|at| frames.get(at)));
        let value =
            |frame: Option<&Vec<f32>>, channel: usize| frame.and_then(|f| f.get(channel)).copied().unwrap_or(0.0);
        (0..self.channels).flat_map(|channel| around.map(|frame| value(frame, channel))).collect()
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Thirty-two sums side by side, so that the compiler may use wide registers, and added up by halves: one after the other would take as
/// long as all the rest. The order is fixed.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_wide, a_rest) = a.as_chunks::<32>();
    let (b_wide, b_rest) = b.as_chunks::<32>();
    let mut sums = [0.0f32; 32];
    for (x, y) in a_wide.iter().zip(b_wide) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    let [a, b, c, d]: [f32; 4] = halved(halved::<16, 8>(halved::<32, 16>(sums)));
    (a + c) + (b + d) + rest
}

/// The front half plus the back half.
fn halved<const N: usize, const HALF: usize>(sums: [f32; N]) -> [f32; HALF] {
    let mut half = [0.0f32; HALF];
    let (front, back) = sums.split_at(HALF);
    for ((sum, x), y) in half.iter_mut().zip(front).zip(back) {
        *sum = x + y;
    }
    half
}
