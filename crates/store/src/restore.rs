use crate::error::During;
use crate::window::{insert_coverage, insert_utterance};
use crate::{Store, StoreError, Stretch, change, forget, pass, track};
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};
use timeline::Span;

/// What came of putting stretches back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restored {
    /// Stretches that are there now.
    pub stretches: u64,
    /// Utterances in them.
    pub utterances: u64,
    /// Which of them (by their place among those that were given) couldn't be put back, and why.
    pub left_out: Vec<(usize, &'static str)>,
}

impl Store {
    /// Puts stretches back that were read from plain files, all in one transaction. What the database has already goes first:
    /// one that overlaps with it is left out. What was forgotten stays forgotten. Nothing is noted as unwritten: it came from there.
    ///
    /// # Errors
    /// Any failure of SQLite; nothing was put back then.
    pub fn restore(&mut self, stretches: &[Stretch]) -> Result<Restored, StoreError> {
        let (operation, path) = ("putting words back", &self.path);
        let mut transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        let mut restored = Restored::default();
        let before: i64 = transaction
            .query_row("SELECT coalesce(max(seq), 0) FROM unwritten", [], |row| row.get(0))
            .during(path, operation)?;
        for (at, stretch) in stretches.iter().enumerate() {
            let savepoint = transaction.savepoint().during(path, operation)?;
            match put_back(&savepoint, stretch).during(path, operation)? {
                None => {
                    savepoint.commit().during(path, operation)?;
                    restored.stretches += u64::from(stretch.outcome.is_some());
                    restored.utterances += stretch.utterances.len() as u64;
                }
                // Letting the savepoint go takes back what was put there.
                Some(reason) => restored.left_out.push((at, reason)),
            }
        }
        transaction.execute("DELETE FROM unwritten WHERE seq > ?1", [before]).during(path, operation)?;
        transaction.commit().during(path, operation)?;
        Ok(restored)
    }
}

/// Why a stretch can't be put back, if that is so.
fn put_back(connection: &Connection, stretch: &Stretch) -> rusqlite::Result<Option<&'static str>> {
    let Some(outcome) = stretch.outcome else { return Ok(None) };
    if track::ensure(connection, &stretch.track, stretch.side)? != stretch.side {
        return Ok(Some("its track has another side elsewhere"));
    }
    let (Some(pass), Some(track)) = (pass::ensure(connection, &stretch.pass)?, track::key(connection, &stretch.track)?)
    else {
        return Ok(Some("another pass has its pass's name"));
    };
    let keys = (pass.key, track);
    if covered(connection, keys, &stretch.span)? {
        return Ok(Some("another line has said what is there"));
    }
    let figures = (stretch.speech_micros, stretch.compute_micros);
    insert_coverage(connection, keys, &stretch.span, (outcome, stretch.reason.as_deref()), figures)?;
    let mut added = Vec::new();
    for (repeat, utterance) in &stretch.utterances {
        if forget::is_gone(connection, &stretch.track, &utterance.span)? {
            continue;
        }
        match insert_utterance(connection, keys, stretch.place(&utterance.span), Some(*repeat), utterance) {
            Ok(()) => added.push(connection.last_insert_rowid()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                return Ok(Some("another line has an utterance with the same id"));
            }
            Err(error) => return Err(error),
        }
    }
    change::append(connection, &added)?;
    Ok(None)
}

fn covered(connection: &Connection, (pass, track): (i64, i64), span: &Span) -> rusqlite::Result<bool> {
    let last = connection
        .prepare_cached(
            "SELECT start_us, end_us FROM coverage WHERE pass = ?1 AND track = ?2 AND start_us < ?3 ORDER BY start_us DESC LIMIT 1",
        )?
        .query_row(params![pass, track, span.end.as_micros()], |row| pass::span_at(row, 0))
        .optional()?;
    Ok(last.is_some_and(|covered| covered.overlaps(span)))
}
