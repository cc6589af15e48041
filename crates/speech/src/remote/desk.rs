//! What the threads share: the windows that wait, and how the server is.

use super::fault::Fault;
use super::outage::Outage;
use super::server::Server;
use crate::{EngineError, Lane, Recognised, RemoteOptions, Request, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use timeline::{Clock, SystemClock};

/// A window in whose course the server fell ill so often is at fault itself: it may be what the server dies of.
const MOST_OUTAGES: u32 = 3;

/// Windows and the server.
#[derive(Debug)]
pub(super) struct Desk {
    server: Server,
    jobs: Mutex<Jobs>,
    woken: Condvar,
}

#[derive(Debug, Default)]
struct Jobs {
    /// Those that no thread is at, in the order in which they are taken up.
    waiting: BTreeMap<(Lane, Ticket), Request>,
    /// All whose result is wanted.
    wanted: BTreeSet<Ticket>,
    /// It was told that the server isn't well.
    told: bool,
    ended: bool,
}

/// How waiting for a server ended.
enum Waited {
    /// It is well again.
    Well,
    /// Nobody waits for the window any more.
    Unwanted,
    /// It isn't, and patience is at its end.
    InVain(EngineError),
}

impl Desk {
    pub(super) fn new(options: RemoteOptions) -> Result<Self, EngineError> {
        Ok(Self { server: Server::new(options)?, jobs: Mutex::default(), woken: Condvar::new() })
    }

    pub(super) fn add(&self, ticket: Ticket, lane: Lane, request: Request) {
        let mut jobs = self.jobs();
        jobs.wanted.insert(ticket);
        jobs.waiting.insert((lane, ticket), request);
        drop(jobs);
        self.woken.notify_all();
    }

    pub(super) fn take_back(&self, ticket: Ticket) {
        let mut jobs = self.jobs();
        jobs.wanted.remove(&ticket);
        jobs.waiting.retain(|(_, waiting), _| *waiting != ticket);
        drop(jobs);
        self.woken.notify_all();
    }

    pub(super) fn end(&self) {
        self.jobs().ended = true;
        self.woken.notify_all();
    }

    /// A thread's life: one window after the other.
    pub(super) fn work(&self, answer: &SyncSender<(Ticket, Result<Recognised, EngineError>)>) {
        while let Some((ticket, request)) = self.take() {
            let Some(result) = self.recognise(ticket, &request) else { continue };
            self.jobs().wanted.remove(&ticket);
            if answer.send((ticket, result)).is_err() {
                return;
            }
        }
    }

    fn take(&self) -> Option<(Ticket, Request)> {
        let mut jobs = self.jobs();
        loop {
            if jobs.ended {
                return None;
            }
            if let Some(((_, ticket), request)) = jobs.waiting.pop_first() {
                return Some((ticket, request));
            }
            jobs = self.woken.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What becomes of a window; `None` where nobody waits for it any more.
    fn recognise(&self, ticket: Ticket, request: &Request) -> Option<Result<Recognised, EngineError>> {
        let mut outages = 0;
        loop {
            let fault = match self.server.transcribe(request) {
                Ok(heard) => return Some(Ok(heard)),
                Err(fault) => fault,
            };
            let mut illness = fault;
            if illness.may_be_the_windows() {
                outages += 1;
                match self.server.is_well() {
                    Ok(()) => return Some(Err(EngineError::Failed(illness.to_string()))),
                    Err(_) if outages >= MOST_OUTAGES => return Some(Err(EngineError::Failed(illness.to_string()))),
                    Err(fault) => illness = fault,
                }
            }
            match self.wait_until_well(ticket, illness) {
                Waited::Well => {}
                Waited::Unwanted => return None,
                Waited::InVain(error) => return Some(Err(error)),
            }
        }
    }

    fn wait_until_well(&self, ticket: Ticket, mut fault: Fault) -> Waited {
        let mut outage = Outage::new();
        let RemoteOptions { url, patience, .. } = self.server.options();
        loop {
            if !std::mem::replace(&mut self.jobs().told, true) {
                tracing::warn!(url, %fault, "the server that transcribes isn't well: what was recorded waits");
            }
            let Some(wait) = outage.next_wait(*patience) else {
                return Waited::InVain(EngineError::Unreachable { url: url.clone(), reason: fault.to_string() });
            };
            if !self.sleep(ticket, wait) {
                return Waited::Unwanted;
            }
            match self.server.is_well() {
                Ok(()) => {
                    if std::mem::take(&mut self.jobs().told) {
                        tracing::warn!(url, "the server that transcribes is well again");
                    }
                    return Waited::Well;
                }
                Err(still) => fault = still,
            }
        }
    }

    /// Waits; `false` at once when nobody waits for the window any more.
    fn sleep(&self, ticket: Ticket, wait: Duration) -> bool {
        let began = SystemClock.boot_micros();
        let mut jobs = self.jobs();
        loop {
            if jobs.ended || !jobs.wanted.contains(&ticket) {
                return false;
            }
            let slept = Duration::from_micros((SystemClock.boot_micros() - began).unsigned_abs());
            let Some(left) = wait.checked_sub(slept).filter(|left| !left.is_zero()) else { return true };
            (jobs, _) = self.woken.wait_timeout(jobs, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
