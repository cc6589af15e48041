//! Forgetting: what was said in a span goes for good, of all passes.
//!
//! In one transaction the utterances go and the index is told; what plain files have to state anew is noted by the triggers. Coverage stays as it
//! is, so that no worse pass begins to speak where a better one was silenced, and what lies around reads as before. The span itself
//! is kept: a window or a line that comes later with words of it is stored without them.
//!
//! SQLite moves rows about when their neighbours go, and of what it moved from it clears nothing, even with `secure_delete`. So
//! the rows are overwritten first, where they lie, with as many bytes that say nothing; only then are they deleted.

use crate::correction::BY_HAND;
use crate::current::{self, Place};
use crate::error::During;
use crate::utterance::start_of_id;
use crate::{MAX_UTTERANCE_MICROS, State, Store, StoreError, Stretch, change, document, pass, remark, track};
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use timeline::{PassName, Span, TrackName, UtteranceId, WallTime};

/// A span whose words go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forget {
    /// Tells it from every other.
    pub mark: u64,
    /// From when to when. An utterance that overlaps with it goes whole.
    pub span: Span,
    /// Of which tracks; `None`: of all.
    pub tracks: Option<Vec<TrackName>>,
    /// When it was asked for: what the user wrote of it before goes, too.
    pub asked: WallTime,
}

impl Forget {
    pub(crate) fn is_of(&self, track: &TrackName) -> bool {
        self.tracks.as_ref().is_none_or(|tracks| tracks.contains(track))
    }
}

/// What of a pass goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goes {
    /// The pass.
    pub pass: PassName,
    /// Its model.
    pub model: String,
    /// How many utterances.
    pub utterances: u64,
    /// How many of those reach beyond the span, and go whole.
    pub partly: u64,
}

/// How long a checkpoint waits for readers.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(2);

/// An utterance that goes.
struct Target {
    place: Place,
    track: TrackName,
    id: String,
}

impl Store {
    /// What [`forget`](Self::forget) would take away, by pass, the best first.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn would_forget(&self, forget: &Forget) -> Result<Vec<Goes>, StoreError> {
        let operation = "looking what would be forgotten";
        let snapshot = self.snapshot(operation)?;
        let count = || -> rusqlite::Result<Vec<Goes>> {
            let mut by_pass: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
            for target in targets(&snapshot, forget)? {
                let Span { start, end } = target.place.span;
                let (utterances, partly) = by_pass.entry(target.place.pass).or_default();
                *utterances += 1;
                *partly += u64::from(start < forget.span.start || end > forget.span.end);
            }
            let sql = format!("SELECT key, name, model FROM pass {}", pass::BEST_FIRST);
            let mut query = snapshot.prepare(&sql)?;
            let mut rows = query.query([])?;
            let mut goes = Vec::new();
            while let Some(row) = rows.next()? {
                if let Some((utterances, partly)) = by_pass.remove(&row.get(0)?) {
                    goes.push(Goes { pass: pass::name_at(row, 1)?, model: row.get(2)?, utterances, partly });
                }
            }
            Ok(goes)
        };
        count().during(&self.path, operation)
    }

    /// Takes away every utterance that overlaps with a span, of all passes, those that are linked as echoes of them, and the stars and notes; and keeps words of it
    /// out from now on. Doing it again does nothing more. How many utterances went.
    ///
    /// What was written before may lie in the `-wal` until [`truncate_wal`](Self::truncate_wal).
    ///
    /// # Errors
    /// Any failure of SQLite. Whatever the error, nothing was changed.
    pub fn forget(&mut self, forget: &Forget) -> Result<usize, StoreError> {
        let (path, operation) = (&self.path, "forgetting");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        note(&transaction, forget).during(path, operation)?;
        let gone = take_away(&transaction, forget).during(path, operation)?;
        remark::forget(&transaction, forget).during(path, operation)?;
        transaction.commit().during(path, operation)?;
        Ok(gone)
    }

    /// The marks of all that was ever forgotten here, each with whether something of it may be left outside of the database.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn forgets(&self) -> Result<BTreeMap<u64, bool>, StoreError> {
        let read = || -> rusqlite::Result<BTreeMap<u64, bool>> {
            self.connection
                .prepare_cached("SELECT mark, max(pending) FROM forgotten GROUP BY mark")?
                .query_map([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))?
                .collect()
        };
        read().during(&self.path, "reading what was forgotten")
    }

    /// Nothing of it is left anywhere.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn forgotten(&self, mark: u64) -> Result<(), StoreError> {
        self.connection
            .execute("UPDATE forgotten SET pending = 0 WHERE mark = ?1", [mark.cast_signed()])
            .during(&self.path, "noting what was forgotten")
            .map(|_| ())
    }

    /// Brings all of the `-wal` into the one file and cuts it to nothing; `false` where somebody reads from it for longer than
    /// two seconds.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn truncate_wal(&self) -> Result<bool, StoreError> {
        let operation = "emptying the write-ahead log";
        self.connection.busy_timeout(CHECKPOINT_PATIENCE).during(&self.path, operation)?;
        let busy = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        self.connection.busy_timeout(crate::open::BUSY_TIMEOUT).during(&self.path, operation)?;
        Ok(!busy.during(&self.path, operation)?)
    }
}

