//! The day that is read, from midnight to midnight, and the calendar.

use super::{Effect, Question, State};
use crate::ledger::Missing;
use timeline::{Clock as _, Side, Span, SystemClock, WallTime, local_day};

/// What a local day holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Day {
    /// From midnight to midnight.
    pub(crate) span: Span,
    /// When somebody spoke, in the order of time; several passes may have heard the same.
    pub(crate) spoken: Vec<(Side, Span)>,
    /// When there is sound.
    pub(crate) sound: Vec<(Side, Span)>,
    /// When there is none that there should be, and why.
    pub(crate) missing: Vec<Missing>,
}

/// The day that is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Days {
    /// What it holds, once that is known; that of the day before until then.
    pub(crate) shown: Option<Day>,
    /// The latest question and its day.
    asked: Option<(u64, Span)>,
}

/// How much was spoken on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DayTalk {
    pub(crate) day: Span,
    pub(crate) speech_micros: i64,
}

/// A year of days.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Calendar {
    /// `None` before the first question.
    pub(crate) year: Option<i32>,
    /// The days of the year, once they are known.
    pub(crate) days: Vec<DayTalk>,
    pub(super) asked: u64,
    pub(crate) waiting: bool,
    pub(crate) error: Option<String>,
}

/// The year of a moment, local time.
fn year_of(time: WallTime) -> i32 {
    chrono::Datelike::year(&time.local())
}

impl State {
    /// The reader's eye rests at `place`: its day is asked for, if it isn't the one that is shown.
    pub(crate) fn read_at(&mut self, place: WallTime) -> Vec<Effect> {
        if self.days.asked.is_some_and(|(_, day)| day.contains(place)) {
            return Vec::new();
        }
        self.ask_day(local_day(place))
    }

    fn ask_day(&mut self, day: Span) -> Vec<Effect> {
        let number = self.next_number();
        self.days.asked = Some((number, day));
        vec![Effect::Ask(Question::Day { number, day })]
    }

    /// There is more of the day than there was.
    pub(super) fn day_anew(&mut self) -> Vec<Effect> {
        self.days.asked.map_or_else(Vec::new, |(_, day)| self.ask_day(day))
    }

    pub(super) fn receive_day(&mut self, number: u64, day: Result<Day, String>) {
        if self.days.asked.is_none_or(|(asked, _)| asked != number) {
            return;
        }
        match (day, &mut self.conversation) {
            (Ok(day), _) => self.days.shown = Some(day),
            (Err(error), Some(conversation)) => conversation.error = Some(error),
            (Err(error), None) => self.search.error = Some(error),
        }
    }

    /// Asks for a year of the calendar; where none is given, for that of what is open, or this one.
    pub(super) fn ask_year(&mut self, year: Option<i32>) -> Vec<Effect> {
        let place = self.conversation.as_ref().map_or_else(|| SystemClock.wall(), super::Conversation::place);
        let year = year.unwrap_or_else(|| year_of(place));
        let number = self.next_number();
        if self.calendar.year != Some(year) {
            self.calendar.days.clear();
        }
        (self.calendar.year, self.calendar.asked, self.calendar.waiting) = (Some(year), number, true);
        vec![Effect::Ask(Question::Year { number, year })]
    }

    pub(super) fn receive_year(&mut self, number: u64, days: Result<Vec<DayTalk>, String>) {
        if self.calendar.asked != number {
            return;
        }
        self.calendar.waiting = false;
        match days {
            Ok(days) => (self.calendar.days, self.calendar.error) = (days, None),
            Err(error) => self.calendar.error = Some(error),
        }
    }
}
