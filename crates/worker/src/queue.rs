use crate::planned_window::PlannedWindow;
use speech::{Decoding, EngineError, Lane, Recognised, Recogniser, Request, Ticket};
use std::collections::HashMap;
use std::time::Duration;

/// A recogniser that several lanes share: results that come while one lane asks are kept for the other.
pub(crate) struct Queue {
    recogniser: Box<dyn Recogniser + Send>,
    /// Results that nobody has asked for yet. Bounded by what is in flight.
    arrived: Vec<(Ticket, Result<Recognised, EngineError>)>,
}

/// A window that is being recognised.
pub(crate) struct InFlight {
    pub(crate) planned: PlannedWindow,
    attempts: u32,
}

/// What became of a window.
pub(crate) enum Answer {
    /// It was recognised.
    Recognised(PlannedWindow, Recognised),
    /// It failed again and again, and is left out.
    GivenUp(PlannedWindow, EngineError),
}

/// Whose windows they are and how they are decoded.
pub(crate) struct Sender<'a> {
    pub(crate) lane: Lane,
    pub(crate) decoding: &'a Decoding,
    pub(crate) in_flight: &'a mut HashMap<Ticket, InFlight>,
}

/// A window that crashes or hangs the engine is tried this often, then left out with its reason.
const ATTEMPTS: u32 = 3;

impl Queue {
    pub(crate) fn new(recogniser: Box<dyn Recogniser + Send>) -> Self {
        Self { recogniser, arrived: Vec::new() }
    }

    /// Hands a window over.
    pub(crate) fn submit(&mut self, sender: &mut Sender<'_>, planned: PlannedWindow) -> Result<(), EngineError> {
        self.try_again(sender, InFlight { planned, attempts: 0 })
    }

    fn try_again(&mut self, sender: &mut Sender<'_>, mut window: InFlight) -> Result<(), EngineError> {
        window.attempts += 1;
        let language = window.planned.language.clone().or_else(|| sender.decoding.language.clone());
        let decoding = Decoding { language, ..sender.decoding.clone() };
        let request = Request { samples: window.planned.window.levelled(), decoding };
        let ticket = self.recogniser.submit(request, sender.lane)?;
        sender.in_flight.insert(ticket, window);
        Ok(())
    }

    /// The next answer to one of the sender's windows, waiting at most `timeout` for it. A window that failed is tried again before
    /// it is given up.
    ///
    /// # Errors
    /// What would be the same for every window.
    pub(crate) fn answer(&mut self, sender: &mut Sender<'_>, timeout: Duration) -> Result<Option<Answer>, EngineError> {
        if !self.arrived.iter().any(|(ticket, _)| sender.in_flight.contains_key(ticket)) {
            self.arrived.extend(self.recogniser.next(timeout));
        }
        let Some(at) = self.arrived.iter().position(|(ticket, _)| sender.in_flight.contains_key(ticket)) else {
            return Ok(None);
        };
        let (ticket, result) = self.arrived.swap_remove(at);
        let Some(window) = sender.in_flight.remove(&ticket) else { return Ok(None) };
        match result {
            Ok(recognised) => Ok(Some(Answer::Recognised(window.planned, recognised))),
            Err(error) if !concerns_one_window(&error) => Err(error),
            Err(error) if window.attempts < ATTEMPTS => {
                tracing::warn!(%error, attempt = window.attempts, span = %window.planned.span, "a window failed");
                self.try_again(sender, window)?;
                Ok(None)
            }
            Err(error) => {
                tracing::error!(%error, span = %window.planned.span, "a window is left out");
                Ok(Some(Answer::GivenUp(window.planned, error)))
            }
        }
    }

    /// Takes back what a lane has under way.
    pub(crate) fn cancel(&mut self, in_flight: &mut HashMap<Ticket, InFlight>) {
        for (ticket, _) in in_flight.drain() {
            self.recogniser.cancel(ticket);
            self.arrived.retain(|(arrived, _)| *arrived != ticket);
        }
    }

    /// Windows that should be under way: those that are computed, and one that waits.
    pub(crate) fn depth(&self) -> usize {
        self.recogniser.at_once() + 1
    }

    /// Gives back what the recogniser holds while it has nothing to do.
    pub(crate) fn rest(&mut self) {
        self.recogniser.rest();
    }
}

/// Whether another window may fare better. Anything else would be the same for all of them.
fn concerns_one_window(error: &EngineError) -> bool {
    matches!(error, EngineError::Crashed { .. } | EngineError::TimedOut { .. } | EngineError::Failed(_))
}
