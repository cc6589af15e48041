//! The value of sound between two of its frames, for reading a device that drifts at the speed it really had.
//!
//! A windowed sinc (Kaiser, after J. O. Smith, *Digital Audio Resampling*, "Windowed Sinc Interpolation"): the frames around
//! the place, weighted. Weights come from a table of [`PHASES`] places between two frames, and between two of those
//! linearly. Flat to 7 kHz at 16 kHz; what is left of the images lies below -60 dB.

use std::sync::LazyLock;

/// Frames that are weighted for one value.
pub(crate) const TAPS: usize = 32;
/// Frames before the place among them, the one at the place included.
pub(crate) const BEFORE: usize = TAPS / 2;
const PHASES: usize = 256;
/// The window's shape: 60 dB of attenuation.
const BETA: f64 = 6.0;

static TABLE: LazyLock<Vec<[f32; TAPS]>> = LazyLock::new(|| (0..=PHASES).map(weights).collect());

/// The value at `fraction` (0 to 1) behind frame [`BEFORE`]` - 1` of `frames`, of which there are [`TAPS`].
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place in a table of 256"
)]
pub(crate) fn value_at(frames: &[f32], fraction: f32) -> f32 {
    let place = fraction.clamp(0.0, 1.0) * PHASES as f32;
    let phase = (place as usize).min(PHASES - 1);
    let rest = place - phase as f32;
    let (Some(low), Some(high)) = (TABLE.get(phase), TABLE.get(phase + 1)) else { return 0.0 };
    let weighted =
        frames.iter().zip(low.iter().zip(high)).map(|(frame, (low, high))| frame * (low + rest * (high - low)));
    weighted.sum()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small numbers; f32 is what sound is in"
)]
fn weights(phase: usize) -> [f32; TAPS] {
    let fraction = phase as f64 / PHASES as f64;
    let mut weights = [0.0_f64; TAPS];
    for (tap, weight) in weights.iter_mut().enumerate() {
        let distance = tap as f64 - (BEFORE as f64 - 1.0) - fraction;
        *weight = sinc(distance) * kaiser(distance / BEFORE as f64);
    }
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| (weight / sum) as f32)
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x.abs() < 1e-9 { 1.0 } else { x.sin() / x }
}

fn kaiser(x: f64) -> f64 {
    bessel(BETA * (1.0 - x * x).max(0.0).sqrt()) / bessel(BETA)
}

/// The modified Bessel function of order zero, by its power series.
fn bessel(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..50 {
        term *= (x / 2.0 / f64::from(n)).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "test figures are small")]
    #[test]
    fn tones_up_to_7_khz_come_out_between_their_frames_as_they_went_in() {
        for hz in [100.0, 1_000.0, 4_000.0, 7_000.0] {
            let tone = |at: f64| (at * hz / 16_000.0 * std::f64::consts::TAU).sin();
            let mut worst = 0.0_f64;
            for n in 0..1_000_u32 {
                let fraction = f64::from(n) / 1_000.0;
                let frames: Vec<f32> = (0..TAPS).map(|i| tone(i as f64 + f64::from(n)) as f32).collect();
                let expected = tone(BEFORE as f64 - 1.0 + f64::from(n) + fraction);
                worst = worst.max((f64::from(value_at(&frames, fraction as f32)) - expected).abs());
            }
            assert!(worst < 4e-3, "{hz} Hz: off by {worst}");
        }
    }
}
