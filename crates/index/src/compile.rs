//! A query as tantivy's.

use crate::document::{HIDDEN, PAST};
use crate::excluded::Excluded;
use crate::overlapping::Overlapping;
use crate::query::{Filter, Mark, Node, Query, WordEnd};
use crate::schema::{
    BRIDGE_TERMS, CORRECTED, ECHO, Fields, NOTE, REPLAY, STAR, after_border, before_border, side_code,
};
use crate::searcher::Options;
use crate::token;
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, InvertedIndexRangeQuery, Occur, PhrasePrefixQuery, PhraseQuery,
    Query as TantivyQuery, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use timeline::{Side, Span};

type Boxed = Box<dyn TantivyQuery>;

/// In how many words of the dictionary the open end of `node.j*` may end.
const MAX_EXPANSIONS: u32 = 200;

/// A query as tantivy's.
pub(crate) struct Compiled {
    pub(crate) query: Boxed,
    /// What every hit overlaps: the rest of the index need not be looked at.
    pub(crate) span: Option<Span>,
}

/// `query` within `options`; `None` where there is nothing to look for.
pub(crate) fn compile(query: &Query, options: &Options, fields: &Fields) -> Option<Compiled> {
    let compiler = Compiler { fields, typing: options.prefix_last };
    let mut clauses = vec![(Occur::Must, compiler.node(query.root.as_ref()?))];
    clauses.extend(options.side.map(|side| (Occur::Must, compiler.filter(&Filter::Side(side)))));
    clauses.extend(options.span.map(|span| (Occur::Must, compiler.filter(&Filter::Overlaps(span)))));
    let unwanted = [(HIDDEN, options.include_hidden || query.asks_for_hidden()), (PAST, query.asks_for_past())];
    for (state, _) in unwanted.into_iter().filter(|(_, wanted)| !wanted) {
        let term = Term::from_field_u64(fields.state, u64::from(state));
        clauses.push((Occur::MustNot, Box::new(TermQuery::new(term, IndexRecordOption::Basic))));
    }
    let spans = query.spans().into_iter().chain(options.span);
    let span = spans.reduce(|a, b| {
        let start = a.start.max(b.start);
        Span::new(start, a.end.min(b.end).max(start))
    });
    Some(Compiled { query: Box::new(BooleanQuery::new(clauses)), span })
}

struct Compiler<'a> {
    fields: &'a Fields,
    typing: bool,
}

