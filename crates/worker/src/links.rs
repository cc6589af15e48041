//! What an utterance is only a repetition of: of what the loudspeakers played (an echo), or of what the program itself played (a
//! replay). Both are stored, linked and hidden; what was really said at the same time is neither.

use crate::WorkerError;
use crate::planned_window::PlannedWindow;
use archive::{Archive, PlayedLog};
use speech::echo::EchoShare;
use store::{NewUtterance, State, Store, Utterance};
use timeline::{Side, Span, WallTime};

/// As the last resort the words decide, where the echo was at least this much of the sound, ...
const PARTLY: f32 = 0.3;
/// ... there are this many words, and of ten of them so many were heard at that time.
const FEWEST_WORDS: usize = 3;
const SAME_OF_TEN: usize = 8;
/// Words of both sides are compared within this time.
const AROUND_MICROS: i64 = 1_500_000;

/// Links the echoes among what a microphone heard; `shares` says for each how much of it was echo.
pub(crate) fn link_echoes(
    store: &Store,
    pass: i64,
    utterances: &mut [NewUtterance],
    shares: &[EchoShare],
) -> Result<(), WorkerError> {
    for (utterance, share) in utterances.iter_mut().zip(shares).filter(|(_, share)| share.of_all() >= PARTLY) {
        let around = store.of_pass(pass, &utterance.span.widened(AROUND_MICROS))?;
        let played: Vec<&Utterance> = around.iter().filter(|heard| heard.side == Side::Heard).collect();
        if !share.is_left_over() && !same_words(&utterance.text, &played) {
            continue;
        }
        let nearest = played.iter().max_by_key(|heard| overlap(&heard.span, &utterance.span));
        if let Some(heard) = nearest {
            utterance.echo_of = Some(heard.id.to_string());
            hide(utterance, "echo");
        }
    }
    Ok(())
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

/// Which utterances of a window each share belongs to: those without words were left out.
pub(crate) fn shares(planned: &PlannedWindow, kept: impl Iterator<Item = bool>) -> Vec<EchoShare> {
    planned.echo.iter().zip(kept).filter(|(_, kept)| *kept).map(|(share, _)| *share).collect()
}

fn hide(utterance: &mut NewUtterance, reason: &str) {
    utterance.state = State::Hidden;
    utterance.reason = Some(reason.to_owned());
}

fn overlap(a: &Span, b: &Span) -> i64 {
    a.intersect(b).map_or(0, |common| common.len_micros())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "seconds at 0.5 to 2 times the speed")]
fn along(micros: i64, speed: f32) -> i64 {
    (micros as f64 * f64::from(speed)) as i64
}

/// Whether most of the words were heard at that time, in this order.
fn same_words(text: &str, played: &[&Utterance]) -> bool {
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
