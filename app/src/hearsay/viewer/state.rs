//! What the window shows, and what changes it: no drawing, no I/O, no thread.
//!
//! The panels draw a [`State`] and return an [`Action`]. [`State::apply`] changes the state and says with
//! [`Effect`]s what has to happen outside. What the threads answer comes back through [`State::receive`]; an answer to a
//! question that isn't the latest of its kind is dropped.

use crate::player::{Ears, Playback, SPEEDS};
use crate::status::Status;
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;
use timeline::{Side, Span, WallTime};

/// This much time around a hit is shown at first, and added at either end when it is asked for.
pub(crate) const AROUND_MICROS: i64 = 120_000_000;
/// Playing starts this long before the utterance, so that its first sound isn't clipped.
pub(crate) const LEAD_IN_MICROS: i64 = 150_000;
/// When the sound comes this close to the end of what is shown, more is asked for.
const AHEAD_MICROS: i64 = 20_000_000;
/// Lines that are kept; beyond this the far end goes.
const MAX_LINES: usize = 3_000;
/// How far the arrow keys go.
pub(crate) const STEP_MICROS: i64 = 5_000_000;
/// The speeds that can be chosen.
pub(crate) const SPEED_CHOICES: [f32; 7] = [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0];

/// An utterance as a hit or as a line of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// The store's key.
    pub(crate) key: i64,
    pub(crate) side: Side,
    pub(crate) span: Span,
    pub(crate) text: String,
    /// What matches the search, in bytes.
    pub(crate) found: Vec<Range<usize>>,
    /// Words that may have been misheard, in bytes.
    pub(crate) doubtful_words: Vec<Range<usize>>,
    /// Why all of it is doubtful, if it is.
    pub(crate) doubt: Option<String>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Line>,
    pub(crate) notes: Vec<String>,
    pub(crate) took: Duration,
    /// There may be more than the hits that were asked for.
    pub(crate) cut: bool,
}

/// The left side of the window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Search {
    pub(crate) text: String,
    pub(crate) said: bool,
    pub(crate) heard: bool,
    /// The number of the latest question.
    asked: u64,
    /// Whether its answer is still to come.
    pub(crate) waiting: bool,
    pub(crate) found: Found,
    pub(crate) error: Option<String>,
    /// The hit that was opened last, by key.
    pub(crate) opened: Option<i64>,
}

/// The right side of the window.
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
    asked: u64,
    /// Whether lines are still to come.
    pub(crate) waiting: bool,
    /// Whether it is known that there is nothing before or after.
    pub(crate) at_start: bool,
    pub(crate) at_end: bool,
    pub(crate) error: Option<String>,
}

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

/// Everything the window shows.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) search: Search,
    pub(crate) conversation: Option<Conversation>,
    pub(crate) playing: Playing,
    pub(crate) health: Health,
    asked: u64,
    opened: u64,
}

/// What the user did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Typed into the search field, which now reads this.
    Type(String),
    /// Switched a side on or off.
    ToggleSide(Side),
    /// Clicked the hit of this number.
    Open(usize),
    /// Wants to read what came before what is shown.
    Earlier,
    /// Wants to read what came after.
    Later,
    /// Clicked a line.
    PlayLine(i64),
    /// Space.
    TogglePlay,
    /// Moved the playhead.
    Seek(WallTime),
    /// Forwards or backwards by so many microseconds.
    SeekBy(i64),
    Speed(f32),
    Ears(Ears),
    /// Scrolled by hand, or wants to be taken back to the spoken line.
    Follow(bool),
}

/// What has to happen outside of the state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    Ask(Question),
    Play(WallTime),
    Pause,
    Resume,
    Seek(WallTime),
    Speed(f32),
    Ears(Ears),
}

