//! Text for the eye: what is marked in it, what of it is shown, and how times are written. Pure functions.

use super::state::Line;
use std::ops::Range;
use timeline::{Span, WallTime};

/// A piece of a text, marked or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it lies, in bytes.
    pub(crate) range: Range<usize>,
    /// It matches the search.
    pub(crate) found: bool,
    /// It may have been misheard.
    pub(crate) doubtful: bool,
}

/// Cuts `text` where a mark begins or ends. Ranges that don't fit the text are ignored.
pub(crate) fn pieces(text: &str, found: &[Range<usize>], doubtful: &[Range<usize>]) -> Vec<Piece> {
    let fits = |range: &&Range<usize>| range.start < range.end && text.get((*range).clone()).is_some();
    let mut cuts: Vec<usize> =
        found.iter().chain(doubtful).filter(fits).flat_map(|range| [range.start, range.end]).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    let within = |ranges: &[Range<usize>], at: usize| ranges.iter().filter(fits).any(|range| range.contains(&at));
    cuts.windows(2)
        .filter_map(|cut| {
            let &[start, end] = cut else { return None };
            Some(Piece { range: start..end, found: within(found, start), doubtful: within(doubtful, start) })
        })
        .collect()
}

/// A part of a text that has the first mark in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snippet {
    pub(crate) text: String,
    pub(crate) found: Vec<Range<usize>>,
}

/// Characters before the first mark that may stay.
const LEAD: usize = 36;
/// What stands for the beginning that was left out.
const CUT: &str = "… ";

/// Leaves out the beginning where the first mark would be too far to the right to be seen.
pub(crate) fn snippet(text: &str, found: &[Range<usize>]) -> Snippet {
    let whole = || Snippet { text: text.to_owned(), found: found.to_vec() };
    let Some(before) = found.first().and_then(|first| text.get(..first.start)) else { return whole() };
    if before.chars().count() <= LEAD {
        return whole();
    }
    let Some((earliest, _)) = before.char_indices().rev().nth(LEAD - 1) else { return whole() };
    // At a word's beginning, if there is one.
    let start = before.get(earliest..).and_then(|rest| rest.find(' ')).map_or(earliest, |space| earliest + space + 1);
    let moved = |at: usize| (at + CUT.len()).saturating_sub(start);
    Snippet {
        text: format!("{CUT}{}", text.get(start..).unwrap_or_default()),
        found: found.iter().map(|range| moved(range.start)..moved(range.end)).collect(),
    }
}

/// Where each of some words stands in a text, in bytes, one behind the other; `None` for one that can't be found.
pub(crate) fn places<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Vec<Option<Range<usize>>> {
    let mut at = 0;
    let mut place = |word: &str| {
        let word = Some(word.trim()).filter(|word| !word.is_empty())?;
        let start = text.get(at..)?.find(word)? + at;
        at = start + word.len();
        Some(start..at)
    };
    words.map(&mut place).collect()
}

/// The byte ranges of the words that are less probable than `below`.
pub(crate) fn doubtful_words(text: &str, words: &[(Range<usize>, f32)], below: f32) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (place, _) in words.iter().filter(|(_, p)| *p < below) {
        match ranges.last_mut() {
            // Neighbours are shaded as one, with the space between them.
            Some(last) if text.get(last.end..place.start).is_some_and(|between| between.trim().is_empty()) => {
                last.end = place.end;
            }
            _ => ranges.push(place.clone()),
        }
    }
    ranges
}

/// What the user wrote about a line, in words.
pub(crate) fn about(line: &Line) -> Vec<String> {
    let starred = line.starred.then(|| "Starred".to_owned());
    let notes = line.notes.iter().map(|note| format!("Note: {note}"));
    let heard = line.heard.as_ref().map(|heard| format!("Corrected; heard: {heard}"));
    starred.into_iter().chain(notes).chain(heard).collect()
}

/// `09:15:12`, local time.
pub(crate) fn clock(time: WallTime) -> String {
    time.local().format("%H:%M:%S").to_string()
}

