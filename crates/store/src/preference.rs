use crate::error::During;
use crate::pass::{name_at, span_at};
use crate::{MAX_UTTERANCE_MICROS, Store, StoreError};
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeSet;
use timeline::{PassName, Span, TrackName, WallTime};

/// A pass that the user wants to read over a span, whatever ranks higher. Of several the younger goes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Tells it from every other.
    pub mark: u64,
    /// The pass.
    pub pass: PassName,
    /// Of which track; `None`: of all.
    pub track: Option<TrackName>,
    /// From when to when.
    pub span: Span,
    /// When it was chosen.
    pub chosen: WallTime,
}

/// A preference as it is looked up for every moment.
pub(crate) struct Standing {
    pub(crate) pass: PassName,
    pub(crate) span: Span,
    /// The private key of its track; `None`: all.
    track: Option<i64>,
}

impl Standing {
    pub(crate) fn is_of(&self, track: i64) -> bool {
        self.track.is_none_or(|own| own == track)
    }
}

impl Store {
    /// The preferences that stand, the youngest first.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn preferences(&self) -> Result<Vec<Preference>, StoreError> {
        all(&self.connection).during(&self.path, "reading what is preferred")
    }

    /// Makes the preferences be these, in one transaction; the index is told of every utterance that may be seen or not for it. `false` where they
    /// were these already.
    ///
    /// # Errors
    /// Any failure of SQLite. Whatever the error, nothing was changed.
    pub fn set_preferences(&mut self, wanted: &[Preference]) -> Result<bool, StoreError> {
        let (path, operation) = (&self.path, "keeping what is preferred");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        let changed = set(&transaction, wanted).during(path, operation)?;
        transaction.commit().during(path, operation)?;
        Ok(changed)
    }
}

fn set(connection: &Connection, wanted: &[Preference]) -> rusqlite::Result<bool> {
    let before = all(connection)?;
    let marks = |of: &[Preference]| of.iter().map(|preference| preference.mark).collect::<BTreeSet<_>>();
    let (had, has) = (marks(&before), marks(wanted));
    for preference in before.iter().filter(|before| !has.contains(&before.mark)) {
        connection
            .prepare_cached("DELETE FROM preference WHERE mark = ?1")?
            .execute([preference.mark.cast_signed()])?;
        note(connection, preference)?;
    }
    for preference in wanted.iter().filter(|wanted| !had.contains(&wanted.mark) && !wanted.span.is_empty()) {
        let Preference { mark, pass, track, span, chosen } = preference;
        connection
            .prepare_cached(
                "INSERT INTO preference (mark, pass, track, start_us, end_us, chosen_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                mark.cast_signed(),
                pass.as_str(),
                track.as_ref().map(TrackName::as_str),
                span.start.as_micros(),
                span.end.as_micros(),
                chosen.as_micros()
            ])?;
        note(connection, preference)?;
    }
    Ok(had != has)
}

/// Has the index look again at whatever lies in the span, of all passes, and at what overlaps with that or follows it.
fn note(connection: &Connection, preference: &Preference) -> rusqlite::Result<()> {
    let around = preference.span.widened(2 * MAX_UTTERANCE_MICROS);
    connection
        .prepare_cached(
            "INSERT INTO change (nonce, utterance) SELECT random(), u.key FROM utterance u JOIN track t ON t.key = u.track
             WHERE u.start_us >= ?1 AND u.start_us < ?2 AND (?3 IS NULL OR t.name = ?3) ORDER BY u.key",
        )?
        .execute(params![
            around.start.as_micros(),
            around.end.as_micros(),
            preference.track.as_ref().map(TrackName::as_str)
        ])
        .map(|_| ())
}

fn all(connection: &Connection) -> rusqlite::Result<Vec<Preference>> {
    connection
        .prepare_cached(
            "SELECT mark, pass, track, start_us, end_us, chosen_us FROM preference ORDER BY chosen_us DESC, mark DESC",
        )?
        .query_map([], |row| {
            let track: Option<String> = row.get(2)?;
            Ok(Preference {
                mark: row.get::<_, i64>(0)?.cast_unsigned(),
                pass: name_at(row, 1)?,
                track: track.and_then(|name| TrackName::new(&name).ok()),
                span: span_at(row, 3)?,
                chosen: WallTime::from_micros(row.get(5)?),
            })
        })?
        .collect()
}

/// The same, the youngest first, for every moment that is looked at.
pub(crate) fn standing(connection: &Connection) -> rusqlite::Result<Vec<Standing>> {
    connection
        .prepare_cached(
            "SELECT p.pass, p.start_us, p.end_us, CASE WHEN p.track IS NULL THEN NULL ELSE coalesce(t.key, -1) END
               FROM preference p LEFT JOIN track t ON t.name = p.track ORDER BY p.chosen_us DESC, p.mark DESC",
        )?
        .query_map([], |row| Ok(Standing { pass: name_at(row, 0)?, span: span_at(row, 1)?, track: row.get(3)? }))?
        .collect()
}
