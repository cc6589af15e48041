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
use super::{CONTEXT, INPUT, VadError};
use pulp::{Simd, WithSimd};
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};
use std::ops::Range;
use std::sync::Arc;

const BINS: usize = 129;
const STFT_WIDTH: usize = 256;
const STFT_HOP: usize = 128;
/// Time steps of a frame.
const STEPS: usize = 4;
const UNITS: usize = 128;
/// Numbers in the widest register there is.
const WIDEST: usize = 16;

/// The model's `forward_basis_buffer`: a Fourier transform's cosines and sines, times a window. Its first row, whose cosines are 1, is the
/// window.
const BASIS: &str = "model.stft.forward_basis_buffer";

/// A layer's weights. `REGISTERS` full of its `OUTPUTS` are summed up at once, and lie in the order in which they are read then: in panels as wide as the
/// widest registers make them, in each panel a row for every input.
struct Dense<const REGISTERS: usize, const OUTPUTS: usize> {
    weights: Vec<f32>,
    inputs: usize,
    bias: [f32; OUTPUTS],
}

impl<const REGISTERS: usize, const OUTPUTS: usize> Dense<REGISTERS, OUTPUTS> {
    /// Outputs of a panel.
    const PANEL: usize = {
        assert!(OUTPUTS.is_multiple_of(REGISTERS * WIDEST), "else some outputs would be left out");
        REGISTERS * WIDEST
    };

    fn new(inputs: usize, bias: [f32; OUTPUTS], weight: impl Fn(usize, usize) -> f32) -> Self {
        let outputs: Vec<usize> = (0..OUTPUTS).collect();
        let row = |panel: &[usize], input| panel.iter().map(move |output| (*output, input)).collect::<Vec<_>>();
        let places = outputs.chunks(Self::PANEL).flat_map(|panel| (0..inputs).flat_map(move |input| row(panel, input)));
        Self { weights: places.map(|(output, input)| weight(output, input)).collect(), inputs, bias }
    }

    /// A convolution of width 3, of which only the taps `used` ever meet a frame.
    fn conv(weights: &[f32], bias: [f32; OUTPUTS], channels: usize, used: Range<usize>) -> Self {
        let weight = |output: usize, input: usize| {
            let (channel, tap) = (input / used.len(), used.start + input % used.len());
            weights.get((output * channels + channel) * 3 + tap).copied().unwrap_or(0.0)
        };
        Self::new(channels * used.len(), bias, weight)
    }

    /// Adds to `sums` the outputs for each time step of a batch: `N` of them for a frame, whose inputs lie side by side. A tile of the weights is
    /// multiplied by all of the batch while it is near the processor.
    #[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
    #[inline(always)]
    fn add<S: Simd, const N: usize>(&self, simd: S, batch: &[[f32; N]], sums: &mut [[f32; OUTPUTS]]) {
        let (of_panel, tiles) = (WIDEST / S::F32_LANES, OUTPUTS / (REGISTERS * S::F32_LANES));
        for tile in 0..tiles {
            let panel = self.weights.chunks_exact(self.inputs * Self::PANEL).nth(tile / of_panel).unwrap_or_default();
            for (inputs, place) in batch.chunks_exact(self.inputs).zip(sums.as_chunks_mut::<N>().0) {
                let mut sums = [[simd.splat_f32s(0.0); REGISTERS]; N];
                for (sums, place) in sums.iter_mut().zip(place.iter()) {
                    if let Some(place) = registers::<S, REGISTERS>(place, tile) {
                        *sums = *place;
                    }
                }
                for (weights, inputs) in panel.chunks_exact(Self::PANEL).zip(inputs) {
                    let Some(weights) = registers::<S, REGISTERS>(weights, tile % of_panel) else { break };
                    for (sums, input) in sums.iter_mut().zip(inputs) {
                        let input = simd.splat_f32s(*input);
                        for (sum, weight) in sums.iter_mut().zip(weights) {
                            *sum = simd.mul_add_f32s(*weight, input, *sum);
                        }
                    }
                }
                for (place, sums) in place.iter_mut().zip(sums) {
                    if let Some(place) = S::as_mut_simd_f32s(place).0.as_chunks_mut::<REGISTERS>().0.get_mut(tile) {
                        *place = sums;
                    }
                }
            }
        }
    }

    /// The outputs for each time step of a batch, none of them below zero.
    #[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
    #[inline(always)]
    fn apply<S: Simd, const N: usize>(&self, simd: S, batch: &[[f32; N]], out: &mut Vec<[f32; OUTPUTS]>) {
        out.clear();
        out.resize(batch.len() / self.inputs * N, self.bias);
        self.add(simd, batch, out);
        for value in out.as_flattened_mut() {
            *value = value.max(0.0);
        }
    }
}

