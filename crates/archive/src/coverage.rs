//! How much of the time was recorded, out of the journal's rows: a pure function, for the line that people read.

use crate::Row;
use std::collections::BTreeMap;
use timeline::{Span, SpanSet, TrackName, WallTime};

/// How much of a span a track was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The track.
    pub track: TrackName,
    /// How long it was to be recorded: from a device's first sound to the end of its session, pauses left out, and the
    /// time in which the recorder was dead put in. Microseconds.
    pub wanted_micros: i64,
    /// How long of that it was recorded; times in which nothing played count. Microseconds.
    pub recorded_micros: i64,
    /// How often sound is missing.
    pub gaps: usize,
    /// How long it is missing altogether, in microseconds: `wanted_micros - recorded_micros`, to the overlap of gaps.
    pub gap_micros: i64,
    /// How long the user had the recorder paused, in microseconds.
    pub paused_micros: i64,
    /// How long of it the user had forgotten, in microseconds. It counts neither as wanted nor as recorded.
    pub forgotten_micros: i64,
}

/// What a track's rows say.
#[derive(Default)]
struct Seen {
    /// Running sessions: when each began to deliver, and its last sign of life.
    open: BTreeMap<String, Span>,
    wanted: SpanSet,
    lost: SpanSet,
    paused: SpanSet,
    forgotten: SpanSet,
    gaps: Vec<Span>,
}

/// The coverage of each track within `span`, by name. `rows` are those of the journals of the span's days and of a day
/// on either side, so that what began before counts. A session that isn't closed counts up to its last sign of
/// life, an anchor at most 10 s ago.
pub fn coverage(rows: &[Row], span: &Span) -> Vec<Coverage> {
    let mut tracks: BTreeMap<TrackName, Seen> = BTreeMap::new();
    for row in rows {
        match row {
            Row::Anchor { session, track, wall_us, .. } => {
                let seen = tracks.entry(track.clone()).or_default();
                seen.sign_of_life(session, WallTime::from_micros(*wall_us));
            }
            Row::Closed { at, session, track, .. } => {
                let seen = tracks.entry(track.clone()).or_default();
                if seen.open.contains_key(session) {
                    seen.sign_of_life(session, *at);
                    seen.open.remove(session).into_iter().for_each(|span| seen.wanted.insert(span));
                }
            }
            Row::Gap(gap) => {
                let seen = tracks.entry(gap.track.clone()).or_default();
                let missing = Span::new(gap.from, gap.to);
                if gap.cause.is_loss() {
                    seen.gaps.push(missing);
                    seen.lost.insert(missing);
                    seen.wanted.insert(missing);
                } else if gap.cause == crate::GapCause::Paused {
                    seen.paused.insert(missing);
                } else if gap.cause == crate::GapCause::Forgotten {
                    seen.forgotten.insert(missing);
                }
            }
            _ => {}
        }
    }
    tracks
        .into_iter()
        .map(|(track, seen)| seen.within(track, span))
        .filter(|it| it.wanted_micros + it.forgotten_micros > 0)
        .collect()
}

impl Seen {
    fn sign_of_life(&mut self, session: &str, at: WallTime) {
        let open = self.open.entry(session.to_owned()).or_insert(Span::new(at, at));
        *open = Span::new(open.start.min(at), open.end.max(at));
    }

    fn within(mut self, track: TrackName, span: &Span) -> Coverage {
        for open in self.open.values() {
            self.wanted.insert(*open);
        }
        let paused = self.paused.minus(&self.lost).within(span);
        let running = self.wanted.within(span).minus(&paused);
        let wanted = running.minus(&self.forgotten);
        let lost = self.lost.within(span).minus(&self.forgotten);
        let recorded = wanted.minus(&lost);
        Coverage {
            track,
            wanted_micros: wanted.len_micros(),
            recorded_micros: recorded.len_micros(),
            gaps: self.gaps.iter().filter(|gap| gap.overlaps(span)).count(),
            gap_micros: lost.len_micros(),
            paused_micros: paused.len_micros(),
            forgotten_micros: running.len_micros() - wanted.len_micros(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GapCause, GapRow};

    fn at(seconds: i64) -> WallTime {
        WallTime::from_millis(1_795_425_300_000 + seconds * 1_000)
    }

    fn anchor(session: &str, seconds: i64) -> Row {
        let wall_us = at(seconds).as_micros();
        Row::Anchor { at: at(seconds), session: session.into(), track: TrackName::mic(), frame: 0, boot_us: 0, wall_us }
    }

    fn gap(cause: GapCause, from: i64, to: i64) -> Row {
        Row::Gap(GapRow {
            at: at(to),
            session: "s".into(),
            track: TrackName::mic(),
            cause,
            from: at(from),
            to: at(to),
            frame: 0,
            frames: 0,
            written: false,
        })
    }

    #[test]
    fn gaps_count_against_it_pauses_and_idle_times_do_not() {
        let closed = Row::Closed { at: at(1_000), session: "a".into(), track: TrackName::mic(), frame: 0 };
        let rows = [
            anchor("a", 0),
            gap(GapCause::Stalled, 100, 103),
            gap(GapCause::Idle, 150, 160),
            gap(GapCause::Paused, 200, 500),
            gap(GapCause::Forgotten, 490, 520),
            anchor("a", 900),
            closed,
            // The recorder was stopped on purpose; the next one died, and a third went on.
            anchor("b", 2_000),
            anchor("b", 2_010),
            gap(GapCause::Crash, 2_015, 2_020),
            anchor("c", 2_020),
            anchor("c", 2_100),
        ];
        let found = coverage(&rows, &Span::new(at(0), at(3_000)));
        let [mic] = found.as_slice() else { panic!("{found:?}") };
        let seconds = |micros: i64| micros / 1_000_000;
        assert_eq!(seconds(mic.wanted_micros), 1_000 - 300 - 20 + 10 + 5 + 80);
        assert_eq!(seconds(mic.recorded_micros), 1_000 - 300 - 20 - 3 + 10 + 80);
        assert_eq!(seconds(mic.forgotten_micros), 20, "what was paused isn't forgotten");
        assert_eq!((mic.gaps, seconds(mic.gap_micros), seconds(mic.paused_micros)), (2, 8, 300));
        let found = coverage(&rows, &Span::new(at(101), at(151)));
        assert_eq!((seconds(found[0].wanted_micros), found[0].gaps, seconds(found[0].gap_micros)), (50, 1, 2));
        assert_eq!(coverage(&rows, &Span::new(at(5_000), at(6_000))), []);
    }
}
