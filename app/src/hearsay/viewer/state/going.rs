//! Going to a moment: today, a time that is typed, another day, the next hit, the next word that is doubtful.

use super::dialog::Told;
use super::{AROUND_MICROS, Conversation, Dialog, Effect, LEAD_IN_MICROS, Line, Question, State};
use timeline::{Span, WallTime, local_day};

/// Where somebody wants to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whither {
    /// A time as people write it.
    Text(String),
    /// A moment.
    At(WallTime),
    /// The first words behind a moment.
    Behind(WallTime),
    /// Where words were said or heard last.
    Last,
    /// The next day with words, or the one before, seen from what is open.
    Day { later: bool },
}

/// A time that is being typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Going {
    pub(crate) text: String,
    pub(crate) told: Told,
}

impl State {
    pub(super) fn go(&mut self, whither: Whither) -> Vec<Effect> {
        let number = self.next_number();
        let from = self.conversation.as_ref().map(|conversation| local_day(conversation.place()));
        let question = match whither {
            Whither::Text(text) => Question::Go { number, text },
            Whither::At(time) => Question::GoAt { number, time },
            Whither::Behind(time) => Question::GoBeyond { number, span: Span::new(time, time), later: true },
            Whither::Last => Question::Go { number, text: "now".to_owned() },
            Whither::Day { later } => match from {
                Some(span) => Question::GoBeyond { number, span, later },
                None => return Vec::new(),
            },
        };
        self.going = number;
        if let Some(Dialog::Going(going)) = &mut self.dialog {
            going.told.wait(number);
        }
        vec![Effect::Ask(question)]
    }

    /// Opens the line that was gone to. Nothing is played: who goes there wants to look first.
    pub(super) fn gone(&mut self, number: u64, found: Result<Option<Line>, String>) -> Vec<Effect> {
        if number != self.going {
            return Vec::new();
        }
        let why = match found {
            Ok(Some(line)) => {
                if matches!(self.dialog, Some(Dialog::Going(_) | Dialog::Calendar)) {
                    self.dialog = None;
                }
                return self.open_line(line);
            }
            Ok(None) => "Nothing was said or heard there.".to_owned(),
            Err(error) => error,
        };
        match (&mut self.dialog, &mut self.conversation) {
            (Some(Dialog::Going(going)), _) => {
                going.told.waiting = false;
                going.told.error = Some(why);
            }
            (_, Some(conversation)) => conversation.error = Some(why),
            (_, None) => self.search.error = Some(why),
        }
        Vec::new()
    }

    /// Shows the conversation around a line, with its own line at once; the others come.
    pub(super) fn open_line(&mut self, line: Line) -> Vec<Effect> {
        let number = self.next_number();
        self.opened += 1;
        let span = line.span.widened(AROUND_MICROS);
        let revision = self.conversation.as_ref().map_or(0, |old| old.revision) + 1;
        self.conversation = Some(Conversation {
            span,
            marked: Some(line.key),
            lines: vec![line],
            revision,
            opening: self.opened,
            asked: number,
            waiting: true,
            anew: None,
            at_start: false,
            at_end: false,
            error: None,
        });
        let mut effects = vec![Effect::Ask(Question::Lines { number, span, hidden: self.hidden })];
        effects.extend(self.leave_replay());
        effects
    }

    pub(super) fn open(&mut self, hit: usize) -> Vec<Effect> {
        let Some(hit) = self.search.found.hits.get(hit).cloned() else { return Vec::new() };
        self.search.opened = Some(hit.key);
        self.search.remember();
        let from = hit.span.start.plus_micros(-LEAD_IN_MICROS);
        let mut effects = self.open_line(hit);
        self.playing.follow = true;
        effects.push(self.play(from));
        effects
    }

    /// The hit after the one that was opened last, or the one before.
    pub(super) fn open_next(&mut self, later: bool) -> Vec<Effect> {
        let hits = &self.search.found.hits;
        let opened = self.search.opened.and_then(|key| hits.iter().position(|hit| hit.key == key));
        match (opened, later) {
            (None, _) => self.open(0),
            (Some(hit), true) => self.open(hit + 1),
            (Some(0), false) => Vec::new(),
            (Some(hit), false) => self.open(hit - 1),
        }
    }

    /// Marks the next line that is doubtful or has a doubtful word, of those that are open.
    pub(super) fn mark_doubt(&mut self) -> Vec<Effect> {
        self.opened += 1;
        let opening = self.opened;
        let Some(conversation) = &mut self.conversation else { return Vec::new() };
        let marked = conversation.lines.iter().position(|line| conversation.marked == Some(line.key));
        let mut behind = conversation.lines.iter().skip(marked.map_or(0, |marked| marked + 1));
        if let Some(line) = behind.find(|line| line.doubt.is_some() || !line.doubtful_words.is_empty()) {
            conversation.marked = Some(line.key);
            conversation.opening = opening;
        }
        Vec::new()
    }
}
