//! What may be asked: the parameters of the API and the arguments of the tools are one and the same.

use super::refusal::Refusal;
use crate::commands::search;
use crate::library::{SearchOptions, Sort};
use anyhow::Result;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use timeline::WallTime;

/// Hits where no number is asked for.
const USUAL_HITS: usize = 20;
/// Lines where no number is asked for: what a model reads at once.
pub(super) const USUAL_LINES: usize = 200;

/// A search.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchQuestion {
    /// Words, "a phrase", -without, pre*, said:word, heard:word, day:2026-11-23
    pub(super) query: String,
    /// Only what the user said, or only what the user heard
    side: Option<SideQuestion>,
    /// Not before this time or day: 2026-11-22, 2026-11-22T14:00, yesterday
    since: Option<String>,
    /// Not after this time or day
    until: Option<String>,
    /// Which hits come first: the latest (time) or the best (score)
    sort: Option<SortQuestion>,
    /// At most so many hits
    limit: Option<usize>,
}

/// A side of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SideQuestion {
    /// What the user said.
    Said,
    /// What the user heard.
    Heard,
}

/// An order of hits.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SortQuestion {
    /// The latest first.
    Time,
    /// The best first.
    Score,
}

/// The lines of a span.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadQuestion {
    /// today, yesterday, 2026-11-22, 2026-11-22T14:00..15:30, last 2h
    pub(super) span: String,
    /// In English where it was translated
    #[serde(default)]
    pub(super) translated: bool,
    /// At most so many lines, from the start of the span
    pub(super) limit: Option<usize>,
}

/// The words of a span, each with its time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportQuestion {
    /// As of [`ReadQuestion`].
    pub(super) span: String,
    /// With what is hidden as well.
    #[serde(default)]
    pub(super) hidden: bool,
}

/// Nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoQuestion {}

impl SearchQuestion {
    /// What the search is narrowed to.
    ///
    /// # Errors
    /// As the command's.
    pub(super) fn options(&self, now: WallTime) -> Result<SearchOptions> {
        let limit = self.limit.unwrap_or(USUAL_HITS);
        search::check(&self.query, limit, "limit")?;
        Ok(SearchOptions {
            said: self.side == Some(SideQuestion::Said),
            heard: self.side == Some(SideQuestion::Heard),
            span: search::span(self.since.as_deref(), self.until.as_deref(), now)?,
            limit,
            sort: match self.sort {
                Some(SortQuestion::Score) => Sort::Score,
                Some(SortQuestion::Time) | None => Sort::Time,
            },
            typing: false,
        })
    }
}

/// Reads the arguments of a tool.
///
/// # Errors
/// [`Refusal::Question`], with what is wrong.
pub(super) fn read<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| Refusal::Question(error.to_string()))
}

/// Reads the parameters behind the `?` of an address.
///
/// # Errors
/// As [`read`]; and where one is given twice.
pub(super) fn parameters<T: DeserializeOwned>(query: Option<&str>) -> Result<T, Refusal> {
    let mut arguments = Map::new();
    for (name, text) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let value = match &*name {
            "limit" => text.parse::<u64>().map_or_else(|_| Value::from(&*text), Value::from),
            "translated" | "hidden" => text.parse::<bool>().map_or_else(|_| Value::from(&*text), Value::from),
            _ => Value::from(&*text),
        };
        if arguments.insert(name.to_string(), value).is_some() {
            return Err(Refusal::Question(format!("{name} is given twice")));
        }
    }
    read(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_arguments_are_read_alike() {
        let asked: SearchQuestion = parameters(Some("query=half+past%20ten&side=heard&limit=3")).unwrap();
        assert_eq!(
            (asked.query.as_str(), asked.side, asked.limit),
            ("half past ten", Some(SideQuestion::Heard), Some(3))
        );
        let asked: ReadQuestion = parameters(Some("span=today&translated=true")).unwrap();
        assert_eq!((asked.span.as_str(), asked.translated), ("today", true));
        parameters::<NoQuestion>(None).unwrap();
    }

    #[test]
    fn what_is_unknown_wrong_twice_or_missing_is_named() {
        for (query, word) in [
            ("query=x&file=/etc/passwd", "file"),
            ("query=x&limit=many", "many"),
            ("query=x&query=y", "twice"),
            ("side=said", "query"),
            ("query=x&side=both", "both"),
        ] {
            match parameters::<SearchQuestion>(Some(query)) {
                Err(Refusal::Question(why)) => assert!(why.contains(word), "{query}: {why}"),
                other => panic!("{query}: {other:?}"),
            }
        }
    }
}
