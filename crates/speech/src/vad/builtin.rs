//! The detector's forward pass, without ONNX Runtime.
//!
//! ```text
//! 576 samples ─ reflected by 64 ─► windowed Fourier transform (256, hop 128) ─► 4 frames of 129 magnitudes
//!   ─► conv 129→128 ─► conv 128→64 /2 ─► conv 64→64 /2 ─► conv 64→128   (width 3, ReLU each)
//!   ─► LSTM cell 128 ─► ReLU ─► one weight per unit ─► sigmoid
//! ```
//!
//! A detector hears every second of every track, so that its speed is that of all the rest where little is said. The frames of a
//! layer are computed side by side, each weight being read once for all of them, and the outputs in the order in which wide
//! registers hold them. Every sum is added up in one order, so that the same sound gives the same bits on every processor.

use super::onnx_file::weight;
use super::{CONTEXT, FRAME, INPUT, VadError};
use pulp::{Simd, WithSimd};
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};
use std::ops::Range;
use std::sync::Arc;

const BINS: usize = 129;
const STFT_WIDTH: usize = 256;
const STFT_HOP: usize = 128;
const FRAMES: usize = 4;
const UNITS: usize = 128;

/// The model's `forward_basis_buffer`: a Fourier transform's cosines and sines, times a window. Its first row, whose cosines are 1, is the
/// window.
const BASIS: &str = "model.stft.forward_basis_buffer";

/// A layer's weights: for each input those of all outputs. `REGISTERS` full of outputs are summed up at once.
struct Dense<const REGISTERS: usize> {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl<const REGISTERS: usize> Dense<REGISTERS> {
    fn new(inputs: usize, bias: Vec<f32>, weight: impl Fn(usize, usize) -> f32) -> Self {
        let weights = (0..inputs * bias.len()).map(|at| weight(at % bias.len(), at / bias.len())).collect();
        Self { weights, bias }
    }

    /// A convolution of width 3, of which only the taps `used` ever meet a frame.
    fn conv(weights: &[f32], bias: Vec<f32>, channels: usize, used: Range<usize>) -> Self {
        let weight = |output: usize, input: usize| {
            let (channel, tap) = (input / used.len(), used.start + input % used.len());
            weights.get((output * channels + channel) * 3 + tap).copied().unwrap_or(0.0)
        };
        Self::new(channels * used.len(), bias, weight)
    }

    /// The outputs for each of `N` frames, whose inputs lie side by side.
    #[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
    #[inline(always)]
    fn apply<S: Simd, const N: usize>(&self, simd: S, inputs: &[[f32; N]]) -> [Vec<f32>; N] {
        let mut outputs = [(); N].map(|()| vec![0.0; self.bias.len()]);
        for tile in 0..self.bias.len() / (REGISTERS * S::F32_LANES) {
            let Some(bias) = registers::<S, REGISTERS>(&self.bias, tile) else { break };
            let mut sums = [*bias; N];
            for (weights, inputs) in self.weights.chunks_exact(self.bias.len()).zip(inputs) {
                let Some(weights) = registers::<S, REGISTERS>(weights, tile) else { break };
                for (sums, input) in sums.iter_mut().zip(inputs) {
                    let input = simd.splat_f32s(*input);
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum = simd.add_f32s(*sum, simd.mul_f32s(*weight, input));
                    }
                }
            }
            for (output, sums) in outputs.iter_mut().zip(sums) {
                if let Some(output) = S::as_mut_simd_f32s(output).0.as_chunks_mut::<REGISTERS>().0.get_mut(tile) {
                    *output = sums;
                }
            }
        }
        outputs
    }
}

/// Those of a tile.
#[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
#[inline(always)]
fn registers<S: Simd, const REGISTERS: usize>(row: &[f32], tile: usize) -> Option<&[S::f32s; REGISTERS]> {
    S::as_simd_f32s(row).0.as_chunks::<REGISTERS>().0.get(tile)
}