/// Those of a tile.
#[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
#[inline(always)]
fn registers<S: Simd, const REGISTERS: usize>(row: &[f32], tile: usize) -> Option<&[S::f32s; REGISTERS]> {
    S::as_simd_f32s(row).0.as_chunks::<REGISTERS>().0.get(tile)
}

/// What is needed meanwhile, kept from batch to batch.
#[derive(Default)]
struct Room {
    sound: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// Of every frame's bins, in each of its time steps.
    magnitudes: Vec<[[f32; STEPS]; BINS]>,
    first_taps: Vec<[f32; STEPS]>,
    first: Vec<[f32; 128]>,
    second_taps: Vec<[f32; 2]>,
    second: Vec<[f32; 64]>,
    third_taps: Vec<[f32; 1]>,
    third: Vec<[f32; 64]>,
    features: Vec<[f32; UNITS]>,
    gates: Vec<[f32; 4 * UNITS]>,
}

pub(super) struct Builtin {
    arch: pulp::Arch,
    fourier: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    first: Dense<2, 128>,
    second: Dense<4, 64>,
    third: Dense<4, 64>,
    fourth: Dense<8, UNITS>,
    /// The gates of the cell, by the features and by what the cell gave out before.
    gates: Dense<8, { 4 * UNITS }>,
    again: Dense<8, { 4 * UNITS }>,
    out_weight: Vec<f32>,
    out_bias: f32,
    room: Room,
    hidden: [f32; UNITS],
    cell: [f32; UNITS],
}