fn note(connection: &Connection, forget: &Forget) -> rusqlite::Result<()> {
    let (start, end) = (forget.span.start.as_micros(), forget.span.end.as_micros());
    let known = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM forgotten WHERE mark = ?1)")?
        .query_row([forget.mark.cast_signed()], |row| row.get(0))?;
    if known || forget.span.is_empty() {
        return Ok(());
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO forgotten (mark, track, start_us, end_us, pending, asked_us) VALUES (?1, ?2, ?3, ?4, 1, ?5)",
    )?;
    let named = forget.tracks.iter().flatten().map(|track| Some(track.as_str()));
    let all = forget.tracks.is_none().then_some(None);
    for track in named.chain(all) {
        insert.execute(params![forget.mark.cast_signed(), track, start, end, forget.asked.as_micros()])?;
    }
    Ok(())
}

/// Whether an utterance of a track overlaps with what was forgotten.
pub(crate) fn is_gone(connection: &Connection, track: &TrackName, utterance: &Span) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM forgotten WHERE (track IS NULL OR track = ?1) AND start_us < ?3 AND end_us > ?2)",
        )?
        .query_row(params![track.as_str(), utterance.start.as_micros(), last_moment(utterance)], |row| row.get(0))
}

/// One without a length counts as a moment.
fn last_moment(utterance: &Span) -> i64 {
    utterance.end.max(utterance.start.plus_micros(1)).as_micros()
}

fn overlaps(utterance: &Span, span: &Span) -> bool {
    utterance.start < span.end && WallTime::from_micros(last_moment(utterance)) > span.start
}

/// What goes: what overlaps, and what is linked as an echo of it, which has the same words.
fn targets(connection: &Connection, forget: &Forget) -> rusqlite::Result<Vec<Target>> {
    // An echo begins within a window of what it is one of.
    let near = forget.span.widened(2 * MAX_UTTERANCE_MICROS);
    let sql = format!(
        "SELECT {}, t.name, p.name, u.repeat, u.echo_of FROM utterance u JOIN track t ON t.key = u.track JOIN pass p ON p.key = u.pass
         WHERE u.start_us >= ?1 AND u.start_us < ?2
           AND (u.echo_of IS NOT NULL OR (u.start_us < ?4 AND max(u.end_us, u.start_us + 1) > ?3)) ORDER BY u.key",
        Place::COLUMNS
    );
    let mut query = connection.prepare_cached(&sql)?;
    let [from, to, start, end] = [near.start, near.end, forget.span.start, forget.span.end].map(WallTime::as_micros);
    let mut rows = query.query([from, to, start, end])?;
    let (mut targets, mut echoes) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let (place, track) = (Place::read(row)?, track::track_at(row, 7)?);
        let id = UtteranceId {
            start: start_of_id(place.span.start),
            track: track.clone(),
            pass: pass::name_at(row, 8)?,
            repeat: row.get(9)?,
        };
        let goes = forget.is_of(&track) && overlaps(&place.span, &forget.span);
        let target = Target { place, track, id: id.to_string() };
        match row.get::<_, Option<String>>(10)? {
            _ if goes => targets.push(target),
            Some(of) => echoes.push((of, target)),
            None => {}
        }
    }
    let ids: HashSet<String> = targets.iter().map(|target| target.id.clone()).collect();
    targets.extend(echoes.into_iter().filter(|(of, _)| ids.contains(of)).map(|(_, target)| target));
    Ok(targets)
}

