//! What goes on at this moment: the recorder, and what each side is saying.

use super::{Dialog, Effect, Line, Question, State, Told};
use crate::status::RecorderStatus;
use archive::Forgetting;
use timeline::{Side, WallTime};

/// What goes on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moment {
    /// How the recorder is.
    pub(crate) recorder: RecorderStatus,
    /// Whether a worker runs.
    pub(crate) worker: bool,
    /// What keeps it from writing words as they are said.
    pub(crate) fault: Option<String>,
    /// What was said and heard last, in the order of time.
    pub(crate) lines: Vec<Line>,
    /// Why it isn't known.
    pub(crate) error: Option<String>,
}

impl Moment {
    /// When somebody spoke last on a side, of what is known.
    pub(crate) fn last_speech(&self, side: Side) -> Option<WallTime> {
        self.lines.iter().filter(|line| line.side == side).map(|line| line.span.end).max()
    }
}

/// A page of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Page {
    /// Search, read, play.
    #[default]
    Read,
    /// What goes on.
    Live,
    /// What can be set.
    Settings,
}

/// What is watched of what goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watched {
    /// Nothing.
    Nothing,
    /// How the recorder is.
    Recorder,
    /// And what is said, which the worker writes down at once for whoever watches.
    Words,
}

/// The page for it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Live {
    /// `None` until it is known.
    pub(crate) moment: Option<Moment>,
    /// What the recorder answered that wasn't what was wanted.
    pub(crate) error: Option<String>,
}

/// Minutes that the button takes back.
pub(crate) const FORGET_MINUTES: u32 = 10;

/// What goes for good, if the user says so.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Forgetful {
    /// What goes, in lines, once that is known.
    pub(crate) plan: Vec<String>,
    pub(crate) forgetting: Option<Forgetting>,
    pub(crate) told: Told,
}

impl State {
    pub(super) fn show(&mut self, page: Page) -> Vec<Effect> {
        self.page = page;
        self.live = Live::default();
        match page {
            Page::Read => vec![Effect::Watch(Watched::Nothing)],
            Page::Live => vec![Effect::Watch(Watched::Words)],
            Page::Settings => {
                let mut effects = self.ask_settings();
                effects.push(Effect::Watch(Watched::Recorder));
                effects
            }
        }
    }

    pub(super) fn ask_to_forget(&mut self) -> Vec<Effect> {
        self.dialog = Some(Dialog::Forget(Forgetful::default()));
        self.ask_for_dialog(|number| Question::WouldForget { number, minutes: FORGET_MINUTES })
    }

    pub(super) fn forget(&mut self) -> Vec<Effect> {
        let Some(Dialog::Forget(Forgetful { forgetting: Some(forgetting), told, .. })) = &self.dialog else {
            return Vec::new();
        };
        if told.waiting || told.done.is_some() {
            return Vec::new();
        }
        let forgetting = forgetting.clone();
        self.ask_for_dialog(|number| Question::Forget { number, forgetting })
    }
}
