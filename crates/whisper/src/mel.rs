//! Log-mel spectrograms, as Whisper was trained on them.

use crate::Error;
use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex32};
use std::sync::Arc;

/// Samples per second of what is recognised.
pub const RATE: usize = 16_000;
/// Samples between two frames.
pub(crate) const HOP: usize = 160;
/// Samples that a frame looks at.
const SPAN: usize = 400;
/// Bins of its spectrum: 201.
pub(crate) const BINS: usize = SPAN / 2 + 1;
/// Louder than any sound; keeps the squares of damaged samples within f32.
const LOUDEST: f32 = 1_000.0;

/// The spectrogram of one window: `frames × bands`, time by time.
#[derive(Debug, Clone)]
pub struct Mel {
    pub(crate) bands: usize,
    /// With a frame of zeros in front and one behind, which the encoder's first convolution looks at.
    pub(crate) padded: Vec<f32>,
    /// Frames that there is sound for.
    pub(crate) heard: usize,
}

impl Mel {
    /// Bands of each frame.
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// Frames, 10 ms each.
    pub fn frames(&self) -> usize {
        self.padded.len() / self.bands - 2
    }

    /// The bands of a frame, low ones first.
    pub fn frame(&self, at: usize) -> &[f32] {
        self.padded.get((at + 1) * self.bands..(at + 2) * self.bands).unwrap_or_default()
    }
}

/// Makes spectrograms for one model.
pub struct MelMaker {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// For each band its first bin and its weights from there on: most are zero.
    filters: Vec<(usize, Vec<f32>)>,
    frames: usize,
}

impl MelMaker {
    /// `filters` are `bands × 201`; a spectrogram has `frames` frames.
    pub(crate) fn new(filters: &[f32], frames: usize) -> Self {
        let sparse = |band: &[f32]| {
            let first = band.iter().position(|weight| *weight != 0.0).unwrap_or(0);
            let end = band.iter().rposition(|weight| *weight != 0.0).map_or(first, |last| last + 1);
            (first, band.get(first..end).unwrap_or_default().to_vec())
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "a window of 400 numbers below 1"
        )]
        let window = (0..SPAN).map(|at| (0.5 - 0.5 * (std::f64::consts::TAU * at as f64 / SPAN as f64).cos()) as f32);
        Self {
            fft: RealFftPlanner::new().plan_fft_forward(SPAN),
            window: window.collect(),
            filters: filters.chunks_exact(BINS).map(sparse).collect(),
            frames,
        }
    }

    /// Samples that fit into a window.
    pub fn samples(&self) -> usize {
        self.frames * HOP
    }

    /// Whether a spectrogram is of the size that this model takes.
    pub(crate) fn check(&self, mel: &Mel) -> Result<(), Error> {
        let (wanted, got) = ((self.frames, self.filters.len()), (mel.frames(), mel.bands));
        if wanted == got { Ok(()) } else { Err(Error::Spectrogram { frames: got.0, bands: got.1 }) }
    }

    /// The spectrogram of samples at 16 kHz, -1 to 1, filled up with silence or cut to a window's length. Samples that are no numbers count as silence.
    ///
    /// Frames of 400 samples with a Hann window every 160, the first around the first sample, mirrored at both ends; the decimal logarithm, not
    /// below the loudest less 8, brought to about -1 to 1.
    pub fn mel(&self, samples: &[f32]) -> Mel {
        let bands = self.filters.len();
        let samples = samples.get(..self.samples()).unwrap_or(samples);
        let sound = self.mirrored(samples);
        let heard = ((samples.len() + SPAN / 2).div_ceil(HOP)).min(self.frames);
        let mut frame = self.fft.make_input_vec();
        let mut bins = self.fft.make_output_vec();
        let mut rest = self.fft.make_scratch_vec();
        let mut powers = [0.0_f32; BINS];
        let mut padded = vec![-10.0; (self.frames + 2) * bands];
        for (at, place) in padded.chunks_exact_mut(bands).skip(1).take(heard).enumerate() {
            let span = sound.get(at * HOP..).unwrap_or_default();
            for ((place, sample), weight) in frame.iter_mut().zip(span).zip(&self.window) {
                *place = sample * weight;
            }
            if self.fft.process_with_scratch(&mut frame, &mut bins, &mut rest).is_err() {
                // The lengths are its own; there is no other error.
                bins.fill(Complex32::default());
            }
            for (power, bin) in powers.iter_mut().zip(&bins) {
                *power = bin.norm_sqr();
            }
            for (place, (first, weights)) in place.iter_mut().zip(&self.filters) {
                let sum: f32 =
                    weights.iter().zip(powers.iter().skip(*first)).map(|(weight, power)| weight * power).sum();
                *place = sum.max(1e-10).log10();
            }
        }
        let loudest = padded.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for number in &mut padded {
            *number = (number.max(loudest - 8.0) + 4.0) / 4.0;
        }
        let end = padded.len() - bands;
        padded.iter_mut().enumerate().filter(|(at, _)| *at < bands || *at >= end).for_each(|(_, number)| *number = 0.0);
        Mel { bands, padded, heard: samples.len() / HOP }
    }

    /// A window's samples with 200 more at each end, mirrored.
    fn mirrored(&self, samples: &[f32]) -> Vec<f32> {
        let (len, half) = (self.samples(), SPAN / 2);
        let mut sound = vec![0.0; len + 2 * half];
        for (place, sample) in sound.iter_mut().skip(half).zip(samples) {
            *place = if sample.is_finite() { sample.clamp(-LOUDEST, LOUDEST) } else { 0.0 };
        }
        for at in 0..half {
            let (front, back) = (sound.get(2 * half - at).copied(), sound.get(len + half - 2 - at).copied());
            let places = [(at, front), (len + half + at, back)];
            for (place, number) in places {
                if let (Some(place), Some(number)) = (sound.get_mut(place), number) {
                    *place = number;
                }
            }
        }
        sound
    }
}

impl std::fmt::Debug for MelMaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MelMaker")
            .field("bands", &self.filters.len())
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}
