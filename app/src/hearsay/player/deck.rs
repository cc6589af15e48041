//! From the archive to frames for the device: reads, mixes the sides, changes rate and speed, skips what has no sound.

use super::Ears;
use crate::sound::Tape;
use archive::{Archive, ArchiveError};
use timeline::{Position, SampleRate, Span, SpanSet, WallTime};

/// Frames of the archive read at once: a tenth of a second.
const PIECE: usize = 1_600;

/// Time without sound up to this long is heard as silence; what is longer is skipped.
const SKIPPED_FROM_MICROS: i64 = 2_000_000;

/// How far ahead segments are looked for, first and then where nothing was found.
const HORIZONS_MICROS: [i64; 3] = [600_000_000, 86_400_000_000, 40 * 86_400_000_000];

/// What became of a [`Deck::render`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rendered {
    /// So many frames; maybe fewer than were asked for.
    Frames(usize),
    /// There is no sound any more.
    Ended,
}

/// One stream of mixed sound with a place on the timeline.
///
/// Between the samples it interpolates by cubic Hermite (Catmull-Rom) splines: nothing of speech above 4 kHz is dulled, as
/// linear interpolation from 16 kHz would.
pub(crate) struct Deck {
    archive: Archive,
    tape: Option<Tape>,
    /// Mixed samples not yet used up, from `start` on.
    source: Vec<f32>,
    start: Position,
    /// The place of the next frame, in samples after `start`; always at least one, for the spline's left neighbour.
    next: f64,
    /// Reading goes to here; then comes time without sound.
    until: Position,
    ears: Ears,
    said: Vec<f32>,
    heard: Vec<f32>,
    trouble: Option<String>,
}

impl Deck {
    pub(crate) fn new(archive: Archive) -> Self {
        Self {
            archive,
            tape: None,
            source: Vec::new(),
            start: Position(0),
            next: 1.0,
            until: Position(0),
            ears: Ears::Mix,
            said: Vec::new(),
            heard: Vec::new(),
            trouble: None,
        }
    }

    pub(crate) fn set_ears(&mut self, ears: Ears) {
        self.ears = ears;
    }

