//! What the user says was said, in the place of what was heard.
//!
//! A correction is an utterance of a pass of its own, one for all of them, with a row of coverage: so it is read, searched, compared, stated in plain
//! files and put back as any other. That pass speaks before every other, and nothing that was heard is touched. It is the only pass that is
//! edited: correcting again takes the place of the correction, and one that is taken back leaves its row of coverage, too.

use crate::current::{self, Place};
use crate::error::During;
use crate::utterance::{COLUMNS, SOURCE, State, Utterance, Word, read};
use crate::window::{self, Placed};
use crate::{
    Document, NewPass, NewUtterance, Outcome, Pass, Store, StoreError, WindowRow, change, document, forget, pass,
};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde_json::json;
use timeline::{Span, SpanSet, UtteranceId, WallTime};

/// The rank of the user's own pass, and of no model.
pub const BY_HAND: i64 = 2_147_483_647;
/// The name that follows from what makes it.
const NAME: &str = "71d90ab0";
/// Why a correction without a word is hidden.
const NOBODY: &str = "corrected: nobody spoke";

impl NewPass {
    /// The user's own pass, for all corrections.
    pub fn by_hand(created: WallTime) -> Self {
        let (model, engine) = ("you".to_owned(), "user".to_owned());
        Self { model, model_sha256: String::new(), engine, params: json!({}), rank: BY_HAND, created }
    }
}

impl Pass {
    /// Whether it is the user's own: no model made it.
    pub const fn is_by_hand(&self) -> bool {
        self.rank >= BY_HAND
    }
}

impl Utterance {
    /// Whether the user wrote it.
    pub fn is_correction(&self) -> bool {
        self.pass.as_str() == NAME
    }
}

impl Document {
    /// Whether the user wrote it.
    pub fn is_correction(&self) -> bool {
        self.pass.as_str() == NAME
    }
}

impl Store {
    /// Has `text` be read in the place of the utterance of that key, which is read there now: heard by a model, or corrected before. `words` are
    /// those of the text in order, none before the utterance starts. Without any word it says that nobody spoke, and is hidden. What was an echo or a replay stays one.
    ///
    /// # Errors
    /// [`StoreError::NotRead`] where that utterance isn't the one that is read there, [`StoreError::BadWindow`] where the text is too long, or any
    /// failure of SQLite. Whatever the error, nothing was written.
    pub fn correct(
        &mut self,
        key: i64,
        text: &str,
        words: Vec<Word>,
        now: WallTime,
    ) -> Result<UtteranceId, StoreError> {
        let (path, operation) = (&self.path, "correcting");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        let Some((of, place)) = find(&transaction, key).during(path, operation)? else {
            return Err(StoreError::NotRead { key });
        };
        if !current::current(&transaction, &[place]).during(path, operation)?.contains(key) {
            return Err(StoreError::NotRead { key });
        }
        let new = NewPass::by_hand(now);
        let Some(Pass { key: pass, .. }) = pass::ensure(&transaction, &new).during(path, operation)? else {
            return Err(StoreError::PassNameTaken { name: new.name() });
        };
        let ground = ground(&transaction, pass, &place).during(path, operation)?;
        let mut row = WindowRow::nothing(pass, of.track.clone(), ground);
        (row.outcome, row.utterances) = (Outcome::Words, vec![corrected(&of, text, words)]);
        if let Some(reason) = row.fault() {
            return Err(StoreError::BadWindow { track: row.track, span: row.span, reason });
        }
        remove(&transaction, (pass, place.track), ground).during(path, operation)?;
        Placed { window: &row, track: place.track }.insert(&transaction).during(path, operation)?;
        // It isn't there where the span is being forgotten.
        let own = written(&transaction, (pass, place.track), &ground).during(path, operation)?;
        let Some(own) = own else { return Err(StoreError::NotRead { key }) };
        transaction.commit().during(path, operation)?;
        Ok(own.id)
    }

    /// Takes the correction of that key away: what was heard is read again. `false` where there is none.
    ///
    /// # Errors
    /// Any failure of SQLite. Whatever the error, nothing was changed.
    pub fn take_back(&mut self, key: i64) -> Result<bool, StoreError> {
        let (path, operation) = (&self.path, "taking a correction back");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        let take = || -> rusqlite::Result<bool> {
            let Some((of, place)) = find(&transaction, key)? else { return Ok(false) };
            let row = covering(&transaction, place.pass, &place)?.filter(|_| of.is_correction());
            row.map_or(Ok(false), |row| remove(&transaction, (place.pass, place.track), row).map(|()| true))
        };
        let taken = take().during(path, operation)?;
        transaction.commit().during(path, operation)?;
        Ok(taken)
    }

    /// The correction that is read in the place of an utterance, or is that utterance; `None` where it wasn't corrected.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn correction_of(&self, key: i64) -> Result<Option<Utterance>, StoreError> {
        let operation = "looking for a correction";
        let snapshot = self.snapshot(operation)?;
        let look = || -> rusqlite::Result<Option<Utterance>> {
            let Some((_, place)) = find(&snapshot, key)? else { return Ok(None) };
            let Some(pass) = user(&snapshot)? else { return Ok(None) };
            let Some(row) = covering(&snapshot, pass, &place)? else { return Ok(None) };
            written(&snapshot, (pass, place.track), &row)
        };
        look().during(&self.path, operation)
    }

    /// What models heard that the correction of that key is read in the place of, in the order of time.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn heard_under(&self, key: i64) -> Result<Vec<Utterance>, StoreError> {
        let operation = "looking what was heard under a correction";
        let snapshot = self.snapshot(operation)?;
        let look = || -> rusqlite::Result<Vec<Utterance>> {
            let Some((_, place)) = find(&snapshot, key)? else { return Ok(Vec::new()) };
            let Some(row) = covering(&snapshot, place.pass, &place)? else { return Ok(Vec::new()) };
            let places = document::places(&snapshot, place.track, &row)?;
            let heard = current::heard(&snapshot, &places)?;
            let keys = places.iter().map(|place| place.key).filter(|key| heard.contains(*key));
            let found: Vec<_> = keys.map(|key| find(&snapshot, key)).collect::<rusqlite::Result<_>>()?;
            Ok(found.into_iter().flatten().map(|(utterance, _)| utterance).collect())
        };
        look().during(&self.path, operation)
    }
}