impl Builtin {
    pub(super) fn new(model: &[u8]) -> Result<Self, VadError> {
        let load = |name: &'static str, len: usize| {
            weight(model, name).filter(|w| w.len() == len).ok_or(VadError::Model(name))
        };
        let mut gate_bias: [f32; 4 * UNITS] = row(load("model.decoder.rnn.bias_ih", 4 * UNITS)?);
        for (bias, hidden) in gate_bias.iter_mut().zip(load("model.decoder.rnn.bias_hh", 4 * UNITS)?) {
            *bias += hidden;
        }
        let of_input = load("model.decoder.rnn.weight_ih", 4 * UNITS * UNITS)?;
        let of_hidden = load("model.decoder.rnn.weight_hh", 4 * UNITS * UNITS)?;
        let of = |weights: &[f32], gate: usize, from: usize| weights.get(gate * UNITS + from).copied().unwrap_or(0.0);
        let first = load("model.encoder.0.reparam_conv.weight", 128 * BINS * 3)?;
        let second = load("model.encoder.1.reparam_conv.weight", 64 * 128 * 3)?;
        let third = load("model.encoder.2.reparam_conv.weight", 64 * 64 * 3)?;
        let fourth = load("model.encoder.3.reparam_conv.weight", UNITS * 64 * 3)?;
        let fourier = RealFftPlanner::new().plan_fft_forward(STFT_WIDTH);
        let room = Room {
            sound: vec![0.0; STFT_WIDTH],
            spectrum: fourier.make_output_vec(),
            scratch: fourier.make_scratch_vec(),
            ..Room::default()
        };
        Ok(Self {
            arch: pulp::Arch::new(),
            fourier,
            room,
            window: load(BASIS, 2 * BINS * STFT_WIDTH)?.into_iter().take(STFT_WIDTH).collect(),
            first: Dense::conv(&first, row(load("model.encoder.0.reparam_conv.bias", 128)?), BINS, 0..3),
            second: Dense::conv(&second, row(load("model.encoder.1.reparam_conv.bias", 64)?), 128, 0..3),
            // Of two frames, the first has none before it; of one, it has none after it either.
            third: Dense::conv(&third, row(load("model.encoder.2.reparam_conv.bias", 64)?), 64, 1..3),
            fourth: Dense::conv(&fourth, row(load("model.encoder.3.reparam_conv.bias", UNITS)?), 64, 1..2),
            gates: Dense::new(UNITS, gate_bias, |gate, from| of(&of_input, gate, from)),
            again: Dense::new(UNITS, [0.0; 4 * UNITS], |gate, from| of(&of_hidden, gate, from)),
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

    /// Adds the probabilities of some frames, one after the other. Each is the same whatever else is in the batch.
    pub(super) fn probabilities(&mut self, inputs: &[[f32; INPUT]], out: &mut Vec<f32>) -> Result<(), VadError> {
        self.listen(inputs)?;
        let arch = self.arch;
        arch.dispatch(Pass { detector: self, out });
        Ok(())
    }

    /// Fills in the magnitudes of every bin.
    fn listen(&mut self, inputs: &[[f32; INPUT]]) -> Result<(), VadError> {
        let Room { sound, spectrum, scratch, magnitudes, .. } = &mut self.room;
        magnitudes.clear();
        for input in inputs {
            let mut padded = [0.0; INPUT + CONTEXT];
            let (whole, reflected) = padded.split_at_mut(INPUT);
            whole.copy_from_slice(input);
            for (place, sample) in reflected.iter_mut().zip(input.iter().rev().skip(1)) {
                *place = *sample;
            }
            let mut frame = [[0.0; STEPS]; BINS];
            for (step, part) in padded.windows(STFT_WIDTH).step_by(STFT_HOP).enumerate() {
                for (place, (sample, window)) in sound.iter_mut().zip(part.iter().zip(&self.window)) {
                    *place = sample * window;
                }
                // It fails for other lengths only.
                let transformed = self.fourier.process_with_scratch(sound, spectrum, scratch);
                transformed.map_err(|_| VadError::Model(BASIS))?;
                for (magnitudes, bin) in frame.iter_mut().zip(&*spectrum) {
                    if let Some(magnitude) = magnitudes.get_mut(step) {
                        *magnitude = (bin.re * bin.re + bin.im * bin.im).sqrt();
                    }
                }
            }
            magnitudes.push(frame);
        }
        Ok(())
    }

    /// Carries the state on by the outputs of its gates, four times as many as there are units.
    #[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
    #[inline(always)]
    fn step(&mut self, gates: &[f32; 4 * UNITS]) {
        let [input, forget, candidate, output] = gates.as_chunks::<UNITS>().0 else { return };
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
    out: &'a mut Vec<f32>,
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { detector: it, out } = self;
        let mut room = std::mem::take(&mut it.room);
        room.first_taps.clear();
        for [a, b, c, d] in room.magnitudes.as_flattened() {
            room.first_taps.extend([[0.0, *a, *b, *c], [*a, *b, *c, *d], [*b, *c, *d, 0.0]]);
        }
        it.first.apply(simd, &room.first_taps, &mut room.first);
        room.second_taps.clear();
        for [a, b, c, d] in room.first.as_chunks().0 {
            for ((a, b), (c, d)) in a.iter().zip(b).zip(c.iter().zip(d)) {
                room.second_taps.extend([[0.0, *b], [*a, *c], [*b, *d]]);
            }
        }
        it.second.apply(simd, &room.second_taps, &mut room.second);
        room.third_taps.clear();
        for [a, b] in room.second.as_chunks().0 {
            room.third_taps.extend(a.iter().zip(b).flat_map(|(a, b)| [[*a], [*b]]));
        }
        it.third.apply(simd, &room.third_taps, &mut room.third);
        it.fourth.apply(simd, one_by_one(&room.third), &mut room.features);
        room.gates.clear();
        room.gates.resize(room.features.len(), it.gates.bias);
        it.gates.add(simd, one_by_one(&room.features), &mut room.gates);
        for gates in &mut room.gates {
            it.again.add(simd, one_by_one(&[it.hidden]), std::slice::from_mut(gates));
            it.step(gates);
            let weighted = it.hidden.iter().zip(&it.out_weight).map(|(hidden, weight)| hidden.max(0.0) * weight);
            out.push(sigmoid(weighted.sum::<f32>() + it.out_bias));
        }
        it.room = room;
    }
}

/// Frames of one time step each.
fn one_by_one<const LEN: usize>(frames: &[[f32; LEN]]) -> &[[f32; 1]] {
    frames.as_flattened().as_chunks().0
}

/// A vector whose length was looked at before.
fn row<const LEN: usize>(values: Vec<f32>) -> [f32; LEN] {
    values.try_into().unwrap_or([0.0; LEN])
}

#[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[expect(clippy::inline_always, reason = "else it isn't compiled for wide registers")]
#[inline(always)]
fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// e to the power of `x`, within 2e-7 of it: what a register holds at once, where the library's own takes one number at a time. Two to the
/// nearest whole power, times a polynomial (that of the Cephes library) of what is left.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const FACTORS: [f32; 6] = [1.987_569_1e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let x = x.clamp(-87.0, 88.0);
    let power = (x * std::f32::consts::LOG2_E).round_ties_even();
    let left = power.mul_add(-LN_2_LOW, power.mul_add(-LN_2_HIGH, x));
    let sum = FACTORS.iter().fold(0.0_f32, |sum, factor| sum.mul_add(left, *factor));
    let fraction = (sum * left).mul_add(left, left) + 1.0;
    #[expect(clippy::cast_possible_truncation, reason = "between -126 and 127")]
    let exponent = power as i32 + 127;
    fraction * f32::from_bits(exponent.cast_unsigned() << 23)
}

#[cfg(test)]
mod tests {
    use super::super::MODEL;
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn the_exponential_is_that_of_the_library() {
        for step in -8_700..8_800_i16 {
            let x = f32::from(step) / 100.0;
            let (ours, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((ours - exact).abs() <= 2e-7 * exact, "{x}: {ours} for {exact}");
        }
        assert!(sigmoid(-1_000.0) >= 0.0 && sigmoid(-1_000.0) < 1e-30);
        assert!((sigmoid(1_000.0) - 1.0).abs() < 1e-7);
    }

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
