//! What the recorder's journals say of a span: read for `gaps` and `status`.

use crate::output;
use anyhow::Result;
use archive::{Archive, Coverage, Journal, JournalRows};
use timeline::{Span, WallTime};

/// A day's journal may tell of what began the day before.
const DAY_MICROS: i64 = 86_400_000_000;

/// The rows of the span's days, and of a day on either side.
pub(crate) fn rows(archive: &Archive, span: &Span) -> Result<JournalRows> {
    let day = |time: WallTime| time.utc().format("%Y-%m-%d").to_string();
    let (first, last) = (day(span.start.plus_micros(-DAY_MICROS)), day(span.end.plus_micros(DAY_MICROS)));
    let mut all = JournalRows::default();
    for day in archive.days()?.into_iter().filter(|day| (&first..=&last).contains(&day)) {
        let found = Journal::open(archive).rows(&day)?;
        all.rows.extend(found.rows);
        all.faults.extend(found.faults);
    }
    all.rows.extend(archive.retired_gaps(span)?);
    Ok(all)
}

/// How much of a span a track was recorded, for machines.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct CoverageRow {
    pub(crate) track: String,
    pub(crate) wanted_s: f64,
    pub(crate) recorded_s: f64,
    pub(crate) gaps: usize,
    pub(crate) gaps_s: f64,
    pub(crate) paused_s: f64,
}

impl From<&Coverage> for CoverageRow {
    fn from(coverage: &Coverage) -> Self {
        Self {
            track: coverage.track.to_string(),
            wanted_s: output::seconds(coverage.wanted_micros),
            recorded_s: output::seconds(coverage.recorded_micros),
            gaps: coverage.gaps,
            gaps_s: output::seconds(coverage.gap_micros),
            paused_s: output::seconds(coverage.paused_micros),
        }
    }
}

/// `14 h 02 m of 14 h 02 m, 2 gaps, 0.8 s`.
pub(crate) fn coverage_line(coverage: &Coverage) -> String {
    let gaps = match (coverage.gaps, length(coverage.gap_micros)) {
        (0, _) => "no gaps".to_owned(),
        (1, length) => format!("1 gap, {length}"),
        (n, length) => format!("{n} gaps, {length}"),
    };
    let paused = if coverage.paused_micros < 1_000_000 {
        String::new()
    } else {
        format!(", paused for {}", length(coverage.paused_micros))
    };
    format!("{} of {}, {gaps}{paused}", length(coverage.recorded_micros), length(coverage.wanted_micros))
}

/// `0.8 s`, `4 m 05 s`, `14 h 02 m`: cut off, so that what isn't whole never looks whole.
fn length(micros: i64) -> String {
    let tenths = micros.max(0) / 100_000;
    let seconds = tenths / 10;
    match seconds {
        0..60 => format!("{seconds}.{} s", tenths % 10),
        60..3_600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use timeline::TrackName;

    #[test]
    fn the_line_says_how_much_of_how_much() {
        let second = 1_000_000;
        let coverage = Coverage {
            track: TrackName::mic(),
            wanted_micros: 50_560 * second,
            recorded_micros: 50_560 * second - 800_000,
            gaps: 2,
            gap_micros: 800_000,
            paused_micros: 0,
        };
        assert_eq!(coverage_line(&coverage), "14 h 02 m of 14 h 02 m, 2 gaps, 0.8 s");
        let short = Coverage { recorded_micros: 59 * second, wanted_micros: 60 * second, gaps: 1, ..coverage.clone() };
        assert_eq!(coverage_line(&short), "59.0 s of 1 m 00 s, 1 gap, 0.8 s");
        let whole = Coverage { recorded_micros: second, wanted_micros: second, gaps: 0, gap_micros: 0, ..coverage };
        let paused = Coverage { paused_micros: 605 * second, ..whole };
        assert_eq!(coverage_line(&paused), "1.0 s of 1.0 s, no gaps, paused for 10 m 05 s");
    }
}
