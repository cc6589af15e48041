//! What lies over the window: transcribing again, versions side by side, the queue, what the user writes.

use super::{Conversation, Effect, Export, Forgetful, Going, Line, Question, State};
use archive::Forgetting;
use timeline::{PassName, Side, Span, WallTime, local_day};

/// At most one is open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Dialog {
    /// What is to be transcribed again, and with which model.
    Again(Again),
    /// What two passes heard.
    Versions(Versions),
    /// What waits to be transcribed again.
    Queue(Queue),
    /// A time to go to.
    Going(Going),
    /// A day to go to.
    Calendar,
    /// What goes for good.
    Forget(Forgetful),
    /// What the keys do.
    Keys,
    /// What the user writes about a line.
    Write(Write),
    /// Where what is selected is written to.
    Export(Export),
}

/// What is to be transcribed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The line of this key.
    Line(i64),
    /// What is open.
    Conversation,
    /// The day of it.
    Day,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Again {
    pub(crate) reach: Reach,
    pub(crate) span: Span,
    /// The installed models.
    pub(crate) models: Vec<String>,
    pub(crate) chosen: Option<String>,
    /// How much there is to do with the chosen one, once that is known.
    pub(crate) estimate: Option<Estimate>,
    pub(crate) told: Told,
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    /// Seconds of sound, and about how many of them are speech; none where the model has dealt with all of it.
    pub(crate) sound: f64,
    pub(crate) speech: f64,
    /// About how many seconds it takes, where that is known.
    pub(crate) takes: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Versions {
    pub(crate) span: Span,
    /// The passes that have words there, the best first.
    pub(crate) passes: Vec<Version>,
    /// Which of them are compared.
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) comparison: Option<Comparison>,
    pub(crate) told: Told,
}

/// A pass that has words there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) pass: PassName,
    pub(crate) model: String,
    /// Whether it is what is read there, on all tracks where it has words.
    pub(crate) is_read: bool,
}

/// What two passes heard differently.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) same: usize,
    pub(crate) rows: Vec<Row>,
}

/// A place where the words differ.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) side: Side,
    pub(crate) start: WallTime,
    /// The words, and their mean probability; `None` where there are none.
    pub(crate) left: Option<(String, f32)>,
    pub(crate) right: Option<(String, f32)>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Queue {
    pub(crate) told: Told,
}

/// What is written about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    Note,
    Correction,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Write {
    pub(crate) writing: Writing,
    /// The line.
    pub(crate) line: Line,
    /// What the field reads.
    pub(crate) text: String,
    /// Tells this opening from every other.
    pub(crate) opening: u64,
    pub(crate) told: Told,
}

impl Write {
    /// Whether something was written there before.
    pub(crate) const fn stands(&self) -> bool {
        match self.writing {
            Writing::Note => self.line.own_note.is_some(),
            Writing::Correction => self.line.heard.is_some(),
        }
    }
}

/// What was asked for last, and what came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Told {
    pub(super) asked: u64,
    pub(crate) waiting: bool,
    pub(crate) done: Option<String>,
    pub(crate) error: Option<String>,
}

impl Told {
    /// Waits for the answer to this question.
    pub(super) fn wait(&mut self, number: u64) {
        *self = Self { asked: number, waiting: true, ..Self::default() };
    }
}

/// What the thread that reads found out for a dialog, or did.
#[derive(Debug)]
pub(crate) enum News {
    /// The installed models, and the one that is meant most likely.
    Models { models: Vec<String>, likely: Option<String> },
    /// How much there is to do with the chosen one.
    Estimate(Estimate),
    /// The passes that have words there.
    Passes(Vec<Version>),
    /// Where two of them differ.
    Comparison(Comparison),
    /// What would go, in lines.
    WouldForget(Forgetting, Vec<String>),
    /// It is done, in words.
    Done(String),
}

impl Dialog {
    /// Whether something is still to come.
    pub(crate) fn is_waiting(&self) -> bool {
        match self {
            Self::Again(again) => again.told.waiting,
            Self::Versions(versions) => versions.told.waiting,
            Self::Queue(queue) => queue.told.waiting,
            Self::Going(going) => going.told.waiting,
            Self::Keys | Self::Calendar => false,
            Self::Write(write) => write.told.waiting,
            Self::Forget(forget) => forget.told.waiting,
            Self::Export(export) => export.told.waiting,
        }
    }

