//! The left side of the window.

use super::Line;
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;
use timeline::Side;

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

    /// Takes in an answer, if it is to the latest question.
    pub(super) fn receive(&mut self, number: u64, found: Result<Found, String>) {
        if number != self.asked {
            return;
        }
        self.waiting = false;
        match found {
            Ok(found) => (self.found, self.error) = (found, None),
            // The results stay: the last ones are better than none.
            Err(error) => self.error = Some(error),
        }
    }

    /// What matches in each hit, by its key.
    pub(super) fn marks(&self) -> HashMap<i64, Vec<Range<usize>>> {
        self.found.hits.iter().map(|hit| (hit.key, hit.found.clone())).collect()
    }
}
