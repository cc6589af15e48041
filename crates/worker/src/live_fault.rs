/// What keeps the live lane from working: when it is tried again, and what was said of it. Pure.
#[derive(Debug, Default)]
pub(crate) struct LiveFault {
    now: Option<Fault>,
}

#[derive(Debug)]
struct Fault {
    text: String,
    /// Whether it failed before it had anything to work with.
    of_set_up: bool,
    /// Not before this moment, in microseconds since boot.
    again: i64,
}

/// While somebody goes on watching it is tried again after this long.
const AGAIN_AFTER_MICROS: i64 = 60_000_000;

impl LiveFault {
    /// Whether there is no reason to wait.
    pub(crate) fn lets_try(&self, now: i64) -> bool {
        self.now.as_ref().is_none_or(|fault| now >= fault.again)
    }

    /// Somebody began to watch.
    pub(crate) fn try_now(&mut self) {
        if let Some(fault) = &mut self.now {
            fault.again = i64::MIN;
        }
    }

    /// It failed. Whether this is news: the same fault is said once, however often it was tried.
    pub(crate) fn failed(&mut self, now: i64, of_set_up: bool, text: &str) -> bool {
        let news = self.now.as_ref().is_none_or(|fault| fault.text != text);
        self.now = Some(Fault { text: text.to_owned(), of_set_up, again: now.saturating_add(AGAIN_AFTER_MICROS) });
        news
    }

    /// Whether there was nothing to work with: then it is over as soon as there is.
    pub(crate) fn is_of_set_up(&self) -> bool {
        self.now.as_ref().is_some_and(|fault| fault.of_set_up)
    }

    /// It works. Whether this is news.
    pub(crate) fn over(&mut self) -> bool {
        self.now.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_again_after_a_minute_or_when_somebody_begins_to_watch_and_said_once() {
        let mut fault = LiveFault::default();
        assert!(fault.lets_try(0) && !fault.over());
        assert!(fault.failed(0, true, "missing"), "news");
        assert!(fault.is_of_set_up() && !fault.lets_try(AGAIN_AFTER_MICROS - 1));
        assert!(fault.lets_try(AGAIN_AFTER_MICROS));
        assert!(!fault.failed(AGAIN_AFTER_MICROS, true, "missing"), "said already");
        assert!(!fault.lets_try(AGAIN_AFTER_MICROS + 1));
        fault.try_now();
        assert!(fault.lets_try(AGAIN_AFTER_MICROS + 1));
        assert!(fault.failed(AGAIN_AFTER_MICROS + 2, false, "refused"), "something else");
        assert!(!fault.is_of_set_up());
        assert!(fault.over() && !fault.over());
        assert!(fault.failed(0, false, "refused"), "it worked in between");
    }
}
