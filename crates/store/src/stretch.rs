mod line;

use crate::window::{MAX_TEXT_BYTES, MAX_UTTERANCES_IN_WINDOW};
use crate::{MAX_UTTERANCE_MICROS, NewPass, NewUtterance, Outcome};
use timeline::{Side, Span, TrackName, WallTime};

/// What a pass has for a stretch of a track: a row of its coverage with what was said in it, and everything that is needed to
/// put it into another database.
///
/// It is the unit of the plain files, a line each ([`to_line`](Self::to_line)).
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// The pass.
    pub pass: NewPass,
    /// The track.
    pub track: TrackName,
    /// The track's side.
    pub side: Side,
    /// From where to where.
    pub span: Span,
    /// What came of it; `None`: the pass doesn't cover it any more.
    pub outcome: Option<Outcome>,
    /// Why it was quarantined.
    pub reason: Option<String>,
    /// The speech in it, in microseconds.
    pub speech_micros: i64,
    /// How long the engine worked on it.
    pub compute_micros: i64,
    /// What was said in it, each with the number that its public id ends in (1 where it ends in none).
    pub utterances: Vec<(u32, NewUtterance)>,
}

impl Stretch {
    /// The moment inside of it that is nearest to the middle of one of its utterances: the utterance's place.
    pub(crate) fn place(&self, utterance: &Span) -> WallTime {
        utterance.middle().min(self.span.end.plus_micros(-1)).max(self.span.start)
    }

    /// What contradicts itself in it. An utterance may lie beside it: its window may have been cut into pieces by a gap.
    fn fault(&self) -> Option<&'static str> {
        let said = || self.utterances.iter().map(|(_, utterance)| utterance);
        if self.span.is_empty() {
            Some("its span is empty")
        } else if self.span.start.as_micros() < 0 || said().any(|u| u.span.start.as_micros() < 0) {
            Some("it lies before 1970")
        } else if self.outcome != Some(Outcome::Words) && !self.utterances.is_empty() {
            Some("it has utterances, but its outcome is not words")
        } else if self.utterances.len() > MAX_UTTERANCES_IN_WINDOW {
            Some("it has more than 1000 utterances")
        } else if said().any(|u| u.span.len_micros() > MAX_UTTERANCE_MICROS) {
            Some("an utterance is longer than ten minutes")
        } else if said().any(|u| u.text.len() > MAX_TEXT_BYTES) {
            Some("an utterance has more than 64 KiB of text")
        } else {
            None
        }
    }
}
