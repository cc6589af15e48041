//! What a document holds. Nothing is stored but the columns that a search reads or sorts by.
//!
//! | field | for |
//! |---|---|
//! | `key` | what a hit gives back; also how a document is replaced |
//! | `start`, `length` | spans and order, in microseconds; documents lie in the order of `start`, the latest first |
//! | `minute`, `weekday` | `time:` and `day:`: of its start, by the zone of the machine that indexed it |
//! | `side`, `language`, `model`, `pass`, `p`, `state`, `has` | what restricts a search; `has` also holds the tags of notes, `#todo` |
//! | `text` | words by their English stem |
//! | `exact` | words as they are, for phrases and prefixes: the dictionary of `text` knows only stems |
//! | `note` | words of the user's notes by their stem, for `note:` alone |
//! | `bridge` | phrases across the border of two utterances: `<` before each of the last four words of the one before, `>` before the first four of this one, so that only a phrase that does cross the border is found in it |
//!
//! The form of the index has a number, [`VERSION`], which every commit carries. Whoever changes a field, an analyzer or
//! what goes into a field raises it; an index with another number is built anew.

use crate::document::{Cursor, Document};
use crate::token;
use serde::{Deserialize, Serialize};
use tantivy::index::{IndexSettings, IndexSortByField};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token, TokenizerManager};
use tantivy::{Order, TantivyDocument};
use timeline::{Side, WallTime};

/// The number of this form of the index.
pub(crate) const VERSION: u32 = 4;
/// How many words of either utterance a phrase may have when it crosses their border.
pub(crate) const BRIDGE_TERMS: usize = 4;

/// What a commit of one year carries beside the documents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Payload {
    v: u32,
    /// The years that there were. One of them that is missing was lost, and with it what it held.
    pub(crate) years: Vec<i32>,
    /// How far the whole index had come; not before the last commit of its first round.
    pub(crate) cursor: Option<Cursor>,
}

impl Payload {
    pub(crate) fn new(years: Vec<i32>, cursor: Option<Cursor>) -> Self {
        Self { v: VERSION, years, cursor }
    }

    /// Reads what a commit carries; `None` where it is of another version, or none of ours.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|payload: &Self| payload.v == VERSION)
    }
}

/// The fields of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) key: Field,
    pub(crate) start: Field,
    pub(crate) length: Field,
    pub(crate) minute: Field,
    pub(crate) weekday: Field,
    pub(crate) side: Field,
    pub(crate) language: Field,
    pub(crate) model: Field,
    pub(crate) pass: Field,
    pub(crate) p: Field,
    pub(crate) state: Field,
    pub(crate) has: Field,
    pub(crate) text: Field,
    pub(crate) exact: Field,
    pub(crate) bridge: Field,
    pub(crate) note: Field,
}

/// The names of the columns that are read back.
pub(crate) const KEY: &str = "key";
pub(crate) const START: &str = "start";
pub(crate) const LENGTH: &str = "length";

/// `has:echo`: it came back through the microphone.
pub(crate) const ECHO: &str = "echo";
/// `has:replay`: the program itself played it.
pub(crate) const REPLAY: &str = "replay";
/// `is:corrected`: the user wrote it.
pub(crate) const CORRECTED: &str = "corrected";
/// `is:starred`: its moment has a star.
pub(crate) const STAR: &str = "star";
/// `has:note`: its moment has a note.
pub(crate) const NOTE: &str = "note";

const EXACT_WORDS: &str = "spoken";
const STEMMED_WORDS: &str = "spoken_en";

impl Fields {
    pub(crate) fn new() -> (Self, Schema) {
        let mut schema = Schema::builder();
        let words = |analyzer: &str| {
            let indexing = TextFieldIndexing::default().set_tokenizer(analyzer);
            TextOptions::default()
                .set_indexing_options(indexing.set_index_option(IndexRecordOption::WithFreqsAndPositions))
        };
        let fields = Self {
            key: schema.add_i64_field(KEY, FAST | INDEXED),
            start: schema.add_i64_field(START, FAST),
            length: schema.add_u64_field(LENGTH, FAST),
            minute: schema.add_u64_field("minute", FAST),
            weekday: schema.add_u64_field("weekday", INDEXED),
            side: schema.add_u64_field("side", INDEXED),
            language: schema.add_text_field("language", STRING),
            model: schema.add_text_field("model", words(EXACT_WORDS)),
            pass: schema.add_text_field("pass", STRING),
            p: schema.add_f64_field("p", FAST),
            state: schema.add_u64_field("state", INDEXED),
            has: schema.add_text_field("has", STRING),
            text: schema.add_text_field("text", words(STEMMED_WORDS)),
            exact: schema.add_text_field("exact", words(EXACT_WORDS)),
            bridge: schema.add_text_field("bridge", words(EXACT_WORDS)),
            note: schema.add_text_field("note", words(STEMMED_WORDS)),
        };
        (fields, schema.build())
    }

