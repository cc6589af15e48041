//! Sound at another speed and its own pitch. Pure: samples go in, samples come out, and each has its place among those that went in.
//!
//! WSOLA (Verhelst and Roelands, 1993): what comes out is made of overlapping pieces of what went in. Each piece is taken
//! near to where the speed says it lies, at that place within [`SEARCH`] where it goes on most like the piece before it
//! does, so that waves meet in step. At the usual speed the samples pass as they are.

/// Samples between two pieces that come out: 15 ms, one or two periods of a voice. A piece is twice as long.
const HOP: usize = 240;
/// A piece is looked for so far to either side of its place: 8 ms, so that half a period of the lowest voice fits.
const SEARCH: i64 = 128;

/// A stream of samples on its way to another speed.
#[derive(Debug)]
pub(super) struct Stretch {
    speed: f64,
    /// What went in and is still needed, and the index of its first sample among all that went in.
    source: Vec<f32>,
    source_from: i64,
    /// What is ready, and the index of its first sample among all that came out.
    ready: Vec<f32>,
    ready_from: u64,
    /// Where the last piece begins.
    last: Option<i64>,
    pieces: u64,
    /// How many samples went in, once there are no more.
    len: Option<i64>,
}

impl Stretch {
    pub(super) fn new(speed: f32) -> Self {
        Self {
            speed: f64::from(speed),
            source: Vec::new(),
            source_from: 0,
            ready: Vec::new(),
            ready_from: 0,
            last: None,
            pieces: 0,
            len: None,
        }
    }

    /// Takes in what follows.
    pub(super) fn push(&mut self, samples: &[f32]) {
        if self.is_plain() {
            self.ready.extend_from_slice(samples);
            return;
        }
        self.source.extend_from_slice(samples);
        while self.make_piece() {}
    }

    /// Nothing follows.
    pub(super) fn finish(&mut self) {
        if self.len.is_some() {
            return;
        }
        let len = self.source_from.saturating_add(index(self.source.len()));
        self.len = Some(len);
        if self.is_plain() {
            return;
        }
        while self.place(self.ready.len()) < float(len) && self.make_piece() {}
        while !self.ready.is_empty() && self.place(self.ready.len() - 1) >= float(len) {
            self.ready.pop();
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.len.is_some()
    }

    /// What came out and wasn't dropped yet.
    pub(super) fn ready(&self) -> &[f32] {
        &self.ready
    }

    /// The place among the samples that went in of a sample that is ready.
    pub(super) fn place(&self, ready: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few days of samples fit 53 bits")]
        let out = self.ready_from as f64 + ready as f64;
        #[expect(clippy::cast_precision_loss, reason = "a small constant")]
        let hop = HOP as f64;
        // The first piece passes as it is; from then on the speed holds.
        if self.is_plain() || out <= hop { out } else { hop + (out - hop) * self.speed }
    }

    /// Drops the first of what is ready.
    pub(super) fn drop_ready(&mut self, samples: usize) {
        let samples = samples.min(self.ready.len());
        self.ready.drain(..samples);
        self.ready_from += samples as u64;
    }

    fn is_plain(&self) -> bool {
        (self.speed - 1.0).abs() < 1e-6
    }

    /// Makes the next piece; false where more has to come in first.
    fn make_piece(&mut self) -> bool {
        let hop = index(HOP);
        let Some(last) = self.last else {
            if self.source.len() < HOP && self.len.is_none() {
                return false;
            }
            let first: Vec<f32> = (0..hop).map(|at| self.sample(at)).collect();
            self.ready.extend(first);
            (self.last, self.pieces) = (Some(0), 1);
            return true;
        };
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "an index of a sample")]
        let nominal = (self.pieces as f64 * HOP as f64 * self.speed).round() as i64;
        let needed = nominal.max(last) + SEARCH + 2 * hop;
        if self.len.is_none() && self.source_from + index(self.source.len()) < needed {
            return false;
        }
        let goes_on: Vec<f32> = (0..hop).map(|at| self.sample(last + hop + at)).collect();
        let start = self.likest(&goes_on, nominal);
        #[expect(clippy::cast_precision_loss, reason = "a short ramp")]
        let share = |at: i64| 0.5 - 0.5 * (std::f32::consts::PI * (at as f32 + 0.5) / HOP as f32).cos();
        let faded = goes_on.iter().zip(0..).map(|(old, at)| old + share(at) * (self.sample(start + at) - old));
        let faded: Vec<f32> = faded.collect();
        self.ready.extend(faded);
        (self.last, self.pieces) = (Some(start), self.pieces + 1);
        self.forget_before(start.min(nominal - SEARCH));
        true
    }

    /// Where, near `nominal`, the sound goes on most like `goes_on`; of places that are equally like it, the nearest.
    fn likest(&self, goes_on: &[f32], nominal: i64) -> i64 {
        let (mut best, mut best_likeness) = (nominal.max(0), f32::MIN);
        let reach = usize::try_from(nominal - SEARCH - self.source_from).unwrap_or(0);
        let around = self.source.get(reach..).unwrap_or_default();
        let from = self.source_from + index(reach);
        let mut energy: f32 = around.iter().take(HOP).map(|sample| sample * sample).sum();
        for (start, piece) in (from..=nominal + SEARCH).zip(around.windows(HOP)) {
            let product: f32 = piece.iter().zip(goes_on).map(|(a, b)| a * b).sum();
            let likeness = product / energy.max(1e-9).sqrt();
            let nearer = (start - nominal).abs() < (best - nominal).abs();
            if likeness > best_likeness + 1e-6 || (nearer && likeness >= best_likeness) {
                (best, best_likeness) = (start, likeness.max(best_likeness));
            }
            let after = around.get(usize::try_from(start - from).unwrap_or(0) + HOP).copied().unwrap_or(0.0);
            energy += after * after - piece.first().map_or(0.0, |first| first * first);
        }
        best
    }

    fn sample(&self, at: i64) -> f32 {
        usize::try_from(at - self.source_from).ok().and_then(|at| self.source.get(at)).copied().unwrap_or(0.0)
    }

    fn forget_before(&mut self, at: i64) {
        let used = usize::try_from(at - self.source_from).unwrap_or(0).min(self.source.len());
        self.source.drain(..used);
        self.source_from += index(used);
    }
}

