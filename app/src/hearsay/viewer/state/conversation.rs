//! The right side of the window.

use super::Line;
use std::collections::HashMap;
use std::ops::Range;
use timeline::{Span, WallTime};

/// Lines that are kept; beyond this the far end goes.
pub(super) const MAX_LINES: usize = 3_000;

/// What is read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conversation {
    /// What is shown of the timeline.
    pub(crate) span: Span,
    /// In the order of time.
    pub(crate) lines: Vec<Line>,
    /// The line that was clicked.
    pub(crate) marked: Option<i64>,
    /// Counts every change of the lines, so that what is drawn can be kept until then.
    pub(crate) revision: u64,
    /// Counts what was opened, so that a new conversation is scrolled to its marked line.
    pub(crate) opening: u64,
    pub(super) asked: u64,
    /// Whether lines are still to come.
    pub(crate) waiting: bool,
    /// The question whose lines are to stand in the place of those that are there.
    pub(super) anew: Option<u64>,
    /// Whether it is known that there is nothing before or after.
    pub(crate) at_start: bool,
    pub(crate) at_end: bool,
    pub(crate) error: Option<String>,
}

impl Conversation {
    /// From the first word to the last; `None` where there is none.
    pub(crate) fn said(&self) -> Option<Span> {
        let spans = self.lines.iter().map(|line| line.span);
        spans.reduce(|a, b| Span::new(a.start.min(b.start), a.end.max(b.end)))
    }

    /// Where the reader is: at the marked line, else in the middle.
    pub(crate) fn place(&self) -> WallTime {
        let marked = self.lines.iter().find(|line| self.marked == Some(line.key));
        marked.map_or(self.span.middle(), |line| line.span.start)
    }

    /// Takes in lines, if they are those that were asked for last; `end` as in [`Answer::Lines`](super::Answer::Lines).
    pub(super) fn receive(
        &mut self,
        number: u64,
        span: Span,
        lines: Result<Vec<Line>, String>,
        end: Option<bool>,
        found: &HashMap<i64, Vec<Range<usize>>>,
    ) {
        if number != self.asked {
            return;
        }
        self.waiting = false;
        let lines = match lines {
            Ok(lines) => lines,
            Err(error) => return self.error = Some(error),
        };
        self.error = None;
        match end {
            Some(true) => self.at_end = true,
            Some(false) => self.at_start = true,
            None => {}
        }
        let later = span.end > self.span.end;
        self.span = Span::new(self.span.start.min(span.start), self.span.end.max(span.end));
        let fresh = lines.into_iter().map(|mut line| {
            line.found = found.get(&line.key).cloned().unwrap_or_default();
            (line.key, line)
        });
        if self.anew.take() == Some(number) {
            self.lines.clear();
        }
        let mut all: HashMap<i64, Line> = self.lines.drain(..).map(|line| (line.key, line)).collect();
        all.extend(fresh);
        self.lines = all.into_values().collect();
        self.lines.sort_by_key(|line| (line.span.start, line.key));
        self.trim(later);
        self.revision += 1;
    }

    /// Lets go of the end that is farther away where there are too many lines.
    fn trim(&mut self, later: bool) {
        let excess = self.lines.len().saturating_sub(MAX_LINES);
        if excess == 0 {
            return;
        }
        if later {
            self.lines.drain(..excess);
            self.at_start = false;
        } else {
            self.lines.truncate(MAX_LINES);
            self.at_end = false;
        }
        if let (Some(first), Some(last)) = (self.lines.first(), self.lines.last()) {
            self.span = if later {
                Span::new(first.span.start, self.span.end)
            } else {
                Span::new(self.span.start, last.span.end)
            };
        }
    }
}
