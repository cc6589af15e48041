//! The rows of machine output. Field names, their order and their units are a contract with scripts.

use crate::contract::search_row::rounded;
use crate::library::Hit;
use crate::remarks;
use index::Likeness;
use serde::Serialize;
use store::{Remark, Utterance};
use timeline::WallTime;

pub(crate) use crate::contract::SearchRow;

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
