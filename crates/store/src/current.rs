//! Which utterances a reader sees.
//!
//! Every moment of a track has at most one pass that speaks for it: of those whose coverage of that moment
//! came out as words, the user's own, else the one that he prefers there, else the best (rank, then the younger). An utterance is current if its own pass
//! speaks at its middle. Coverage that came out as nothing, or was set aside, leaves the moment to the next best pass. A provisional
//! pass, though, is silent wherever another has come to any result.
//!
//! What another pass heard where the one that speaks heard nobody stays in sight, as doubtful: it is *unheard* by the better one.

use crate::correction::BY_HAND;
use crate::pass::{BEST_FIRST, PROVISIONAL, name_at, span_at};
use crate::preference::{self, Standing};
use crate::utterance::state_at;
use crate::{MAX_UTTERANCE_MICROS, State};
use rusqlite::{Connection, Row, params};
use std::collections::{BTreeMap, HashMap, HashSet};
use timeline::{PassName, Span, SpanSet, WallTime};

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

/// Which of some utterances a reader sees.
#[derive(Debug, Default)]
pub(crate) struct Current {
    speaking: HashSet<i64>,
    unheard: HashMap<i64, PassName>,
}

impl Current {
    /// Whether a reader sees the utterance of this key, if its state lets him.
    pub(crate) fn contains(&self, key: i64) -> bool {
        self.speaking.contains(&key) || self.unheard.contains_key(&key)
    }

    /// The better pass that heard nobody where that utterance is.
    pub(crate) fn not_heard_by(&self, key: i64) -> Option<&PassName> {
        self.unheard.get(&key)
    }

    /// How an utterance that is seen is shown.
    pub(crate) fn state_of(&self, place: &Place) -> State {
        if self.unheard.contains_key(&place.key) { State::Doubtful } else { place.state }
    }
}

/// Among which passes is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    /// Those that a reader sees.
    All,
    /// The same without what the user wrote himself.
    Heard,
    /// Those that stand beside them.
    Translations,
}

/// A pass in the order of precedence.
struct Voice {
    pass: i64,
    name: PassName,
    provisional: bool,
    /// The user's own.
    by_hand: bool,
    /// Where it goes before those that rank higher; `None`: its own place in the order.
    preferred: Option<Standing>,
}

/// What a voice has to say on a track.
struct Part {
    /// Where it found words.
    covered: SpanSet,
    /// Where it speaks.
    own: SpanSet,
}

/// Those among `places` that are current.
pub(crate) fn current(connection: &Connection, places: &[Place]) -> rusqlite::Result<Current> {
    choose(connection, places, Among::All)
}

/// Those that would be, had nothing been corrected.
pub(crate) fn heard(connection: &Connection, places: &[Place]) -> rusqlite::Result<Current> {
    choose(connection, places, Among::Heard)
}

fn choose(connection: &Connection, places: &[Place], among: Among) -> rusqlite::Result<Current> {
    let voices = voices(connection, among)?;
    let mut found = Current::default();
    for near in neighbourhoods(places).chunk_by(are_near) {
        let Some((track, span)) = extent(near) else { continue };
        let parts = parts(connection, &voices, track, &span)?;
        let mut passed_over = Vec::new();
        for (voice, part) in voices.iter().zip(&parts) {
            for place in near.iter().filter(|place| place.pass == voice.pass) {
                if part.own.contains(place.at) {
                    found.speaking.insert(place.key);
                } else if !voice.provisional && voice.preferred.is_none() && part.covered.contains(place.at) {
                    passed_over.push(*place);
                }
            }
        }
        passed_over.retain(|place| place.state != State::Hidden && !found.speaking.contains(&place.key));
        if !passed_over.is_empty() {
            find_unheard(connection, &voices, &passed_over, &mut found.unheard)?;
        }
    }
    Ok(found)
}

