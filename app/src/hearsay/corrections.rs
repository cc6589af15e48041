//! What the user writes in the place of what was heard. What `hearsay correct` and the viewer do.

use crate::alignment::{Pair, align, folded};
use crate::failure::Failure;
use crate::versions;
use anyhow::Result;
use home::Home;
use store::{Store, StoreError, Utterance, Word};
use timeline::{Span, UtteranceId, WallTime};

/// Has a text be read in the place of an utterance, heard or corrected before; the correction's id, and what else is to be told. An empty one says
/// that nobody spoke.
///
/// # Errors
/// Where there is no such utterance or another one is read there, and where a file can't be read or written.
pub(crate) fn correct(
    home: &Home,
    id: &UtteranceId,
    text: &str,
    now: WallTime,
) -> Result<(UtteranceId, Option<String>)> {
    let text = one_line(text);
    let mut store = Store::open(&home.database())?;
    let utterance = find(&store, id)?;
    let standing = store.correction_of(utterance.key)?;
    let heard = match &standing {
        Some(standing) => store.heard_under(standing.key)?.into_iter().flat_map(|heard| heard.words).collect(),
        None => Vec::new(),
    };
    let utterance = standing.unwrap_or(utterance);
    let heard = if heard.is_empty() { &utterance.words } else { &heard };
    let words = words(&text, heard, &utterance.span);
    let id = match store.correct(utterance.key, &text, words, now) {
        Err(StoreError::NotRead { .. }) => {
            return Err(Failure::not_found(format!("{id} isn't what is read there"))
                .hint("`hearsay search` and `hearsay show --json` print the ids of what is")
                .into());
        }
        corrected => corrected?,
    };
    drop(store);
    Ok((id, versions::follow(home)?))
}

/// Takes the correction of an utterance back, by its own id or by that of what was heard; what else is to be told.
///
/// # Errors
/// Where there is none, and where a file can't be read or written.
pub(crate) fn take_back(home: &Home, id: &UtteranceId) -> Result<Option<String>> {
    let mut store = Store::open(&home.database())?;
    let standing = store.correction_of(find(&store, id)?.key)?;
    if !standing.map_or(Ok(false), |standing| store.take_back(standing.key))? {
        return Err(Failure::not_found(format!("{id} wasn't corrected")).into());
    }
    drop(store);
    versions::follow(home)
}

fn find(store: &Store, id: &UtteranceId) -> Result<Utterance> {
    let found = store.by_id(id)?;
    Ok(found
        .ok_or_else(|| Failure::not_found(format!("there is no utterance {id}")).hint("`hearsay search` prints ids"))?)
}

