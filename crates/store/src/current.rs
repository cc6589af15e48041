//! Which utterances a reader sees.
//!
//! Every moment of a track has at most one pass that speaks for it: of those whose coverage of that moment
//! came out as words, the best (rank, then the younger). An utterance is current if its own pass speaks at its
//! middle. Coverage that came out as nothing, or was set aside, leaves the moment to the next best pass. A provisional
//! pass, though, is silent wherever another has come to any result.

use crate::State;
use crate::pass::{BEST_FIRST, PROVISIONAL, span_at};
use crate::utterance::state_at;
use rusqlite::{Connection, Row, params};
use std::collections::HashSet;
use timeline::{Span, SpanSet, WallTime};

/// Utterances further apart than this are looked at apart, so that a few from all over ten years don't read
/// the coverage of ten years.
const NEIGHBOURHOOD_MICROS: i64 = 3_600_000_000;

/// Where an utterance stands: enough to tell whether it is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) key: i64,
    pub(crate) track: i64,
    pub(crate) pass: i64,
    pub(crate) span: Span,
    /// Its middle, inside its window.
    pub(crate) at: WallTime,
    pub(crate) state: State,
}

impl Place {
    pub(crate) const COLUMNS: &'static str = "u.key, u.track, u.pass, u.start_us, u.end_us, u.at_us, u.state";

    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Self::read_from(row, 0)
    }

    /// Reads a row in which [`COLUMNS`](Self::COLUMNS) begin at `column`.
    pub(crate) fn read_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            key: row.get(column)?,
            track: row.get(column + 1)?,
            pass: row.get(column + 2)?,
            span: span_at(row, column + 3)?,
            at: WallTime::from_micros(row.get(column + 5)?),
            state: state_at(row, column + 6)?,
        })
    }
}

/// The keys of those among `places` that are current.
pub(crate) fn current(connection: &Connection, places: &[Place]) -> rusqlite::Result<HashSet<i64>> {
    speaking(connection, places, false)
}

/// The keys of those among `places` that the best translation has.
pub(crate) fn current_translation(connection: &Connection, places: &[Place]) -> rusqlite::Result<HashSet<i64>> {
    speaking(connection, places, true)
}

fn speaking(connection: &Connection, places: &[Place], translation: bool) -> rusqlite::Result<HashSet<i64>> {
    let passes: Vec<(i64, i64)> = connection
        .prepare_cached(&format!("SELECT key, rank FROM pass WHERE translation = ?1 {BEST_FIRST}"))?
        .query_map([translation], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut places = places.to_vec();
    places.sort_by_key(|place| (place.track, place.at));
    let mut keys = HashSet::new();
    for near in places.chunk_by(|a, b| a.track == b.track && b.at.micros_since(a.at) <= NEIGHBOURHOOD_MICROS) {
        let [first, ..] = near else { continue };
        let last = near.last().unwrap_or(first);
        let span = Span::new(first.at, last.at.plus_micros(1));
        let (mut spoken_for, mut without_words) = (SpanSet::new(), SpanSet::new());
        for (pass, rank) in &passes {
            let provisional = *rank <= PROVISIONAL;
            let covered = coverage(connection, *pass, first.track, &span, "words")?;
            let mut own = covered.minus(&spoken_for);
            if provisional {
                own = own.minus(&without_words);
            } else {
                without_words.extend(coverage(connection, *pass, first.track, &span, "nothing")?.iter());
            }
            keys.extend(
                near.iter().filter(|place| place.pass == *pass && own.contains(place.at)).map(|place| place.key),
            );
            spoken_for.extend(covered.iter());
        }
    }
    Ok(keys)
}

/// What of `span` a pass covers with that outcome. A pass's rows don't overlap, so the last one that starts at or
/// before the span is the only earlier one that can reach into it.
fn coverage(connection: &Connection, pass: i64, track: i64, span: &Span, outcome: &str) -> rusqlite::Result<SpanSet> {
    connection
        .prepare_cached(
            "SELECT start_us, end_us FROM coverage
             WHERE pass = ?1 AND track = ?2 AND start_us < ?4 AND end_us > ?3 AND outcome = ?5
               AND start_us >= coalesce((SELECT max(start_us) FROM coverage WHERE pass = ?1 AND track = ?2 AND start_us <= ?3), ?3)",
        )?
        .query_map(params![pass, track, span.start.as_micros(), span.end.as_micros(), outcome], |row| span_at(row, 0))?
        .collect()
}
