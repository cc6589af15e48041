//! The first run: consent, devices, a model, and what is fetched.

use super::{Effect, Form, Page, State};
use capture::Kind;
use std::path::PathBuf;
use timeline::Span;

/// What is done once and takes long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Fetches the model of this name.
    Fetch(String),
    /// Listens to the device of this name for a moment.
    Listen(Kind, String),
    /// Starts to record; where nothing was ever recorded, only who has `agreed` is.
    Record { agreed: bool },
    /// Writes a file, for the dialog that waits for this number.
    Export { number: u64, span: Span, form: Form, path: PathBuf },
}

/// How the model that is being fetched comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// Bytes that are here, and that there will be.
    Part {
        have: u64,
        of: Option<u64>,
    },
    Done,
    Failed(String),
}

/// What the first page has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct First {
    /// The user has read what recording others means.
    pub(crate) agreed: bool,
    /// The page is wanted, though there is something to read: sound that was imported.
    pub(crate) wanted: bool,
    /// The model that is fetched or was, and how it comes.
    pub(crate) fetched: Option<(String, Fetched)>,
}

impl First {
    /// Whether a model is on its way.
    pub(crate) fn is_fetching(&self) -> bool {
        matches!(self.fetched, Some((_, Fetched::Part { .. })))
    }
}

impl State {
    pub(super) fn fetch(&mut self, name: String) -> Vec<Effect> {
        if self.first.is_fetching() {
            return Vec::new();
        }
        self.first.fetched = Some((name.clone(), Fetched::Part { have: 0, of: None }));
        vec![Effect::Go(Errand::Fetch(name))]
    }

    /// What recording others means has to be read first.
    pub(super) fn receive_unasked(&mut self) -> Vec<Effect> {
        self.first.wanted = true;
        self.conversation = None;
        let mut effects = self.show(Page::Read);
        effects.extend(self.ask_settings());
        effects
    }

    pub(super) fn receive_fetched(&mut self, now: Fetched) -> Vec<Effect> {
        let is_over = !matches!(now, Fetched::Part { .. });
        if let Some((_, fetched)) = &mut self.first.fetched {
            *fetched = now;
        }
        if is_over { self.ask_settings() } else { Vec::new() }
    }
}