/// Text as a recogniser would have written it: one line, one space between words.
fn one_line(text: &str) -> String {
    let seen: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a text with their times. Those that were heard keep theirs; as many as stand in the place of others take theirs; the rest
/// share the time between their neighbours.
fn words(text: &str, heard: &[Word], span: &Span) -> Vec<Word> {
    let texts: Vec<&str> = text.split_whitespace().collect();
    let fold = |words: &mut dyn Iterator<Item = &str>| words.map(folded).collect::<Vec<String>>();
    let pairs = align(&fold(&mut heard.iter().map(|word| word.text.as_str())), &fold(&mut texts.iter().copied()));
    let (mut words, mut from) = (Vec::new(), span.start);
    for run in pairs.chunk_by(|a, b| is_same(*a) == is_same(*b)) {
        let own: Vec<&str> = run.iter().filter_map(|pair| texts.get(pair.right()?).copied()).collect();
        let others: Vec<Span> = run.iter().filter_map(|pair| Some(heard.get(pair.left()?)?.span)).collect();
        let next = run.last().and_then(|last| next_heard(&pairs, *last, heard)).unwrap_or(span.end);
        let times = if own.len() == others.len() { others } else { shared(Span::new(from, next.max(from)), own.len()) };
        for (text, time) in own.into_iter().zip(times) {
            words.push(Word { span: within(time, span), text: text.to_owned(), p: 1.0 });
        }
        from = words.last().map_or(from, |word: &Word| word.span.end);
    }
    words
}

const fn is_same(pair: Pair) -> bool {
    matches!(pair, Pair::Same(..))
}

/// When the first word behind a pair begins that is the same on both sides.
fn next_heard(pairs: &[Pair], last: Pair, heard: &[Word]) -> Option<WallTime> {
    let behind = pairs.iter().skip_while(|pair| **pair != last).skip(1);
    let next = behind.copied().find(|pair| is_same(*pair))?;
    heard.get(next.left()?).map(|word| word.span.start)
}

/// A span in as many equal parts.
fn shared(span: Span, parts: usize) -> Vec<Span> {
    let parts = i64::try_from(parts).unwrap_or(i64::MAX);
    let border = |n: i64| span.start.plus_micros(span.len_micros() * n / parts.max(1));
    (0..parts).map(|n| Span::new(border(n), border(n + 1))).collect()
}

/// What was heard may reach out of what was corrected before.
fn within(time: Span, span: &Span) -> Span {
    let inside = |at: WallTime| at.max(span.start).min(span.end);
    Span::new(inside(time.start), inside(time.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> WallTime {
        WallTime::from_millis(1_795_425_312_000 + ms)
    }

    fn timed(text: &str, heard: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
        let heard: Vec<Word> = heard
            .iter()
            .map(|&(text, from, to)| Word { span: Span::new(at(from), at(to)), text: text.to_owned(), p: 0.5 })
            .collect();
        let ms = |time: WallTime| time.micros_since(at(0)) / 1_000;
        let words = words(text, &heard, &Span::new(at(0), at(1_000)));
        assert!(words.iter().all(|word| (word.p - 1.0).abs() < f32::EPSILON));
        words.into_iter().map(|word| (word.text, ms(word.span.start), ms(word.span.end))).collect()
    }

    #[test]
    fn words_that_were_heard_keep_their_times_and_others_lie_between_them() {
        const HEARD: &[(&str, i64, i64)] =
            &[("Meet", 100, 200), (" me", 200, 300), ("at", 500, 600), ("noon.", 800, 900)];
        for (text, expected) in [
            ("Meet me at noon.", vec![("Meet", 100, 200), ("me", 200, 300), ("at", 500, 600), ("noon.", 800, 900)]),
            // As many in their place take their times, capitals and marks aside.
            ("meet us by noon!", vec![("meet", 100, 200), ("us", 200, 300), ("by", 500, 600), ("noon!", 800, 900)]),
            // More of them share the time between their neighbours.
            (
                "Meet me in the hall noon",
                vec![
                    ("Meet", 100, 200),
                    ("me", 200, 300),
                    ("in", 300, 466),
                    ("the", 466, 633),
                    ("hall", 633, 800),
                    ("noon", 800, 900),
                ],
            ),
            ("So meet me", vec![("So", 0, 100), ("meet", 100, 200), ("me", 200, 300)]),
            (
                "Meet me at noon, Ann",
                vec![("Meet", 100, 200), ("me", 200, 300), ("at", 500, 600), ("noon,", 800, 900), ("Ann", 900, 1_000)],
            ),
            ("", vec![]),
        ] {
            let expected: Vec<(String, i64, i64)> =
                expected.into_iter().map(|(text, from, to)| (text.to_owned(), from, to)).collect();
            assert_eq!(timed(text, HEARD), expected, "{text}");
        }
        let nothing = vec![("all".to_owned(), 0, 500), ("new".to_owned(), 500, 1_000)];
        assert_eq!(timed("all new", &[]), nothing);
        assert_eq!(timed("x", &[("long", -500, 2_000)]), [("x".to_owned(), 0, 1_000)]);
    }

    #[test]
    fn a_text_is_one_line() {
        assert_eq!(one_line("  two\n lines\u{7} and\ttabs "), "two lines and tabs");
    }
}
