//! A loudspeaker that a microphone hears too.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places and sizes of minutes of sound, rounded on purpose"
)]

use crate::Chance;
use realfft::RealFftPlanner;

/// A loudspeaker in a room, heard by a microphone with a clock of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// From the loudspeaker to the microphone, in milliseconds.
    pub delay_ms: f64,
    /// How much faster the microphone's clock runs, in parts per million.
    pub drift_ppm: f64,
    /// How long the room takes to fall silent by 60 dB, in milliseconds.
    pub reverberation_ms: f64,
    /// Which room.
    pub seed: u64,
}

/// Taps of the interpolation on each side.
const REACH: i64 = 32;
const RATE: f64 = 16_000.0;
/// The energy of all that doesn't come straight, against what does.
const REVERBERANT: f64 = 0.7;

impl Room {
    /// What the microphone hears of `played` (16 kHz), as long as that, as loud as it comes.
    pub fn hear(&self, played: &[f32]) -> Vec<f32> {
        convolved(&self.drifted(played), &self.response())
    }

    /// `played` at another clock's speed, delayed.
    fn drifted(&self, played: &[f32]) -> Vec<f32> {
        let delay = self.delay_ms * RATE / 1_000.0;
        let out = (0..played.len()).map(|at| {
            let place = at as f64 * (1.0 + self.drift_ppm * 1e-6) - delay;
            let whole = place.floor() as i64;
            let fraction = place - place.floor();
            if fraction < 1e-12 {
                return usize::try_from(whole).ok().and_then(|at| played.get(at)).copied().unwrap_or(0.0);
            }
            // sin(π(x + n)) is ± sin(πx).
            let sine = (std::f64::consts::PI * fraction).sin();
            let sum: f64 = (1 - REACH..=REACH)
                .filter_map(|tap| {
                    let sample = f64::from(*played.get(usize::try_from(whole + tap).ok()?)?);
                    let x = fraction - tap as f64;
                    let sign = if tap % 2 == 0 { 1.0 } else { -1.0 };
                    // Welch's window would ring; this one is a squared cosine by its polynomial.
                    let edge = 1.0 - (x / (REACH as f64 + 1.0)).powi(2);
                    Some(sample * sign * sine / (std::f64::consts::PI * x) * edge * edge)
                })
                .sum();
            sum as f32
        });
        out.collect()
    }

    /// One direct path, and behind it noise that dies away.
    fn response(&self) -> Vec<f32> {
        let mut chance = Chance::new(self.seed);
        let len = (self.reverberation_ms * RATE / 1_000.0) as usize;
        let mut tail: Vec<f64> = (0..len)
            .map(|at| {
                let noise = (0..4).map(|_| chance.below(1 << 20) as f64 / f64::from(1 << 19) - 1.0).sum::<f64>();
                let early = if at < 32 { 0.0 } else { 1.0 };
                noise * early * 10.0_f64.powf(-3.0 * at as f64 / len as f64)
            })
            .collect();
        let energy: f64 = tail.iter().map(|tap| tap * tap).sum();
        for tap in &mut tail {
            *tap *= (REVERBERANT / energy.max(1e-12)).sqrt();
        }
        std::iter::once(1.0).chain(tail).map(|tap| tap as f32).collect()
    }
}

fn convolved(sound: &[f32], response: &[f32]) -> Vec<f32> {
    let len = (sound.len() + response.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(len), planner.plan_fft_inverse(len));
    let spectrum = |sound: &[f32]| {
        let mut padded = sound.to_vec();
        padded.resize(len, 0.0);
        let mut spectrum = forward.make_output_vec();
        forward.process(&mut padded, &mut spectrum).map(|()| spectrum).unwrap_or_default()
    };
    let mut product: Vec<_> = spectrum(sound).iter().zip(&spectrum(response)).map(|(a, b)| a * b).collect();
    let mut out = vec![0.0; len];
    if inverse.process(&mut product, &mut out).is_err() {
        out.fill(0.0);
    }
    out.iter().take(sound.len()).map(|sample| sample / len as f32).collect()
}

/// How loud speech is: the root of the mean square over the 20 ms in which someone speaks (within 30 dB of the loudest).
pub fn speech_level(sound: &[f32]) -> f32 {
    let powers: Vec<f32> = sound.chunks(320).map(|s| s.iter().map(|s| s * s).sum::<f32>() / s.len() as f32).collect();
    let loudest = powers.iter().copied().fold(0.0, f32::max);
    let spoken: Vec<f32> = powers.into_iter().filter(|power| *power > loudest * 1e-3).collect();
    (spoken.iter().sum::<f32>() / spoken.len().max(1) as f32).sqrt()
}
