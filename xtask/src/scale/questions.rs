use super::corpus::{Made, VOCABULARY, word, zipf};
use anyhow::{Context, Result};
use std::io::Write;
use std::path::Path;
use testkit::Chance;
use timeline::{Span, WallTime, parse_span};

/// Texts that were said, for phrases that can be found.
pub(crate) const SAMPLES: &str = "samples.txt";
/// So many of them.
const KEPT: usize = 2_000;

/// What is asked of either.
pub(crate) struct Question {
    /// As people type it.
    pub(crate) typed: String,
    /// The same for FTS5, but for the side and the span.
    pub(crate) fts5: String,
    pub(crate) span: Option<Span>,
    /// Its last word may go on.
    pub(crate) is_typing: bool,
}

/// A kind of query, as the table names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Frequent,
    Rare,
    Prefix,
    Typing,
    Phrase,
    Boolean,
    Either,
    Near,
    Range,
}

impl Kind {
    pub(crate) const ALL: [(Self, &str); 9] = [
        (Self::Frequent, "frequent word"),
        (Self::Rare, "rare word"),
        (Self::Prefix, "prefix of 3 letters"),
        (Self::Typing, "word and 3 letters, typed"),
        (Self::Phrase, "phrase of 2 or 3"),
        (Self::Boolean, "boolean"),
        (Self::Either, "3 words with OR"),
        (Self::Near, "near"),
        (Self::Range, "side, word, a month"),
    ];
}

/// A few texts from all over the years.
#[derive(Default)]
pub(crate) struct Samples {
    texts: Vec<String>,
    seen: usize,
}

impl Samples {
    pub(crate) fn take(&mut self, day: &[Made]) {
        for made in day {
            self.seen += 1;
            if self.texts.len() < KEPT {
                self.texts.push(made.text());
            } else if self.seen.is_multiple_of(97) {
                let place = self.seen / 97 % KEPT;
                self.texts.splice(place..=place, [made.text()]);
            }
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let mut file = home::files::create_or_truncate(&folder.join(SAMPLES))?;
        Ok(file.write_all(self.texts.join("\n").as_bytes())?)
    }
}

/// Asks the same in every process.
pub(crate) struct Asker {
    chance: Chance,
    samples: Vec<Vec<String>>,
}

impl Asker {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let texts = std::fs::read_to_string(folder.join(SAMPLES)).context("there is no archive to search")?;
        let samples = texts.lines().map(|text| text.split(' ').map(ToOwned::to_owned).collect()).collect();
        Ok(Self { chance: Chance::new(7), samples })
    }

    pub(crate) fn ask(&mut self, kind: Kind) -> Question {
        let (typed, fts5) = match kind {
            Kind::Frequent => {
                let word = word(1 + self.chance.below(100));
                (word.clone(), word)
            }
            Kind::Rare => {
                let word = word(VOCABULARY / 10 + self.chance.below(VOCABULARY * 8 / 10));
                (word.clone(), word)
            }
            Kind::Prefix => {
                let beginning = self.beginning();
                (format!("{beginning}*"), format!("{beginning}*"))
            }
            Kind::Typing => {
                let (word, beginning) = (self.word(), self.beginning());
                (format!("{word} {beginning}"), format!("{word} {beginning}*"))
            }
            Kind::Phrase => {
                let words = self.row(3).join(" ");
                (format!("\"{words}\""), format!("\"{words}\""))
            }
            Kind::Boolean => {
                let (a, b, c, d) = (self.word(), self.word(), self.word(), self.word());
                (format!("{a} {b} OR {c} -{d}"), format!("({a} AND ({b} OR {c})) NOT {d}"))
            }
            Kind::Either => {
                let (a, b, c) = (self.word(), self.word(), self.word());
                (format!("{a} OR {b} OR {c}"), format!("{a} OR {b} OR {c}"))
            }
            Kind::Near => {
                let row = self.row(5);
                let (a, b) = (row.first().cloned().unwrap_or_default(), row.last().cloned().unwrap_or_default());
                (format!("\"{a} {b}\"~5"), format!("NEAR({a} {b}, 5)"))
            }
            Kind::Range => {
                let word = self.word();
                let month = format!("{}-{:02}", 2017 + self.chance.below(9), 1 + self.chance.below(12));
                let span = parse_span(&month, WallTime::from_micros(0)).ok();
                return Question { typed: format!("said: {word} on:{month}"), fts5: word, span, is_typing: false };
            }
        };
        Question { typed, fts5, span: None, is_typing: kind == Kind::Typing }
    }

    fn word(&mut self) -> String {
        word(zipf(&mut self.chance))
    }

    /// The first three letters of a word that has more.
    fn beginning(&mut self) -> String {
        loop {
            let word = self.word();
            if let Some(beginning) = word.get(..3).filter(|_| word.len() > 3) {
                return beginning.to_owned();
            }
        }
    }

    /// Two to `longest` words in a row that were said.
    fn row(&mut self, longest: u64) -> Vec<String> {
        let which = usize::try_from(self.chance.below(self.samples.len().max(1) as u64)).unwrap_or(0);
        let length = usize::try_from(2 + self.chance.below(longest - 1)).unwrap_or(2);
        let Some(text) = self.samples.get(which) else { return Vec::new() };
        let from = usize::try_from(self.chance.below((text.len().saturating_sub(length) + 1) as u64)).unwrap_or(0);
        text.iter().skip(from).take(length).cloned().collect()
    }
}
