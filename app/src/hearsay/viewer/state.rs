//! What the window shows, and what changes it: no drawing, no I/O, no thread.
//!
//! The panels draw a [`State`] and return an [`Action`]. [`State::apply`] changes the state and says with
//! [`Effect`]s what has to happen outside. What the threads answer comes back through [`State::receive`]; an answer to a
//! question that isn't the latest of its kind is dropped.

mod conversation;
mod day;
mod dialog;
mod first;
mod going;
mod line;
mod live;
mod message;
mod replay;
mod search;
mod settings;
#[cfg(test)]
mod tests;
mod trial;

pub(crate) use conversation::Conversation;
pub(crate) use day::{Calendar, Day, DayTalk, Days};
pub(crate) use dialog::{
    Again, Comparison, Dialog, Estimate, News, Queue, Reach, Row, Told, Version, Versions, Write, Writing,
};
pub(crate) use first::{Errand, Fetched, First};
pub(crate) use going::{Going, Whither};
pub(crate) use line::{Line, SpokenWord};
pub(crate) use live::{FORGET_MINUTES, Forgetful, Live, Moment, Page, Watched};
pub(crate) use message::{Action, Answer, Effect, Question};
pub(crate) use replay::{Export, Folders, Form, Replay, Turn};
pub(crate) use search::{Found, Search};
pub(crate) use settings::{Installed, Settings, Setup};
pub(crate) use trial::{Trial, Tried};

use crate::player::{Ears, Playback, SPEEDS};
use crate::status::Status;
use timeline::WallTime;

/// This much time around a hit is shown at first, and added at either end when it is asked for.
pub(crate) const AROUND_MICROS: i64 = 120_000_000;
/// Playing starts this long before the utterance, so that its first sound isn't clipped.
pub(crate) const LEAD_IN_MICROS: i64 = 150_000;
/// When the sound comes this close to the end of what is shown, more is asked for.
const AHEAD_MICROS: i64 = 20_000_000;
/// How far the arrow keys go.
pub(crate) const STEP_MICROS: i64 = 5_000_000;
/// The speeds that can be chosen.
pub(crate) const SPEED_CHOICES: [f32; 9] = [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0];

/// The bar under the conversation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Playing {
    pub(crate) playback: Playback,
    pub(crate) speed: f32,
    pub(crate) ears: Ears,
    /// The conversation scrolls with the sound, until the reader scrolls.
    pub(crate) follow: bool,
}

/// What there is to read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// Not known yet.
    Unknown,
    /// No sound was ever recorded or imported.
    NoSound,
    /// There is sound, and nothing that could turn it into words.
    NoModel,
    /// There is sound and a model; the worker has to run.
    NoTranscript,
    /// There are words that can't be searched yet.
    NoIndex,
    /// Everything is there.
    Ready,
}

/// The line at the bottom.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    pub(crate) status: Option<Status>,
    pub(crate) readiness: Readiness,
    pub(crate) error: Option<String>,
}

impl Health {
    /// Whether there is more to be found by `now` than there was.
    fn is_behind(&self, now: &Self) -> bool {
        let backlog = |health: &Self| health.status.as_ref().map(|status| status.worker.backlog_s);
        let worked = matches!((backlog(self), backlog(now)), (Some(before), Some(after)) if after < before);
        worked || (self.readiness != now.readiness && self.readiness != Readiness::Unknown)
    }
}

