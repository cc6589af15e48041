//! What the recorder before this one left: a track that it didn't close has a gap since its last sound.

use archive::{Archive, GapCause, Journal, Row};
use std::collections::{BTreeMap, BTreeSet};
use timeline::{Span, TrackName, WallTime};

/// Journals are read back so many days: a track that is recorded has an anchor every ten seconds.
const DAYS: usize = 2;
/// Segments end at most so long before a track's last row.
const DAY_MICROS: i64 = 86_400_000_000;

/// What the journal says of the recorder before this one.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// The tracks that it didn't close, since it died, and when the sound of each ended.
    pub(crate) died: BTreeMap<TrackName, WallTime>,
    /// Since when it, and those before it that died as well, were in a pause that no gap accounts for.
    pub(crate) paused: Option<WallTime>,
}

/// A track that wasn't closed: since when, and in which sessions.
struct Open {
    since: WallTime,
    sessions: BTreeSet<String>,
}

impl Before {
    pub(crate) fn read(archive: &Archive) -> Self {
        let journal = Journal::open(archive);
        let days = archive.days().unwrap_or_default();
        let mut noted = Noted::default();
        for day in days.iter().rev().take(DAYS).rev() {
            match journal.rows(day) {
                Ok(rows) => rows.rows.iter().for_each(|row| noted.note(row)),
                Err(error) => tracing::warn!("{error}"),
            }
        }
        let ended = |(track, open): (TrackName, Open)| {
            let span = Span::new(open.since.plus_micros(-DAY_MICROS), WallTime::MAX);
            let segments = archive.segments(&track, &span).unwrap_or_default();
            let ours = segments.iter().filter(|it| it.session.as_ref().is_some_and(|id| open.sessions.contains(id)));
            (track, ours.map(|segment| segment.span.end).max().unwrap_or(open.since))
        };
        Self { died: noted.open.into_iter().map(ended).collect(), paused: noted.unaccounted }
    }
}

/// What the rows so far say.
#[derive(Default)]
struct Noted {
    open: BTreeMap<TrackName, Open>,
    /// The last row of a pause: when, and in which session.
    paused: Option<(WallTime, String)>,
    /// The first row of a pause since it ended or a gap accounted for it.
    unaccounted: Option<WallTime>,
}

impl Noted {
    fn note(&mut self, row: &Row) {
        match row {
            Row::Opened { at, session, track, .. }
            | Row::Anchor { at, session, track, .. }
            | Row::DeviceLost { at, session, track, .. } => {
                // A session that began in a pause has been without this track since.
                let began = self.paused.as_ref().filter(|(_, of)| of == session).map_or(*at, |(paused, _)| *paused);
                let new = || Open { since: began, sessions: BTreeSet::new() };
                self.open.entry(track.clone()).or_insert_with(new).sessions.insert(session.clone());
            }
            Row::Closed { track, .. } => drop(self.open.remove(track)),
            Row::Paused { at, session, .. } => {
                self.paused = Some((*at, session.clone()));
                self.unaccounted.get_or_insert(*at);
            }
            Row::Resumed { .. } => self.unaccounted = None,
            Row::Gap(gap) if gap.cause == GapCause::Paused => self.unaccounted = None,
            _ => {}
        }
    }
}
