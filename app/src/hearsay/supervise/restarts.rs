//! When a child that ended is started again. Pure: how long it lived and how it ended go in, what to do comes out.

use home::Exit;
use std::time::Duration;

/// The pauses before the first, second... restart of a child that keeps dying; the last one stays.
const PAUSES_S: [u64; 5] = [1, 2, 5, 10, 30];
/// Who lived this long was well: the pauses begin anew.
pub(crate) const WELL: Duration = Duration::from_mins(1);

/// What is done about a child that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is started again after a pause.
    Again(Duration),
    /// The command line or the configuration is wrong: it would only end the same way.
    Never,
}

/// The lives of one child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Restarts {
    /// How many lives in a row were short.
    in_a_row: u32,
}

impl Restarts {
    /// A life ended, after so long and with that exit code (none: a signal ended it).
    pub(crate) fn ended(&mut self, lived: Duration, code: Option<i32>) -> Next {
        if code == Some(Exit::Usage as i32) {
            return Next::Never;
        }
        if lived >= WELL {
            self.in_a_row = 0;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        let last = PAUSES_S.len() - 1;
        let at = usize::try_from(self.in_a_row - 1).unwrap_or(last).min(last);
        Next::Again(Duration::from_secs(PAUSES_S.get(at).copied().unwrap_or(30)))
    }

    /// It lived long enough to be well; whether that was in doubt.
    pub(crate) fn is_well(&mut self) -> bool {
        std::mem::take(&mut self.in_a_row) >= STEADY
    }

    /// How many short lives there were in a row.
    pub(crate) fn in_a_row(self) -> u32 {
        self.in_a_row
    }

    /// Whether the last end is worth a line: the first, and the one from which on the pauses stay as they are.
    pub(crate) fn is_news(self) -> bool {
        self.in_a_row == 1 || self.in_a_row == STEADY
    }
}

/// From this end on the pauses stay as they are.
#[expect(clippy::cast_possible_truncation, reason = "a handful")]
pub(crate) const STEADY: u32 = PAUSES_S.len() as u32;

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_secs(2);

    fn pauses(restarts: &mut Restarts, lives: &[Duration]) -> Vec<Option<u64>> {
        let pause = |next| if let Next::Again(pause) = next { Some(pause.as_secs()) } else { None };
        lives.iter().map(|lived| pause(restarts.ended(*lived, Some(4)))).collect()
    }

    #[test]
    fn who_keeps_dying_is_started_ever_more_rarely_but_always() {
        let found = pauses(&mut Restarts::default(), &[SHORT; 7]);
        assert_eq!(found, [1, 2, 5, 10, 30, 30, 30].map(Some));
    }

    #[test]
    fn a_minute_of_life_is_forgiven_everything() {
        let mut restarts = Restarts::default();
        assert_eq!(pauses(&mut restarts, &[SHORT, SHORT, SHORT, WELL, SHORT]), [1, 2, 5, 1, 2].map(Some));
        assert_eq!((restarts.is_well(), restarts.in_a_row()), (false, 0));
        pauses(&mut restarts, &[SHORT; 6]);
        assert!(restarts.is_well(), "it had been told of as dying again and again");
    }

    #[test]
    fn a_wrong_configuration_is_not_tried_again_and_a_kill_is() {
        assert_eq!(Restarts::default().ended(WELL, Some(2)), Next::Never);
        for code in [None, Some(0), Some(1), Some(3), Some(4), Some(101)] {
            assert_eq!(Restarts::default().ended(SHORT, code), Next::Again(Duration::from_secs(1)), "{code:?}");
        }
    }

    #[test]
    fn a_night_of_deaths_is_two_lines() {
        let mut restarts = Restarts::default();
        let said = (0..2_000).filter(|_| {
            restarts.ended(SHORT, None);
            restarts.is_news()
        });
        assert_eq!(said.count(), 2);
    }
}