/// Everything the window shows.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) search: Search,
    pub(crate) conversation: Option<Conversation>,
    pub(crate) playing: Playing,
    pub(crate) replay: Replay,
    pub(crate) health: Health,
    pub(crate) dialog: Option<Dialog>,
    pub(crate) page: Page,
    /// What is hidden is shown, too.
    pub(crate) hidden: bool,
    pub(crate) live: Live,
    pub(crate) settings: Settings,
    pub(crate) first: First,
    pub(crate) days: Days,
    pub(crate) calendar: Calendar,
    asked: u64,
    opened: u64,
    /// The question whose line is gone to.
    going: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            search: Search::default(),
            conversation: None,
            playing: Playing { playback: Playback::default(), speed: 1.0, ears: Ears::Mix, follow: true },
            replay: Replay::default(),
            health: Health { status: None, readiness: Readiness::Unknown, error: None },
            dialog: None,
            page: Page::default(),
            hidden: false,
            live: Live::default(),
            settings: Settings::default(),
            first: First::default(),
            days: Days::default(),
            calendar: Calendar::default(),
            asked: 0,
            opened: 0,
            going: 0,
        }
    }
}

impl State {
    /// Does what the user wants.
    pub(crate) fn apply(&mut self, action: Action) -> Vec<Effect> {
        let effects = self.change(action);
        self.follow_to(effects)
    }