/// The utterance as the user says it was said.
fn corrected(of: &Utterance, text: &str, words: Vec<Word>) -> NewUtterance {
    let (state, reason) = match (&of.echo_of, &of.replay_of) {
        _ if text.is_empty() => (State::Hidden, Some(NOBODY)),
        (Some(_), _) => (State::Hidden, Some("echo")),
        (None, Some(_)) => (State::Hidden, Some("replay")),
        (None, None) => (State::Shown, None),
    };
    NewUtterance {
        span: of.span,
        text: text.to_owned(),
        language: of.language.clone(),
        // Nobody knows better than who was there.
        p: 1.0,
        no_speech_p: 0.0,
        mean_logprob: 0.0,
        vad_mean: of.vad_mean,
        vad_peak: of.vad_peak,
        tokens_per_s: 0.0,
        repetition: 0.0,
        state,
        reason: reason.map(str::to_owned),
        echo_of: of.echo_of.clone(),
        replay_of: of.replay_of.clone(),
        words,
    }
}

/// Where a correction speaks: for one that stands already where it did, else over the span of what it corrects, as far as nobody else is read there.
fn ground(connection: &Connection, pass: i64, of: &Place) -> rusqlite::Result<Span> {
    if let Some(row) = covering(connection, pass, of)? {
        return Ok(row);
    }
    // Its place may lie beside it: its window may have been cut there.
    let mut ground = Span::new(of.span.start.min(of.at), of.span.end.max(of.at.plus_micros(1)));
    let around = current::around(connection, of.track, &ground)?;
    let heard = current::heard(connection, &around)?;
    for other in around.iter().filter(|other| other.key != of.key && heard.contains(other.key)) {
        if other.at < of.at {
            ground = Span::new(ground.start.max(other.at.plus_micros(1)), ground.end);
        } else if other.at > of.at {
            ground = Span::new(ground.start, ground.end.min(other.at));
        }
    }
    let taken = current::coverage(connection, pass, of.track, &ground, Outcome::Words.as_str())?;
    let free = SpanSet::from_iter([ground]).minus(&taken);
    Ok(free.iter().find(|free| free.contains(of.at)).unwrap_or(ground))
}

/// Takes what the user's pass has in one of its rows away, with the row. The index is told.
fn remove(connection: &Connection, (pass, track): (i64, i64), row: Span) -> rusqlite::Result<()> {
    let places = of_pass(connection, (pass, track), &row)?;
    let keys: Vec<i64> = places.iter().map(|place| place.key).collect();
    forget::erase(connection, &keys)?;
    connection.prepare_cached("DELETE FROM coverage WHERE pass = ?1 AND track = ?2 AND start_us = ?3")?.execute([
        pass,
        track,
        row.start.as_micros(),
    ])?;
    let reached =
        current::hull(&places).map_or(row, |(_, hull)| Span::new(row.start.min(hull.start), row.end.max(hull.end)));
    change::append(connection, &keys)?;
    change::append(connection, &window::changed(connection, track, &row, &reached)?)
}

/// The row of coverage of a pass that an utterance's place lies in.
fn covering(connection: &Connection, pass: i64, of: &Place) -> rusqlite::Result<Option<Span>> {
    let last = connection
        .prepare_cached(
            "SELECT start_us, end_us FROM coverage WHERE pass = ?1 AND track = ?2 AND start_us <= ?3 ORDER BY start_us DESC LIMIT 1",
        )?
        .query_row(params![pass, of.track, of.at.as_micros()], |row| pass::span_at(row, 0))
        .optional()?;
    Ok(last.filter(|row| row.contains(of.at)))
}

fn of_pass(connection: &Connection, (pass, track): (i64, i64), row: &Span) -> rusqlite::Result<Vec<Place>> {
    let mut places = document::places(connection, track, row)?;
    places.retain(|place| place.pass == pass);
    Ok(places)
}

/// The correction in a row of the user's pass.
fn written(connection: &Connection, keys: (i64, i64), row: &Span) -> rusqlite::Result<Option<Utterance>> {
    let Some(own) = of_pass(connection, keys, row)?.pop() else { return Ok(None) };
    Ok(find(connection, own.key)?.map(|(own, _)| own))
}

/// The key of the user's pass, if anything was ever corrected.
fn user(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM pass WHERE rank >= ?1 LIMIT 1")?
        .query_row([BY_HAND], |row| row.get(0))
        .optional()
}

fn find(connection: &Connection, key: i64) -> rusqlite::Result<Option<(Utterance, Place)>> {
    let sql = format!("SELECT {COLUMNS}, {} FROM {SOURCE} WHERE u.key = ?1", Place::COLUMNS);
    connection.prepare_cached(&sql)?.query_row([key], |row| Ok((read(row)?, Place::read_from(row, 21)?))).optional()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_pass_is_known_by_its_name() {
        assert_eq!(NewPass::by_hand(WallTime::from_micros(0)).name().as_str(), NAME);
        assert_eq!(NewPass::by_hand(WallTime::from_micros(7)).name().as_str(), NAME, "whenever it began");
    }
}
