//! What lies over the window: transcribing again, versions side by side, the queue.

use timeline::{PassName, Side, Span, WallTime};

/// At most one is open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Dialog {
    /// What is to be transcribed again, and with which model.
    Again(Again),
    /// What two passes heard.
    Versions(Versions),
    /// What waits to be transcribed again.
    Queue(Queue),
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
        }
    }

    pub(super) fn told(&mut self) -> &mut Told {
        match self {
            Self::Again(again) => &mut again.told,
            Self::Versions(versions) => &mut versions.told,
            Self::Queue(queue) => &mut queue.told,
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
