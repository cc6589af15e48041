//! How far each track reaches, and what a track is called while the wall clock shows a time that it already has.
//!
//! A wall clock that is set back would put new sound where old sound lies. Nothing may be overwritten or left out, so
//! until the clock has passed what is there, the track has another name: `mic-2`, or the next number that is free.

use archive::Archive;
use std::collections::BTreeMap;
use timeline::{Span, TrackName, WallTime};

/// A track that reaches no further than this into the new session is cut there: clocks differ by so much at a restart.
const OVERLAP_MICROS: i64 = 200_000;
/// Sound that ended longer ago than this doesn't matter; no segment is longer.
const DAY_MICROS: i64 = 86_400_000_000;
/// Names that are tried.
const NUMBERS: u32 = 1_000;

/// When the sound of each track ends.
#[derive(Debug, Default)]
pub(crate) struct Marks(BTreeMap<TrackName, WallTime>);

impl Marks {
    /// What the archive has from a day ago on, the future included: a clock may have been wrong before, too.
    pub(crate) fn of(archive: &Archive, now: WallTime) -> Self {
        let mut marks = Self::default();
        let span = Span::new(now.plus_micros(-DAY_MICROS), WallTime::MAX);
        let tracks = archive.tracks_within(&span).unwrap_or_else(|error| {
            tracing::warn!("{error}");
            Vec::new()
        });
        for track in tracks {
            match archive.segments(&track, &span) {
                Ok(segments) => segments.iter().for_each(|segment| marks.reach(&track, segment.span.end)),
                Err(error) => tracing::warn!("{error}"),
            }
        }
        marks
    }

    /// A track has sound up to then.
    pub(crate) fn reach(&mut self, track: &TrackName, end: WallTime) {
        match self.0.get_mut(track) {
            Some(mark) => *mark = (*mark).max(end),
            None => drop(self.0.insert(track.clone(), end)),
        }
    }

    /// Where the sound of a track ends.
    pub(crate) fn end(&self, track: &TrackName) -> Option<WallTime> {
        self.0.get(track).copied()
    }

    /// Whether a track may be written from `now` on.
    pub(crate) fn is_free(&self, track: &TrackName, now: WallTime) -> bool {
        self.end(track).is_none_or(|end| end.micros_since(now) <= OVERLAP_MICROS)
    }

    /// What a track is called in a session that begins now.
    pub(crate) fn name(&self, usual: &TrackName, now: WallTime) -> TrackName {
        let numbered = (2..NUMBERS).filter_map(|number| TrackName::new(&format!("{usual}-{number}")).ok());
        let mut names = std::iter::once(usual.clone()).chain(numbered);
        names.find(|name| self.is_free(name, now)).unwrap_or_else(|| usual.clone())
    }
}

/// Whether a track's name is the usual one, or one that it has while the clock is set back.
pub(crate) fn is_called(name: &TrackName, usual: &TrackName) -> bool {
    name.as_str().strip_prefix(usual.as_str()).is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_is_renamed_while_the_clock_shows_what_it_already_has() {
        let at = |second: i64| WallTime::from_millis(1_795_425_000_000 + second * 1_000);
        let mut marks = Marks::default();
        let mic = TrackName::mic();
        assert_eq!(marks.name(&mic, at(0)), mic);
        marks.reach(&mic, at(100));
        marks.reach(&mic, at(50));
        let second = TrackName::new("mic-2").unwrap();
        assert_eq!((marks.name(&mic, at(99)), marks.name(&mic, at(100))), (second.clone(), mic.clone()));
        assert_eq!(marks.name(&TrackName::loopback(), at(0)), TrackName::loopback());
        marks.reach(&second, at(70));
        assert_eq!(marks.name(&mic, at(60)).as_str(), "mic-3");
        assert_eq!(marks.name(&mic, at(80)), second);
    }
}