/// A question to the thread that reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Question {
    Search {
        number: u64,
        text: String,
        said: bool,
        heard: bool,
    },
    Lines {
        number: u64,
        span: Span,
    },
    /// The next lines before the span's start or after its end, however far away they are.
    More {
        number: u64,
        span: Span,
        later: bool,
    },
}

/// What the threads answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Search {
        number: u64,
        found: Result<Found, String>,
    },
    /// The lines of `span`; `end` where there is nothing beyond it in the direction that was asked for.
    Lines {
        number: u64,
        span: Span,
        lines: Result<Vec<Line>, String>,
        end: Option<bool>,
    },
    Health(Box<Health>),
}

impl Default for State {
    fn default() -> Self {
        Self {
            search: Search {
                text: String::new(),
                said: true,
                heard: true,
                asked: 0,
                waiting: false,
                found: Found::default(),
                error: None,
                opened: None,
            },
            conversation: None,
            playing: Playing { playback: Playback::default(), speed: 1.0, ears: Ears::Mix, follow: true },
            health: Health { status: None, readiness: Readiness::Unknown, error: None },
            asked: 0,
            opened: 0,
        }
    }
}

impl State {
    /// Does what the user wants.
    pub(crate) fn apply(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Type(text) => {
                self.search.text = text;
                self.ask_search()
            }
            Action::ToggleSide(side) => {
                self.search.toggle(side);
                self.ask_search()
            }
            Action::Open(hit) => self.open(hit),
            Action::Earlier => self.ask_more(false),
            Action::Later => self.ask_more(true),
            Action::PlayLine(key) => self.play_line(key),
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
            Action::Follow(follow) => {
                self.playing.follow = follow;
                Vec::new()
            }
        }
    }

    /// Takes in what a thread found out.
    pub(crate) fn receive(&mut self, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Search { number, found } => {
                self.search.receive(number, found);
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
                let news = self.health.readiness != health.readiness && self.health.readiness != Readiness::Unknown;
                self.health = *health;
                // What was searched in vain may be found now.
                if news { self.ask_search() } else { Vec::new() }
            }
        }
    }

    /// Takes in what the player does, and asks for more lines where the sound comes near their end.
    pub(crate) fn hear(&mut self, playback: Playback) -> Vec<Effect> {
        self.playing.playback = playback;
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

    fn next_number(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    fn ask_search(&mut self) -> Vec<Effect> {
        let number = self.next_number();
        let search = &mut self.search;
        search.asked = number;
        if search.text.trim().is_empty() {
            search.found = Found::default();
            search.error = None;
            search.waiting = false;
            return Vec::new();
        }
        search.waiting = true;
        let (text, said, heard) = (search.text.clone(), search.said, search.heard);
        vec![Effect::Ask(Question::Search { number, text, said, heard })]
    }

    fn open(&mut self, hit: usize) -> Vec<Effect> {
        let Some(hit) = self.search.found.hits.get(hit).cloned() else { return Vec::new() };
        let number = self.next_number();
        self.opened += 1;
        self.search.opened = Some(hit.key);
        let span = hit.span.widened(AROUND_MICROS);
        let from = hit.span.start.plus_micros(-LEAD_IN_MICROS);
        let revision = self.conversation.as_ref().map_or(0, |old| old.revision) + 1;
        self.conversation = Some(Conversation {
            span,
            marked: Some(hit.key),
            // Its own line is there at once; the others come.
            lines: vec![hit],
            revision,
            opening: self.opened,
            asked: number,
            waiting: true,
            at_start: false,
            at_end: false,
            error: None,
        });
        self.playing.follow = true;
        vec![Effect::Ask(Question::Lines { number, span }), self.play(from)]
    }

    fn play(&mut self, from: WallTime) -> Effect {
        self.playing.playback = Playback { playing: true, position: Some(from), error: None };
        Effect::Play(from)
    }

    fn ask_more(&mut self, later: bool) -> Vec<Effect> {
        let number = self.next_number();
        let Some(conversation) = &mut self.conversation else { return Vec::new() };
        if conversation.waiting {
            return Vec::new();
        }
        conversation.asked = number;
        conversation.waiting = true;
        vec![Effect::Ask(Question::More { number, span: conversation.span, later })]
    }

    fn play_line(&mut self, key: i64) -> Vec<Effect> {
        let Some(conversation) = &mut self.conversation else { return Vec::new() };
        let Some(line) = conversation.lines.iter().find(|line| line.key == key) else { return Vec::new() };
        let from = line.span.start.plus_micros(-LEAD_IN_MICROS);
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

impl Search {
    /// Switches a side; the last one that is on gives way to the other.
    fn toggle(&mut self, side: Side) {
        match side {
            Side::Said => self.said = !self.said,
            Side::Heard => self.heard = !self.heard,
            Side::Both => {}
        }
        if !self.said && !self.heard {
            (self.said, self.heard) = (side != Side::Said, side != Side::Heard);
        }
    }

    fn receive(&mut self, number: u64, found: Result<Found, String>) {
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

    fn marks(&self) -> HashMap<i64, Vec<Range<usize>>> {
        self.found.hits.iter().map(|hit| (hit.key, hit.found.clone())).collect()
    }
}

impl Conversation {
    fn receive(
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

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "lists of one range")]
mod tests {
    use super::*;

    fn at(s: i64) -> WallTime {
        WallTime::from_millis(1_795_425_312_000 + s * 1_000)
    }

    fn line(key: i64, start_s: i64) -> Line {
        Line {
            key,
            side: Side::Said,
            span: Span::new(at(start_s), at(start_s + 2)),
            text: format!("line {key}"),
            found: Vec::new(),
            doubtful_words: Vec::new(),
            doubt: None,
        }
    }

    fn number(effects: &[Effect]) -> u64 {
        match effects.first() {
            Some(Effect::Ask(
                Question::Search { number, .. } | Question::Lines { number, .. } | Question::More { number, .. },
            )) => *number,
            other => panic!("no question but {other:?}"),
        }
    }

    /// A state in which the conversation around line 5 is open.
    fn opened() -> State {
        let mut state = State::default();
        let asked = number(&state.apply(Action::Type("line".into())));
        let hit = Line { found: vec![0..4], ..line(5, 50) };
        let found = Found { hits: vec![hit], ..Found::default() };
        state.receive(Answer::Search { number: asked, found: Ok(found) });
        let effects = state.apply(Action::Open(0));
        assert_eq!(effects.last(), Some(&Effect::Play(at(50).plus_micros(-LEAD_IN_MICROS))));
        let span = Span::new(at(-70), at(172));
        let lines = Ok(vec![line(4, 40), line(5, 50), line(6, 60)]);
        state.receive(Answer::Lines { number: number(&effects), span, lines, end: None });
        state
    }

    fn keys(state: &State) -> Vec<i64> {
        state.conversation.as_ref().unwrap().lines.iter().map(|line| line.key).collect()
    }

    #[test]
    fn an_answer_to_an_older_question_is_dropped() {
        let mut state = State::default();
        let first = number(&state.apply(Action::Type("a".into())));
        let second = number(&state.apply(Action::Type("ab".into())));
        let found = |key| Ok(Found { hits: vec![line(key, 0)], ..Found::default() });
        state.receive(Answer::Search { number: first, found: found(1) });
        assert!(state.search.found.hits.is_empty() && state.search.waiting);
        state.receive(Answer::Search { number: second, found: found(2) });
        assert_eq!(state.search.found.hits.first().map(|hit| hit.key), Some(2));
        state.apply(Action::Type(" ".into()));
        state.receive(Answer::Search { number: second, found: found(2) });
        assert!(state.search.found.hits.is_empty(), "nothing is typed, so nothing is found");
    }

    #[test]
    fn a_failed_search_keeps_the_last_results_and_says_why() {
        let mut state = opened();
        let asked = number(&state.apply(Action::Type("line 5".into())));
        state.receive(Answer::Search { number: asked, found: Err("the disk is gone".into()) });
        assert_eq!(state.search.error.as_deref(), Some("the disk is gone"));
        assert_eq!(state.search.found.hits.len(), 1);
    }

    #[test]
    fn one_side_is_always_searched() {
        let mut state = State::default();
        state.apply(Action::ToggleSide(Side::Said));
        assert_eq!((state.search.said, state.search.heard), (false, true));
        state.apply(Action::ToggleSide(Side::Heard));
        assert_eq!((state.search.said, state.search.heard), (true, false));
    }

    #[test]
    fn an_opened_hit_stays_marked_and_highlighted_among_its_neighbours() {
        let state = opened();
        let conversation = state.conversation.as_ref().unwrap();
        assert_eq!((keys(&state), conversation.marked), (vec![4, 5, 6], Some(5)));
        assert_eq!(conversation.lines[1].found, [0..4]);
    }

    #[test]
    fn more_lines_join_in_order_and_the_ends_are_remembered() {
        let mut state = opened();
        let effects = state.apply(Action::Earlier);
        assert!(state.apply(Action::Earlier).is_empty(), "one question at a time");
        let span = Span::new(at(-500), at(-70));
        state.receive(Answer::Lines { number: number(&effects), span, lines: Ok(vec![line(3, -480)]), end: None });
        assert_eq!(keys(&state), [3, 4, 5, 6]);
        assert_eq!(state.conversation.as_ref().unwrap().span.start, at(-500));
        let effects = state.apply(Action::Later);
        let span = Span::new(at(172), at(172));
        state.receive(Answer::Lines { number: number(&effects), span, lines: Ok(vec![]), end: Some(true) });
        assert!(state.conversation.as_ref().unwrap().at_end && !state.conversation.as_ref().unwrap().at_start);
    }

    #[test]
    fn the_far_end_is_let_go_when_there_are_too_many_lines() {
        let mut state = opened();
        let effects = state.apply(Action::Later);
        let many = (0..4_000).map(|i| line(100 + i, 180 + i)).collect();
        let span = Span::new(at(172), at(9_000));
        state.receive(Answer::Lines { number: number(&effects), span, lines: Ok(many), end: None });
        let conversation = state.conversation.as_ref().unwrap();
        assert_eq!((conversation.lines.len(), conversation.lines.last().unwrap().key), (MAX_LINES, 4_099));
        assert_eq!(conversation.span.start, conversation.lines[0].span.start);
    }

    #[test]
    fn space_pauses_and_goes_on_and_the_arrows_stay_within_what_is_shown() {
        let mut state = opened();
        assert_eq!(state.apply(Action::TogglePlay), [Effect::Pause]);
        assert_eq!(state.apply(Action::TogglePlay), [Effect::Resume]);
        let effects = state.apply(Action::SeekBy(STEP_MICROS));
        assert_eq!(effects, [Effect::Seek(at(55).plus_micros(-LEAD_IN_MICROS))]);
        assert_eq!(state.apply(Action::SeekBy(i64::MAX)), [Effect::Seek(at(172))]);
    }

    #[test]
    fn the_line_that_is_heard_is_known_and_more_is_asked_for_near_the_end() {
        let mut state = opened();
        let playback = |s| Playback { playing: true, position: Some(at(s)), error: None };
        assert!(state.hear(playback(61)).is_empty());
        assert_eq!(state.spoken().map(|line| line.key), Some(6));
        assert!(state.hear(playback(65)).is_empty());
        assert_eq!(state.spoken(), None);
        let effects = state.hear(playback(160));
        assert!(matches!(effects.as_slice(), [Effect::Ask(Question::More { later: true, .. })]), "{effects:?}");
        assert!(state.hear(playback(161)).is_empty(), "it was asked for already");
    }
}