impl Compiler<'_> {
    fn node(&self, node: &Node) -> Boxed {
        match node {
            Node::Word { terms, end } => self.word(terms, *end),
            Node::Phrase { terms, slop } => self.phrase(terms, *slop),
            Node::Like(words) => any(words.iter().map(|word| in_a_row(self.fields.exact, [word.clone()], 0)).collect()),
            Node::Only(filter) => self.filter(filter),
            Node::Any(parts) => any(parts.iter().map(|part| self.node(part)).collect()),
            Node::All(parts) => self.all(parts),
            Node::Not(_) => self.all(std::slice::from_ref(node)),
        }
    }

    fn all(&self, parts: &[Node]) -> Boxed {
        let mut clauses: Vec<(Occur, Boxed)> = parts
            .iter()
            .map(|part| -> (Occur, Boxed) {
                match part {
                    Node::Not(inside) => (Occur::MustNot, Box::new(Excluded(self.node(inside)))),
                    _ => (Occur::Must, self.node(part)),
                }
            })
            .collect();
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, unscored(Box::new(AllQuery))));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn word(&self, terms: &[String], end: WordEnd) -> Boxed {
        match end {
            WordEnd::Open => self.beginning(terms),
            WordEnd::Typing if self.typing => any(vec![self.stems(terms), self.beginning(terms)]),
            WordEnd::Whole | WordEnd::Typing => self.stems(terms),
        }
    }

    /// Words in any form, in a row.
    fn stems(&self, terms: &[String]) -> Boxed {
        in_a_row(self.fields.text, terms.iter().map(|term| token::stem(term)), 0)
    }

    /// Words in a row, the last of which may go on. On the words as they are: `text` knows only stems.
    fn beginning(&self, terms: &[String]) -> Boxed {
        let exact = self.fields.exact;
        if let [beginning] = terms {
            // Every word with this beginning sorts before the beginning followed by the last character there is.
            let from = Term::from_field_text(exact, beginning);
            let to = Term::from_field_text(exact, &format!("{beginning}\u{10ffff}"));
            return Box::new(InvertedIndexRangeQuery::new(Bound::Included(from), Bound::Included(to)));
        }
        let mut query = PhrasePrefixQuery::new(terms.iter().map(|term| Term::from_field_text(exact, term)).collect());
        query.set_max_expansions(MAX_EXPANSIONS);
        Box::new(query)
    }

    /// Words in a row, exactly: within an utterance, or across its border with the one before.
    fn phrase(&self, terms: &[String], slop: u32) -> Boxed {
        let within = in_a_row(self.fields.exact, terms.to_vec(), slop);
        let across = (1..terms.len()).filter_map(|border| {
            let (before, after) = terms.split_at_checked(border)?;
            let fits = before.len() <= BRIDGE_TERMS && after.len() <= BRIDGE_TERMS;
            let words =
                before.iter().map(|word| before_border(word)).chain(after.iter().map(|word| after_border(word)));
            fits.then(|| in_a_row(self.fields.bridge, words, slop))
        });
        any(std::iter::once(within).chain(across).collect())
    }

    fn filter(&self, filter: &Filter) -> Boxed {
        unscored(match filter {
            Filter::Side(side) => self.side(*side),
            Filter::Overlaps(span) => Box::new(Overlapping(*span)),
            Filter::Clock { from, to } if from < to => self.clock(*from, *to),
            Filter::Clock { from, to } => any(vec![self.clock(*from, 1_440), self.clock(0, *to)]),
            Filter::Language(language) => Box::new(TermQuery::new(
                Term::from_field_text(self.fields.language, language),
                IndexRecordOption::Basic,
            )),
            Filter::State(state) => {
                let term = Term::from_field_u64(self.fields.state, u64::from(*state));
                Box::new(TermQuery::new(term, IndexRecordOption::Basic))
            }
            Filter::Weekdays(wanted) => {
                let is = |day: usize| -> Boxed {
                    let term = Term::from_field_u64(self.fields.weekday, day as u64);
                    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
                };
                any(wanted.iter().enumerate().filter(|(_, wanted)| **wanted).map(|(day, _)| is(day)).collect())
            }
            Filter::Model(terms) => in_a_row(self.fields.model, terms.iter().cloned(), 0),
            Filter::Pass(None) => Box::new(AllQuery),
            Filter::Pass(Some(pass)) => {
                Box::new(TermQuery::new(Term::from_field_text(self.fields.pass, pass), IndexRecordOption::Basic))
            }
            Filter::Has(mark) => self.has(match mark {
                Mark::Echo => ECHO,
                Mark::Replay => REPLAY,
                Mark::Correction => CORRECTED,
                Mark::Star => STAR,
                Mark::Note => NOTE,
            }),
            Filter::Note(terms) => in_a_row(self.fields.note, terms.iter().cloned(), 0),
            Filter::Tag(tag) => self.has(tag),
            Filter::P { from, to } => between(*from, *to, |p| Term::from_field_f64(self.fields.p, p)),
            Filter::Seconds { from, to } => {
                between(*from, *to, |seconds| Term::from_field_u64(self.fields.length, micros(seconds)))
            }
        })
    }

    fn has(&self, mark: &str) -> Boxed {
        Box::new(TermQuery::new(Term::from_field_text(self.fields.has, mark), IndexRecordOption::Basic))
    }

    /// One side, and recordings of everybody, which hold both.
    fn side(&self, side: Side) -> Boxed {
        let is = |side: Side| -> Boxed {
            let term = Term::from_field_u64(self.fields.side, side_code(side));
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        };
        if side == Side::Both { is(side) } else { any(vec![is(side), is(Side::Both)]) }
    }

    fn clock(&self, from: u64, to: u64) -> Boxed {
        let term = |minute: u64| Term::from_field_u64(self.fields.minute, minute);
        Box::new(RangeQuery::new(Bound::Included(term(from)), Bound::Excluded(term(to))))
    }
}

/// One of the two sides has to have a bound.
fn between(from: Bound<f64>, to: Bound<f64>, term: impl Fn(f64) -> Term) -> Boxed {
    Box::new(RangeQuery::new(from.map(&term), to.map(&term)))
}

/// Never less than nothing, never more than there is room for.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of this kind ends at the limits")]
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}

fn any(mut queries: Vec<Boxed>) -> Boxed {
    match (queries.len(), queries.pop()) {
        (1, Some(only)) => only,
        (_, last) => Box::new(BooleanQuery::union(queries.into_iter().chain(last).collect())),
    }
}

/// What restricts a search doesn't make a hit better.
fn unscored(query: Boxed) -> Boxed {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn in_a_row(field: Field, words: impl IntoIterator<Item = String>, slop: u32) -> Boxed {
    let mut terms: Vec<Term> = words.into_iter().map(|word| Term::from_field_text(field, &word)).collect();
    // tantivy wants two terms in a phrase.
    if terms.len() < 2 {
        let term = terms.pop().unwrap_or_else(|| Term::from_field_text(field, ""));
        return Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
    }
    let mut phrase = PhraseQuery::new(terms);
    phrase.set_slop(slop);
    Box::new(phrase)
}