/// Those among `places` that the best translation has.
pub(crate) fn current_translation(connection: &Connection, places: &[Place]) -> rusqlite::Result<Current> {
    let voices = voices(connection, Among::Translations)?;
    let mut found = Current::default();
    for near in neighbourhoods(places).chunk_by(are_near) {
        let Some((track, span)) = extent(near) else { continue };
        for (voice, part) in voices.iter().zip(parts(connection, &voices, track, &span)?) {
            let own = near.iter().filter(|place| place.pass == voice.pass && part.own.contains(place.at));
            found.speaking.extend(own.map(|place| place.key));
        }
    }
    Ok(found)
}

/// In the order in which they are looked at.
fn neighbourhoods(places: &[Place]) -> Vec<Place> {
    let mut places = places.to_vec();
    places.sort_by_key(|place| (place.track, place.at, place.key));
    places
}

fn are_near(a: &Place, b: &Place) -> bool {
    a.track == b.track && b.at.micros_since(a.at) <= NEIGHBOURHOOD_MICROS
}

/// The track of some neighbours, and from the first place to the last.
fn extent(near: &[Place]) -> Option<(i64, Span)> {
    let (first, last) = (near.first()?, near.last()?);
    Some((first.track, Span::new(first.at, last.at.plus_micros(1))))
}

/// The passes in the order in which they are asked.
fn voices(connection: &Connection, among: Among) -> rusqlite::Result<Vec<Voice>> {
    let mut ranked: Vec<Voice> = connection
        .prepare_cached(&format!("SELECT key, name, rank FROM pass WHERE translation = ?1 {BEST_FIRST}"))?
        .query_map([among == Among::Translations], |row| {
            let rank: i64 = row.get(2)?;
            let (provisional, by_hand) = (rank <= PROVISIONAL, rank >= BY_HAND);
            Ok(Voice { pass: row.get(0)?, name: name_at(row, 1)?, provisional, by_hand, preferred: None })
        })?
        .collect::<rusqlite::Result<_>>()?;
    // The user's own comes first by its rank, and nobody prefers another to it.
    let mut models = ranked.split_off(ranked.partition_point(|voice| voice.by_hand));
    let mut voices = if among == Among::Heard { Vec::new() } else { ranked };
    for preference in preference::standing(connection)? {
        if let Some(of) = models.iter().find(|voice| voice.name == preference.pass) {
            let (pass, name) = (of.pass, of.name.clone());
            voices.push(Voice { pass, name, provisional: false, by_hand: false, preferred: Some(preference) });
        }
    }
    voices.append(&mut models);
    Ok(voices)
}

/// What each voice has to say within a span.
fn parts(connection: &Connection, voices: &[Voice], track: i64, span: &Span) -> rusqlite::Result<Vec<Part>> {
    let (mut spoken_for, mut without_words) = (SpanSet::new(), SpanSet::new());
    let mut parts = Vec::new();
    for voice in voices {
        let within = match &voice.preferred {
            None => Some(*span),
            Some(preference) if preference.is_of(track) => preference.span.intersect(span),
            Some(_) => None,
        };
        let Some(within) = within else {
            parts.push(Part { covered: SpanSet::new(), own: SpanSet::new() });
            continue;
        };
        let covered = coverage(connection, voice.pass, track, &within, "words")?.within(&within);
        let mut own = covered.minus(&spoken_for);
        if voice.provisional {
            own = own.minus(&without_words);
        } else if voice.preferred.is_none() {
            without_words.extend(coverage(connection, voice.pass, track, span, "nothing")?.iter());
        }
        spoken_for.extend(covered.iter());
        parts.push(Part { covered, own });
    }
    Ok(parts)
}

