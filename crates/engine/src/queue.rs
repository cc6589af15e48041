//! Windows that wait, by lane.

use speech::{Decoding, Lane, Ticket};
use std::collections::VecDeque;
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

/// Filled by the thread that reads the pipe, emptied by the one that computes. Its bound is the other end's: a worker never has more
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
        self.changed.notify_one();
    }

    /// Takes back a window that was broken off: it is the next of its lane.
    pub(crate) fn put_back(&self, job: Job) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let broken_off = job.broken_off + 1;
        waiting.lane(job.lane).push_front(Job { broken_off, ..job });
    }

    pub(crate) fn cancel(&self, ticket: Ticket) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in &mut waiting.lanes {
            lane.retain(|job| job.ticket != ticket);
        }
    }

    /// No more will come, and nobody waits for what is left.
    pub(crate) fn end(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.changed.notify_one();
    }

    /// The next window, waiting for one; `None` after the end.
    pub(crate) fn next(&self) -> Option<Job> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if waiting.ended {
                return None;
            }
            if let Some(job) = waiting.lanes.iter_mut().find_map(VecDeque::pop_front) {
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
        let order: Vec<u64> = (0..5).map(|_| queue.next().unwrap().ticket.0).collect();
        assert_eq!(order, [3, 5, 6, 1, 4]);
        queue.push(job(Lane::Live, 7));
        queue.end();
        assert_eq!(queue.next(), None);
    }

    #[test]
    fn a_window_is_broken_off_for_a_live_one_twice_and_then_done() {
        let queue = Queue::default();
        let broken_off = || queue.break_off().load(Ordering::Relaxed);
        queue.push(job(Lane::Backlog, 1));
        for round in 0..3 {
            let running = queue.next().unwrap();
            assert_eq!(running.ticket, Ticket(1));
            queue.push(job(Lane::Backlog, 10 + round));
            assert!(!broken_off(), "another of the backlog waits");
            queue.push(job(Lane::Live, 2));
            assert_eq!(broken_off(), round < 2);
            queue.put_back(running);
            assert_eq!(queue.next().unwrap().ticket, Ticket(2));
            queue.push(job(Lane::Live, 3));
            assert!(!broken_off(), "a live one isn't broken off");
            assert_eq!(queue.next().unwrap().ticket, Ticket(3));
        }
        assert_eq!(queue.next().unwrap().ticket, Ticket(1), "in front of its lane");
    }
}
