//! What the recorder's journals say of a span, and what was forgotten of it: read for `gaps` and `status`.

use crate::output;
use anyhow::Result;
use archive::{Archive, Coverage, Forgotten, ForgottenLog, GapCause, GapRow, Journal, JournalRows, Row};
use std::collections::BTreeSet;
use timeline::{Side, Span, TrackName, WallTime};

/// A day's journal may tell of what began the day before.
const DAY_MICROS: i64 = 86_400_000_000;

/// The rows of the span's days, and of a day on either side; what was forgotten of it is a gap like others.
pub(crate) fn rows(archive: &Archive, span: &Span) -> Result<JournalRows> {
    let day = |time: WallTime| time.utc().format("%Y-%m-%d").to_string();
    let (first, last) = (day(span.start.plus_micros(-DAY_MICROS)), day(span.end.plus_micros(DAY_MICROS)));
    let mut all = JournalRows::default();
    for day in archive.days()?.into_iter().filter(|day| (&first..=&last).contains(&day)) {
        let found = Journal::open(archive).rows(&day)?;
        all.rows.extend(found.rows);
        all.faults.extend(found.faults);
    }
    let forgotten = ForgottenLog::open(archive).within(span)?;
    if !forgotten.all.is_empty() {
        let mut tracks: BTreeSet<TrackName> = all.rows.iter().filter_map(track).cloned().collect();
        tracks.extend(archive.tracks_within(span)?);
        tracks.extend(forgotten.all.iter().flat_map(|forgetting| forgetting.tracks.iter().flatten()).cloned());
        if tracks.is_empty() {
            // Nothing is left that could name them.
            tracks.extend([TrackName::mic(), TrackName::loopback()]);
        }
        all.rows.extend(tracks.iter().flat_map(|track| gaps(track, &forgotten)));
    }
    all.rows.extend(archive.retired_gaps(span)?);
    Ok(all)
}

/// The track of a row that tells of its sound.
fn track(row: &Row) -> Option<&TrackName> {
    match row {
        Row::Opened { track, .. } | Row::Anchor { track, .. } | Row::Closed { track, .. } => Some(track),
        Row::Gap(gap) => Some(&gap.track),
        _ => None,
    }
}

/// What was forgotten of a track, as gaps.
fn gaps(track: &TrackName, forgotten: &Forgotten) -> Vec<Row> {
    let asked = forgotten.all.iter().map(|forgetting| forgetting.asked).max().unwrap_or_default();
    let gap = |span: Span| {
        Row::Gap(GapRow {
            at: asked,
            session: String::new(),
            track: track.clone(),
            cause: GapCause::Forgotten,
            from: span.start,
            to: span.end,
            frame: 0,
            frames: 0,
            written: true,
        })
    };
    forgotten.of(track).iter().map(gap).collect()
}

/// Time without sound on one side, and why. Times at which nothing was played are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) side: Side,
    pub(crate) span: Span,
    pub(crate) cause: GapCause,
}

/// What is missing within `span` by the rows of its journals, in the order of time.
pub(crate) fn missing(rows: &[Row], span: &Span, side: impl Fn(&TrackName) -> Side) -> Vec<Missing> {
    let of_row = |row: &Row| {
        let Row::Gap(gap) = row else { return None };
        let missing = Missing { side: side(&gap.track), span: Span::new(gap.from, gap.to), cause: gap.cause };
        (gap.cause != GapCause::Idle && missing.span.overlaps(span)).then_some(missing)
    };
    let mut all: Vec<Missing> = rows.iter().filter_map(of_row).collect();
    all.sort_by_key(|missing| (missing.span.start, missing.span.end));
    all
}

/// The cause of a gap, in words.
pub(crate) const fn because(cause: GapCause) -> &'static str {
    match cause {
        GapCause::Stalled => "the device delivered nothing",
        GapCause::DeviceLost => "the device was gone",
        GapCause::Reopened => "the device was opened again",
        GapCause::Overrun => "sound came faster than it could be taken",
        GapCause::Suspended => "the machine slept",
        GapCause::Disk => "nothing could be written",
        GapCause::Crash => "the recorder had died",
        GapCause::Paused => "paused",
        GapCause::Idle => "nothing was played",
        GapCause::Forgotten => "forgotten",
        GapCause::Retired => "the sound was taken away by a rule; the words are there",
    }
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
    pub(crate) forgotten_s: f64,
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
            forgotten_s: output::seconds(coverage.forgotten_micros),
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
    let also = |what: &str, micros: i64| {
        if micros < 1_000_000 { String::new() } else { format!(", {what} {}", length(micros)) }
    };
    let paused = also("paused for", coverage.paused_micros);
    let forgotten = also("forgotten:", coverage.forgotten_micros);
    format!("{} of {}, {gaps}{paused}{forgotten}", length(coverage.recorded_micros), length(coverage.wanted_micros))
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
            forgotten_micros: 0,
        };
        assert_eq!(coverage_line(&coverage), "14 h 02 m of 14 h 02 m, 2 gaps, 0.8 s");
        let short = Coverage { recorded_micros: 59 * second, wanted_micros: 60 * second, gaps: 1, ..coverage.clone() };
        assert_eq!(coverage_line(&short), "59.0 s of 1 m 00 s, 1 gap, 0.8 s");
        let whole = Coverage { recorded_micros: second, wanted_micros: second, gaps: 0, gap_micros: 0, ..coverage };
        let paused = Coverage { paused_micros: 605 * second, ..whole };
        assert_eq!(coverage_line(&paused), "1.0 s of 1.0 s, no gaps, paused for 10 m 05 s");
    }
}
