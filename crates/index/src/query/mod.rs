//! The language people type.
//!
//! | typed | finds |
//! |---|---|
//! | `big wolf` | utterances with both words, in their English forms (`walks`, `walking`) |
//! | `wolf OR bear`, `wolf \| bear` | either; `OR` binds its two neighbours, so `big wolf OR bear` is `big` and one of the others |
//! | `-wolf`, `NOT wolf` | what doesn't have it |
//! | `"big bad wolf"` | these words in a row, exactly as written (accents and case aside), even across two utterances |
//! | `"wolf sheep"~5` | the words close together: no more than five places away from standing in a row |
//! | `wol*` | words that begin so |
//! | `( … )` | groups |
//! | `said:` `heard:` | one side: of a term (`said:wolf`, `said:"a phrase"`, `said:( … )`), or alone of the whole query |
//! | `on:` | a day or span: `on:yesterday`, `on:2026-11-22T14:00..15:30`, `on:"last 2h"` |
//! | `since:` `until:` | from, up to and including a day or time |
//! | `time:09:00..12:00` | a time of any day; over midnight too |
//! | `day:mon` | a day of the week: `day:mon..fri`, `day:sat,sun` |
//! | `lang:de` | a language |
//! | `model:small.en` | the model that heard it, or a part of its name |
//! | `pass:1a2b3c4d` | what that pass heard, also where another speaks now; `pass:all`: what any pass heard |
//! | `conf:<0.5` | how sure the recogniser was: `<`, `<=`, `>`, `>=` or `0.2..0.5` |
//! | `dur:>10s` | how long it took to say: also `ms`, `m`, `h`, and `1m..5m` |
//! | `is:hidden` | what is kept and not shown otherwise; `is:doubtful`, `is:shown` |
//! | `is:starred` | what the user has put a star on; `is:corrected`: what he has corrected, hidden or not |
//! | `has:note` | what he has noted something of; `note:budget`: with that word, in its English forms; `note:"call back"`; `note:#todo`: with that tag |
//! | `has:echo` | what came back through the microphone; `has:replay`: what the program itself played; hidden or not |
//!
//! Nothing is an error: what can't be read is left out or taken as words, and a note says so. A query with no
//! words finds nothing, unless a field restricts it; then it finds everything there. Of a longer text the first
//! [`MAX_BYTES`] count.

mod field;
mod lexer;
mod parser;

pub use parser::parse;

use crate::document::HIDDEN;
use std::ops::Bound;
use timeline::{Side, Span};

/// How much of a query is read.
pub const MAX_BYTES: usize = 256;

/// What was read, and what has to be said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The query.
    pub query: Query,
    /// What was left out or read in an unexpected way, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// What to look for. [`parse`] makes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    pub(crate) root: Option<Node>,
}

impl Query {
    /// Whether there is nothing to look for; then nothing is found.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The words that it looks for, folded, in the order typed; without those that are excluded.
    pub fn terms(&self) -> Vec<String> {
        let mut terms = Vec::new();
        self.each_positive(&mut |node| {
            if let Node::Word { terms: words, .. } | Node::Phrase { terms: words, .. } | Node::Like(words) = node {
                terms.extend(words.iter().filter(|word| !terms.contains(*word)).cloned().collect::<Vec<_>>());
            }
        });
        terms
    }

    /// Whether it asks for what is hidden otherwise.
    pub(crate) fn asks_for_hidden(&self) -> bool {
        let mut asks = false;
        self.each_positive(&mut |node| {
            asks |= match node {
                Node::Only(Filter::State(state)) => *state == HIDDEN,
                Node::Only(Filter::Has(mark)) => matches!(mark, Mark::Echo | Mark::Replay | Mark::Correction),
                _ => false,
            };
        });
        asks
    }

    /// Whether it asks for what passes heard that don't speak there.
    pub(crate) fn asks_for_past(&self) -> bool {
        let mut asks = false;
        self.each_positive(&mut |node| asks |= matches!(node, Node::Only(Filter::Pass(_))));
        asks
    }