fn take_away(connection: &Connection, forget: &Forget) -> rusqlite::Result<usize> {
    let targets = targets(connection, forget)?;
    let mut changed: Vec<i64> = targets.iter().map(|target| target.place.key).collect();
    let mut by_track: BTreeMap<(&TrackName, i64), Vec<Place>> = BTreeMap::new();
    for target in &targets {
        by_track.entry((&target.track, target.place.track)).or_default().push(target.place);
    }
    let mut following = Vec::new();
    for ((_, track), mut places) in by_track {
        places.sort_by_key(|place| place.at);
        for near in places.chunk_by(|a, b| b.at.micros_since(a.at) <= document::REACH_MICROS) {
            following.extend(those_after(connection, track, near)?);
            if let Some((_, hull)) = current::hull(near) {
                // What a better pass was heard over may be in sight again.
                following.extend(current::around(connection, track, &hull)?.iter().map(|place| place.key));
            }
        }
    }
    erase(connection, &changed)?;
    for target in &targets {
        // Where a correction is gone nobody was silenced by a better one.
        connection
            .prepare_cached(
                "DELETE FROM coverage WHERE pass = (SELECT key FROM pass WHERE key = ?1 AND rank >= ?2)
                   AND track = ?3 AND start_us <= ?4 AND end_us > ?4",
            )?
            .execute([target.place.pass, BY_HAND, target.place.track, target.place.at.as_micros()])?;
    }
    let gone = changed.len();
    let going: HashSet<i64> = changed.iter().copied().collect();
    following.retain(|key| !going.contains(key));
    following.sort_unstable();
    following.dedup();
    changed.append(&mut following);
    change::append(connection, &changed)?;
    Ok(gone)
}

/// Overwrites utterances where they lie, and deletes them.
pub(crate) fn erase(connection: &Connection, keys: &[i64]) -> rusqlite::Result<()> {
    let mut overwrite = connection.prepare_cached(
        "UPDATE utterance SET words = zeroblob(length(words)),
                              text = substr(hex(zeroblob(length(CAST(text AS BLOB)))), 1, length(CAST(text AS BLOB)))
         WHERE key = ?1",
    )?;
    let mut delete = connection.prepare_cached("DELETE FROM utterance WHERE key = ?1")?;
    for key in keys {
        overwrite.execute([key])?;
    }
    for key in keys {
        delete.execute([key])?;
    }
    Ok(())
}

/// Those whose documents hold the last words of what goes: after it, up to the first that isn't hidden.
fn those_after(connection: &Connection, track: i64, going: &[Place]) -> rusqlite::Result<Vec<i64>> {
    let (Some(first), Some(last)) = (going.first(), going.last()) else { return Ok(Vec::new()) };
    let region = Span::new(first.at, last.at.plus_micros(document::REACH_MICROS));
    let places = document::places(connection, track, &region)?;
    let current = current::current(connection, &places)?;
    let going: HashSet<i64> = going.iter().map(|place| place.key).collect();
    let (mut after, mut found) = (false, Vec::new());
    for place in places {
        if going.contains(&place.key) {
            after = true;
        } else if after && current.contains(place.key) {
            found.push(place.key);
            after = place.state == State::Hidden;
        }
    }
    Ok(found)
}

impl Stretch {
    /// The public ids of its utterances that [`forget`](Self::forget) takes away for the span's sake.
    pub fn ids_within(&self, forget: &Forget) -> Vec<String> {
        let going =
            self.utterances.iter().filter(|(_, it)| forget.is_of(&self.track) && overlaps(&it.span, &forget.span));
        going.map(|(repeat, it)| self.id(*repeat, it.span.start).to_string()).collect()
    }

    /// Takes the utterances away that overlap with a span, and those that are echoes of what has one of `ids`; whether there
    /// was any.
    pub fn forget(&mut self, forget: &Forget, ids: &HashSet<String>) -> bool {
        let (before, is_of) = (self.utterances.len(), forget.is_of(&self.track));
        self.utterances.retain(|(_, it)| {
            let within = is_of && overlaps(&it.span, &forget.span);
            !within && !it.echo_of.as_ref().is_some_and(|of| ids.contains(of))
        });
        self.utterances.len() < before
    }

    fn id(&self, repeat: u32, start: WallTime) -> UtteranceId {
        let (track, pass) = (self.track.clone(), self.pass.name());
        UtteranceId { start: start_of_id(start), track, pass, repeat: repeat.max(1) }
    }
}
