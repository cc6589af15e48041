//! How loud speech is given to the recogniser.
//!
//! Whisper's front end keeps the level of what it hears, and was trained on speech that somebody had made audible. Faint speech is
//! raised to [`TARGET_DB`], each utterance by itself, so that a quiet voice beside a loud one is heard too. What is loud enough stays as it
//! is, to the bit; the archive is never touched. The gain depends on the utterance's sound alone.

use crate::{Piece, Window};

/// Speech below this level (RMS, dBFS) is raised to it.
pub const TARGET_DB: f32 = -30.0;
/// Never by more than this: what is fainter is hardly more than the last bits of a sample.
pub const MOST_DB: f32 = 40.0;
/// Never so that a sample would be beyond this.
const PEAK: f32 = 0.9;

impl Window {
    /// Its samples as the recogniser gets them: faint utterances raised.
    pub fn levelled(&self) -> Vec<f32> {
        let mut samples = self.samples.clone();
        for piece in &self.pieces {
            if let Some(own) = samples.get_mut(piece.packed.clone()) {
                let gain = gain(own, piece);
                if gain > 1.0 {
                    for sample in own {
                        *sample *= gain;
                    }
                }
            }
        }
        samples
    }
}

/// By how much an utterance is raised: 1 where it is loud enough.
fn gain(samples: &[f32], piece: &Piece) -> f32 {
    let spoken = piece.sample_of(piece.speech.0)..piece.sample_of(piece.speech.1);
    let from = piece.packed.start;
    let spoken = samples.get(spoken.start.saturating_sub(from)..spoken.end.saturating_sub(from)).unwrap_or_default();
    let level = loudness(spoken).max(f32::MIN_POSITIVE);
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs())).max(f32::MIN_POSITIVE);
    (amplitude(TARGET_DB) / level).min(amplitude(MOST_DB)).min(PEAK / peak)
}

/// The root of the mean square, in blocks, so that it is as exact as it needs to be.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "an utterance has half a million samples"
)]
fn loudness(samples: &[f32]) -> f32 {
    let power: f64 = samples.iter().map(|sample| f64::from(*sample) * f64::from(*sample)).sum();
    (power / samples.len().max(1) as f64).sqrt() as f32
}

fn amplitude(db: f32) -> f32 {
    10.0_f32.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use timeline::Position;

    /// Two utterances with pads of 1,000 samples, as loud as said.
    fn window(loudness: [f32; 2]) -> Window {
        let piece = |at: usize| Piece {
            packed: at..at + 10_000,
            speech: (
                Position(50_000).plus(i64::try_from(at).unwrap()),
                Position(58_000).plus(i64::try_from(at).unwrap()),
            ),
            sound_start: Position(49_000).plus(i64::try_from(at).unwrap()),
            vad_mean: 0.9,
            vad_peak: 1.0,
        };
        let wave = |loud: f32| {
            (0..10_000).map(move |at: u16| {
                let spoken = (1_000..9_000).contains(&at);
                loud * if spoken { 1.0 } else { 0.01 } * if at.is_multiple_of(2) { 1.0 } else { -1.0 }
            })
        };
        let [first, second] = loudness;
        let samples = wave(first).chain(wave(second)).collect();
        Window { span: (Position(0), Position(100_000)), pieces: vec![piece(0), piece(10_000)], samples }
    }

    #[test]
    fn faint_speech_is_raised_and_loud_speech_left_as_it_is() {
        let window = window([0.2, 0.002]);
        let levelled = window.levelled();
        assert_eq!(levelled[..10_000], window.samples[..10_000]);
        assert!((levelled[15_000].abs() - amplitude(TARGET_DB)).abs() < 1e-5, "{}", levelled[15_000]);
        // The room around it comes up with it.
        assert!((levelled[10_000] / window.samples[10_000] - levelled[15_000] / window.samples[15_000]).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_raised_without_end_or_beyond_full_scale() {
        let silent = window([0.0, 1e-6]);
        let levelled = silent.levelled();
        assert!(levelled[..10_000].iter().all(|sample| *sample == 0.0));
        assert!((levelled[15_000].abs() - 1e-4).abs() < 1e-6);
        let mut clicking = window([0.001, 0.001]);
        clicking.samples[100] = 0.8;
        assert!(clicking.levelled().iter().all(|sample| sample.abs() <= 0.901));
    }
}