    /// The spans that every hit overlaps.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let parts = match &self.root {
            Some(Node::All(parts)) => parts.as_slice(),
            other => other.as_slice(),
        };
        let span = |part: &Node| match part {
            Node::Only(Filter::Overlaps(span)) => Some(*span),
            _ => None,
        };
        parts.iter().filter_map(span).collect()
    }

    /// The same query with other words: `replace` says what stands for a single one that is looked for in any form; `None`
    /// where it leaves all as they are.
    pub(crate) fn with_words(&self, replace: &mut dyn FnMut(&str) -> Option<Node>) -> Option<Self> {
        let mut root = self.root.clone()?;
        root.replace_words(replace).then_some(Self { root: Some(root) })
    }

    /// Calls `each` for every part that is not excluded.
    pub(crate) fn each_positive<'a>(&'a self, each: &mut dyn FnMut(&'a Node)) {
        if let Some(root) = &self.root {
            root.each_positive(each);
        }
    }
}

/// A part of a query. No list in it is empty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// A bare word. More than one term where it has dots or hyphens, or is Chinese: then they stand in a row.
    Word { terms: Vec<String>, end: WordEnd },
    /// Words in a row, or close together where there is slop.
    Phrase { terms: Vec<String>, slop: u32 },
    /// One of these words, exactly. Only a second chance makes it.
    Like(Vec<String>),
    /// What restricts the search.
    Only(Filter),
    /// Anything but.
    Not(Box<Node>),
    /// All of them.
    All(Vec<Node>),
    /// At least one of them.
    Any(Vec<Node>),
}

impl Node {
    fn each_positive<'a>(&'a self, each: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::Not(_) => {}
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_positive(each)),
            _ => each(self),
        }
    }
}

impl Node {
    /// Whether any word was replaced.
    fn replace_words(&mut self, replace: &mut dyn FnMut(&str) -> Option<Self>) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter_mut().fold(false, |replaced, part| part.replace_words(replace) | replaced)
            }
            Self::Word { terms, end: WordEnd::Whole | WordEnd::Typing } => {
                let [word] = terms.as_slice() else { return false };
                let Some(node) = replace(word) else { return false };
                *self = node;
                true
            }
            _ => false,
        }
    }
}

/// How a word ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordEnd {
    /// It is complete.
    Whole,
    /// `wol*`: it may go on.
    Open,
    /// It stands at the end of the query and may still be being typed.
    Typing,
}

/// What restricts a search.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    /// One side. A recording of everybody counts as either.
    Side(Side),
    /// Utterances that overlap a span.
    Overlaps(Span),
    /// Local minutes of the day, from..to; over midnight where `to` is not after `from`.
    Clock { from: u64, to: u64 },
    /// A language, in lower case.
    Language(String),
    /// Local days of the week, from Monday on.
    Weekdays([bool; 7]),
    /// Terms that stand in a row in the model's name.
    Model(Vec<String>),
    /// The pass that heard it, whether it speaks there or not; `None`: any.
    Pass(Option<String>),
    /// The mean probability of the words.
    P { from: Bound<f64>, to: Bound<f64> },
    /// How long it took to say.
    Seconds { from: Bound<f64>, to: Bound<f64> },
    /// What it is linked to, or the user has done with it.
    Has(Mark),
    /// Terms that stand in a row in a note on its moment.
    Note(Vec<String>),
    /// A tag in such a note: `#todo`.
    Tag(String),
    /// How far it is to be believed: 0 shown, 1 doubtful, 2 hidden.
    State(u8),
}

/// What an utterance can be linked to, or the user can do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The other side's sound.
    Echo,
    /// What the program itself played.
    Replay,
    /// The user wrote it.
    Correction,
    /// A star on its moment.
    Star,
    /// A note on its moment.
    Note,
}
