//! From the archive to frames for the device: reads, mixes the sides, changes rate and speed, skips what has no sound and, where
//! that is wanted, what nobody is heard in, and plays a loop again and again.

#[cfg(test)]
mod tests;

use super::Ears;
use super::silence::Silence;
use super::stretch::Stretch;
use crate::sound::Tape;
use archive::{Archive, ArchiveError};
use home::Home;
use timeline::{Position, SampleRate, Span, SpanSet, WallTime};

/// Frames of the archive read at once: a tenth of a second.
const PIECE: usize = 1_600;

/// Time without sound up to this long is heard as silence; what is longer is skipped.
const SKIPPED_FROM_MICROS: i64 = 2_000_000;

/// How far ahead segments are looked for, first and then where nothing was found.
const HORIZONS_MICROS: [i64; 3] = [600_000_000, 86_400_000_000, 40 * 86_400_000_000];

/// Where sound begins or ends in the middle of something, it fades over so many samples, 5 ms, and doesn't click.
const FADE: i64 = 80;

/// What became of a [`Deck::render`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rendered {
    /// So many frames; maybe fewer than were asked for. None where there was nothing to be heard so far.
    Frames(usize),
    /// There is no sound any more.
    Ended,
}

/// One stream of mixed sound with a place on the timeline.
///
/// Between the samples it interpolates by cubic Hermite (Catmull-Rom) splines: nothing of speech above 4 kHz is dulled, as
/// linear interpolation from 16 kHz would. At another speed the pitch stays ([`Stretch`]).
pub(crate) struct Deck {
    archive: Archive,
    ears: Ears,
    speed: f32,
    looped: Option<Span>,
    silence: Option<Silence>,
    tape: Option<Tape>,
    /// Mixed samples not yet used up. The first that went in is the one before `start`: the spline's left neighbour.
    paced: Stretch,
    start: Position,
    /// The place of the next frame, in samples that are ready; at least one.
    next: f64,
    /// Reading is here,
    at: Position,
    /// and goes to here; then comes time without sound, or what is skipped.
    until: Position,
    /// Whether sound begins at `start`, or ends at `until`, in the middle of something.
    cut: (bool, bool),
    /// What comes behind `until`, where that was looked for.
    behind: Option<Found>,
    said: Vec<f32>,
    heard: Vec<f32>,
    trouble: Option<String>,
}

/// What is to be heard next.
enum Found {
    Part {
        tape: Box<Tape>,
        span: Span,
        ends_cut: bool,
    },
    /// Nothing up to here; there may be more behind it.
    Nothing {
        until: WallTime,
    },
    Ended,
}

impl Deck {
    pub(crate) fn new(archive: Archive) -> Self {
        Self {
            archive,
            ears: Ears::Mix,
            speed: 1.0,
            looped: None,
            silence: None,
            tape: None,
            paced: Stretch::new(1.0),
            start: Position(0),
            next: 1.0,
            at: Position(0),
            until: Position(0),
            cut: (false, false),
            behind: None,
            said: Vec::new(),
            heard: Vec::new(),
            trouble: None,
        }
    }

    /// Holds from the next [`cue`](Self::cue) on, as everything that is set.
    pub(crate) fn set_ears(&mut self, ears: Ears) {
        self.ears = ears;
    }

    pub(crate) fn set_speed(&mut self, speed: f32) {
        self.speed = speed;
    }

    /// What is played again and again, once it is come to.
    pub(crate) fn set_loop(&mut self, looped: Option<Span>) {
        self.looped = looped.filter(|span| !span.is_empty());
    }

    /// Skips what nobody is heard in, by the transcript of this home; not within a loop, which is heard as it is.
    pub(crate) fn skip_silence(&mut self, of: Option<&Home>) {
        self.silence = of.map(Silence::new);
    }

    /// What couldn't be read since the last call, in a line.
    pub(crate) fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Goes to the first sound at or after `from`; false where there is none.
    pub(crate) fn cue(&mut self, from: Position) -> Result<bool, ArchiveError> {
        let found = self.find(from)?;
        let there_is = !matches!(found, Found::Ended);
        self.begin(found, from);
        Ok(there_is)
    }

