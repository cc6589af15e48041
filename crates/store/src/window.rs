use crate::current::{self, Place};
use crate::error::During;
use crate::utterance::{State, Word};
use crate::{Store, StoreError, change, document, forget, pass, track, words};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use timeline::{PassName, Span, SpanSet, TrackName, WallTime};

/// No utterance is longer. Far more than a window's speech; it lets a span be read without looking at all
/// that came before it.
pub const MAX_UTTERANCE_MICROS: i64 = 600_000_000;
/// No window has more utterances.
pub(crate) const MAX_UTTERANCES_IN_WINDOW: usize = 1_000;
/// No utterance has more text.
pub(crate) const MAX_TEXT_BYTES: usize = 64 << 10;

/// What came of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Speech was recognised; the pass speaks for this span.
    Words,
    /// There was no speech in it.
    Nothing,
    /// The engine failed on it again and again. It is set aside, and the pass goes on.
    Quarantined,
}

impl Outcome {
    /// `words`, `nothing` or `quarantined`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Nothing => "nothing",
            Self::Quarantined => "quarantined",
        }
    }

    /// Reads [`as_str`](Self::as_str) back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Words, Self::Nothing, Self::Quarantined].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// A window that was dealt with.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowRow {
    /// The pass's private key.
    pub pass: i64,
    /// The track.
    pub track: TrackName,
    /// From where it begins to where the next one does.
    pub span: Span,
    /// Where in the span there is no sound. Gaps don't become covered: sound may be found for them later.
    pub gaps: SpanSet,
    /// What came of it.
    pub outcome: Outcome,
    /// Why it was quarantined.
    pub reason: Option<String>,
    /// The speech in it, in microseconds.
    pub speech_micros: i64,
    /// How long the engine worked on it.
    pub compute_micros: i64,
    /// What was said. Only with [`Outcome::Words`].
    pub utterances: Vec<NewUtterance>,
}

impl WindowRow {
    /// A window without speech.
    pub fn nothing(pass: i64, track: TrackName, span: Span) -> Self {
        let (outcome, reason, utterances) = (Outcome::Nothing, None, Vec::new());
        Self {
            pass,
            track,
            span,
            gaps: SpanSet::new(),
            outcome,
            reason,
            speech_micros: 0,
            compute_micros: 0,
            utterances,
        }
    }

    /// What the pass has dealt with by it.
    fn covered(&self) -> SpanSet {
        let mut covered = SpanSet::from_iter([self.span]);
        for gap in self.gaps.iter() {
            covered.remove(gap);
        }
        covered
    }

    /// The moment of the covered sound nearest to the middle of an utterance: whoever covers it best is current.
    fn place(&self, utterance: &Span) -> WallTime {
        let middle = utterance.middle();
        let nearest = |span: Span| middle.max(span.start).min(span.end.plus_micros(-1));
        self.covered().iter().map(nearest).min_by_key(|at| at.micros_since(middle).abs()).unwrap_or(middle)
    }

    /// What contradicts itself in it.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let negative = |time: WallTime| time.as_micros() < 0;
        let said = &self.utterances;
        if self.span.is_empty() {
            Some("its span is empty")
        } else if self.covered().is_empty() {
            Some("there is no sound in it")
        } else if negative(self.span.start) || said.iter().any(|u| negative(u.span.start)) {
            Some("it lies before 1970")
        } else if self.outcome != Outcome::Words && !said.is_empty() {
            Some("it has utterances, but its outcome is not words")
        } else if said.len() > MAX_UTTERANCES_IN_WINDOW {
            Some("it has more than 1000 utterances")
        } else if said.iter().any(|u| u.span.end < self.span.start || u.span.start > self.span.end) {
            Some("an utterance lies outside of it")
        } else if said.iter().any(|u| u.span.len_micros() > MAX_UTTERANCE_MICROS) {
            Some("an utterance is longer than ten minutes")
        } else if said.iter().any(|u| u.text.len() > MAX_TEXT_BYTES) {
            Some("an utterance has more than 64 KiB of text")
        } else {
            None
        }
    }
}

/// An utterance that is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewUtterance {
    /// When it was said.
    pub span: Span,
    /// What was said.
    pub text: String,
    /// In which language, as the recogniser's code.
    pub language: Option<String>,
    /// Mean probability of its words, 0 to 1.
    pub p: f32,
    /// How probable the recogniser thinks it is that nobody spoke, 0 to 1.
    pub no_speech_p: f32,
    /// Mean log-probability of its tokens.
    pub mean_logprob: f32,
    /// Mean probability of speech by the voice detector, 0 to 1.
    pub vad_mean: f32,
    /// The highest probability of speech by the voice detector, 0 to 1.
    pub vad_peak: f32,
    /// The recogniser's tokens by seconds of speech.
    pub tokens_per_s: f32,
    /// The part of its words that is one phrase said again and again, 0 to 1.
    pub repetition: f32,
    /// How far it is to be believed.
    pub state: State,
    /// Why it is not simply shown.
    pub reason: Option<String>,
    /// Public id of what came back through the microphone.
    pub echo_of: Option<String>,
    /// Public id of what the program itself played.
    pub replay_of: Option<String>,
    /// Its words in order.
    pub words: Vec<Word>,
}