pub(super) struct Builtin {
    arch: pulp::Arch,
    fourier: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    first: Dense<2>,
    second: Dense<4>,
    third: Dense<8>,
    fourth: Dense<8>,
    gates: Dense<8>,
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
        let mut gate_bias = load("model.decoder.rnn.bias_ih", 4 * UNITS)?;
        for (bias, hidden) in gate_bias.iter_mut().zip(load("model.decoder.rnn.bias_hh", 4 * UNITS)?) {
            *bias += hidden;
        }
        let of_input = load("model.decoder.rnn.weight_ih", 4 * UNITS * UNITS)?;
        let of_hidden = load("model.decoder.rnn.weight_hh", 4 * UNITS * UNITS)?;
        let gate = |gate: usize, from: usize| {
            let weights = if from < UNITS { &of_input } else { &of_hidden };
            weights.get(gate * UNITS + from % UNITS).copied().unwrap_or(0.0)
        };
        let first = load("model.encoder.0.reparam_conv.weight", 128 * BINS * 3)?;
        let second = load("model.encoder.1.reparam_conv.weight", 64 * 128 * 3)?;
        let third = load("model.encoder.2.reparam_conv.weight", 64 * 64 * 3)?;
        let fourth = load("model.encoder.3.reparam_conv.weight", UNITS * 64 * 3)?;
        Ok(Self {
            arch: pulp::Arch::new(),
            fourier: RealFftPlanner::new().plan_fft_forward(STFT_WIDTH),
            window: load(BASIS, 2 * BINS * STFT_WIDTH)?.into_iter().take(STFT_WIDTH).collect(),
            first: Dense::conv(&first, load("model.encoder.0.reparam_conv.bias", 128)?, BINS, 0..3),
            second: Dense::conv(&second, load("model.encoder.1.reparam_conv.bias", 64)?, 128, 0..3),
            // Of two frames, the first has none before it; of one, it has none after it either.
            third: Dense::conv(&third, load("model.encoder.2.reparam_conv.bias", 64)?, 64, 1..3),
            fourth: Dense::conv(&fourth, load("model.encoder.3.reparam_conv.bias", UNITS)?, 64, 1..2),
            gates: Dense::new(2 * UNITS, gate_bias, gate),
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

    pub(super) fn probability(&mut self, input: &[f32; INPUT]) -> Result<f32, VadError> {
        let magnitudes = self.magnitudes(input)?;
        Ok(self.arch.dispatch(Pass { detector: self, magnitudes }))
    }

    /// Of every bin, in each of the frames.
    fn magnitudes(&self, input: &[f32; INPUT]) -> Result<Vec<[f32; FRAMES]>, VadError> {
        let mut padded = Vec::with_capacity(CONTEXT + FRAME + CONTEXT);
        padded.extend_from_slice(input);
        padded.extend(input.iter().rev().skip(1).take(CONTEXT));
        let mut magnitudes = vec![[0.0; FRAMES]; BINS];
        let mut spectrum = vec![Complex32::default(); BINS];
        for (frame, sound) in padded.windows(STFT_WIDTH).step_by(STFT_HOP).enumerate() {
            let mut sound: Vec<f32> = sound.iter().zip(&self.window).map(|(sample, window)| sample * window).collect();
            // It fails for other lengths only.
            self.fourier.process(&mut sound, &mut spectrum).map_err(|_| VadError::Model(BASIS))?;
            for (magnitudes, bin) in magnitudes.iter_mut().zip(&spectrum) {
                if let Some(magnitude) = magnitudes.get_mut(frame) {
                    *magnitude = (bin.re * bin.re + bin.im * bin.im).sqrt();
                }
            }
        }
        Ok(magnitudes)
    }

    /// Carries the state on by the outputs of its gates, four times as many as there are units.
    fn step(&mut self, gates: &[f32]) {
        let (input, rest) = gates.split_at(UNITS);
        let (forget, rest) = rest.split_at(UNITS);
        let (candidate, output) = rest.split_at(UNITS);
        let gates = input.iter().zip(forget).zip(candidate.iter().zip(output));
        for ((cell, hidden), ((i, f), (g, o))) in self.cell.iter_mut().zip(&mut self.hidden).zip(gates) {
            *cell = sigmoid(*f) * *cell + sigmoid(*i) * tanh(*g);
            *hidden = sigmoid(*o) * tanh(*cell);
        }
    }
}

/// What is done with wide registers.
struct Pass<'a> {
    detector: &'a mut Builtin,
    magnitudes: Vec<[f32; FRAMES]>,
}

impl WithSimd for Pass<'_> {
    type Output = f32;

    #[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let Self { detector: it, magnitudes } = self;
        let around = |[a, b, c, d]: [f32; FRAMES]| [[0.0, a, b, c], [a, b, c, d], [b, c, d, 0.0]];
        let taps: Vec<[f32; FRAMES]> = magnitudes.iter().flat_map(|frames| around(*frames)).collect();
        let [a, b, c, d] = it.first.apply(simd, &taps).map(relu);
        let channels = a.iter().zip(&b).zip(c.iter().zip(&d));
        let taps: Vec<[f32; 2]> = channels.flat_map(|((a, b), (c, d))| [[0.0, *b], [*a, *c], [*b, *d]]).collect();
        let [a, b] = it.second.apply(simd, &taps).map(relu);
        let taps: Vec<[f32; 1]> = a.iter().zip(&b).flat_map(|(a, b)| [[*a], [*b]]).collect();
        let [only] = it.third.apply(simd, &taps).map(relu);
        let [features] = it.fourth.apply(simd, as_inputs(&only)).map(relu);
        let inputs = [features, it.hidden.to_vec()].concat();
        let [gates] = it.gates.apply(simd, as_inputs(&inputs));
        it.step(&gates);
        let weighted = it.hidden.iter().zip(&it.out_weight).map(|(hidden, weight)| hidden.max(0.0) * weight);
        sigmoid(weighted.sum::<f32>() + it.out_bias)
    }
}

/// Those of one frame.
fn as_inputs(values: &[f32]) -> &[[f32; 1]] {
    values.as_chunks().0
}

fn relu(mut values: Vec<f32>) -> Vec<f32> {
    for value in &mut values {
        *value = value.max(0.0);
    }
    values
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The library's own takes five times as long.
fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

#[cfg(test)]
mod tests {
    use super::super::MODEL;
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn the_models_own_transform_is_fouriers() {
        let basis = weight(MODEL, BASIS).unwrap();
        let (window, mut worst) = (basis.get(..STFT_WIDTH).unwrap(), 0.0_f64);
        for (row, values) in basis.chunks_exact(STFT_WIDTH).enumerate() {
            for (n, (value, window)) in values.iter().zip(window).enumerate() {
                #[expect(clippy::cast_precision_loss, reason = "below 256 x 256")]
                let angle = TAU * ((row % BINS) * n) as f64 / STFT_WIDTH as f64;
                let wave = if row < BINS { angle.cos() } else { -angle.sin() };
                worst = worst.max((f64::from(*value) - f64::from(*window) * wave).abs());
            }
        }
        assert!(worst < 1e-6, "{worst}");
    }
}
