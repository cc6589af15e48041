//! Windows that wait, by lane.

use speech::{Decoding, Lane, Ticket};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

/// A window that waits for its turn.
#[derive(Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) ticket: Ticket,
    pub(crate) decoding: Decoding,
    pub(crate) samples: Vec<f32>,
}

/// Filled by the thread that reads the pipe, emptied by the one that computes. Its bound is the other end's: a worker never has more
/// than a few dozen windows under way.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lanes: [VecDeque<Job>; 3],
    ended: bool,
}

impl Queue {
    pub(crate) fn push(&self, lane: Lane, job: Job) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let [live, backlog, campaign] = &mut waiting.lanes;
        match lane {
            Lane::Live => live.push_back(job),
            Lane::Backlog => backlog.push_back(job),
            Lane::Campaign => campaign.push_back(job),
        }
        self.changed.notify_one();
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
                return Some(job);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(ticket: u64) -> Job {
        Job { ticket: Ticket(ticket), decoding: Decoding::default(), samples: Vec::new() }
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
            queue.push(lane, job(ticket));
        }
        queue.cancel(Ticket(2));
        let order: Vec<u64> = (0..5).map(|_| queue.next().unwrap().ticket.0).collect();
        assert_eq!(order, [3, 5, 6, 1, 4]);
        queue.push(Lane::Live, job(7));
        queue.end();
        assert_eq!(queue.next(), None);
    }
}