/// Of utterances of passes that don't speak where they are, those during which nobody was heard by those that go before.
fn find_unheard(
    connection: &Connection,
    voices: &[Voice],
    passed_over: &[Place],
    unheard: &mut HashMap<i64, PassName>,
) -> rusqlite::Result<()> {
    for near in passed_over.chunk_by(are_near) {
        let Some((track, span)) = hull(near) else { continue };
        let around = around(connection, track, &span)?;
        let Some((track, span)) = extent(&around) else { continue };
        let parts = parts(connection, voices, track, &span)?;
        let speaker_at = |at: WallTime| {
            voices.iter().zip(&parts).find(|(_, part)| part.own.contains(at)).map(|(voice, _)| &voice.name)
        };
        let wanted: HashSet<i64> = near.iter().map(|place| place.key).collect();
        let mut heard = SpanSet::new();
        for (voice, part) in voices.iter().zip(&parts) {
            let of_it: Vec<&Place> = around.iter().filter(|place| place.pass == voice.pass).collect();
            let speaks = of_it.iter().filter(|place| part.own.contains(place.at));
            let mut told: Vec<Span> = speaks.map(|place| place.span).collect();
            if !voice.provisional && voice.preferred.is_none() {
                let silenced = of_it.iter().filter(|place| {
                    part.covered.contains(place.at) && !part.own.contains(place.at) && place.state != State::Hidden
                });
                for place in silenced.filter(|place| heard.within(&place.span).is_empty()) {
                    told.push(place.span);
                    if let Some(by) =
                        speaker_at(place.at).filter(|by| **by != voice.name && wanted.contains(&place.key))
                    {
                        unheard.insert(place.key, by.clone());
                    }
                }
            }
            heard.extend(told.into_iter().filter(|span| !span.is_empty()));
        }
    }
    Ok(())
}

/// The track of some utterances of it, and from the earliest start to the latest end.
pub(crate) fn hull(places: &[Place]) -> Option<(i64, Span)> {
    let spans = places.iter().map(|place| place.span);
    let span = spans.reduce(|a, b| Span::new(a.start.min(b.start), a.end.max(b.end)))?;
    Some((places.first()?.track, span))
}

/// The utterances of all passes whose standing has to do with a span: what overlaps with it, with that, and so on. In the order of their middles.
pub(crate) fn around(connection: &Connection, track: i64, span: &Span) -> rusqlite::Result<Vec<Place>> {
    let mut found: BTreeMap<i64, Place> = BTreeMap::new();
    let (mut reached, mut edges) = (*span, vec![*span]);
    while let Some(edge) = edges.pop() {
        for place in overlapping(connection, track, &edge)? {
            found.insert(place.key, place);
            // Only what was not looked at yet is, once.
            if place.span.start < reached.start {
                edges.push(Span::new(place.span.start, reached.start));
                reached = Span::new(place.span.start, reached.end);
            }
            if place.span.end > reached.end {
                edges.push(Span::new(reached.end, place.span.end));
                reached = Span::new(reached.start, place.span.end);
            }
        }
    }
    let mut places: Vec<Place> = found.into_values().collect();
    places.sort_by_key(|place| (place.at, place.key));
    Ok(places)
}

fn overlapping(connection: &Connection, track: i64, span: &Span) -> rusqlite::Result<Vec<Place>> {
    let sql = format!(
        "SELECT {} FROM utterance u WHERE u.track = ?1 AND u.start_us / 1000 BETWEEN ?2 / 1000 AND ?4 / 1000
           AND u.start_us < ?4 AND u.end_us > ?3",
        Place::COLUMNS
    );
    let earliest = span.start.as_micros().saturating_sub(MAX_UTTERANCE_MICROS).max(0);
    connection
        .prepare_cached(&sql)?
        .query_map([track, earliest, span.start.as_micros(), span.end.as_micros()], Place::read)?
        .collect()
}

/// What of `span` a pass covers with that outcome. A pass's rows don't overlap, so the last one that starts at or
/// before the span is the only earlier one that can reach into it.
pub(crate) fn coverage(
    connection: &Connection,
    pass: i64,
    track: i64,
    span: &Span,
    outcome: &str,
) -> rusqlite::Result<SpanSet> {
    connection
        .prepare_cached(
            "SELECT start_us, end_us FROM coverage
             WHERE pass = ?1 AND track = ?2 AND start_us < ?4 AND end_us > ?3 AND outcome = ?5
               AND start_us >= coalesce((SELECT max(start_us) FROM coverage WHERE pass = ?1 AND track = ?2 AND start_us <= ?3), ?3)",
        )?
        .query_map(params![pass, track, span.start.as_micros(), span.end.as_micros(), outcome], |row| span_at(row, 0))?
        .collect()
}
