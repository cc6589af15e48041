use crate::error::unreadable;
use crate::{NewUtterance, pass, track, words};
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use timeline::{PassName, Side, Span, TrackName, UtteranceId, WallTime};

/// How far an utterance is to be believed, and so how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Speech.
    Shown,
    /// Shown shaded, with its reason.
    Doubtful,
    /// Kept, but shown only on request: phantom words, echoes.
    Hidden,
}

impl State {
    /// `shown`, `doubtful` or `hidden`: the word of all machine output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Doubtful => "doubtful",
            Self::Hidden => "hidden",
        }
    }

    /// Reads [`as_str`](Self::as_str) back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Shown, Self::Doubtful, Self::Hidden].into_iter().find(|state| state.as_str() == text)
    }

    /// 0 shown, 1 doubtful, 2 hidden: how the index holds it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Shown => 0,
            Self::Doubtful => 1,
            Self::Hidden => 2,
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One word with its place and its probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// When it was said.
    #[serde(flatten)]
    pub span: Span,
    /// The word, punctuation included.
    pub text: String,
    /// How probable the recogniser thinks it is, 0 to 1, kept to four decimals.
    pub p: f32,
}

/// A stretch of speech as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// Private to the database.
    pub key: i64,
    /// Its public name.
    pub id: UtteranceId,
    /// Its track.
    pub track: TrackName,
    /// Its track's side.
    pub side: Side,
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
    /// The recogniser's tokens by seconds of speech; 0 where it wasn't kept.
    pub tokens_per_s: f32,
    /// The part of its words that is one phrase said again and again, 0 to 1.
    pub repetition: f32,
    /// How far it is to be believed.
    pub state: State,
    /// Why it is not simply shown.
    pub reason: Option<String>,
    /// The pass that heard it.
    pub pass: PassName,
    /// Public id of what came back through the microphone.
    pub echo_of: Option<String>,
    /// Public id of what the program itself played.
    pub replay_of: Option<String>,
    /// Its words in order.
    pub words: Vec<Word>,
}

impl Utterance {
    /// The utterance as it was given to the store, and the number that its id ends in.
    pub(crate) fn into_new(self) -> (u32, NewUtterance) {
        let Self { span, text, language, p, no_speech_p, mean_logprob, vad_mean, vad_peak, .. } = self;
        let Self { tokens_per_s, repetition, state, reason, echo_of, replay_of, words, .. } = self;
        let new = NewUtterance {
            span,
            text,
            language,
            p,
            no_speech_p,
            mean_logprob,
            vad_mean,
            vad_peak,
            tokens_per_s,
            repetition,
            state,
            reason,
            echo_of,
            replay_of,
            words,
        };
        (self.id.repeat, new)
    }
}

/// The columns that [`read`] wants, after `FROM utterance u JOIN track t ON t.key = u.track JOIN pass p ON p.key = u.pass`.
pub(crate) const COLUMNS: &str = "u.key, u.start_us, u.end_us, t.name, t.side, p.name, u.repeat, u.text, u.language, \
     u.p, u.no_speech_p, u.mean_logprob, u.vad_mean, u.vad_peak, u.state, u.reason, u.echo_of, u.replay_of, u.words, \
     u.tokens_per_s, u.repetition";
/// Where [`COLUMNS`] come from.
pub(crate) const SOURCE: &str = "utterance u JOIN track t ON t.key = u.track JOIN pass p ON p.key = u.pass";

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Utterance> {
    let span = pass::span_at(row, 1)?;
    let (track, pass) = (track::track_at(row, 3)?, pass::name_at(row, 5)?);
    let text: String = row.get(7)?;
    let words = words::unpack(row.get_ref(18)?.as_blob()?, span.start, &text)
        .ok_or_else(|| unreadable(18, "not packed words"))?;
    Ok(Utterance {
        key: row.get(0)?,
        id: UtteranceId {
            start: start_of_id(span.start),
            track: track.clone(),
            pass: pass.clone(),
            repeat: row.get(6)?,
        },
        track,
        side: track::side_at(row, 4)?,
        span,
        text,
        language: row.get(8)?,
        p: row.get(9)?,
        no_speech_p: row.get(10)?,
        mean_logprob: row.get(11)?,
        vad_mean: row.get(12)?,
        vad_peak: row.get(13)?,
        tokens_per_s: row.get(19)?,
        repetition: row.get(20)?,
        state: state_at(row, 14)?,
        reason: row.get(15)?,
        pass,
        echo_of: row.get(16)?,
        replay_of: row.get(17)?,
        words,
    })
}

pub(crate) fn state_at(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    State::parse(row.get_ref(column)?.as_str()?).ok_or_else(|| unreadable(column, "not a state"))
}

/// Ids keep milliseconds; what is finer is cut off.
pub(crate) fn start_of_id(start: WallTime) -> WallTime {
    WallTime::from_millis(start.as_micros().div_euclid(1_000))
}
