//! What a child says on stderr, line by line, and once only while the child keeps dying.

use super::restarts::WELL;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use timeline::{Clock as _, SystemClock};

/// A longer line is cut into several.
const LINE_BYTES: u64 = 4_096;
/// Lines that are remembered, so as not to be said again.
const REMEMBERED: usize = 32;

/// What was said of late, shared by the lives of a child.
#[derive(Debug, Clone, Default)]
pub(super) struct Said(Arc<Mutex<VecDeque<String>>>);

impl Said {
    /// Whether this is new; it is remembered.
    fn is_new(&self, line: &str) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.iter().any(|known| known == line) {
            return false;
        }
        said.truncate(REMEMBERED - 1);
        said.push_front(line.to_owned());
        true
    }

    /// What comes from now on is news, whatever it is.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Copies what a child says to stderr until it ends, in a thread of its own. In the first minute of its life a line
/// that was said before isn't repeated: a child that dies of the same thing every 30 s says so once.
pub(super) fn copy(from: impl Read + Send + 'static, said: &Said) -> io::Result<()> {
    let said = said.clone();
    let born = SystemClock.awake_micros();
    let copy = move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            let young = Duration::from_micros(SystemClock.awake_micros().saturating_sub(born).unsigned_abs()) < WELL;
            if said.is_new(&text) || !young {
                crate::output::say(&text);
            }
        }
    };
    std::thread::Builder::new().name("hs-lines".to_owned()).spawn(copy).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_new_once_and_only_the_latest_are_remembered() {
        let said = Said::default();
        assert!(said.is_new("error: there is no model"));
        assert!(!said.clone().is_new("error: there is no model"), "the lives of a child share it");
        for n in 0..100 {
            assert!(said.is_new(&n.to_string()));
        }
        assert_eq!(said.0.lock().unwrap().len(), REMEMBERED);
        assert!(said.is_new("error: there is no model"));
        said.forget();
        assert!(said.is_new("99"));
    }
}
