//! What was found, and what to do about it.

use serde::Serialize;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Note,
    /// Something doesn't work.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) topic: &'static str,
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) text: String,
    /// What to do.
    pub(crate) advice: Option<String>,
}

impl Finding {
    pub(super) fn good(topic: &'static str, text: impl Into<String>) -> Self {
        Self { topic, verdict: Verdict::Good, text: text.into(), advice: None }
    }

    pub(super) fn note(topic: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { topic, verdict: Verdict::Note, text: text.into(), advice: Some(advice.into()) }
    }

    pub(super) fn bad(topic: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { topic, verdict: Verdict::Bad, text: text.into(), advice: Some(advice.into()) }
    }
}
