//! The language of a conversation: found out with its first window, and kept for the others.
//!
//! Finding it out costs as much as recognising, and a window by itself is now and then taken for another language. What the next window is
//! decoded as depends on what was stored of the one before alone, so a worker that was killed goes on as it would have.

use crate::WorkerError;
use store::{MAX_UTTERANCE_MICROS, Spoken, Store};
use timeline::{TrackName, WallTime};

/// What is said on a track after a longer pause is another conversation.
const PAUSE_MICROS: i64 = 120_000_000;
/// Words that are this unsure (mean log-probability of their tokens) may be in another language than they were taken for.
const UNSURE: f32 = -0.9;

/// The language in which a window goes on whose speech begins at `start`; `None` where it has to be found out.
pub(crate) fn language(
    store: &Store,
    pass: i64,
    track: &TrackName,
    start: WallTime,
) -> Result<Option<String>, WorkerError> {
    Ok(store
        .last_spoken(pass, track, start, PAUSE_MICROS + MAX_UTTERANCE_MICROS)?
        .and_then(|last| goes_on(last, start)))
}

fn goes_on(last: Spoken, start: WallTime) -> Option<String> {
    let same = start.micros_since(last.span.end) <= PAUSE_MICROS && last.mean_logprob >= UNSURE;
    last.language.filter(|_| same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use timeline::Span;

    #[test]
    fn a_language_is_kept_until_a_long_pause_or_doubt() {
        let at = |second: i64| WallTime::from_millis(1_795_425_312_000 + second * 1_000);
        let said = |mean_logprob: f32| Spoken {
            span: Span::new(at(0), at(10)),
            language: Some("de".to_owned()),
            mean_logprob,
        };
        assert_eq!(goes_on(said(-0.3), at(12)).as_deref(), Some("de"));
        assert_eq!(goes_on(said(-0.3), at(130)).as_deref(), Some("de"));
        assert_eq!(goes_on(said(-0.3), at(131)), None, "another conversation");
        assert_eq!(goes_on(said(-1.4), at(12)), None, "perhaps another language");
        assert_eq!(goes_on(Spoken { language: None, ..said(-0.3) }, at(12)), None);
    }
}
