use super::delay_line::DelayLine;
use std::sync::LazyLock;

/// Taps of the interpolating filter, and how many places between two frames it knows.
const TAPS: usize = 48;
const PHASES: usize = 512;
const PHASES_I64: i64 = 512;
/// Taps before the place.
const BEFORE: i64 = 23;

/// Windowed sine kernels, one for each place between two frames.
static KERNELS: LazyLock<Vec<[f32; TAPS]>> = LazyLock::new(kernels);

/// The reference as it arrives in the microphone, but `lead` frames early: shifted by the line's delay, and at its speed.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "frames of some minutes")]
pub(super) fn aligned(reference: &[f32], line: &DelayLine, lead: f64) -> Vec<f32> {
    (0..reference.len())
        .map(|at| {
            let place = at as f64 - line.at(at as f64) + lead;
            let steps = (place * PHASES as f64).round() as i64;
            let (whole, phase) = (steps.div_euclid(PHASES_I64), steps.rem_euclid(PHASES_I64));
            let kernel = usize::try_from(phase).ok().and_then(|phase| KERNELS.get(phase));
            let first = whole - BEFORE;
            match (kernel, usize::try_from(first).ok().and_then(|first| reference.get(first..first + TAPS))) {
                (Some(kernel), Some(sound)) => kernel.iter().zip(sound).map(|(k, s)| k * s).sum(),
                (Some(kernel), None) => (first..)
                    .zip(kernel)
                    .filter_map(|(at, k)| Some(k * reference.get(usize::try_from(at).ok()?)?))
                    .sum(),
                (None, _) => 0.0,
            }
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers")]
fn kernels() -> Vec<[f32; TAPS]> {
    let half = TAPS as f64 / 2.0;
    let value = |tap: usize, phase: usize| {
        let x = tap as f64 - (half - 1.0) - phase as f64 / PHASES as f64;
        let turn = std::f64::consts::PI * x;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { turn.sin() / turn };
        // Blackman's window.
        let angle = std::f64::consts::PI * x / half;
        sinc * (0.42 + 0.5 * angle.cos() + 0.08 * (2.0 * angle).cos())
    };
    (0..PHASES).map(|phase| std::array::from_fn(|tap| value(tap, phase) as f32)).collect()
}
