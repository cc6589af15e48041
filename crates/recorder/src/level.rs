use timeline::SampleRate;

/// What digital silence is called, in dB: a number, so that it can be shown and stored.
pub const SILENCE_DB: f32 = -100.0;
/// A level is that of so much sound.
const WINDOW_MICROS: i64 = 100_000;

/// The loudness of a track, a tenth of a second at a time.
#[derive(Debug, Default)]
pub(crate) struct Level {
    sum: f64,
    frames: u64,
    db: Option<f32>,
}

impl Level {
    /// Takes frames in.
    pub(crate) fn push(&mut self, frames: &[i16], rate: SampleRate) {
        self.sum += frames.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
        self.frames += frames.len() as u64;
        if self.frames >= rate.frames(WINDOW_MICROS) {
            self.db = Some(decibels(self.sum, self.frames));
            (self.sum, self.frames) = (0.0, 0);
        }
    }

    /// The root mean square of the last window, in dB below full scale; none before the first.
    pub(crate) fn db(&self) -> Option<f32> {
        self.db
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a reading, not a measurement")]
fn decibels(sum: f64, frames: u64) -> f32 {
    let mean = sum / frames.max(1) as f64 / f64::from(i16::MAX).powi(2);
    (10.0 * mean.log10()).max(f64::from(SILENCE_DB)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_scale_is_zero_and_silence_is_the_floor() {
        let of = |sample: i16| {
            let mut level = Level::default();
            level.push(&[sample; 1_600], SampleRate::SPEECH);
            level.db().unwrap()
        };
        assert!(of(i16::MAX).abs() < 0.01);
        assert!((of(i16::MAX / 10) + 20.0).abs() < 0.01);
        assert!((of(0) - SILENCE_DB).abs() < f32::EPSILON);
        assert_eq!(Level::default().db(), None);
    }
}
