use crate::current::{self, Current, Place};
use crate::error::During;
use crate::pass::{PROVISIONAL, name_at};
use crate::{MAX_UTTERANCE_MICROS, State, Store, StoreError, remark, track};
use rusqlite::{Connection, OptionalExtension};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use timeline::{PassName, Side, Span, TrackName};

/// Utterances of one track further apart than this are not one sentence: no phrase reaches across.
pub(crate) const BRIDGE_GAP_MICROS: i64 = 30_000_000;
/// How far apart the places of two utterances can be that are close enough for a phrase: each place may be as far
/// from where its utterance starts or ends as an utterance is long.
pub(crate) const REACH_MICROS: i64 = BRIDGE_GAP_MICROS + 2 * MAX_UTTERANCE_MICROS;
/// How many words of the utterance before a document carries. The index uses the last four that hold a letter.
const BRIDGE_WORDS: usize = 8;

/// What the index holds of a current utterance.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The utterance's private key.
    pub key: i64,
    /// When it was said.
    pub span: Span,
    /// Its track.
    pub track: TrackName,
    /// Its track's side.
    pub side: Side,
    /// What was said.
    pub text: String,
    /// The last words that were said on this track just before it; empty after a pause.
    pub before: String,
    /// In which language.
    pub language: Option<String>,
    /// The pass that heard it.
    pub pass: PassName,
    /// Its model.
    pub model: String,
    /// Mean probability of its words, 0 to 1.
    pub p: f32,
    /// How far it is to be believed.
    pub state: State,
    /// It is linked to what came back through the microphone.
    pub is_echo: bool,
    /// It is linked to what the program itself played.
    pub is_replay: bool,
    /// The user has put a star on its moment.
    pub is_starred: bool,
    /// What he has noted of it.
    pub notes: Vec<String>,
}

/// What the index has to do for a number of keys.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Documents {
    /// Those that are current: to be replaced.
    pub current: Vec<Document>,
    /// Those of other passes that aren't hidden: to be replaced, for who looks there.
    pub past: Vec<Document>,
    /// The others, and those that are no longer there: to be removed.
    pub gone: Vec<i64>,
}

impl Store {
    /// What the index has to hold for `keys`, as the database is now. Keys may come more than once and in any order;
    /// each is answered once. A few hundred at a time are a good number.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn documents(&self, keys: &[i64]) -> Result<Documents, StoreError> {
        let operation = "reading what the index has to hold";
        let snapshot = self.snapshot(operation)?;
        documents(&snapshot, keys).during(&self.path, operation)
    }

    /// The next `limit` keys of utterances after `key`, of all passes: what an index that is built anew goes through.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn keys_after(&self, key: i64, limit: usize) -> Result<Vec<i64>, StoreError> {
        let read = || -> rusqlite::Result<Vec<i64>> {
            self.connection
                .prepare_cached("SELECT key FROM utterance WHERE key > ?1 ORDER BY key LIMIT ?2")?
                .query_map([key, i64::try_from(limit).unwrap_or(i64::MAX)], |row| row.get(0))?
                .collect()
        };
        read().during(&self.path, "reading the utterances' keys")
    }
}

/// The utterances of a track, of all passes, whose middle lies in `span`, in the order of their middles.
pub(crate) fn places(connection: &Connection, track: i64, span: &Span) -> rusqlite::Result<Vec<Place>> {
    let sql = format!(
        "SELECT {} FROM utterance u WHERE u.track = ?1 AND u.start_us / 1000 BETWEEN ?2 / 1000 AND ?4 / 1000
           AND u.at_us >= ?3 AND u.at_us < ?4 ORDER BY u.at_us, u.key",
        Place::COLUMNS
    );
    // An utterance that was cut at its window's border has its place there, before its start or after its end.
    let earliest = span.start.as_micros().saturating_sub(MAX_UTTERANCE_MICROS).max(0);
    connection
        .prepare_cached(&sql)?
        .query_map([track, earliest, span.start.as_micros(), span.end.as_micros()], Place::read)?
        .collect()
}

/// Those among `places`, which follow on something, whose documents hold the last words of it: the `current` up to the first that isn't
/// hidden.
pub(crate) fn bridged(places: &[Place], current: &Current) -> Vec<i64> {
    let following: Vec<&Place> = places.iter().filter(|place| current.contains(place.key)).collect();
    let seen = following.iter().position(|place| place.state != State::Hidden).map_or(following.len(), |at| at + 1);
    following.into_iter().take(seen).map(|place| place.key).collect()
}