    pub(super) fn told(&mut self) -> Option<&mut Told> {
        match self {
            Self::Again(again) => Some(&mut again.told),
            Self::Versions(versions) => Some(&mut versions.told),
            Self::Queue(queue) => Some(&mut queue.told),
            Self::Going(going) => Some(&mut going.told),
            Self::Keys | Self::Calendar => None,
            Self::Write(write) => Some(&mut write.told),
            Self::Forget(forget) => Some(&mut forget.told),
            Self::Export(export) => Some(&mut export.told),
        }
    }
}

impl Versions {
    /// The passes that are compared.
    pub(crate) fn pair(&self) -> Option<(&Version, &Version)> {
        self.passes.get(self.left).zip(self.passes.get(self.right))
    }

    /// The best on the right, and on the left what went before it.
    pub(super) fn receive(&mut self, passes: Vec<Version>) {
        let chosen = |at: usize| self.passes.get(at).map(|version| version.pass.clone());
        let (left, right) = (chosen(self.left), chosen(self.right));
        let place = |pass: Option<PassName>| passes.iter().position(|version| Some(&version.pass) == pass.as_ref());
        self.right = place(right).unwrap_or(0);
        self.left = place(left).unwrap_or(1);
        self.passes = passes;
    }
}

/// What the dialogs ask and are told.
impl State {
    /// Puts a question for the dialog that is open.
    pub(super) fn ask_for_dialog(&mut self, question: impl FnOnce(u64) -> Question) -> Vec<Effect> {
        self.wait_in_dialog(|number| Effect::Ask(question(number)))
    }

    /// Has something done for the dialog that is open, which waits for the answer.
    pub(super) fn wait_in_dialog(&mut self, effect: impl FnOnce(u64) -> Effect) -> Vec<Effect> {
        let number = self.next_number();
        let Some(told) = self.dialog.as_mut().and_then(Dialog::told) else { return Vec::new() };
        told.wait(number);
        vec![effect(number)]
    }

    pub(super) fn ask_again(&mut self, reach: Reach) -> Vec<Effect> {
        let Some(conversation) = &self.conversation else { return Vec::new() };
        let span = match reach {
            Reach::Line(key) => conversation.lines.iter().find(|line| line.key == key).map(|line| line.span),
            Reach::Conversation => conversation.said(),
            Reach::Day => Some(local_day(conversation.place())),
        };
        let Some(span) = span else { return Vec::new() };
        self.dialog = Some(Dialog::Again(Again {
            reach,
            span,
            models: Vec::new(),
            chosen: None,
            estimate: None,
            told: Told::default(),
        }));
        self.ask_for_dialog(|number| Question::Models { number })
    }

    pub(super) fn choose_model(&mut self, model: String) -> Vec<Effect> {
        let Some(Dialog::Again(again)) = &mut self.dialog else { return Vec::new() };
        again.chosen = Some(model.clone());
        again.estimate = None;
        let span = again.span;
        self.ask_for_dialog(|number| Question::Estimate { number, span, model })
    }

    pub(super) fn queue_again(&mut self) -> Vec<Effect> {
        let Some(Dialog::Again(Again { span, chosen: Some(model), .. })) = &self.dialog else { return Vec::new() };
        let (span, model) = (*span, model.clone());
        self.ask_for_dialog(|number| Question::Queue { number, span, model })
    }

    pub(super) fn ask_versions(&mut self) -> Vec<Effect> {
        let Some(span) = self.conversation.as_ref().and_then(Conversation::said) else { return Vec::new() };
        let told = Told::default();
        self.dialog =
            Some(Dialog::Versions(Versions { span, passes: Vec::new(), left: 1, right: 0, comparison: None, told }));
        self.ask_for_dialog(|number| Question::Passes { number, span })
    }

    pub(super) fn choose_passes(&mut self, left: usize, right: usize) -> Vec<Effect> {
        let Some(Dialog::Versions(versions)) = &mut self.dialog else { return Vec::new() };
        (versions.left, versions.right) = (left, right);
        self.compare()
    }

    fn compare(&mut self) -> Vec<Effect> {
        let Some(Dialog::Versions(versions)) = &mut self.dialog else { return Vec::new() };
        versions.comparison = None;
        let span = versions.span;
        let Some((left, right)) = versions.pair() else { return Vec::new() };
        let (left, right) = (left.pass.clone(), right.pass.clone());
        self.ask_for_dialog(|number| Question::Compare { number, span, left, right })
    }

