//! The rows of machine output. Field names, their order and their units are a contract with scripts.

use crate::library::Hit;
use crate::remarks;
use index::Likeness;
use serde::Serialize;
use store::{Remark, State, Utterance};
use timeline::{PassName, Side, TrackName, UtteranceId, WallTime};

/// A row of `search --json`, and of `show --json` without the score and how it matches.
#[derive(Debug, Serialize)]
pub(crate) struct SearchRow<'a> {
    id: &'a UtteranceId,
    track: &'a TrackName,
    side: Side,
    start: WallTime,
    end: WallTime,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
    p: f32,
    lang: Option<&'a str>,
    pass: &'a PassName,
    /// Who speaks isn't told apart yet.
    speaker: Option<&'a str>,
    state: &'static str,
    reason: Option<&'a str>,
    /// You wrote it: absent where it is what was heard.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    corrected: bool,
    /// You put a star on its moment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    starred: bool,
    /// What you noted of its moment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<&'a str>,
    /// `words`; or `spelling` or `sound` where nothing has the words and this has others like them.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    likeness: Option<&'static str>,
}

/// A row of `export --format jsonl`.
#[derive(Debug, Serialize)]
pub(crate) struct ExportRow<'a> {
    #[serde(flatten)]
    utterance: SearchRow<'a>,
    words: Vec<WordRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_of: Option<String>,
}

#[derive(Debug, Serialize)]
struct WordRow<'a> {
    start: WallTime,
    end: WallTime,
    text: &'a str,
    p: f32,
}

impl<'a> SearchRow<'a> {
    /// The row of a hit.
    pub(crate) fn hit(hit: &'a Hit, likeness: Likeness) -> Self {
        let likeness = Some(likeness.as_str());
        Self { score: Some(hit.score), likeness, ..Self::utterance(&hit.utterance) }
    }

    /// With the stars and notes among `remarks` that are of it.
    pub(crate) fn with(self, utterance: &Utterance, remarks: &'a [Remark]) -> Self {
        let starred = remarks::is_starred(utterance, remarks);
        Self { starred, notes: remarks::notes(utterance, remarks).collect(), ..self }
    }

    /// The row of an utterance that wasn't searched for.
    pub(crate) fn utterance(utterance: &'a Utterance) -> Self {
        Self {
            id: &utterance.id,
            track: &utterance.track,
            side: utterance.side,
            start: utterance.span.start,
            end: utterance.span.end,
            text: &utterance.text,
            score: None,
            p: rounded(utterance.p),
            lang: utterance.language.as_deref(),
            pass: &utterance.pass,
            speaker: None,
            state: state(utterance.state),
            reason: utterance.reason.as_deref(),
            corrected: utterance.is_correction(),
            starred: false,
            notes: Vec::new(),
            likeness: None,
        }
    }
}

impl<'a> From<&'a Utterance> for ExportRow<'a> {
    fn from(utterance: &'a Utterance) -> Self {
        let word = |word: &'a store::Word| WordRow {
            start: word.span.start,
            end: word.span.end,
            text: &word.text,
            p: rounded(word.p),
        };
        Self {
            utterance: SearchRow::utterance(utterance),
            words: utterance.words.iter().map(word).collect(),
            echo_of: utterance.echo_of.as_ref().map(ToString::to_string),
            replay_of: utterance.replay_of.as_ref().map(ToString::to_string),
        }
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Shown => "shown",
        State::Doubtful => "doubtful",
        State::Hidden => "hidden",
    }
}

/// Probabilities to four places: more would be noise.
fn rounded(p: f32) -> f32 {
    (p * 1e4).round() / 1e4
}
