//! Sound as a device delivers it to sound as the archive keeps it: 16 bits at the archive's rate.

use resample::{ResampleError, Resampler};
use timeline::SampleRate;

/// A block whose time is off by more than this from the end of the one before doesn't follow it.
const BREAK_MICROS: i64 = 100_000;

/// Frames ready to be written: when the first was captured (boot clock), and what they are.
pub(crate) type Piece = (i64, Vec<i16>);

/// One stream of a device on its way into the archive.
pub(crate) struct Conditioner {
    from: SampleRate,
    to: SampleRate,
    /// None where nothing needs to be resampled.
    resampler: Option<Resampler>,
    /// Frames in and out since the last break.
    frames_in: u64,
    frames_out: u64,
    /// When the frame after the last one that came in is due.
    due: Option<i64>,
}

impl Conditioner {
    pub(crate) fn new(from: SampleRate, to: SampleRate) -> Result<Self, ResampleError> {
        let resampler = if from == to { None } else { Some(Resampler::new(from.hz(), to.hz())?) };
        Ok(Self { from, to, resampler, frames_in: 0, frames_out: 0, due: None })
    }

    /// Takes a block; gives what is ready. A break in the blocks' times ends the stream before it, so that no frame of
    /// one stretch is placed with the next.
    pub(crate) fn push(&mut self, captured: i64, sound: &[f32]) -> Result<Vec<Piece>, ResampleError> {
        let mut pieces = Vec::new();
        if self.due.is_some_and(|due| (captured - due).abs() > BREAK_MICROS) {
            pieces.extend(self.finish()?);
        }
        let frames = sound.len() as u64;
        // The frames that stay in the resampler come before this block's.
        let starts = captured + self.to.micros(self.frames_out) - self.from.micros(self.frames_in);
        self.frames_in += frames;
        self.due = Some(captured + self.from.micros(frames));
        let mut out = Vec::new();
        match &mut self.resampler {
            Some(resampler) => resampler.push(sound, &mut out)?,
            None => out.extend_from_slice(sound),
        }
        pieces.extend(self.piece(starts, &out));
        Ok(pieces)
    }

    /// Ends the stream; gives what was left in the resampler. Another may begin.
    pub(crate) fn finish(&mut self) -> Result<Option<Piece>, ResampleError> {
        let Some(due) = self.due.take() else { return Ok(None) };
        let starts = due + self.to.micros(self.frames_out) - self.from.micros(self.frames_in);
        let mut out = Vec::new();
        if let Some(resampler) = &mut self.resampler {
            resampler.finish(&mut out)?;
        }
        let piece = self.piece(starts, &out);
        (self.frames_in, self.frames_out) = (0, 0);
        Ok(piece)
    }

    fn piece(&mut self, starts: i64, out: &[f32]) -> Option<Piece> {
        self.frames_out += out.len() as u64;
        (!out.is_empty()).then(|| (starts, out.iter().map(|sample| to_i16(*sample)).collect()))
    }
}

/// The nearest 16-bit sample. 16-bit sound that wasn't resampled comes out as it went in.
#[expect(clippy::cast_possible_truncation, reason = "clamped, and `as` saturates")]
fn to_i16(sample: f32) -> i16 {
    (sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    #[test]
    fn sixteen_bits_pass_unchanged() {
        let mut conditioner = Conditioner::new(SampleRate::SPEECH, SampleRate::SPEECH).unwrap();
        let samples: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let sound: Vec<f32> = samples.iter().map(|s| f32::from(*s) / 32768.0).collect();
        assert_eq!(conditioner.push(5, &sound).unwrap(), [(5, samples)]);
        assert_eq!(to_i16(7.0), 32767);
        assert_eq!(to_i16(f32::NAN), 0);
    }

    #[test]
    fn counts_are_exact_and_times_follow_the_blocks() {
        for hz in [44_100, 48_000, 8_000] {
            let mut conditioner = Conditioner::new(rate(hz), SampleRate::SPEECH).unwrap();
            let mut frames = 0;
            let mut captured = 1_000_000;
            for n in 0..200usize {
                let block = vec![0.1; 300 + n * 7 % 400];
                for (starts, piece) in conditioner.push(captured, &block).unwrap() {
                    let expected = 1_000_000 + SampleRate::SPEECH.micros(frames);
                    assert!((starts - expected).abs() < 500, "{hz} Hz: {starts} instead of {expected}");
                    frames += piece.len() as u64;
                }
                captured += rate(hz).micros(block.len() as u64);
            }
            frames += conditioner.finish().unwrap().map_or(0, |(_, piece)| piece.len() as u64);
            assert!((SampleRate::SPEECH.micros(frames) - (captured - 1_000_000)).abs() < 20_000, "{hz} Hz");
        }
    }

    #[test]
    fn a_break_ends_the_stretch_before_it() {
        let mut conditioner = Conditioner::new(rate(48_000), SampleRate::SPEECH).unwrap();
        let mut before = 0;
        for n in 0..10 {
            for (_, piece) in conditioner.push(n * 40_000, &[0.5; 1920]).unwrap() {
                before += piece.len();
            }
        }
        let mut pieces = conditioner.push(5_000_000, &[0.5; 1920]).unwrap().into_iter();
        let (starts, rest) = pieces.next().unwrap();
        assert_eq!(before + rest.len(), 6_400);
        assert!((starts - SampleRate::SPEECH.micros(before as u64)).abs() < 500);
        let after: Vec<Piece> = pieces.chain(conditioner.finish().unwrap()).collect();
        assert_eq!(after[0].0, 5_000_000);
        assert_eq!(after.iter().map(|(_, piece)| piece.len()).sum::<usize>(), 640);
    }
}