    /// What couldn't be read since the last call, in a line.
    pub(crate) fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Goes to the first sound at or after `from`; false where there is none.
    pub(crate) fn cue(&mut self, from: Position) -> Result<bool, ArchiveError> {
        for ahead in HORIZONS_MICROS {
            let span = Span::new(from.wall(), from.wall().plus_micros(ahead));
            let tape = Tape::open(&self.archive, &span)?;
            if let Some(stretch) = stretch(tape.sound(), from.wall()) {
                self.source.clear();
                self.start = stretch.start.position().max(from).plus(-1);
                self.next = 1.0;
                self.until = stretch.end.position();
                self.tape = Some(tape);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes up to `frames` frames of `rate_hz` at `speed`, in order.
    pub(crate) fn render(
        &mut self,
        frames: usize,
        rate_hz: u32,
        speed: f32,
        mut put: impl FnMut(f32, Position),
    ) -> Result<Rendered, ArchiveError> {
        let step = f64::from(speed) * f64::from(SampleRate::SPEECH.hz()) / f64::from(rate_hz.max(1));
        if frames == 0 {
            return Ok(Rendered::Frames(0));
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand frames")]
        let needed = whole(self.next + (frames as f64) * step) + 3;
        self.fill(needed);
        let mut made = 0;
        while made < frames {
            let at = whole(self.next);
            let Some(neighbours) = at.checked_sub(1).and_then(|left| self.source.get(left..left + 4)) else { break };
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a fraction")]
            let fraction = (self.next - at as f64) as f32;
            put(spline(neighbours, fraction), self.start.plus(i64::try_from(at).unwrap_or(0)));
            self.next += step;
            made += 1;
        }
        self.forget_used();
        if made > 0 {
            return Ok(Rendered::Frames(made));
        }
        // The end of what was there when the segments were looked up; a running recording has more by now.
        let more = self.cue(self.until.max(self.start.plus(1)))?;
        Ok(if more { Rendered::Frames(0) } else { Rendered::Ended })
    }

    /// Reads until `needed` samples are there or the sound ends.
    fn fill(&mut self, needed: usize) {
        let Some(tape) = &mut self.tape else { return };
        while self.source.len() < needed {
            let at = self.start.plus(i64::try_from(self.source.len()).unwrap_or(0));
            // Two samples beyond the end, so that the last one has its neighbours.
            let left = usize::try_from(self.until.plus(2).since(at)).unwrap_or(0);
            if left == 0 {
                return;
            }
            let frames = left.min(PIECE);
            self.said.resize(frames, 0.0);
            self.heard.resize(frames, 0.0);
            if let Err(error) = tape.read(at, &mut self.said, &mut self.heard) {
                self.trouble = Some(home::one_line(&error));
            }
            let (said, heard) = self.ears.gains();
            self.source.extend(self.said.iter().zip(&self.heard).map(|(s, h)| (s * said + h * heard).clamp(-1.0, 1.0)));
        }
    }

    fn forget_used(&mut self) {
        let used = whole(self.next).saturating_sub(1).min(self.source.len());
        self.source.drain(..used);
        self.start = self.start.plus(i64::try_from(used).unwrap_or(0));
        #[expect(clippy::cast_precision_loss, reason = "a few thousand samples")]
        let used = used as f64;
        self.next -= used;
    }
}

/// The first stretch of sound that ends after `from`, with pauses in it that are too short to be skipped.
fn stretch(sound: &SpanSet, from: WallTime) -> Option<Span> {
    let mut spans = sound.iter().filter(|span| span.end.position() > from.position());
    let mut stretch = spans.next()?;
    for span in spans {
        if span.start.micros_since(stretch.end) >= SKIPPED_FROM_MICROS {
            break;
        }
        stretch.end = span.end;
    }
    Some(stretch)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places in a short piece of sound")]
fn whole(place: f64) -> usize {
    place.max(0.0) as usize
}

/// The value between the middle two of four samples.
fn spline(samples: &[f32], t: f32) -> f32 {
    let &[before, from, to, after] = samples else { return 0.0 };
    let square = 2.0 * before - 5.0 * from + 4.0 * to - after;
    let cube = 3.0 * (from - to) + after - before;
    from + 0.5 * t * (to - before + t * (square + t * cube))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start_s: i64, end_s: i64) -> Span {
        Span::new(WallTime::from_millis(start_s * 1_000), WallTime::from_millis(end_s * 1_000))
    }

    #[test]
    fn short_pauses_are_heard_and_long_ones_are_skipped() {
        let sound: SpanSet = [span(0, 10), span(11, 20), span(30, 40)].into_iter().collect();
        let at = |s: i64| stretch(&sound, WallTime::from_millis(s * 1_000));
        assert_eq!(at(5), Some(span(0, 20)));
        assert_eq!(at(10), Some(span(11, 20)));
        assert_eq!((at(25), at(40)), (Some(span(30, 40)), None));
    }

    /// Milliseconds after the sound's start at which both tracks click; a border between segments comes at 2 s.
    const CLICKS: [i32; 4] = [500, 1_999, 2_250, 5_000];

    /// An archive of 6 s on both tracks, two seconds before a border and four after it, and 6 s more on the
    /// microphone a day later.
    fn clicking(folder: &std::path::Path) -> (Archive, WallTime) {
        let home = home::Home::at(&folder.join("home"));
        home.ensure().unwrap();
        let archive = Archive::open(&home);
        let start = WallTime::parse_rfc3339("2026-11-23T09:14:58Z").unwrap();
        let wav = folder.join("clicks.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&wav, spec).unwrap();
        for i in 0..96_000 {
            let click = CLICKS.iter().any(|ms| ms * 16 == i);
            writer.write_sample(if click { 16_000_i16 } else { 0 }).unwrap();
        }
        writer.finalize().unwrap();
        let import = |track: timeline::TrackName, side, at| {
            archive::import::import(&archive, &wav, &track, side, at, &mut |_| {}).unwrap();
        };
        import(timeline::TrackName::mic(), timeline::Side::Said, start);
        import(timeline::TrackName::loopback(), timeline::Side::Heard, start);
        import(timeline::TrackName::mic(), timeline::Side::Said, start.plus_micros(86_400_000_000));
        (archive, start)
    }

    /// Everything from `from` on as a device of `rate_hz` gets it.
    fn rendered(archive: &Archive, from: WallTime, ears: Ears, rate_hz: u32, speed: f32) -> Vec<(f32, Position)> {
        let mut deck = Deck::new(archive.clone());
        deck.set_ears(ears);
        assert!(deck.cue(from.position()).unwrap());
        let mut frames = Vec::new();
        while deck.render(777, rate_hz, speed, |sample, at| frames.push((sample, at))).unwrap() != Rendered::Ended {}
        assert_eq!(deck.take_trouble(), None);
        frames
    }

    /// The frames at which it clicks.
    fn clicks(frames: &[(f32, Position)]) -> Vec<usize> {
        let peak = |w: &[(f32, Position)]| w[1].0 > 0.2 && w[1].0 >= w[0].0 && w[1].0 > w[2].0;
        frames.windows(3).enumerate().filter(|(_, w)| peak(w)).map(|(i, _)| i + 1).collect()
    }

    #[test]
    fn both_sides_click_at_the_same_frame_across_borders_at_any_rate_and_speed() {
        let folder = tempfile::tempdir().unwrap();
        let (archive, start) = clicking(folder.path());
        for (rate_hz, speed) in [(16_000, 1.0), (44_100, 1.0), (48_000, 1.0), (48_000, 1.5), (48_000, 0.5)] {
            let said = rendered(&archive, start, Ears::Said, rate_hz, speed);
            let heard = rendered(&archive, start, Ears::Heard, rate_hz, speed);
            let (said_clicks, heard_clicks) = (clicks(&said), clicks(&heard));
            assert_eq!(said_clicks[..4], heard_clicks, "{rate_hz} Hz, {speed}x");
            for (frame, ms) in heard_clicks.iter().zip(CLICKS) {
                let expected = f64::from(ms) / 1_000.0 * f64::from(rate_hz) / f64::from(speed);
                #[expect(clippy::cast_precision_loss, reason = "a small number")]
                let off = (*frame as f64 - expected).abs();
                assert!(off <= 1.5, "{rate_hz} Hz, {speed}x: {frame} is {off} frames off");
                let place = heard[*frame].1.wall().micros_since(start) - i64::from(ms) * 1_000;
                assert!(place.abs() <= 125, "said to be {place} us off");
            }
        }
    }

    #[test]
    fn a_day_without_sound_is_skipped_and_then_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let (archive, start) = clicking(folder.path());
        let frames = rendered(&archive, start, Ears::Mix, 16_000, 1.0);
        assert!((191_990..192_010).contains(&frames.len()), "{} frames of twice 6 s", frames.len());
        assert_eq!(clicks(&frames).len(), 8);
        let last = frames.last().unwrap().1.wall().micros_since(start) - 86_400_000_000;
        assert!((5_999_000..6_001_000).contains(&last), "{last}");
        // Both at once are clipped, not wrapped around.
        assert!(frames.iter().all(|(sample, _)| (-1.0..=1.0).contains(sample)));
        let mut deck = Deck::new(archive);
        assert!(!deck.cue(start.plus_micros(90_000_000_000).position()).unwrap(), "nothing comes after that");
    }

    #[test]
    fn the_spline_goes_through_the_samples_and_follows_a_straight_line() {
        assert!((spline(&[0.0, 0.25, 1.0, 0.0], 0.0) - 0.25).abs() < 1e-6);
        assert!((spline(&[0.0, 0.25, 1.0, 0.0], 1.0) - 1.0).abs() < 1e-6);
        assert!((spline(&[1.0, 2.0, 3.0, 4.0], 0.3) - 2.3).abs() < 1e-6);
    }
}
