//! Windows that wait, by lane.

use crate::limits;
use speech::{Decoding, Lane, Ticket};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A window that waits for its turn.
#[derive(Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) ticket: Ticket,
    pub(crate) lane: Lane,
    pub(crate) decoding: Decoding,
    pub(crate) samples: Vec<f32>,
    /// How often it was broken off for one that someone waits for.
    pub(crate) broken_off: u32,
}

/// A window isn't broken off more often than this, so that it is done one day however much is said.
const MOST_BROKEN_OFF: u32 = 2;

/// Filled by the thread that reads the pipe, emptied by those that compute. Its bound is the other end's: a worker never has more
/// than a few dozen windows under way.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    /// Whether the window that is being computed is to be broken off.
    break_off: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Waiting {
    lanes: [VecDeque<Job>; 3],
    /// Those that were taken and have no answer yet, and whether they were cancelled since.
    under_way: BTreeMap<Ticket, bool>,
    /// Whether a window is being computed that may be broken off.
    yields: bool,
    ended: bool,
}

impl Waiting {
    fn lane(&mut self, lane: Lane) -> &mut VecDeque<Job> {
        let [live, backlog, campaign] = &mut self.lanes;
        match lane {
            Lane::Live => live,
            Lane::Backlog => backlog,
            Lane::Campaign => campaign,
        }
    }

    /// The first window for a thread, which is the `thread`th: windows that are to be computed with fewer threads are not for it.
    fn take(&mut self, thread: usize, live_only: bool) -> Option<Job> {
        let lanes = if live_only { 1 } else { self.lanes.len() };
        let job = self.lanes.iter_mut().take(lanes).find_map(|lane| {
            let at = lane.iter().position(|job| limits::threads(&job.decoding) > thread)?;
            lane.remove(at)
        })?;
        self.under_way.insert(job.ticket, false);
        Some(job)
    }
}

impl Queue {
    /// Says, while a window is being computed, whether it is to be broken off: someone waits for another.
    pub(crate) fn break_off(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.break_off)
    }

    pub(crate) fn push(&self, job: Job) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if job.lane == Lane::Live && waiting.yields {
            self.break_off.store(true, Ordering::Relaxed);
        }
        waiting.lane(job.lane).push_back(job);
        self.changed.notify_all();
    }

    /// Takes back a window that was broken off: it is the next of its lane.
    pub(crate) fn put_back(&self, job: Job) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.under_way.remove(&job.ticket);
        let broken_off = job.broken_off + 1;
        waiting.lane(job.lane).push_front(Job { broken_off, ..job });
    }

    pub(crate) fn cancel(&self, ticket: Ticket) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in &mut waiting.lanes {
            lane.retain(|job| job.ticket != ticket);
        }
        waiting.under_way.entry(ticket).and_modify(|cancelled| *cancelled = true);
    }

    /// Those of some windows under way that were cancelled. They need no answer.
    pub(crate) fn cancelled(&self, of: impl Iterator<Item = Ticket>) -> Vec<Ticket> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let cancelled: Vec<Ticket> = of.filter(|ticket| waiting.under_way.get(ticket) == Some(&true)).collect();
        waiting.under_way.retain(|ticket, _| !cancelled.contains(ticket));
        cancelled
    }

    /// A window is answered.
    pub(crate) fn done(&self, ticket: Ticket) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).under_way.remove(&ticket);
    }

    /// No more will come, and nobody waits for what is left.
    pub(crate) fn end(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.changed.notify_all();
    }

    /// The next window for the `thread`th thread, if there is one; one that someone waits for, or none, if `live_only`.
    pub(crate) fn take(&self, thread: usize, live_only: bool) -> Option<Job> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take(thread, live_only)
    }

    /// The next window for the `thread`th thread, waiting for one; `None` after the end.
    pub(crate) fn wait(&self, thread: usize) -> Option<Job> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if waiting.ended {
                return None;
            }
            if let Some(job) = waiting.take(thread, false) {
                waiting.yields = job.lane != Lane::Live && job.broken_off < MOST_BROKEN_OFF;
                self.break_off.store(false, Ordering::Relaxed);
                return Some(job);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(lane: Lane, ticket: u64) -> Job {
        Job { ticket: Ticket(ticket), lane, decoding: Decoding::default(), samples: Vec::new(), broken_off: 0 }
    }

    #[test]
    fn live_overtakes_backlog_which_overtakes_a_campaign() {
        let queue = Queue::default();
        for (lane, ticket) in [
            (Lane::Campaign, 1),
            (Lane::Backlog, 2),
            (Lane::Live, 3),
            (Lane::Campaign, 4),
            (Lane::Live, 5),
            (Lane::Backlog, 6),
        ] {
            queue.push(job(lane, ticket));
        }
        queue.cancel(Ticket(2));
        let order: Vec<u64> = (0..5).map(|_| queue.wait(0).unwrap().ticket.0).collect();
        assert_eq!(order, [3, 5, 6, 1, 4]);
        queue.push(job(Lane::Live, 7));
        queue.end();
        assert_eq!(queue.wait(0), None);
    }

    #[test]
    fn a_window_is_broken_off_for_a_live_one_twice_and_then_done() {
        let queue = Queue::default();
        let broken_off = || queue.break_off().load(Ordering::Relaxed);
        queue.push(job(Lane::Backlog, 1));
        for round in 0..3 {
            let running = queue.wait(0).unwrap();
            assert_eq!(running.ticket, Ticket(1));
            queue.push(job(Lane::Backlog, 10 + round));
            assert!(!broken_off(), "another of the backlog waits");
            queue.push(job(Lane::Live, 2));
            assert_eq!(broken_off(), round < 2);
            queue.put_back(running);
            assert_eq!(queue.wait(0).unwrap().ticket, Ticket(2));
            queue.push(job(Lane::Live, 3));
            assert!(!broken_off(), "a live one isn't broken off");
            assert_eq!(queue.wait(0).unwrap().ticket, Ticket(3));
        }
        assert_eq!(queue.wait(0).unwrap().ticket, Ticket(1), "in front of its lane");
    }
}
