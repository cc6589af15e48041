//! What is left out where silence is skipped.
//!
//! Who was heard is known by the transcript where there is one, and by the level of the sound where there is none yet. Only
//! the sides that are listened to count. A pause longer than [`PAUSE_MICROS`] is left out but for [`MARGIN_MICROS`] at
//! either end, so that no word's first or last sound is.

use super::Ears;
use crate::sound::Tape;
use home::Home;
use store::{State, Store, StoreError};
use timeline::{Side, Span, SpanSet, WallTime};

/// A pause longer than this is skipped.
pub(super) const PAUSE_MICROS: i64 = 1_500_000;
/// This much of it is heard at either end.
pub(super) const MARGIN_MICROS: i64 = 300_000;
/// How far the transcript is looked at in one go.
const LOOK_MICROS: i64 = 600_000_000;
/// How much of what isn't transcribed is listened through in one go; orders wait no longer than that takes.
const LISTEN_MICROS: i64 = 60_000_000;
/// Sound is listened through in pieces of this many frames, 30 ms,
const PIECE: usize = 480;
/// and somebody may be speaking in one whose mean level is above this: -46 dB of full level.
const LOUD: f32 = 0.005;

/// Finds out where nobody is heard.
pub(super) struct Silence {
    home: Home,
    /// Opened at the first look, and anew after an error.
    store: Option<Store>,
}

/// What is to be heard, as far as was looked.
pub(super) struct Kept {
    pub(super) parts: SpanSet,
    pub(super) until: WallTime,
}

impl Silence {
    pub(super) fn new(home: &Home) -> Self {
        Self { home: home.clone(), store: None }
    }

    /// What is to be heard of the beginning of `span`. What can't be found out is heard.
    pub(super) fn kept(&mut self, tape: &mut Tape, span: Span, ears: Ears) -> Kept {
        let looked = Span::new(span.start, span.end.min(span.start.plus_micros(LOOK_MICROS)));
        // What lies around it decides whether a pause goes on.
        let wide = looked.widened(PAUSE_MICROS + MARGIN_MICROS);
        let known = self.store().and_then(|store| transcribed(store, tape, &wide, ears));
        let (mut speech, known) = known.unwrap_or_else(|error| {
            tracing::warn!("skipping silence without the transcript: {}", home::one_line(&error));
            self.store = None;
            (SpanSet::new(), SpanSet::new())
        });
        let unknown = SpanSet::from_iter([wide]).minus(&known);
        let mut until = looked.end;
        let mut listened = 0;
        for part in unknown.iter() {
            let part = Span::new(part.start, part.end.min(part.start.plus_micros(LISTEN_MICROS - listened)));
            listened += part.len_micros();
            listen(tape, part, ears, &mut speech);
            if listened >= LISTEN_MICROS {
                // Whether a pause goes on beyond what was listened to is for the next look to find out.
                until = until.min(part.end.plus_micros(-PAUSE_MICROS - MARGIN_MICROS));
                break;
            }
        }
        let until = until.max(span.start.plus_micros(1_000_000)).min(looked.end);
        Kept { parts: parts(&speech).within(&Span::new(span.start, until)), until }
    }

    /// `None` where nothing was transcribed yet.
    fn store(&mut self) -> Result<Option<&Store>, StoreError> {
        let path = self.home.database();
        if self.store.is_none() && path.exists() {
            self.store = Some(Store::open_read_only(&path)?);
        }
        Ok(self.store.as_ref())
    }
}

/// What is heard around speech.
fn parts(speech: &SpanSet) -> SpanSet {
    let mut parts = SpanSet::new();
    let mut current: Option<Span> = None;
    for span in speech.iter() {
        current = Some(match current {
            Some(part) if span.start.micros_since(part.end) <= PAUSE_MICROS => Span::new(part.start, span.end),
            Some(part) => {
                parts.insert(part.widened(MARGIN_MICROS));
                span
            }
            None => span,
        });
    }
    parts.extend(current.map(|part| part.widened(MARGIN_MICROS)));
    parts
}

/// Where somebody speaks by the transcript, and where there is one of all the tracks that are listened to.
fn transcribed(store: Option<&Store>, tape: &Tape, span: &Span, ears: Ears) -> Result<(SpanSet, SpanSet), StoreError> {
    let Some(store) = store else { return Ok((SpanSet::new(), SpanSet::new())) };
    let utterances = store.utterances(span)?;
    let heard = utterances.iter().filter(|it| it.state != State::Hidden && is_audible(it.side, ears));
    let speech = heard.map(|utterance| utterance.span).collect();
    let mut known = SpanSet::from_iter([*span]);
    for reader in tape.readers().filter(|(side, _)| is_audible(*side, ears)).map(|(_, reader)| reader) {
        let Some(segment) = reader.segments().first() else { continue };
        // Where a track has no sound there is nothing to transcribe.
        let unknown = reader.sound().within(span).minus(&store.listened_to(&segment.name.track, span)?);
        known = known.minus(&unknown);
    }
    Ok((speech, known))
}

/// Adds where it is loud.
fn listen(tape: &mut Tape, span: Span, ears: Ears, speech: &mut SpanSet) {
    let (said_gain, heard_gain) = ears.gains();
    let (mut said, mut heard) = ([0.0; PIECE], [0.0; PIECE]);
    let mut at = span.start.position();
    while at < span.end.position() {
        let next = at.plus(i64::try_from(PIECE).unwrap_or(0));
        // What can't be read is told of when it is to be heard.
        let unreadable = tape.read(at, &mut said, &mut heard).is_err();
        let level = |sound: &[f32], gain: f32| gain * mean(sound);
        if unreadable || level(&said, said_gain).max(level(&heard, heard_gain)) > LOUD {
            speech.insert(Span::new(at.wall(), next.wall()));
        }
        at = next;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a short piece")]
fn mean(sound: &[f32]) -> f32 {
    (sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len().max(1) as f32).sqrt()
}

fn is_audible(side: Side, ears: Ears) -> bool {
    match side {
        Side::Said => ears != Ears::Heard,
        Side::Heard => ears != Ears::Said,
        Side::Both => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start_ms: i64, end_ms: i64) -> Span {
        Span::new(WallTime::from_millis(start_ms), WallTime::from_millis(end_ms))
    }

    fn set(spans: &[(i64, i64)]) -> SpanSet {
        spans.iter().map(|(start, end)| span(*start, *end)).collect()
    }

    #[test]
    fn long_pauses_go_but_for_their_ends_and_short_ones_stay() {
        let speech = set(&[(1_000, 2_000), (3_500, 4_000), (10_000, 11_000)]);
        assert_eq!(parts(&speech), set(&[(700, 4_300), (9_700, 11_300)]));
        let speech = set(&[(0, 1_000), (2_501, 3_000)]);
        assert_eq!(parts(&speech), set(&[(-300, 1_300), (2_201, 3_300)]), "1.5 s and a little is long");
        assert!(parts(&SpanSet::new()).is_empty());
    }

    #[test]
    fn only_the_sides_that_are_listened_to_count() {
        assert!(is_audible(Side::Said, Ears::Mix) && is_audible(Side::Heard, Ears::Mix));
        assert!(is_audible(Side::Said, Ears::Said) && !is_audible(Side::Heard, Ears::Said));
        assert!(!is_audible(Side::Said, Ears::Heard) && is_audible(Side::Both, Ears::Heard));
    }
}