fn documents(connection: &Connection, keys: &[i64]) -> rusqlite::Result<Documents> {
    let mut by_track: HashMap<i64, Vec<Place>> = HashMap::new();
    let mut answer = Documents::default();
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let sql = format!("SELECT {} FROM utterance u WHERE u.key = ?1", Place::COLUMNS);
    let mut query = connection.prepare_cached(&sql)?;
    for key in keys {
        match query.query_row([key], Place::read).optional()? {
            Some(place) => by_track.entry(place.track).or_default().push(place),
            None => answer.gone.push(key),
        }
    }
    // Keys that come together are close in time, as a rule.
    let spans = by_track.values().flatten().map(|place| Span::new(place.span.start, place.span.end.plus_micros(1)));
    let hull = spans.reduce(|a, b| Span::new(a.start.min(b.start), a.end.max(b.end)));
    let remarks = hull.map_or(Ok(Vec::new()), |hull| remark::within(connection, &hull))?;
    let mut sources = Sources::default();
    for (track, mut wanted) in by_track {
        wanted.sort_by_key(|place| (place.at, place.key));
        let near = |a: &Place, b: &Place| b.at.micros_since(a.at) <= 2 * BRIDGE_GAP_MICROS;
        for wanted in wanted.chunk_by(near) {
            stretch(connection, &mut sources, track, wanted, &mut answer)?;
        }
    }
    if !remarks.is_empty() {
        for document in answer.current.iter_mut().chain(&mut answer.past) {
            let own = || remarks.iter().filter(|remark| remark.is_of(&document.track, &document.span));
            let (is_starred, notes) =
                (own().any(|remark| remark.note.is_none()), own().filter_map(|remark| remark.note.clone()).collect());
            (document.is_starred, document.notes) = (is_starred, notes);
        }
    }
    answer.current.sort_by_key(|document| document.key);
    answer.past.sort_by_key(|document| document.key);
    answer.gone.sort_unstable();
    Ok(answer)
}

/// The tracks and passes that were met, by their keys: each is read once for all documents.
#[derive(Default)]
struct Sources {
    tracks: HashMap<i64, (TrackName, Side)>,
    passes: HashMap<i64, Source>,
}

/// Of a pass, what a document holds of it.
struct Source {
    name: PassName,
    model: String,
    /// Neither provisional, whose words give way to others for good, nor a translation.
    is_lasting: bool,
}

impl Sources {
    fn track(&mut self, connection: &Connection, key: i64) -> rusqlite::Result<&(TrackName, Side)> {
        Ok(match self.tracks.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let row = connection
                    .prepare_cached("SELECT name, side FROM track WHERE key = ?1")?
                    .query_row([key], |row| Ok((track::track_at(row, 0)?, track::side_at(row, 1)?)))?;
                new.insert(row)
            }
        })
    }

    fn pass(&mut self, connection: &Connection, key: i64) -> rusqlite::Result<&Source> {
        Ok(match self.passes.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let row = connection
                    .prepare_cached("SELECT name, model, rank > ?2 AND translation = 0 FROM pass WHERE key = ?1")?
                    .query_row([key, PROVISIONAL], |row| {
                        Ok(Source { name: name_at(row, 0)?, model: row.get(1)?, is_lasting: row.get(2)? })
                    })?;
                new.insert(row)
            }
        })
    }
}

/// Answers for neighbours on one track, in the order of their middles.
fn stretch(
    connection: &Connection,
    sources: &mut Sources,
    track: i64,
    wanted: &[Place],
    answer: &mut Documents,
) -> rusqlite::Result<()> {
    let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else { return Ok(()) };
    let from = first.at.plus_micros(-REACH_MICROS);
    let places = places(connection, track, &Span::new(from, last.at.plus_micros(1)))?;
    let current = current::current(connection, &places)?;
    let wanted: HashSet<i64> = wanted.iter().map(|place| place.key).collect();
    let mut before: Option<&Place> = None;
    for place in &places {
        let (is_current, is_wanted) = (current.contains(place.key), wanted.contains(&place.key));
        if is_wanted && is_current {
            let close = before.filter(|before| place.span.start.micros_since(before.span.end) <= BRIDGE_GAP_MICROS);
            let before = match (close, answer.current.last()) {
                (None, _) => String::new(),
                // Most follow on one that was just read.
                (Some(close), Some(read)) if read.key == close.key => last_words(&read.text),
                (Some(close), _) => last_words_of(connection, close.key)?,
            };
            let document = read(connection, sources, place, before)?;
            answer.current.push(Document { state: current.state_of(place), ..document });
        } else if is_wanted && place.state != State::Hidden && sources.pass(connection, place.pass)?.is_lasting {
            answer.past.push(read(connection, sources, place, String::new())?);
        } else if is_wanted {
            answer.gone.push(place.key);
        }
        if is_current && place.state != State::Hidden {
            before = Some(place);
        }
    }
    Ok(())
}

fn read(connection: &Connection, sources: &mut Sources, place: &Place, before: String) -> rusqlite::Result<Document> {
    let (track, side) = sources.track(connection, place.track)?.clone();
    let source = sources.pass(connection, place.pass)?;
    connection
        .prepare_cached(
            "SELECT text, language, p, echo_of IS NOT NULL, replay_of IS NOT NULL FROM utterance WHERE key = ?1",
        )?
        .query_row([place.key], |row| {
            Ok(Document {
                key: place.key,
                span: place.span,
                track,
                side,
                text: row.get(0)?,
                before,
                language: row.get(1)?,
                p: row.get(2)?,
                model: source.model.clone(),
                pass: source.name.clone(),
                state: place.state,
                is_echo: row.get(3)?,
                is_replay: row.get(4)?,
                is_starred: false,
                notes: Vec::new(),
            })
        })
}

fn last_words_of(connection: &Connection, key: i64) -> rusqlite::Result<String> {
    connection
        .prepare_cached("SELECT text FROM utterance WHERE key = ?1")?
        .query_row([key], |row| Ok(last_words(row.get_ref(0)?.as_str()?)))
}

fn last_words(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().rev().take(BRIDGE_WORDS).collect();
    words.reverse();
    words.join(" ")
}
