//! What a day holds, and how much was spoken on each day of a year.

use super::state::{Day, DayTalk};
use crate::ledger;
use crate::library::Library;
use anyhow::Result;
use archive::Archive;
use home::Home;
use timeline::{Side, Span, SpanSet, TrackName, WallTime, local_day, parse_span};

/// What the local day `span` holds.
///
/// # Errors
/// Where the archive's folder, its journals or the database can't be read.
pub(super) fn day(home: &Home, library: &mut Library, span: Span) -> Result<Day> {
    let archive = Archive::open(home);
    let sides = library.sides()?;
    let side = |track: &TrackName| {
        let known = sides.iter().find(|(known, _)| known == track).map(|(_, side)| *side);
        known.or_else(|| track.usual_side()).unwrap_or(Side::Both)
    };
    let mut sound = Vec::new();
    for track in archive.tracks_within(&span)? {
        let mut of_track = SpanSet::new();
        for segment in archive.segments(&track, &span)? {
            of_track.extend(segment.sound().iter());
        }
        sound.extend(of_track.within(&span).iter().map(|there| (side(&track), there)));
    }
    let rows = ledger::rows(&archive, &span)?.rows;
    let missing = ledger::missing(&rows, &span, side);
    Ok(Day { span, spoken: library.talk(&span)?, sound, missing })
}

/// The days of a year and how much was spoken on each.
///
/// # Errors
/// Where the database can't be read.
pub(super) fn year(library: &mut Library, year: i32) -> Result<Vec<DayTalk>> {
    let year = parse_span(&format!("{year:04}"), WallTime::MIN)?;
    let mut days = vec![local_day(year.start)];
    while let Some(last) = days.last().filter(|last| last.end < year.end) {
        days.push(local_day(last.end));
    }
    let speech = library.speech_of(&days)?;
    Ok(days.into_iter().zip(speech).map(|(day, speech_micros)| DayTalk { day, speech_micros }).collect())
}
