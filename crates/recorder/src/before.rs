//! What the recorder before this one left: a track that it didn't close has a gap since its last sound.
//!
//! Its rows and files say when things were by the clock of their session. The wall clock may have been set since, by less
//! than a session notices or by hours: so they are taken back to the boot clock by the line of their own session. After
//! a reboot nothing is left of that clock; then the wall clock as it is now has to do.

use crate::context::Context;
use crate::marks::is_called;
use crate::session_lines::SessionLines;
use archive::{Archive, GapCause, Journal, Row};
use std::collections::BTreeMap;
use timeline::{Span, TrackName, WallTime};

/// Journals are read back so many days at least: a track that is recorded has an anchor every ten seconds.
const DAYS: usize = 2;
/// And so many at most, for a track that was never recorded.
const MOST_DAYS: usize = 366;
/// Segments end at most so long before a track's last row.
const DAY_MICROS: i64 = 86_400_000_000;

/// What the journal says of the recorder before this one. All moments are on the boot clock.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// The tracks, by their usual names, that it didn't close, since it died, and when the sound of each ended.
    pub(crate) died: BTreeMap<TrackName, i64>,
    /// Since when it, and those before it that died as well, were in a pause that no gap accounts for.
    pub(crate) paused: Option<i64>,
}

/// A session in which a track wasn't closed.
struct Open {
    session: String,
    /// What the track was called in it.
    name: TrackName,
    /// A wall time at which it was open.
    at: WallTime,
    /// Since when sound was to come.
    since: i64,
}

impl Before {
    /// Reads it for the tracks of those usual names.
    pub(crate) fn read(tracks: &[TrackName], context: &Context) -> Self {
        let mut rows = last_rows(tracks, &context.archive, context.wall());
        let lines = SessionLines::of(&rows, context);
        // The journal's days are in the order of their names, which isn't that of time where the clock was set back.
        rows.sort_by_cached_key(|row| lines.began(row.session()));
        let mut noted = Noted::default();
        for row in &rows {
            noted.note(row, lines.boot_at(row.session(), row.at()), tracks);
        }
        let ended = |(track, open): (TrackName, Vec<Open>)| {
            // Whoever wrote sound accounted for what was missing before it.
            let ended = open.iter().rev().find_map(|open| end_of_sound(open, &lines));
            ended.or(open.first().map(|open| open.since)).map(|ended| (track, ended))
        };
        Self { died: noted.open.into_iter().filter_map(ended).collect(), paused: noted.unaccounted }
    }
}

/// The rows of the last days, of those that the clock shows, should it have been ahead before, and of as many more as it takes to
/// know of every track whether it was open: one that is idle for days has no row in them.
fn last_rows(tracks: &[TrackName], archive: &Archive, now: WallTime) -> Vec<Row> {
    let journal = Journal::open(archive);
    let days = archive.days().unwrap_or_default();
    let yesterday = now.plus_micros(-DAY_MICROS).utc().format("%Y-%m-%d").to_string();
    let mut unknown: Vec<&TrackName> = tracks.iter().collect();
    let mut rows = Vec::new();
    for (n, day) in days.iter().rev().enumerate() {
        if n >= DAYS && *day < yesterday && (unknown.is_empty() || n >= MOST_DAYS) {
            break;
        }
        match journal.rows(day) {
            Ok(of_day) => {
                let known: Vec<&TrackName> = of_day.rows.iter().filter_map(open_or_closed).collect();
                unknown.retain(|usual| !known.iter().any(|track| is_called(track, usual)));
                rows.push(of_day.rows);
            }
            Err(error) => tracing::warn!("{error}"),
        }
    }
    rows.into_iter().rev().flatten().collect()
}

/// The track of which a row says whether it was open.
fn open_or_closed(row: &Row) -> Option<&TrackName> {
    match row {
        Row::Opened { track, .. }
        | Row::Anchor { track, .. }
        | Row::DeviceLost { track, .. }
        | Row::Closed { track, .. } => Some(track),
        _ => None,
    }
}

fn end_of_sound(open: &Open, lines: &SessionLines<'_>) -> Option<i64> {
    let span = Span::new(open.at.plus_micros(-DAY_MICROS), WallTime::MAX);
    let segments = lines.archive().segments(&open.name, &span).unwrap_or_default();
    let ours = segments.iter().filter(|it| it.session.as_ref() == Some(&open.session));
    ours.map(|segment| lines.boot_at(&open.session, segment.span.end)).max()
}

/// What the rows so far say.
#[derive(Default)]
struct Noted {
    /// By their usual names; the sessions of each in order of time.
    open: BTreeMap<TrackName, Vec<Open>>,
    /// By their usual names: the first row of a pause since the track's time was accounted for, by sound or by a gap.
    without: BTreeMap<TrackName, i64>,
    /// The first row of a pause since it ended or a gap accounted for it.
    unaccounted: Option<i64>,
}

impl Noted {
    fn note(&mut self, row: &Row, moment: i64, tracks: &[TrackName]) {
        // While the clock was set back, a track had another name.
        let usual = |name: &TrackName| tracks.iter().find(|usual| is_called(name, usual)).cloned();
        match row {
            Row::Opened { at, session, track, .. }
            | Row::Anchor { at, session, track, .. }
            | Row::DeviceLost { at, session, track, .. } => {
                let Some(usual) = usual(track) else { return };
                // A session that began in a pause names its tracks when it ends, and those before it may have died in it.
                let since = self.without.get(&usual).copied().unwrap_or(moment);
                if matches!(row, Row::Anchor { .. }) {
                    self.without.remove(&usual);
                }
                let open = self.open.entry(usual).or_default();
                if open.iter().all(|open| open.session != *session) {
                    open.push(Open { session: session.clone(), name: track.clone(), at: *at, since });
                }
            }
            Row::Closed { track, .. } => {
                if let Some(usual) = usual(track) {
                    self.open.remove(&usual);
                    self.without.remove(&usual);
                }
            }
            Row::Paused { .. } => {
                for track in tracks {
                    self.without.entry(track.clone()).or_insert(moment);
                }
                self.unaccounted.get_or_insert(moment);
            }
            Row::Resumed { .. } => self.unaccounted = None,
            Row::Gap(gap) => {
                if let Some(usual) = usual(&gap.track) {
                    self.without.remove(&usual);
                }
                if gap.cause == GapCause::Paused {
                    self.unaccounted = None;
                }
            }
            _ => {}
        }
    }
}