    #[expect(clippy::too_many_lines, reason = "a line or a few for each action; what they do is elsewhere")]
    fn change(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Type(text) => {
                self.search.text = text;
                self.ask_search()
            }
            Action::ToggleSide(side) => {
                self.search.toggle(side);
                self.ask_search()
            }
            Action::Narrow(span) => {
                self.search.narrowed = span;
                self.ask_search()
            }
            Action::MoreHits => self.ask_more_hits(),
            Action::Open(hit) => self.open(hit),
            Action::OpenNext { later } => self.open_next(later),
            Action::AskWhither => {
                self.dialog = Some(Dialog::Going(Going::default()));
                Vec::new()
            }
            Action::TypeWhither(text) => {
                if let Some(Dialog::Going(going)) = &mut self.dialog {
                    going.text = text;
                }
                Vec::new()
            }
            Action::Go(whither) => self.go(whither),
            Action::ShowCalendar => {
                self.dialog = Some(Dialog::Calendar);
                self.ask_year(None)
            }
            Action::Year(year) => self.ask_year(Some(year)),
            Action::NextDoubt => self.mark_doubt(),
            Action::ShowKeys => {
                self.dialog = Some(Dialog::Keys);
                Vec::new()
            }
            Action::ShowHidden(hidden) => {
                self.hidden = hidden;
                self.read_anew()
            }
            Action::Earlier => self.ask_more(false),
            Action::Later => self.ask_more(true),
            Action::PlayLine(key) => self.play_line(key, None),
            Action::PlayWord(key, word) => self.play_line(key, Some(word)),
            Action::PlayAt(at) => {
                self.playing.follow = true;
                vec![self.play(at.plus_micros(-LEAD_IN_MICROS))]
            }
            Action::TogglePlay => self.toggle_play(),
            Action::Seek(to) => self.seek(to),
            Action::SeekBy(micros) => match self.playing.playback.position {
                Some(position) => self.seek(position.plus_micros(micros)),
                None => Vec::new(),
            },
            Action::Speed(speed) => {
                self.playing.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
                vec![Effect::Speed(self.playing.speed)]
            }
            Action::Ears(ears) => {
                self.playing.ears = ears;
                vec![Effect::Ears(ears)]
            }
            Action::Turn(turn) => self.turn(turn),
            Action::Follow(follow) => {
                self.playing.follow = follow;
                Vec::new()
            }
            Action::Star(key, starred) => vec![Effect::Ask(Question::Star { key, starred })],
            Action::Write(key, writing) => self.write(key, writing),
            Action::Edit(text) => self.edit(text),
            Action::Save => self.save(),
            Action::TakeBack => self.take_back(),
            Action::Again(reach) => self.ask_again(reach),
            Action::ChooseModel(model) => self.choose_model(model),
            Action::QueueAgain => self.queue_again(),
            Action::Compare => self.ask_versions(),
            Action::ChoosePasses(left, right) => self.choose_passes(left, right),
            Action::Prefer(pass) => self.prefer(Some(pass)),
            Action::Unprefer => self.prefer(None),
            Action::ShowQueue => {
                self.dialog = Some(Dialog::Queue(Queue::default()));
                Vec::new()
            }
            Action::Cancel(pass) => {
                if !matches!(self.dialog, Some(Dialog::Queue(_))) {
                    return Vec::new();
                }
                self.ask_for_dialog(|number| Question::Cancel { number, pass })
            }
            Action::CloseDialog => {
                self.dialog = None;
                Vec::new()
            }
            Action::Show(page) => self.show(page),
            Action::Pause(minutes) => vec![Effect::Ask(Question::Pause { minutes })],
            Action::Resume => vec![Effect::Ask(Question::Resume)],
            Action::Agree(agreed) => {
                self.first.agreed = agreed;
                Vec::new()
            }
            Action::Fetch(name) => self.fetch(name),
            Action::Listen(kind, device) => self.listen(kind, device),
            Action::Record => vec![Effect::Go(Errand::Record { agreed: self.first.agreed })],
            Action::AskToForget => self.ask_to_forget(),
            Action::Forget => self.forget(),
            Action::Draft(key, text) => self.draft(key, text),
            Action::Set(key, text) => self.set(key, text),
        }
    }

    /// Takes in what a thread found out.
    pub(crate) fn receive(&mut self, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Search { number, found } => {
                let Some((text, said, heard)) = self.search.receive(number, found) else { return Vec::new() };
                vec![Effect::Ask(Question::Days { number, text, said, heard })]
            }
            Answer::MoreHits { number, found } => {
                self.search.receive_more(number, found);
                Vec::new()
            }
            Answer::Days { number, days } => {
                self.search.receive_days(number, days);
                Vec::new()
            }
            Answer::Gone { number, line } => self.gone(number, line),
            Answer::Day { number, day } => {
                self.receive_day(number, day);
                Vec::new()
            }
            Answer::Year { number, days } => {
                self.receive_year(number, days);
                Vec::new()
            }
            Answer::Lines { number, span, lines, end } => {
                let found = self.search.marks();
                if let Some(conversation) = &mut self.conversation {
                    conversation.receive(number, span, lines, end, &found);
                }
                Vec::new()
            }
            Answer::Health(health) => {
                let news = self.health.is_behind(&health);
                let ready = health.readiness == Readiness::Ready && self.calendar.year.is_none();
                let first = health.readiness == Readiness::NoSound && self.settings.setup.is_none();
                self.health = *health;
                // What stands where nothing is open.
                let mut effects = if ready { self.ask_year(None) } else { Vec::new() };
                if first {
                    effects.extend(self.ask_settings());
                }
                if news {
                    // What was searched in vain may be found now.
                    effects.extend(self.ask_search());
                    effects.extend(self.day_anew());
                }
                effects
            }
            Answer::Moment(moment) => {
                self.live.moment = Some(*moment);
                Vec::new()
            }
            Answer::Unasked => self.receive_unasked(),
            Answer::Recorder(done) => {
                self.first.wanted &= done.is_err();
                self.live.error = done.err();
                Vec::new()
            }
            Answer::Fetched(now) => self.receive_fetched(now),
            Answer::Tried(so_far) => {
                self.receive_trial(so_far);
                Vec::new()
            }
            Answer::Settings { number, setup } => {
                self.receive_settings(number, setup);
                Vec::new()
            }
            Answer::Set { key, done } => self.receive_change(key, done),
            Answer::Starred(Ok(())) => self.look_again(),
            Answer::Starred(Err(error)) => {
                if let Some(conversation) = &mut self.conversation {
                    conversation.error = Some(error);
                }
                Vec::new()
            }
            Answer::Sketch { number, sketch } => {
                self.receive_sketch(number, sketch);
                Vec::new()
            }
            Answer::Dialog { number, news } => self.receive_news(number, news),
        }
    }

    /// Takes in what the player does, and asks for more lines where the sound comes near their end.
    pub(crate) fn hear(&mut self, playback: Playback) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.playing.playback, playback).position;
        self.keep_in_sight(before, self.playing.playback.position);
        let Playback { playing: true, position: Some(position), .. } = self.playing.playback else { return Vec::new() };
        let Some(conversation) = &self.conversation else { return Vec::new() };
        let near = position.plus_micros(AHEAD_MICROS) > conversation.span.end;
        if near && !conversation.waiting && !conversation.at_end { self.ask_more(true) } else { Vec::new() }
    }

    /// The line that is being heard: the one that began last of those that sound. Only while there is a position.
    pub(crate) fn spoken(&self) -> Option<&Line> {
        let position = self.playing.playback.position?;
        self.conversation.as_ref()?.lines.iter().rev().find(|line| line.span.contains(position))
    }

    /// The word of a line that is being heard: the one that began last.
    pub(crate) fn spoken_word<'a>(&self, line: &'a Line) -> Option<&'a SpokenWord> {
        let position = self.playing.playback.position?;
        line.words.iter().rev().find(|word| word.span.start <= position)
    }

    fn next_number(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    fn ask_search(&mut self) -> Vec<Effect> {
        let number = self.next_number();
        let search = &mut self.search;
        search.asked = number;
        if search.text.trim().is_empty() {
            search.clear();
            return Vec::new();
        }
        search.waiting = true;
        let (text, said, heard, within) = (search.text.clone(), search.said, search.heard, search.narrowed);
        vec![Effect::Ask(Question::Search { number, text, said, heard, within })]
    }

    fn ask_more_hits(&mut self) -> Vec<Effect> {
        let search = &mut self.search;
        let Some(within) = search.before() else { return Vec::new() };
        let (number, text, said, heard) = (search.asked, search.text.clone(), search.said, search.heard);
        vec![Effect::Ask(Question::MoreHits { number, text, said, heard, within })]
    }

    fn play(&mut self, from: WallTime) -> Effect {
        self.playing.playback = Playback { playing: true, position: Some(from), error: None };
        Effect::Play(from)
    }

    fn ask_more(&mut self, later: bool) -> Vec<Effect> {
        let (number, hidden) = (self.next_number(), self.hidden);
        let Some(conversation) = &mut self.conversation else { return Vec::new() };
        if conversation.waiting {
            return Vec::new();
        }
        conversation.asked = number;
        conversation.waiting = true;
        vec![Effect::Ask(Question::More { number, span: conversation.span, later, hidden })]
    }

    fn play_line(&mut self, key: i64, word: Option<usize>) -> Vec<Effect> {
        let Some(conversation) = &mut self.conversation else { return Vec::new() };
        let Some(line) = conversation.lines.iter().find(|line| line.key == key) else { return Vec::new() };
        let word = word.and_then(|word| line.words.get(word));
        let from = word.map_or(line.span.start, |word| word.span.start).plus_micros(-LEAD_IN_MICROS);
        conversation.marked = Some(key);
        self.playing.follow = true;
        vec![self.play(from)]
    }

    fn toggle_play(&mut self) -> Vec<Effect> {
        let playback = &mut self.playing.playback;
        if playback.playing {
            playback.playing = false;
            return vec![Effect::Pause];
        }
        self.playing.follow = true;
        if playback.position.is_some() {
            playback.playing = true;
            playback.error = None;
            return vec![Effect::Resume];
        }
        let Some(start) = self.conversation.as_ref().map(|conversation| conversation.span.start) else {
            return Vec::new();
        };
        vec![self.play(start)]
    }

    fn seek(&mut self, to: WallTime) -> Vec<Effect> {
        let to = match &self.conversation {
            Some(conversation) => to.clamp(conversation.span.start, conversation.span.end),
            None => to,
        };
        self.playing.playback.position = Some(to);
        self.playing.follow = true;
        vec![Effect::Seek(to)]
    }
}
