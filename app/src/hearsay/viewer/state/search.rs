//! The left side of the window.

use super::Line;
use crate::library::DayHits;
use crate::viewer::histogram::{Bar, bars};
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;
use timeline::{Side, Span, WallTime};

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
        let (text, asked) = (std::mem::take(&mut self.text), self.asked);
        *self = Self { text, said: self.said, heard: self.heard, asked, opened: self.opened, ..Self::default() };
    }

    /// Takes in an answer, if it is to the latest question: then what was searched for, whose days are to be counted.
    pub(super) fn receive(&mut self, number: u64, found: Result<Found, String>) -> Option<(String, bool, bool)> {
        if number != self.asked {
            return None;
        }
        self.waiting = false;
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