    pub(crate) fn document(&self, from: &Document) -> TantivyDocument {
        let mut to = TantivyDocument::new();
        to.add_i64(self.key, from.key);
        to.add_i64(self.start, from.start.as_micros());
        to.add_u64(self.length, from.end.micros_since(from.start).max(0).unsigned_abs());
        to.add_u64(self.minute, minute_of_day(from.start));
        to.add_u64(self.weekday, u64::from(from.start.local_weekday()));
        to.add_u64(self.side, side_code(from.side));
        if let Some(language) = &from.language {
            to.add_text(self.language, language.to_lowercase());
        }
        to.add_text(self.model, &from.model);
        to.add_text(self.pass, &from.pass);
        to.add_f64(self.p, f64::from(from.p));
        to.add_u64(self.state, u64::from(from.state));
        for (is, mark) in [
            (from.is_echo, ECHO),
            (from.is_replay, REPLAY),
            (from.is_correction, CORRECTED),
            (from.is_starred, STAR),
            (!from.notes.is_empty(), NOTE),
        ] {
            if is {
                to.add_text(self.has, mark);
            }
        }
        for note in &from.notes {
            to.add_text(self.note, note);
            note.split_whitespace().filter_map(token::tag).for_each(|tag| to.add_text(self.has, tag));
        }
        to.add_text(self.text, &from.text);
        to.add_text(self.exact, &from.text);
        if let Some(bridge) = bridge(&from.before, &from.text) {
            to.add_pre_tokenized_text(self.bridge, bridge);
        }
        to
    }
}

/// How documents lie: the latest first, so that a search by time ends with the page.
pub(crate) fn settings() -> IndexSettings {
    let newest_first = IndexSortByField { field: START.to_owned(), order: Order::Desc };
    IndexSettings { sort_by_field: Some(newest_first), ..IndexSettings::default() }
}

/// The analyzers that the fields name.
pub(crate) fn analyzers() -> TokenizerManager {
    let analyzers = TokenizerManager::default();
    analyzers.register(EXACT_WORDS, token::exact_analyzer());
    analyzers.register(STEMMED_WORDS, token::stem_analyzer());
    analyzers
}

/// The words around a border, as they stand in the field `bridge`; `None` where one of the two is silent.
fn bridge(before: &str, text: &str) -> Option<PreTokenizedString> {
    let (before, after) = (token::terms(before), token::first_terms(text, BRIDGE_TERMS));
    if before.is_empty() || after.is_empty() {
        return None;
    }
    let last = before.iter().skip(before.len().saturating_sub(BRIDGE_TERMS)).map(|term| before_border(&term.text));
    let first = after.iter().map(|term| after_border(&term.text));
    let tokens = last.chain(first).enumerate().map(|(position, text)| Token { position, text, ..Token::default() });
    Some(PreTokenizedString { text: String::new(), tokens: tokens.collect() })
}

/// A word before the border, as a term of `bridge`.
pub(crate) fn before_border(word: &str) -> String {
    format!("<{word}")
}

/// A word after the border, as a term of `bridge`.
pub(crate) fn after_border(word: &str) -> String {
    format!(">{word}")
}

pub(crate) const fn side_code(side: Side) -> u64 {
    match side {
        Side::Said => 0,
        Side::Heard => 1,
        Side::Both => 2,
    }
}

/// The local minute of the day.
fn minute_of_day(time: WallTime) -> u64 {
    let local_seconds = time.as_micros().div_euclid(1_000_000) + i64::from(time.local_offset_s());
    (local_seconds.rem_euclid(86_400) / 60).unsigned_abs()
}
