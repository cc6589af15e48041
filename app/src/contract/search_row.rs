use serde::Serialize;
use store::{State, Utterance};
use timeline::{PassName, Side, TrackName, UtteranceId, WallTime};

/// A row of `search --json`, and of `show --json` without the score and how it matches.
#[derive(Debug, Serialize)]
pub(crate) struct SearchRow<'a> {
    pub(crate) id: &'a UtteranceId,
    pub(crate) track: &'a TrackName,
    pub(crate) side: Side,
    pub(crate) start: WallTime,
    pub(crate) end: WallTime,
    pub(crate) text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) score: Option<f32>,
    pub(crate) p: f32,
    pub(crate) lang: Option<&'a str>,
    pub(crate) pass: &'a PassName,
    /// Who speaks isn't told apart yet.
    pub(crate) speaker: Option<&'a str>,
    pub(crate) state: &'static str,
    pub(crate) reason: Option<&'a str>,
    /// You wrote it: absent where it is what was heard.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) corrected: bool,
    /// You put a star on its moment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) starred: bool,
    /// What you noted of its moment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<&'a str>,
    /// `words`; or `spelling` or `sound` where nothing has the words and this has others like them.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub(crate) likeness: Option<&'static str>,
}

impl<'a> SearchRow<'a> {
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

fn state(state: State) -> &'static str {
    match state {
        State::Shown => "shown",
        State::Doubtful => "doubtful",
        State::Hidden => "hidden",
    }
}

/// Probabilities to four places: more would be noise.
pub(crate) fn rounded(p: f32) -> f32 {
    (p * 1e4).round() / 1e4
}
