//! `hs-live`: while the live page is open, looks how the recorder is and what was said last, several times a second, and keeps the worker writing
//! words as they are said.

use super::background::Wake;
use super::reading::{DOUBTFUL_BELOW, line};
use super::state::{Answer, Moment, Watched};
use crate::commands::live::{LOOK_EVERY, RENEW_EVERY_MICROS, WATCHED_MICROS};
use crate::library::Library;
use crate::status::RecorderStatus;
use anyhow::Result;
use capture::control::{self, ControlError, Request};
use home::{Home, Lock};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use store::{Change, Store};
use timeline::{Clock as _, Span, SystemClock};

/// How far back what was said is shown.
const REACH_MICROS: i64 = 600_000_000;

/// Looks while `orders` say so; ends when they end.
pub(super) fn run(home: &Home, orders: &Receiver<Watched>, answers: &SyncSender<Answer>, wake: &Wake) {
    while let Ok(mut watched) = orders.recv() {
        while watched != Watched::Nothing {
            match watch(home, watched, orders, answers, wake) {
                Some(next) => watched = next,
                None => return,
            }
        }
    }
}

/// Until another page is shown, of which it gives what is to be watched; `None` where the window is closed.
fn watch(
    home: &Home,
    watched: Watched,
    orders: &Receiver<Watched>,
    answers: &SyncSender<Answer>,
    wake: &Wake,
) -> Option<Watched> {
    let mut eyes = Eyes { home, library: None, store: None, renewed: None, seen: None, shown: None };
    loop {
        let moment = eyes.look(watched);
        if eyes.shown.as_ref() != Some(&moment) {
            match answers.try_send(Answer::Moment(Box::new(moment.clone()))) {
                Ok(()) => {
                    eyes.shown = Some(moment);
                    wake();
                }
                // The window doesn't draw at the moment.
                Err(TrySendError::Full(_)) => {}
                Err(TrySendError::Disconnected(_)) => return None,
            }
        }
        match orders.recv_timeout(LOOK_EVERY) {
            Ok(next) => return Some(next),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

struct Eyes<'a> {
    home: &'a Home,
    library: Option<Library>,
    store: Option<Store>,
    /// When the worker was told last, on the boot clock.
    renewed: Option<i64>,
    /// The change that was looked at last.
    seen: Option<Change>,
    shown: Option<Moment>,
}

impl Eyes<'_> {
    fn look(&mut self, watched: Watched) -> Moment {
        let before = self.shown.as_ref().map(|shown| shown.lines.clone()).unwrap_or_default();
        let mut moment = Moment {
            recorder: RecorderStatus::stopped(),
            worker: Lock::is_held(&self.home.worker_lock()),
            fault: None,
            lines: before,
            error: None,
        };
        match control::ask(self.home, &Request::Status) {
            Ok(status) => moment.recorder = status,
            Err(ControlError::NotRunning) => {}
            Err(error) => moment.error = Some(home::one_line(&error)),
        }
        if watched == Watched::Words
            && let Err(error) = self.words(&mut moment)
        {
            // It is opened anew the next time.
            (self.store, self.library, self.seen) = (None, None, None);
            moment.error = Some(home::one_line(error.as_ref()));
        }
        moment
    }

    fn words(&mut self, moment: &mut Moment) -> Result<()> {
        if !self.home.database().exists() && !moment.recorder.running {
            return Ok(());
        }
        let store = match &self.store {
            Some(store) => store,
            None => self.store.insert(Store::open(&self.home.database())?),
        };
        let now = SystemClock.boot_micros();
        if self.renewed.is_none_or(|renewed| now - renewed >= RENEW_EVERY_MICROS) {
            self.renewed = Some(now);
            store.set_live_until(SystemClock.wall().plus_micros(WATCHED_MICROS))?;
        }
        moment.fault = store.live_fault()?.filter(|_| moment.worker);
        let last = store.last_change()?;
        if last.is_some() && last == self.seen {
            return Ok(());
        }
        let library = match &mut self.library {
            Some(library) => library,
            None => self.library.insert(Library::open(self.home)?),
        };
        let wall = SystemClock.wall();
        let utterances = library.conversation(Span::new(wall.plus_micros(-REACH_MICROS), wall))?;
        let remarks = library.remarks_of(&utterances)?;
        let lines = utterances.into_iter().map(|utterance| line(library, utterance, DOUBTFUL_BELOW, &remarks));
        moment.lines = lines.collect::<Result<_>>()?;
        self.seen = last;
        Ok(())
    }
}
