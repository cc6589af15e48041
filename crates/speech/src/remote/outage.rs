use std::time::Duration;

/// How long to wait before a server that isn't well is asked again: longer each time.
#[derive(Debug)]
pub(super) struct Outage {
    wait: Duration,
    waited: Duration,
}

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

impl Outage {
    pub(super) fn new() -> Self {
        Self { wait: FIRST_WAIT, waited: Duration::ZERO }
    }

    /// How long to wait now; `None` where patience is at its end.
    pub(super) fn next_wait(&mut self, patience: Option<Duration>) -> Option<Duration> {
        if patience.is_some_and(|patience| self.waited >= patience) {
            return None;
        }
        let wait = self.wait;
        self.waited = self.waited.saturating_add(wait);
        self.wait = (wait * 2).min(LONGEST_WAIT);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_minute_and_end_with_patience() {
        let mut outage = Outage::new();
        let waits: Vec<_> = (0..9).map(|_| outage.next_wait(None).unwrap()).collect();
        assert!(waits.is_sorted() && waits[8] == LONGEST_WAIT, "{waits:?}");
        let (mut outage, patience) = (Outage::new(), Some(Duration::from_secs(3)));
        assert_eq!(std::iter::from_fn(|| outage.next_wait(patience)).count(), 3);
    }
}