    /// Makes up to `frames` frames of `rate_hz`, in order.
    pub(crate) fn render(
        &mut self,
        frames: usize,
        rate_hz: u32,
        mut put: impl FnMut(f32, Position),
    ) -> Result<Rendered, ArchiveError> {
        let step = f64::from(SampleRate::SPEECH.hz()) / f64::from(rate_hz.max(1));
        if frames == 0 {
            return Ok(Rendered::Frames(0));
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand frames")]
        let needed = whole(self.next + (frames as f64) * step) + 3;
        self.fill(needed)?;
        let mut made = 0;
        while made < frames {
            let at = whole(self.next);
            let left = at.checked_sub(1);
            let Some(neighbours) = left.and_then(|left| self.paced.ready().get(left..left + 4)) else { break };
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a fraction")]
            let fraction = (self.next - at as f64) as f32;
            put(spline(neighbours, fraction), self.place(at));
            self.next += step;
            made += 1;
        }
        let used = whole(self.next).saturating_sub(1).min(self.paced.ready().len());
        self.paced.drop_ready(used);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand samples")]
        let dropped = used as f64;
        self.next -= dropped;
        if made > 0 {
            return Ok(Rendered::Frames(made));
        }
        let (behind, from) = (self.behind.take(), self.until.max(self.start.plus(1)));
        let found = match behind {
            Some(found) => found,
            None => self.find(from)?,
        };
        let ended = matches!(found, Found::Ended);
        self.begin(found, from);
        Ok(if ended { Rendered::Ended } else { Rendered::Frames(0) })
    }

    /// Where on the timeline a sample lies that is ready.
    fn place(&self, ready: usize) -> Position {
        // The first that went in lies before the start.
        #[expect(clippy::cast_possible_truncation, reason = "a place in the archive")]
        let at = self.paced.place(ready) as i64 - 1;
        self.start.plus(at.max(0))
    }

    /// Begins with what was found, by a look from `from` on.
    fn begin(&mut self, found: Found, from: Position) {
        self.behind = None;
        self.paced = Stretch::new(self.speed);
        self.next = 1.0;
        match found {
            Found::Part { tape, span, ends_cut } => {
                self.tape = Some(*tape);
                self.start = span.start.position().max(Position(0));
                self.until = span.end.position();
                self.cut = (true, ends_cut);
            }
            Found::Nothing { until } => {
                (self.start, self.until) = (until.position(), until.position());
                self.tape = None;
            }
            Found::Ended => (self.start, self.until, self.tape) = (from, from, None),
        }
        self.at = self.start.plus(-1);
    }

    /// Reads until `needed` samples are ready or the sound ends.
    fn fill(&mut self, needed: usize) -> Result<(), ArchiveError> {
        while self.paced.ready().len() < needed && !self.paced.is_finished() {
            if self.at < self.until && self.tape.is_some() {
                self.read_piece();
            } else if self.tape.is_none() || !self.goes_on()? {
                self.paced.finish();
            }
        }
        Ok(())
    }

    fn read_piece(&mut self) {
        let Some(tape) = &mut self.tape else { return };
        let len = usize::try_from(self.until.since(self.at)).unwrap_or(PIECE).min(PIECE);
        self.said.resize(len, 0.0);
        self.heard.resize(len, 0.0);
        if let Err(error) = tape.read(self.at, &mut self.said, &mut self.heard) {
            self.trouble = Some(home::one_line(&error));
        }
        let (said, heard) = self.ears.gains();
        let (start, until, (begins_cut, ends_cut)) = (self.start, self.until, self.cut);
        let mix = |at: Position, s: f32, h: f32| {
            let since = if begins_cut { at.since(start) } else { FADE };
            let left = if ends_cut { until.since(at) } else { FADE };
            (s * said + h * heard).clamp(-1.0, 1.0) * fade(since.min(left))
        };
        let frames = self.said.iter().zip(&self.heard).zip(0..);
        let mixed: Vec<f32> = frames.map(|((s, h), i)| mix(self.at.plus(i), *s, *h)).collect();
        self.paced.push(&mixed);
        self.at = self.at.plus(i64::try_from(len).unwrap_or(0));
    }

    /// Goes on where the sound goes on: a running recording has more by now, and only so much was looked for at once.
    fn goes_on(&mut self) -> Result<bool, ArchiveError> {
        if self.cut.1 {
            return Ok(false);
        }
        match self.find(self.until)? {
            Found::Part { tape, span, ends_cut } if span.start.position() <= self.until => {
                self.tape = Some(*tape);
                self.until = span.end.position();
                self.cut.1 = ends_cut;
                Ok(self.at < self.until)
            }
            other => {
                self.behind = Some(other);
                Ok(false)
            }
        }
    }

    /// What is to be heard at or after `from`, as far as is looked in one go.
    fn find(&mut self, from: Position) -> Result<Found, ArchiveError> {
        let looped = self.looped;
        let from = match looped {
            Some(looped) if from >= looped.end.position() => looped.start,
            _ => from.wall(),
        };
        for ahead in HORIZONS_MICROS {
            let looked = Span::new(from, from.plus_micros(ahead));
            let mut tape = Tape::open(&self.archive, &looked)?;
            let Some(there) = stretch(tape.sound(), from) else { continue };
            // What was looked for ends there, though one of the tracks may have been found to go on.
            let there = Span::new(there.start.max(from), there.end.min(looked.end));
            if there.is_empty() {
                continue;
            }
            if let Some(looped) = looped {
                let Some(span) = there.intersect(&Span::new(from, looped.end)) else {
                    return Ok(if from > looped.start { self.again(looped)? } else { Found::Ended });
                };
                return Ok(Found::Part { tape: Box::new(tape), span, ends_cut: span.end == looped.end });
            }
            let Some(silence) = &mut self.silence else {
                return Ok(Found::Part { tape: Box::new(tape), span: there, ends_cut: false });
            };
            let kept = silence.kept(&mut tape, there, self.ears);
            let Some(part) = kept.parts.iter().next() else { return Ok(Found::Nothing { until: kept.until }) };
            let ends_cut = part.end < kept.until;
            return Ok(Found::Part { tape: Box::new(tape), span: part, ends_cut });
        }
        Ok(match looped {
            Some(looped) if from > looped.start => self.again(looped)?,
            _ => Found::Ended,
        })
    }

    /// The loop from its beginning, where there is no sound in the rest of it.
    fn again(&mut self, looped: Span) -> Result<Found, ArchiveError> {
        self.find(looped.end.position())
    }
}

/// The gain so many samples from a cut.
fn fade(from_cut: i64) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a short ramp")]
    if from_cut >= FADE { 1.0 } else { from_cut.max(0) as f32 / FADE as f32 }
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
