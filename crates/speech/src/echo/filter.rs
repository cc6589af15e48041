//! The adaptive filter: from what was played to what of it arrives in the microphone.
//!
//! A Kalman filter in the frequency domain, its impulse response cut into partitions (Enzner and Vary 2006; Kuech, Mabande and
//! Enzner 2014). It keeps, for every frequency of every partition, how uncertain it still is, and weighs that against how
//! much else the microphone hears: it learns quickly where only the echo is heard, and hardly where someone speaks.

use super::fft::Fft;
use realfft::num_complex::Complex32;

/// Frames the filter takes at once: 32 ms.
pub(super) const BLOCK: usize = 512;
/// Partitions, of [`BLOCK`] taps each: 256 ms.
const PARTITIONS: usize = 8;
const BINS: usize = BLOCK + 1;
/// What of the weights changes from block to block (power): rooms and people move.
const CHANGE: f32 = 3e-5;
/// How uncertain a filter is at first (power of a weight), and how much less so for every later partition.
const UNCERTAIN: f32 = 0.3;
const FADING: f32 = 0.5;
/// How much of what else is heard is kept from block to block.
const KEPT: f32 = 0.7;
/// Nothing is quieter than this (power of a bin): half a step of 16 bits.
const QUIETEST: f32 = 1e-7;

/// The power of what else the microphone hears, in every frequency of a block.
pub(super) type Others = Vec<f32>;

/// The filter with all it has learnt.
#[derive(Debug)]
pub(super) struct Filter {
    fft: Fft,
    weights: Vec<Vec<Complex32>>,
    uncertainty: Vec<Vec<f32>>,
    /// Spectra of the reference's last blocks, newest first.
    played: Vec<Vec<Complex32>>,
    last: Vec<f32>,
    others: Others,
    sound: Vec<f32>,
    spectrum: Vec<Complex32>,
    error: Vec<Complex32>,
}

impl Filter {
    pub(super) fn new() -> Self {
        let zeros = vec![Complex32::default(); BINS];
        let mut filter = Self {
            fft: Fft::new(2 * BLOCK),
            weights: vec![zeros.clone(); PARTITIONS],
            uncertainty: Vec::new(),
            played: vec![zeros.clone(); PARTITIONS],
            last: vec![0.0; BLOCK],
            others: vec![QUIETEST; BINS],
            sound: vec![0.0; 2 * BLOCK],
            spectrum: zeros.clone(),
            error: zeros,
        };
        filter.doubt(1.0);
        filter
    }

    /// Goes back to the start of the sound with what was learnt, and with a `share` of the first uncertainty.
    pub(super) fn again(&mut self, share: f32) {
        self.played.iter_mut().for_each(|spectrum| spectrum.fill(Complex32::default()));
        self.last.fill(0.0);
        self.doubt(share);
    }

    fn doubt(&mut self, share: f32) {
        let of = |fading: f32| vec![UNCERTAIN * share * fading; BINS];
        self.uncertainty = std::iter::successors(Some(1.0), |f| Some(f * FADING)).take(PARTITIONS).map(of).collect();
    }

    /// Takes [`BLOCK`] frames of the reference and of the microphone, and gives the echo in the latter. `others` is what else
    /// the microphone hears, where that is known from before; the power of what is left is put in its place.
    pub(super) fn push(&mut self, played: &[f32], mic: &[f32], others: &mut Others) -> Vec<f32> {
        self.take(played);
        let echo = self.echo();
        self.sound.fill(0.0);
        let rest = self.sound.iter_mut().skip(BLOCK).zip(mic.iter().zip(&echo));
        rest.for_each(|(rest, (mic, echo))| *rest = mic - echo);
        self.fft.forward(&mut self.sound, &mut self.error);
        self.hear(others);
        self.learn();
        echo
    }

    fn take(&mut self, played: &[f32]) {
        let (before, now) = self.sound.split_at_mut(BLOCK);
        before.copy_from_slice(&self.last);
        self.last.fill(0.0);
        self.last.iter_mut().zip(played).for_each(|(to, from)| *to = *from);
        now.copy_from_slice(&self.last);
        self.played.rotate_right(1);
        if let Some(newest) = self.played.first_mut() {
            self.fft.forward(&mut self.sound, newest);
        }
    }

    fn echo(&mut self) -> Vec<f32> {
        self.spectrum.fill(Complex32::default());
        for (weights, played) in self.weights.iter().zip(&self.played) {
            for (sum, (weight, played)) in self.spectrum.iter_mut().zip(weights.iter().zip(played)) {
                *sum += weight * played;
            }
        }
        self.fft.inverse(&mut self.spectrum, &mut self.sound);
        self.sound.iter().skip(BLOCK).copied().collect()
    }

    /// What else is heard: known, or what the filter can't explain.
    fn hear(&mut self, others: &mut Others) {
        let known = !others.is_empty();
        for (kept, error) in self.others.iter_mut().zip(&self.error) {
            *kept = (KEPT * *kept + (1.0 - KEPT) * error.norm_sqr()).max(QUIETEST);
        }
        if known {
            self.others.iter_mut().zip(&*others).for_each(|(kept, known)| *kept = known.max(QUIETEST));
        }
        others.clear();
        others.extend(self.error.iter().map(Complex32::norm_sqr));
    }

    fn learn(&mut self) {
        // Half of an error's block is zeros, so the power of what else is heard counts twice.
        let mut sums: Vec<f32> = self.others.iter().map(|others| 2.0 * others).collect();
        for (uncertain, played) in self.uncertainty.iter().zip(&self.played) {
            for (sum, (uncertain, played)) in sums.iter_mut().zip(uncertain.iter().zip(played)) {
                *sum += uncertain * played.norm_sqr();
            }
        }
        let partitions = self.weights.iter_mut().zip(&mut self.uncertainty).zip(&self.played);
        for ((weights, uncertainty), played) in partitions {
            let values = uncertainty.iter_mut().zip(&sums).zip(played.iter().zip(&self.error));
            for (step, ((uncertain, sum), (played, error))) in self.spectrum.iter_mut().zip(values) {
                let gain = *uncertain / sum;
                *step = played.conj() * error * gain;
                *uncertain *= 1.0 - 0.5 * gain * played.norm_sqr();
            }
            // Only the first half of a partition's taps is its own.
            self.fft.inverse(&mut self.spectrum, &mut self.sound);
            self.sound.iter_mut().skip(BLOCK).for_each(|tap| *tap = 0.0);
            self.fft.forward(&mut self.sound, &mut self.spectrum);
            for ((weight, step), uncertain) in weights.iter_mut().zip(&self.spectrum).zip(uncertainty.iter_mut()) {
                *weight += step;
                *uncertain += CHANGE * weight.norm_sqr();
            }
        }
    }
}
