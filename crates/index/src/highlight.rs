use crate::query::{Node, Query, WordEnd};
use crate::token::{self, Term};
use std::ops::Range;

/// Where in `text` the words are that `query` looks for: byte ranges in order that don't overlap.
///
/// Words are marked in any form (`bears` for `bear`), phrases as a whole, and of a phrase that began in the utterance
/// before, or goes on in the next, the part that is here. What is excluded is never marked.
pub fn highlight(text: &str, query: &Query) -> Vec<Range<usize>> {
    let terms = token::terms(text);
    let stems: Vec<String> = terms.iter().map(|term| token::stem(&term.text)).collect();
    let marked = Marked { terms: &terms, stems: &stems };
    let mut places = Vec::new();
    query.each_positive(&mut |node| match node {
        Node::Word { terms, end } => places.extend(marked.word(terms, *end)),
        Node::Phrase { terms, slop: 0 } => places.extend(marked.phrase(terms)),
        Node::Phrase { terms, .. } | Node::Like(terms) => places.extend(marked.near(terms)),
        _ => {}
    });
    merged(places)
}

struct Marked<'a> {
    terms: &'a [Term],
    stems: &'a [String],
}

impl Marked<'_> {
    fn word(&self, wanted: &[String], end: WordEnd) -> Vec<Range<usize>> {
        let stems: Vec<String> = wanted.iter().map(|word| token::stem(word)).collect();
        let whole = self.rows(wanted.len(), |at, i| self.stems.get(at) == stems.get(i));
        // Of a word that may still be being typed, beginnings are marked only where it doesn't stand by itself.
        if end == WordEnd::Whole || (end == WordEnd::Typing && !whole.is_empty()) {
            return whole;
        }
        self.rows(wanted.len(), |at, i| match (self.terms.get(at), wanted.get(i)) {
            (Some(term), Some(word)) if i + 1 == wanted.len() => term.text.starts_with(word.as_str()),
            (Some(term), Some(word)) => term.text == *word,
            _ => false,
        })
    }

    fn phrase(&self, wanted: &[String]) -> Vec<Range<usize>> {
        let same = |at: usize, i: usize| self.terms.get(at).map(|term| &term.text) == wanted.get(i);
        let whole = self.rows(wanted.len(), same);
        if !whole.is_empty() {
            return whole;
        }
        // The end of the phrase at the start of the text, or the start of the phrase at the end of the text.
        let ends_here =
            (1..wanted.len()).rev().find(|n| *n <= self.terms.len() && (0..*n).all(|i| same(i, wanted.len() - n + i)));
        let starts_here = (1..wanted.len())
            .rev()
            .find(|n| *n <= self.terms.len() && (0..*n).all(|i| same(self.terms.len() - n + i, i)));
        let first = ends_here.and_then(|n| self.row(0, n));
        let last = starts_here.and_then(|n| self.row(self.terms.len() - n, n));
        first.into_iter().chain(last).collect()
    }

    /// The words of a phrase that don't have to stand in a row.
    fn near(&self, wanted: &[String]) -> Vec<Range<usize>> {
        self.rows(1, |at, _| self.terms.get(at).is_some_and(|term| wanted.contains(&term.text)))
    }

    /// Every row of `len` words of the text in which word `at` fits the `i`th that is wanted.
    fn rows(&self, len: usize, fits: impl Fn(usize, usize) -> bool) -> Vec<Range<usize>> {
        let starts = 0..(self.terms.len() + 1).saturating_sub(len);
        starts.filter(|start| (0..len).all(|i| fits(start + i, i))).filter_map(|start| self.row(start, len)).collect()
    }

    /// Where `len` words from `start` on stand in the text.
    fn row(&self, start: usize, len: usize) -> Option<Range<usize>> {
        let words = self.terms.get(start..start.checked_add(len)?)?;
        Some(words.first()?.place.start..words.last()?.place.end)
    }
}

fn merged(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_by_key(|place| (place.start, place.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for place in places {
        match merged.last_mut() {
            Some(last) if place.start < last.end => last.end = last.end.max(place.end),
            _ => merged.push(place),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;
    use timeline::WallTime;

    fn marked(text: &str, query: &str) -> String {
        let query = parse(query, WallTime::from_micros(0)).query;
        let mut out = String::new();
        let mut done = 0;
        for place in highlight(text, &query) {
            out.extend([&text[done..place.start], "[", &text[place.clone()], "]"]);
            done = place.end;
        }
        out + &text[done..]
    }

    #[test]
    fn words_are_marked_as_they_stand_in_the_text() {
        for (text, query, expected) in [
            ("The bears met a Bear.", "bear ", "The [bears] met a [Bear]."),
            ("At the CAFÉ\u{301}, don't wait", "cafe dont ", "At the [CAFÉ\u{301}], [don't] wait"),
            ("Kubernetes and cubes", "kuber* ", "[Kubernetes] and cubes"),
            ("running about", "runn", "[running] about"),
            ("a cat in a category", "cat", "a [cat] in a category"),
            ("the big, bad wolf, a big wolf", "\"big bad wolf\"", "the [big, bad wolf], a big wolf"),
            ("runs and running", "\"running\"", "runs and [running]"),
            ("one wolf, not a bear", "wolf -bear", "one [wolf], not a bear"),
            ("wolf or bear", "said:wolf OR heard:bear ", "[wolf] or [bear]"),
            ("sheep fear the wolf", "\"wolf sheep\"~5", "[sheep] fear the [wolf]"),
            ("uses node.js daily", "node.js ", "uses [node.js] daily"),
            ("東京へ行く", "東京", "[東京]へ行く"),
            ("nothing here", "on:today", "nothing here"),
        ] {
            assert_eq!(marked(text, query), expected, "{query}");
        }
    }

    #[test]
    fn of_a_phrase_across_a_border_the_part_here_is_marked() {
        assert_eq!(marked("He saw the big", "\"big bad wolf\""), "He saw the [big]");
        assert_eq!(marked("bad wolf, he cried", "\"big bad wolf\""), "[bad wolf], he cried");
    }
}