impl NewUtterance {
    /// What was clearly said, in English: nothing speaks against it. Without its words.
    pub fn clear(span: Span, text: &str) -> Self {
        Self {
            span,
            text: text.to_owned(),
            language: Some("en".to_owned()),
            p: 0.9,
            no_speech_p: 0.0,
            mean_logprob: -0.1,
            vad_mean: 0.9,
            vad_peak: 1.0,
            tokens_per_s: 4.0,
            repetition: 0.0,
            state: State::Shown,
            reason: None,
            echo_of: None,
            replay_of: None,
            words: Vec::new(),
        }
    }
}

/// A window together with the private keys of its track and pass.
pub(crate) struct Placed<'a> {
    pub(crate) window: &'a WindowRow,
    pub(crate) track: i64,
}

impl Store {
    /// Stores a window in one transaction: coverage, utterances, and a change for every utterance that the index
    /// has to look at again, those that stop being current among them. Returns the number of the newest change.
    ///
    /// # Errors
    /// [`StoreError::AlreadyCovered`] where the pass has dealt with any of its span before, and
    /// [`StoreError::BadWindow`] where it contradicts itself. Whatever the error, nothing was written.
    pub fn commit_window(&mut self, window: &WindowRow) -> Result<u64, StoreError> {
        let operation = "storing a window";
        if let Some(reason) = window.fault() {
            return Err(StoreError::BadWindow { track: window.track.clone(), span: window.span, reason });
        }
        let path = &self.path;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        let Some(pass) = pass::name(&transaction, window.pass).during(path, operation)? else {
            return Err(StoreError::UnknownPass { key: window.pass });
        };
        let Some(track) = track::key(&transaction, &window.track).during(path, operation)? else {
            return Err(StoreError::UnknownTrack { track: window.track.clone() });
        };
        let placed = Placed { window, track };
        if let Some(covered) = placed.covered(&transaction).during(path, operation)? {
            return Err(already_covered(pass, window, covered));
        }
        let seq = placed.insert(&transaction).during(path, operation)?;
        transaction.commit().during(path, operation)?;
        Ok(seq)
    }
}

fn already_covered(pass: PassName, window: &WindowRow, covered: Span) -> StoreError {
    StoreError::AlreadyCovered { pass, track: window.track.clone(), covered }
}

impl Placed<'_> {
    /// The last row of the pass that overlaps the window.
    fn covered(&self, connection: &Connection) -> rusqlite::Result<Option<Span>> {
        for span in self.window.covered().iter() {
            if let Some(covered) = self.covered_in(connection, span)? {
                return Ok(Some(covered));
            }
        }
        Ok(None)
    }

    fn covered_in(&self, connection: &Connection, span: Span) -> rusqlite::Result<Option<Span>> {
        let row = connection
            .prepare_cached(
                "SELECT start_us, end_us FROM coverage WHERE pass = ?1 AND track = ?2 AND start_us < ?3 ORDER BY start_us DESC LIMIT 1",
            )?
            .query_row([self.window.pass, self.track, span.end.as_micros()], |row| pass::span_at(row, 0))
            .optional()?;
        Ok(row.filter(|covered| covered.overlaps(&span)))
    }

    pub(crate) fn insert(&self, connection: &Connection) -> rusqlite::Result<u64> {
        let (mut speech, mut compute) = (self.window.speech_micros.max(0), self.window.compute_micros.max(0));
        for span in self.window.covered().iter() {
            if self.window.outcome == Outcome::Nothing {
                self.insert_nothing(connection, span, speech, compute)?;
            } else {
                self.insert_coverage(connection, span, speech, compute)?;
            }
            // One window's figures stand in one of its rows.
            (speech, compute) = (0, 0);
        }
        for utterance in &self.window.utterances {
            // It was forgotten while the window was under way.
            if forget::is_gone(connection, &self.window.track, &utterance.span)? {
                continue;
            }
            let at = self.window.place(&utterance.span);
            insert_utterance(connection, (self.window.pass, self.track), at, None, utterance)?;
        }
        // Nothing may silence what a provisional pass wrote there.
        if self.window.outcome != Outcome::Quarantined {
            let spans = self.window.utterances.iter().map(|utterance| utterance.span);
            let reached = spans.fold(self.window.span, |a, b| Span::new(a.start.min(b.start), a.end.max(b.end)));
            change::append(connection, &changed(connection, self.track, &self.window.span, &reached)?)?;
        }
        change::last_seq(connection)
    }

    fn insert_coverage(&self, connection: &Connection, span: Span, speech: i64, compute: i64) -> rusqlite::Result<()> {
        let Self { window: WindowRow { pass, outcome, reason, .. }, track } = self;
        insert_coverage(connection, (*pass, *track), &span, (*outcome, reason.as_deref()), (speech, compute))
    }

    /// A silent day is one row: rows of nothing that touch become one, unless they begin on different days (UTC). Each day
    /// has its own plain file, and a row that grew for weeks would be stated in the first one's again and again.
    fn insert_nothing(&self, connection: &Connection, span: Span, speech: i64, compute: i64) -> rusqlite::Result<()> {
        let (mut span, mut speech, mut compute) = (span, speech, compute);
        let mut query = connection.prepare_cached(
            "DELETE FROM coverage WHERE pass = ?1 AND track = ?2 AND outcome = 'nothing'
               AND ((start_us < ?3 AND end_us = ?3 AND start_us = (SELECT max(start_us) FROM coverage WHERE pass = ?1 AND track = ?2 AND start_us < ?3))
                    OR start_us = ?4)
               AND start_us / 86400000000 = ?3 / 86400000000
             RETURNING start_us, end_us, speech_us, compute_us",
        )?;
        let mut rows = query.query([self.window.pass, self.track, span.start.as_micros(), span.end.as_micros()])?;
        while let Some(row) = rows.next()? {
            let touching = pass::span_at(row, 0)?;
            span = Span::new(span.start.min(touching.start), span.end.max(touching.end));
            speech = speech.saturating_add(row.get(2)?);
            compute = compute.saturating_add(row.get(3)?);
        }
        self.insert_coverage(connection, span, speech, compute)
    }
}

