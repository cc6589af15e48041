//! The left side of the window.

use super::Line;
use crate::library::DayHits;
use crate::viewer::histogram::{Bar, bars};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::Duration;
use timeline::{Side, Span, WallTime};

/// Hits that are listed at most: who scrolls so far wants another query.
const MOST_HITS: usize = 100_000;
/// Queries that are remembered.
const MOST_REMEMBERED: usize = 12;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Line>,
    pub(crate) notes: Vec<String>,
    pub(crate) took: Duration,
    /// There may be more than the hits that were asked for.
    pub(crate) cut: bool,
}

/// What is searched for and what was found.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "two sides, and two answers that may be on their way at once")]
pub(crate) struct Search {
    pub(crate) text: String,
    pub(crate) said: bool,
    pub(crate) heard: bool,
    /// Only hits of this time are wanted.
    pub(crate) narrowed: Option<Span>,
    /// How many hits each day has, wherever it lies.
    days: Vec<DayHits>,
    /// The same, as it is drawn.
    pub(crate) bars: Vec<Bar>,
    /// The number of the latest question.
    pub(super) asked: u64,
    /// Whether its answer is still to come.
    pub(crate) waiting: bool,
    /// Whether more hits were asked for that are still to come.
    pub(super) waiting_for_more: bool,
    /// What was searched for before and led to something, the latest first. It ends with the window: words are never kept.
    pub(crate) history: Vec<String>,
    pub(crate) found: Found,
    pub(crate) error: Option<String>,
    /// The hit that was opened last, by key.
    pub(crate) opened: Option<i64>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            text: String::new(),
            said: true,
            heard: true,
            narrowed: None,
            days: Vec::new(),
            bars: Vec::new(),
            asked: 0,
            waiting: false,
            waiting_for_more: false,
            history: Vec::new(),
            found: Found::default(),
            error: None,
            opened: None,
        }
    }
}

impl Search {
    /// Switches a side; the last one that is on gives way to the other.
    pub(super) fn toggle(&mut self, side: Side) {
        match side {
            Side::Said => self.said = !self.said,
            Side::Heard => self.heard = !self.heard,
            Side::Both => {}
        }
        if !self.said && !self.heard {
            (self.said, self.heard) = (side != Side::Said, side != Side::Heard);
        }
    }

    /// Nothing is searched for.
    pub(super) fn clear(&mut self) {
        let (text, asked, history) = (std::mem::take(&mut self.text), self.asked, std::mem::take(&mut self.history));
        *self =
            Self { text, said: self.said, heard: self.heard, asked, history, opened: self.opened, ..Self::default() };
    }

    /// Takes in an answer, if it is to the latest question: then what was searched for, whose days are to be counted.
    pub(super) fn receive(&mut self, number: u64, found: Result<Found, String>) -> Option<(String, bool, bool)> {
        if number != self.asked {
            return None;
        }
        self.waiting = false;
        self.waiting_for_more = false;
        match found {
            Ok(found) => (self.found, self.error) = (found, None),
            Err(error) => {
                // The results stay: the last ones are better than none.
                self.error = Some(error);
                return None;
            }
        }
        if self.found.hits.is_empty() && self.narrowed.is_none() {
            self.days.clear();
            self.bars.clear();
            return None;
        }
        self.draw();
        Some((self.text.clone(), self.said, self.heard))
    }

    /// What is to be asked for more hits than are known: everything up to the earliest of them. `None` where there is no more,
    /// or it is on its way.
    pub(super) fn before(&mut self) -> Option<Span> {
        if self.waiting || self.waiting_for_more || !self.found.cut || self.found.hits.len() >= MOST_HITS {
            return None;
        }
        let earliest = self.found.hits.last()?.span.start;
        self.waiting_for_more = true;
        let from = self.narrowed.map_or(Span::ALL.start, |narrowed| narrowed.start);
        Some(Span::new(from.min(earliest), earliest.plus_micros(1)))
    }

    /// Takes in more hits, if they are to the latest question.
    pub(super) fn receive_more(&mut self, number: u64, more: Result<Found, String>) {
        if number != self.asked || !std::mem::take(&mut self.waiting_for_more) {
            return;
        }
        match more {
            Ok(more) => {
                let known: HashSet<i64> = self.found.hits.iter().map(|hit| hit.key).collect();
                let before = self.found.hits.len();
                self.found.hits.extend(more.hits.into_iter().filter(|hit| !known.contains(&hit.key)));
                // Where nothing new came there is nothing more, whatever was left out.
                self.found.cut = more.cut && self.found.hits.len() > before;
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// What is searched for led to something: it can be searched for again.
    pub(super) fn remember(&mut self) {
        let text = self.text.trim().to_owned();
        if text.is_empty() {
            return;
        }
        self.history.retain(|known| *known != text);
        self.history.insert(0, text);
        self.history.truncate(MOST_REMEMBERED);
    }

    /// Takes in how many hits each day has.
    pub(super) fn receive_days(&mut self, number: u64, days: Result<Vec<DayHits>, String>) {
        if number != self.asked {
            return;
        }
        match days {
            Ok(days) => self.days = days,
            Err(error) => self.error = Some(error),
        }
        self.draw();
    }

    fn draw(&mut self) {
        let starts: Vec<WallTime> = self.found.hits.iter().map(|hit| hit.span.start).collect();
        self.bars = bars(&self.days, (!self.found.cut).then_some(starts.as_slice()), self.narrowed);
    }

    /// What matches in each hit, by its key.
    pub(super) fn marks(&self) -> HashMap<i64, Vec<Range<usize>>> {
        self.found.hits.iter().map(|hit| (hit.key, hit.found.clone())).collect()
    }
}