fn index(samples: usize) -> i64 {
    i64::try_from(samples).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a few days of samples fit 53 bits")]
fn float(samples: i64) -> f64 {
    samples as f64
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "places in a few seconds of sound")]
mod tests {
    use super::*;

    const RATE: f64 = 16_000.0;

    /// `seconds` of a tone at half of full level.
    fn tone(hz: f64, seconds: f64) -> Vec<f32> {
        let wave = |i: u32| (f64::from(i) * hz * std::f64::consts::TAU / RATE).sin() * 0.5;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test")]
        (0..(seconds * RATE) as u32).map(|i| wave(i) as f32).collect()
    }

    fn stretched(sound: &[f32], speed: f32) -> Vec<f32> {
        let mut stretch = Stretch::new(speed);
        let mut out = Vec::new();
        for piece in sound.chunks(1_600) {
            stretch.push(piece);
            out.extend_from_slice(stretch.ready());
            stretch.drop_ready(stretch.ready().len());
        }
        stretch.finish();
        out.extend_from_slice(stretch.ready());
        out
    }

    /// The pitch, by the time between the first and the last upward crossing of zero.
    fn pitch(sound: &[f32]) -> f64 {
        let crossings: Vec<f64> = sound
            .windows(2)
            .enumerate()
            .filter(|(_, w)| w[0] < 0.0 && w[1] >= 0.0)
            .map(|(i, w)| i as f64 + f64::from(w[0] / (w[0] - w[1])))
            .collect();
        let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
        (crossings.len() - 1) as f64 * RATE / (last - first)
    }

    #[test]
    fn a_tone_keeps_its_pitch_and_its_level_and_never_clicks_at_any_speed() {
        let mut worst = 0.0_f64;
        for hz in [82.4, 110.0, 196.0, 440.0, 1_000.0, 2_637.0] {
            let sound = tone(hz, 4.0);
            let steepest = sound.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
            for speed in [0.5_f32, 0.75, 1.25, 1.5, 2.0, 2.5, 3.0] {
                let out = stretched(&sound, speed);
                let expected = sound.len() as f64 / f64::from(speed);
                assert!((out.len() as f64 - expected).abs() < 500.0, "{speed}x: {} of {expected}", out.len());
                // The end fades into the silence that follows.
                let whole = &out[..out.len() - 3 * HOP];
                let cents = 1_200.0 * (pitch(whole) / hz).log2();
                worst = worst.max(cents.abs());
                assert!(cents.abs() < 4.0, "{hz} Hz at {speed}x: off by {cents:.2} cents");
                let step = whole.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
                assert!(step < steepest * 1.1, "{hz} Hz at {speed}x clicks: {step} beside {steepest}");
                let quietest = whole.chunks_exact(480).map(|part| part.iter().copied().fold(0.0, f32::max));
                let quietest = quietest.filter(|_| hz > 100.0).fold(1.0, f32::min);
                assert!(quietest > 0.4, "{hz} Hz at {speed}x sinks to {quietest}");
            }
        }
        println!("a tone's pitch is off by {worst:.2} cents at most");
    }

    #[test]
    fn the_usual_speed_changes_nothing() {
        let sound = tone(333.0, 1.0);
        assert_eq!(stretched(&sound, 1.0), sound);
    }

    #[test]
    fn what_comes_out_has_the_place_of_what_went_in() {
        // Bursts of 30 ms, twice a second.
        let noise = |i: u32| if i.is_multiple_of(7) { 0.5 } else { -0.3 };
        let sound: Vec<f32> = (0..64_000_u32).map(|i| if i % 8_000 < 480 { noise(i) } else { 0.0 }).collect();
        for speed in [0.5_f32, 1.5, 3.0] {
            let mut stretch = Stretch::new(speed);
            stretch.push(&sound);
            stretch.finish();
            let mut bursts = 0;
            let mut quiet_since = 0;
            for (at, sample) in stretch.ready().iter().enumerate() {
                if sample.abs() < 0.05 {
                    continue;
                }
                if bursts == 0 || at - quiet_since > 1_000 {
                    bursts += 1;
                    let off = (stretch.place(at) + 4_000.0).rem_euclid(8_000.0) - 4_000.0;
                    assert!(off.abs() < 800.0, "{speed}x: a burst begins {off} samples from where it is said to");
                }
                quiet_since = at;
            }
            assert_eq!(bursts, 8, "at {speed}x");
        }
    }

    #[test]
    fn a_moment_of_sound_and_none_at_all_come_through() {
        for speed in [0.5, 1.0, 3.0] {
            assert!(stretched(&[], speed).is_empty());
            let few = stretched(&tone(440.0, 0.01), speed);
            assert!((20..=400).contains(&few.len()), "{} samples at {speed}x", few.len());
        }
    }
}