    pub(super) fn write(&mut self, key: i64, writing: Writing) -> Vec<Effect> {
        let opening = self.next_number();
        let lines = self.conversation.as_ref().map(|conversation| conversation.lines.as_slice()).unwrap_or_default();
        let Some(line) = lines.iter().find(|line| line.key == key).cloned() else { return Vec::new() };
        let text = match writing {
            Writing::Note => line.own_note.clone().unwrap_or_default(),
            Writing::Correction => line.text.clone(),
        };
        self.dialog = Some(Dialog::Write(Write { writing, line, text, opening, told: Told::default() }));
        Vec::new()
    }

    pub(super) fn edit(&mut self, text: String) -> Vec<Effect> {
        if let Some(Dialog::Write(write)) = &mut self.dialog {
            write.text = text;
        }
        Vec::new()
    }

    pub(super) fn save(&mut self) -> Vec<Effect> {
        let Some(Dialog::Write(Write { text, .. })) = &self.dialog else { return Vec::new() };
        let text = Some(text.clone());
        self.ask_to_write(text)
    }

    pub(super) fn take_back(&mut self) -> Vec<Effect> {
        self.ask_to_write(None)
    }

    fn ask_to_write(&mut self, text: Option<String>) -> Vec<Effect> {
        let Some(Dialog::Write(Write { writing, line, told, .. })) = &self.dialog else { return Vec::new() };
        if told.waiting {
            return Vec::new();
        }
        let (key, writing) = (line.key, *writing);
        self.ask_for_dialog(|number| Question::Write { number, key, writing, text })
    }

    pub(super) fn prefer(&mut self, pass: Option<PassName>) -> Vec<Effect> {
        let Some(Dialog::Versions(versions)) = &self.dialog else { return Vec::new() };
        let span = versions.span;
        self.ask_for_dialog(|number| Question::Prefer { number, span, pass })
    }

    pub(super) fn receive_news(&mut self, number: u64, news: Result<News, String>) -> Vec<Effect> {
        let Some(dialog) = &mut self.dialog else { return Vec::new() };
        let Some(told) = dialog.told().filter(|told| told.asked == number) else { return Vec::new() };
        told.waiting = false;
        let news = match news {
            Ok(news) => news,
            Err(error) => {
                told.error = Some(error);
                return Vec::new();
            }
        };
        match (dialog, news) {
            (Dialog::Again(again), News::Models { models, likely }) => {
                again.models = models;
                likely.map_or_else(Vec::new, |likely| self.choose_model(likely))
            }
            (Dialog::Again(again), News::Estimate(estimate)) => {
                again.estimate = Some(estimate);
                Vec::new()
            }
            (Dialog::Versions(versions), News::Passes(passes)) => {
                versions.receive(passes);
                self.compare()
            }
            (Dialog::Versions(versions), News::Comparison(comparison)) => {
                versions.comparison = Some(comparison);
                Vec::new()
            }
            (Dialog::Versions(versions), News::Done(done)) => {
                let span = versions.span;
                // Other lines are read there now.
                let mut effects = self.ask_for_dialog(|number| Question::Passes { number, span });
                if let Some(told) = self.dialog.as_mut().and_then(Dialog::told) {
                    told.done = Some(done);
                }
                effects.extend(self.look_again());
                effects
            }
            (Dialog::Forget(forget), News::WouldForget(forgetting, plan)) => {
                (forget.forgetting, forget.plan) = (Some(forgetting), plan);
                Vec::new()
            }
            (Dialog::Forget(forget), News::Done(done)) => {
                forget.told.done = Some(done);
                self.look_again()
            }
            (Dialog::Write(_), News::Done(_)) => {
                self.dialog = None;
                self.look_again()
            }
            (dialog, News::Done(done)) => {
                if let Some(told) = dialog.told() {
                    told.done = Some(done);
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Reads and searches anew.
    pub(super) fn look_again(&mut self) -> Vec<Effect> {
        let mut effects = self.read_anew();
        effects.extend(self.ask_search());
        effects
    }

    /// Reads what is open from the beginning: other words may stand there now.
    pub(super) fn read_anew(&mut self) -> Vec<Effect> {
        let (number, hidden) = (self.next_number(), self.hidden);
        let Some(conversation) = &mut self.conversation else { return Vec::new() };
        conversation.asked = number;
        conversation.waiting = true;
        conversation.anew = Some(number);
        vec![Effect::Ask(Question::Lines { number, span: conversation.span, hidden })]
    }
}
