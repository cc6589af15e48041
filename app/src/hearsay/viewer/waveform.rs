//! What of the timeline the waveform shows, and what it draws there. Pure: spans and numbers, no drawing and no thread.

use timeline::{Span, WallTime};

/// The least and the most of the timeline that is shown.
pub(crate) const SHORTEST_MICROS: i64 = 5_000_000;
pub(crate) const LONGEST_MICROS: i64 = 30 * 60_000_000;
/// Where the page is turned, the sound goes on this share of it from the left.
const LEAD: f64 = 0.1;

/// One column of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Column {
    /// It wasn't looked at yet.
    #[default]
    Unknown,
    /// There is no sound.
    Gap,
    /// The lowest and the highest sample.
    Sound(i16, i16),
}

/// The waveform of both sides over a span: as many columns of each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sketch {
    pub(crate) span: Span,
    pub(crate) said: Vec<Column>,
    pub(crate) heard: Vec<Column>,
    /// What couldn't be read, in a line.
    pub(crate) trouble: Option<String>,
}

/// All of a conversation, or the page of it where the sound is.
pub(crate) fn page(conversation: Span, at: Option<WallTime>) -> Span {
    let at = at.unwrap_or(conversation.start).clamp(conversation.start, conversation.end);
    let pages = at.micros_since(conversation.start) / LONGEST_MICROS;
    let start = conversation.start.plus_micros(pages * LONGEST_MICROS);
    Span::new(start, conversation.end.min(start.plus_micros(LONGEST_MICROS)))
}

/// `shown` with `by` times the length, with the same moment under the pointer.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "spans of minutes")]
pub(crate) fn zoomed(shown: Span, within: Span, around: WallTime, by: f64) -> Span {
    let around = around.clamp(shown.start, shown.end);
    let longest = LONGEST_MICROS.min(within.len_micros()).max(SHORTEST_MICROS);
    let len = ((shown.len_micros() as f64 * by) as i64).clamp(SHORTEST_MICROS, longest);
    let share = around.micros_since(shown.start) as f64 / shown.len_micros().max(1) as f64;
    let start = around.plus_micros(-((len as f64 * share) as i64));
    moved_into(Span::new(start, start.plus_micros(len)), within)
}

/// `shown` so much later.
pub(crate) fn panned(shown: Span, within: Span, micros: i64) -> Span {
    moved_into(Span::new(shown.start.plus_micros(micros), shown.end.plus_micros(micros)), within)
}

/// The page that `at` is on, of the same length; `None` where it is shown already.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "spans of minutes")]
pub(crate) fn turned(shown: Span, within: Span, at: WallTime) -> Option<Span> {
    if shown.contains(at) || !within.contains(at) {
        return None;
    }
    let start = at.plus_micros(-((shown.len_micros() as f64 * LEAD) as i64));
    Some(moved_into(Span::new(start, start.plus_micros(shown.len_micros())), within))
}

/// `span` moved so that it lies within another, if that is as long.
fn moved_into(span: Span, within: Span) -> Span {
    let len = span.len_micros();
    let start = span.start.min(within.end.plus_micros(-len)).max(within.start);
    Span::new(start, start.plus_micros(len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start_s: i64, end_s: i64) -> Span {
        Span::new(WallTime::from_millis(start_s * 1_000), WallTime::from_millis(end_s * 1_000))
    }

    fn at(s: i64) -> WallTime {
        WallTime::from_millis(s * 1_000)
    }

    #[test]
    fn zooming_keeps_the_moment_under_the_pointer_and_its_bounds() {
        let all = span(0, 400);
        assert_eq!(zoomed(span(100, 200), all, at(120), 0.5), span(110, 160));
        assert_eq!(zoomed(span(100, 200), all, at(200), 0.5), span(150, 200));
        assert_eq!(zoomed(span(100, 106), all, at(100), 0.1), span(100, 105), "never shorter than 5 s");
        assert_eq!(zoomed(span(100, 300), all, at(100), 9.0), all, "never longer than all of it");
        assert_eq!(zoomed(span(0, 1_200), span(0, 9_000), at(0), 9.0), span(0, 1_800), "nor than half an hour");
        assert_eq!(zoomed(span(0, 2), span(0, 2), at(1), 0.5).len_micros(), SHORTEST_MICROS);
    }

    #[test]
    fn panning_stops_at_the_ends() {
        let all = span(0, 400);
        assert_eq!(panned(span(100, 200), all, 50_000_000), span(150, 250));
        assert_eq!(
            (panned(span(100, 200), all, 500_000_000), panned(span(100, 200), all, -500_000_000)),
            (span(300, 400), span(0, 100))
        );
    }

    #[test]
    fn pages_turn_where_the_sound_goes_on() {
        let all = span(0, 400);
        assert_eq!(turned(span(100, 200), all, at(150)), None);
        assert_eq!(turned(span(100, 200), all, at(200)), Some(span(190, 290)));
        assert_eq!(turned(span(100, 200), all, at(20)), Some(span(10, 110)));
        assert_eq!(turned(span(100, 200), all, at(500)), None, "it isn't in the conversation");
        assert_eq!(
            (page(span(0, 4_000), None), page(span(0, 4_000), Some(at(3_700)))),
            (span(0, 1_800), span(3_600, 4_000))
        );
    }
}
