//! What an utterance is only a repetition of: of what the loudspeakers played (an echo), or of what the program itself played (a
//! replay). Both are stored, linked and hidden; what was really said at the same time is neither.
//!
//! Where echoes were taken out of the sound, it is known how much of an utterance was echo. The live lane has no time for that: there an
//! utterance can be echo for as long as something was heard meanwhile, and the words decide.

use crate::WorkerError;
use crate::planned_window::PlannedWindow;
use archive::{Archive, PlayedLog};
use speech::echo::EchoShare;
use store::{NewUtterance, State, Store, Utterance};
use timeline::{Side, Span, SpanSet, UtteranceId, WallTime};

/// As the last resort the words decide, where the echo was at least this much of the sound, ...
const PARTLY: f32 = 0.3;
/// ... there are this many words, and of ten of them so many were heard at that time.
const FEWEST_WORDS: usize = 3;
const SAME_OF_TEN: usize = 8;
/// Words of both sides are compared within this time.
const AROUND_MICROS: i64 = 1_500_000;

/// Links the echoes among what a microphone heard; `shares` says for each how much of it was echo, where that is known.
pub(crate) fn link_echoes(
    store: &Store,
    pass: i64,
    utterances: &mut [NewUtterance],
    shares: &[Option<EchoShare>],
) -> Result<(), WorkerError> {
    for (utterance, share) in utterances.iter_mut().zip(shares) {
        if let Some(heard) = echo_of(store, pass, (&utterance.span, &utterance.text), *share)? {
            utterance.echo_of = Some(heard.to_string());
            hide(utterance, "echo");
        }
    }
    Ok(())
}

/// Links the echoes that the live lane stored before what was `played` within a span: answers come in any order.
pub(crate) fn link_stored_echoes(store: &mut Store, pass: i64, played: &Span) -> Result<(), WorkerError> {
    let around = store.of_pass(pass, &played.widened(AROUND_MICROS))?;
    for said in around.iter().filter(|utterance| utterance.side == Side::Said) {
        if let Some(heard) = echo_of(store, pass, (&said.span, &said.text), None)? {
            store.link_echo(said.key, &heard)?;
        }
    }
    Ok(())
}

/// What an utterance of a microphone is an echo of, `share` of it by its sound.
fn echo_of(
    store: &Store,
    pass: i64,
    (span, text): (&Span, &str),
    share: Option<EchoShare>,
) -> Result<Option<UtteranceId>, WorkerError> {
    if share.is_some_and(|share| share.of_all() < PARTLY) {
        return Ok(None);
    }
    let around = span.widened(AROUND_MICROS);
    let mut played = store.of_pass(pass, &around)?;
    played.retain(|heard| heard.side == Side::Heard);
    if played.is_empty() && share.is_some() {
        // The other side may be none of this pass's business.
        played = store.utterances(&around)?;
        played.retain(|heard| heard.side == Side::Heard);
    }
    let can_be = share.is_some() || heard_meanwhile(span, &played) >= PARTLY;
    let left_over = share.is_some_and(|share| share.is_left_over());
    if !can_be || !(left_over || same_words(text, &played)) {
        return Ok(None);
    }
    Ok(played.into_iter().max_by_key(|heard| overlap(&heard.span, span)).map(|heard| heard.id))
}

/// The part of an utterance during which something was heard, 0 to 1: who repeats what another has just said does so afterwards.
#[expect(clippy::cast_precision_loss, reason = "a share of microseconds")]
fn heard_meanwhile(span: &Span, played: &[Utterance]) -> f32 {
    let heard: SpanSet = played.iter().map(|heard| heard.span).collect();
    heard.within(span).len_micros() as f32 / span.len_micros().max(1) as f32
}

/// Links what the program itself played among what was heard.
pub(crate) fn link_replays(
    store: &Store,
    archive: &Archive,
    utterances: &mut [NewUtterance],
) -> Result<(), WorkerError> {
    let log = PlayedLog::open(archive);
    for utterance in utterances {
        let (mut within, mut first, mut best) = (0, None, None);
        for played in log.within(&utterance.span)? {
            let Some(part) = Span::new(played.at, played.end).intersect(&utterance.span) else { continue };
            within += part.len_micros();
            let place = |time: WallTime| played.from.plus_micros(along(time.micros_since(played.at), played.speed));
            let source = Span::new(place(part.start), place(part.end));
            first = first.or(Some(source.start));
            for said in store.utterances(&source)? {
                let common = overlap(&said.span, &source);
                if best.as_ref().is_none_or(|(most, _)| common > *most) {
                    best = Some((common, said.id.to_string()));
                }
            }
        }
        if let Some(first) = first.filter(|_| 2 * within >= utterance.span.len_micros()) {
            utterance.replay_of = Some(best.map_or_else(|| first.compact(), |(_, id)| id));
            hide(utterance, "replay");
        }
    }
    Ok(())
}

/// How much of each utterance of a window was echo, where that is known; those that weren't `kept`, having no words, are left out.
pub(crate) fn shares(planned: &PlannedWindow, kept: impl Iterator<Item = bool>) -> Vec<Option<EchoShare>> {
    let share = |at: usize| planned.echo.as_ref().and_then(|echo| echo.get(at).copied());
    kept.enumerate().filter(|(_, kept)| *kept).map(|(at, _)| share(at)).collect()
}

fn hide(utterance: &mut NewUtterance, reason: &str) {
    utterance.state = State::Hidden;
    utterance.reason = Some(reason.to_owned());
}

fn overlap(a: &Span, b: &Span) -> i64 {
    a.intersect(b).map_or(0, |common| common.len_micros())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "seconds at 0.5 to 3 times the speed")]
fn along(micros: i64, speed: f32) -> i64 {
    (micros as f64 * f64::from(speed)) as i64
}

/// Whether most of the words were heard at that time, in this order.
fn same_words(text: &str, played: &[Utterance]) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let own = words(text);
    let others: Vec<String> = played.iter().flat_map(|heard| words(&heard.text)).collect();
    // The longest common sequence, row by row.
    let mut row = vec![0_usize; others.len() + 1];
    for word in &own {
        let mut next = vec![0];
        for (other, (diagonal, up)) in others.iter().zip(row.iter().zip(row.iter().skip(1))) {
            let left = next.last().copied().unwrap_or(0);
            next.push(if other == word { diagonal + 1 } else { left.max(*up) });
        }
        row = next;
    }
    own.len() >= FEWEST_WORDS && 10 * row.last().copied().unwrap_or(0) >= SAME_OF_TEN * own.len()
}

#[cfg(test)]
mod tests;
