//! Where in the microphone's sound the reference is found again: correlation with all frequencies weighted alike
//! (GCC-PHAT; Knapp and Carter 1976), in stretches of two seconds.

use super::fft::Fft;
use realfft::num_complex::Complex32;

/// A stretch in which the reference was found in the microphone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    /// The stretch's middle, in frames.
    pub(super) at: f64,
    /// How many frames later it is in the microphone.
    pub(super) delay: f64,
    /// The peak's height over what chance gives, in standard deviations.
    pub(super) clearness: f32,
}

/// Frames of a stretch, and from one to the next.
const STRETCH: usize = 32_768;
const STEP: usize = 16_384;
/// Twice the stretch, so that a shift doesn't wrap around.
const LEN: usize = 2 * STRETCH;
/// The echo may come before the reference (the loopback is recorded late) by this many frames: 40 ms, ...
const EARLIEST: usize = 640;
/// ... and after it by this many: 400 ms, a wireless loudspeaker.
const LATEST: usize = 6_400;
/// The band that is looked at, in Hz: no hum, and not the edge of a resampler.
const BAND_HZ: (usize, usize) = (150, 6_800);
/// Frequencies in which the reference is this far below its mean (power) say nothing.
const SILENT_BELOW: f32 = 1e-4;
/// Chance gives peaks of up to 4.
const CLEAR_ENOUGH: f32 = 5.5;
/// A reference with less power is silence: -75 dBFS.
const SILENT_POWER: f32 = 3.2e-8;

/// The peaks of all stretches in which something was played.
pub(super) fn peaks(mic: &[f32], reference: &[f32]) -> Vec<Peak> {
    let mut search = Search::new();
    let starts = (0..mic.len().min(reference.len())).step_by(STEP);
    starts.filter_map(|start| search.peak(mic, reference, start)).collect()
}

/// Whether nothing was played.
pub(super) fn is_silent(reference: &[f32]) -> bool {
    reference.chunks(STEP).all(|stretch| power(stretch) < SILENT_POWER)
}

#[expect(clippy::cast_precision_loss, reason = "a stretch is short")]
fn power(sound: &[f32]) -> f32 {
    sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len().max(1) as f32
}

struct Search {
    fft: Fft,
    sound: Vec<f32>,
    mic: Vec<Complex32>,
    reference: Vec<Complex32>,
}

impl Search {
    fn new() -> Self {
        let fft = Fft::new(LEN);
        let spectrum = vec![Complex32::default(); fft.bins()];
        Self { fft, sound: vec![0.0; LEN], mic: spectrum.clone(), reference: spectrum }
    }

    fn peak(&mut self, mic: &[f32], reference: &[f32], start: usize) -> Option<Peak> {
        let end = (start + STRETCH).min(reference.len());
        let played = reference.get(start..end)?;
        if end - start < STEP || power(played) < SILENT_POWER {
            return None;
        }
        self.place(played, EARLIEST);
        self.fft.forward(&mut self.sound, &mut self.reference);
        // The microphone's stretch reaches as far beyond the reference's as an echo may come early or late.
        let from = start.saturating_sub(EARLIEST);
        let heard = mic.get(from..(end + LATEST).min(mic.len()))?;
        self.place(heard, EARLIEST - (start - from));
        self.fft.forward(&mut self.sound, &mut self.mic);
        let used = self.whiten();
        self.fft.inverse(&mut self.mic, &mut self.sound);
        self.highest(used, start + (end - start) / 2)
    }

    fn place(&mut self, sound: &[f32], at: usize) {
        self.sound.fill(0.0);
        self.sound.iter_mut().skip(at).zip(sound).for_each(|(to, from)| *to = *from);
    }

    /// The cross spectrum, of which only the phase is kept. Says how many frequencies are in it.
    #[expect(clippy::cast_precision_loss, reason = "a spectrum has few values")]
    fn whiten(&mut self) -> usize {
        let bin = |hz: usize| hz * LEN / crate::RATE;
        let band = bin(BAND_HZ.0)..bin(BAND_HZ.1);
        let mean = self.reference.iter().map(Complex32::norm_sqr).sum::<f32>() / self.reference.len() as f32;
        let mut used = 0;
        for (at, (mic, reference)) in self.mic.iter_mut().zip(&self.reference).enumerate() {
            let cross = *mic * reference.conj();
            let size = cross.norm();
            if band.contains(&at) && reference.norm_sqr() > mean * SILENT_BELOW && size > f32::MIN_POSITIVE {
                *mic = cross / size;
                used += 1;
            } else {
                *mic = Complex32::default();
            }
        }
        used
    }

    #[expect(clippy::cast_precision_loss, reason = "frames of a minute")]
    fn highest(&self, used: usize, middle: usize) -> Option<Peak> {
        let early = self.sound.iter().enumerate().skip(LEN - EARLIEST).map(|(at, v)| (at as f64 - LEN as f64, *v));
        let late = self.sound.iter().enumerate().take(LATEST).map(|(at, v)| (at as f64, *v));
        let values: Vec<(f64, f32)> = early.chain(late).collect();
        let (place, (delay, height)) = values.iter().enumerate().max_by(|a, b| a.1.1.abs().total_cmp(&b.1.1.abs()))?;
        // The sum of `used` random phases, as the inverse transform scales it.
        let chance = (2.0 * used.max(1) as f32).sqrt() / LEN as f32;
        let clearness = height.abs() / chance;
        let around = |at: usize| values.get(at).map_or(0.0, |(_, value)| f64::from(value * height.signum()));
        let (before, here, after) = (around(place.wrapping_sub(1)), f64::from(height.abs()), around(place + 1));
        let bend = 2.0 * here - before - after;
        let fraction = if bend > 0.0 { ((after - before) / (2.0 * bend)).clamp(-0.5, 0.5) } else { 0.0 };
        (clearness >= CLEAR_ENOUGH).then_some(Peak { at: middle as f64, delay: delay + fraction, clearness })
    }
}