/// `Mon 23 Nov 2026`, local time.
pub(crate) fn day(time: WallTime) -> String {
    time.local().format("%a %-d %b %Y").to_string()
}

/// A stretch of the timeline, as short as it can be said: a day, days, or hours of a day.
pub(crate) fn stretch(span: &Span) -> String {
    let last = span.end.plus_micros(-1).max(span.start);
    let is_midnight = |time: WallTime| time.local().format("%H:%M:%S").to_string() == "00:00:00";
    match (is_midnight(span.start) && is_midnight(span.end), day(span.start) == day(last)) {
        (true, true) => day(span.start),
        (true, false) => format!("{} to {}", day(span.start), day(last)),
        (false, _) => format!("{}, {} to {}", day(span.start), clock(span.start), clock(span.end)),
    }
}

/// `45 s`, `2 min 5 s`, `3 h 20 min`, `2 days 4 h`.
pub(crate) fn length(micros: i64) -> String {
    let s = micros.max(0) / 1_000_000;
    let two = |a: i64, a_unit: &str, b: i64, b_unit: &str| {
        if b == 0 { format!("{a} {a_unit}") } else { format!("{a} {a_unit} {b} {b_unit}") }
    };
    match s {
        ..60 => format!("{s} s"),
        60..3_600 => two(s / 60, "min", s % 60, "s"),
        3_600..86_400 => two(s / 3_600, "h", s % 3_600 / 60, "min"),
        86_400..172_800 => two(1, "day", s % 86_400 / 3_600, "h"),
        _ => two(s / 86_400, "days", s % 86_400 / 3_600, "h"),
    }
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "lists of one range")]
mod tests {
    use super::*;

    #[test]
    fn marks_may_overlap_and_bad_ones_are_ignored() {
        let text = "naïve plan";
        let pieces = pieces(text, &[0..6, 3..4, 90..99], &[4..11]);
        let shown: Vec<_> = pieces.iter().map(|p| (&text[p.range.clone()], p.found, p.doubtful)).collect();
        assert_eq!(shown, [("naï", true, false), ("ve", true, true), (" plan", false, true)]);
    }

    #[test]
    fn pieces_cover_the_text_without_gaps() {
        for text in ["", "a", "one two"] {
            let pieces = pieces(text, &[0..1], &[]);
            assert_eq!(pieces.iter().map(|p| &text[p.range.clone()]).collect::<String>(), text);
        }
    }

    #[test]
    fn a_late_hit_is_brought_into_view() {
        let text = "We went through every single point of the long list before the budget came up again.";
        let at = text.find("budget").unwrap();
        let snippet = snippet(text, &[at..at + 6]);
        assert!(snippet.text.starts_with("… "), "{}", snippet.text);
        assert_eq!(&snippet.text[snippet.found[0].clone()], "budget");
        assert!(snippet.found[0].start < 45);
        assert_eq!(super::snippet("the budget", &[4..10]).text, "the budget");
    }

    #[test]
    fn doubtful_neighbours_are_shaded_as_one() {
        let text = "We have seventy six minutes.";
        let words = [("We", 0.9), ("have", 0.9), ("seventy", 0.2), ("six", 0.3), ("minutes.", 0.9), ("gone", 0.1)];
        let found = places(text, words.iter().map(|(word, _)| *word));
        assert_eq!(found.last(), Some(&None), "it isn't there");
        let words: Vec<_> = found.into_iter().zip(words).filter_map(|(place, (_, p))| Some((place?, p))).collect();
        let ranges = doubtful_words(text, &words, 0.5);
        assert_eq!(ranges.iter().map(|r| &text[r.clone()]).collect::<Vec<_>>(), ["seventy six"]);
    }

    #[test]
    fn lengths_read_as_people_say_them() {
        for (s, expected) in [
            (0, "0 s"),
            (60, "1 min"),
            (125, "2 min 5 s"),
            (12_000, "3 h 20 min"),
            (90_000, "1 day 1 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(length(s * 1_000_000), expected);
        }
    }
}
