//! What a hit and a line of a conversation are made of.

use std::ops::Range;
use timeline::{Side, Span};

/// An utterance as a hit or as a line of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// The store's key.
    pub(crate) key: i64,
    pub(crate) side: Side,
    pub(crate) span: Span,
    pub(crate) text: String,
    /// What matches the search, in bytes.
    pub(crate) found: Vec<Range<usize>>,
    /// Words that may have been misheard, in bytes.
    pub(crate) doubtful_words: Vec<Range<usize>>,
    /// When each word was spoken.
    pub(crate) words: Vec<SpokenWord>,
    /// Why all of it is doubtful, if it is.
    pub(crate) doubt: Option<String>,
    /// Whether it is hidden, and shown only on demand; `doubt` says why.
    pub(crate) hidden: bool,
    /// Its language, and who heard it so.
    pub(crate) origin: String,
    /// What was heard, where the user wrote the text.
    pub(crate) heard: Option<String>,
    /// Whether the user has put a star on it.
    pub(crate) starred: bool,
    /// What the user noted of it, or of a span that it lies in.
    pub(crate) notes: Vec<String>,
    /// What was noted of it alone.
    pub(crate) own_note: Option<String>,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpokenWord {
    /// Where it stands in the text, in bytes.
    pub(crate) range: Range<usize>,
    pub(crate) span: Span,
}

#[cfg(test)]
impl Line {
    /// Something said, of which there is no more to say.
    pub(crate) fn said(key: i64, span: Span, text: &str) -> Self {
        Self {
            key,
            side: Side::Said,
            span,
            text: text.to_owned(),
            found: Vec::new(),
            doubtful_words: Vec::new(),
            words: Vec::new(),
            doubt: None,
            hidden: false,
            origin: String::new(),
            heard: None,
            starred: false,
            notes: Vec::new(),
            own_note: None,
        }
    }
}
