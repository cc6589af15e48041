//! A device that is listened to before it is chosen.

use super::{Effect, Errand, State};
use crate::level::Heard;
use capture::Kind;

/// The device, and how it does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trial {
    pub(crate) kind: Kind,
    pub(crate) device: String,
    pub(crate) so_far: Tried,
}

/// What was heard of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tried {
    /// It is being listened to; how loud it was last, in dB of full scale.
    Listening(Option<f32>),
    Heard(Heard),
    Failed(String),
}

impl Trial {
    /// Whether it isn't over.
    pub(crate) fn is_on(&self) -> bool {
        matches!(self.so_far, Tried::Listening(_))
    }
}

impl State {
    /// One device is listened to at a time.
    pub(super) fn listen(&mut self, kind: Kind, device: String) -> Vec<Effect> {
        if self.settings.trial.as_ref().is_some_and(Trial::is_on) {
            return Vec::new();
        }
        self.settings.trial = Some(Trial { kind, device: device.clone(), so_far: Tried::Listening(None) });
        vec![Effect::Go(Errand::Listen(kind, device))]
    }

    pub(super) fn receive_trial(&mut self, so_far: Tried) {
        if let Some(trial) = &mut self.settings.trial {
            trial.so_far = so_far;
        }
    }
}