/// Every utterance of a track, of whichever pass, that a row of coverage that came or went may have made current or have stopped from being so, and
/// those after it whose documents hold the last words of the one before: up to the first that isn't hidden. `reached` is as far as the row's utterances do.
pub(crate) fn changed(
    connection: &Connection,
    track: i64,
    covered: &Span,
    reached: &Span,
) -> rusqlite::Result<Vec<i64>> {
    // One that lies beside it may be heard, or not be heard any more, for what reaches out of it.
    let mut region = *covered;
    for place in current::around(connection, track, reached)? {
        region = Span::new(region.start.min(place.at), region.end.max(place.at.plus_micros(1)));
    }
    let after = region.end.plus_micros(document::REACH_MICROS);
    let places = document::places(connection, track, &Span::new(region.start, after))?;
    let current = current::current(connection, &places)?;
    let (inside, after): (Vec<Place>, Vec<Place>) = places.into_iter().partition(|place| region.contains(place.at));
    let mut keys: Vec<i64> = inside.into_iter().map(|place| place.key).collect();
    keys.extend(document::bridged(&after, &current));
    Ok(keys)
}

/// A row of coverage of a pass and track: what came of it and why, and the microseconds of speech and of the engine.
pub(crate) fn insert_coverage(
    connection: &Connection,
    (pass, track): (i64, i64),
    span: &Span,
    (outcome, reason): (Outcome, Option<&str>),
    (speech, compute): (i64, i64),
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO coverage (pass, track, start_us, end_us, outcome, reason, speech_us, compute_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            pass,
            track,
            span.start.as_micros(),
            span.end.as_micros(),
            outcome.as_str(),
            reason,
            speech.max(0),
            compute.max(0),
        ])
        .map(|_| ())
}

/// An utterance of a pass and track, whose place is `at`. `repeat` is the `~2` of its id; `None`: the next that is free.
pub(crate) fn insert_utterance(
    connection: &Connection,
    (pass, track): (i64, i64),
    at: WallTime,
    repeat: Option<u32>,
    new: &NewUtterance,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO utterance (pass, track, start_us, end_us, at_us, repeat, text, language, p, no_speech_p,
                                    mean_logprob, vad_mean, vad_peak, state, reason, words, echo_of, replay_of,
                                    tokens_per_s, repetition)
             VALUES (?1, ?2, ?3, ?4, ?5,
                     coalesce(?20, 1 + coalesce((SELECT max(repeat) FROM utterance WHERE track = ?2 AND start_us / 1000 = ?3 / 1000 AND pass = ?1), 0)),
                     ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        )?
        .execute(params![
            pass,
            track,
            new.span.start.as_micros(),
            new.span.end.as_micros(),
            at.as_micros(),
            new.text,
            new.language,
            number(new.p),
            number(new.no_speech_p),
            number(new.mean_logprob),
            number(new.vad_mean),
            number(new.vad_peak),
            new.state.as_str(),
            new.reason,
            words::pack(&new.words, new.span.start, &new.text),
            new.echo_of,
            new.replay_of,
            number(new.tokens_per_s),
            number(new.repetition),
            repeat,
        ])
        .map(|_| ())
}

/// SQLite keeps NaN as NULL, which no column here takes: a number that isn't one is the least certain there is.
fn number(value: f32) -> f64 {
    if value.is_finite() { f64::from(value) } else { 0.0 }
}
