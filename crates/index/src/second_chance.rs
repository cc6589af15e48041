//! When nothing was found: words that are spelled nearly so, then words that sound so. Names are misheard, and words mistyped.

use crate::query::{Node, Query, WordEnd};
use crate::snapshot::Snapshot;
use crate::sound::sounds;
use std::collections::BTreeSet;
use tantivy::Term;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;

/// How what was found has to do with what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Likeness {
    /// It has the words.
    #[default]
    Words,
    /// Nothing has the words; it has words that are spelled nearly so.
    Spelling,
    /// Nothing has words that are spelled nearly so either; it has words that sound so.
    Sound,
}

impl Likeness {
    /// `words`, `spelling` or `sound`: the word of all machine output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Spelling => "spelling",
            Self::Sound => "sound",
        }
    }
}

/// For so many words of a query others are looked for.
const MAX_WORDS: usize = 8;
/// So many words may stand for one.
const MAX_LIKE: usize = 50;
/// Of a shorter word every other one is a slip away.
const MIN_LETTERS: usize = 4;
/// From so many letters on there may be two slips.
const LONG_LETTERS: usize = 8;

/// `query` with words like those that it looks for, out of the dictionaries of `years`; `None` where there are none.
pub(crate) fn like(
    query: &Query,
    likeness: Likeness,
    years: &[Snapshot],
    exact: Field,
) -> tantivy::Result<Option<Query>> {
    let mut failed = None;
    let mut left = MAX_WORDS;
    let other = query.with_words(&mut |word| {
        left = left.checked_sub(1)?;
        let words = match likeness {
            Likeness::Words => Ok(BTreeSet::new()),
            Likeness::Spelling => spelled_like(word, years, exact),
            Likeness::Sound => sounding_like(word, years, exact),
        };
        let mut words = words.unwrap_or_else(|error| {
            failed = Some(error);
            BTreeSet::new()
        });
        words.remove(word);
        let itself = Node::Word { terms: vec![word.to_owned()], end: WordEnd::Whole };
        (!words.is_empty()).then(|| Node::Any(vec![itself, Node::Like(words.into_iter().collect())]))
    });
    failed.map_or(Ok(other), Err)
}

fn spelled_like(word: &str, years: &[Snapshot], exact: Field) -> tantivy::Result<BTreeSet<String>> {
    let slips = match word.chars().count() {
        ..MIN_LETTERS => return Ok(BTreeSet::new()),
        MIN_LETTERS..LONG_LETTERS => 1,
        _ => 2,
    };
    let mut like = BTreeSet::new();
    for segment in years.iter().flat_map(|year| year.segment_readers()) {
        let index = segment.inverted_index(exact)?;
        let slipped = FuzzyTermQuery::new(Term::from_field_text(exact, word), slips, true).automaton()?;
        let mut words = index.terms().search(slipped).into_stream()?;
        while like.len() < MAX_LIKE && words.advance() {
            like.extend(std::str::from_utf8(words.key()).map(ToOwned::to_owned));
        }
    }
    Ok(like)
}

fn sounding_like(word: &str, years: &[Snapshot], exact: Field) -> tantivy::Result<BTreeSet<String>> {
    let mut like = BTreeSet::new();
    let Some(wanted) = sounds(word) else { return Ok(like) };
    for segment in years.iter().flat_map(|year| year.segment_readers()) {
        let index = segment.inverted_index(exact)?;
        let mut words = index.terms().stream()?;
        while like.len() < MAX_LIKE && words.advance() {
            let word = std::str::from_utf8(words.key()).ok().filter(|word| sounds(word).as_ref() == Some(&wanted));
            like.extend(word.map(ToOwned::to_owned));
        }
    }
    Ok(like)
}
