use crate::error::During;
use crate::pass::{name_at, span_at};
use crate::{Store, StoreError, document, track};
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeSet;
use timeline::{PassName, Span, SpanSet, TrackName, WallTime};

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

    /// Makes the preferences be those that `choose` makes of the ones that stand, in one transaction; the index is told of every utterance that may be seen
    /// or not for it. `false` where they were these already.
    ///
    /// # Errors
    /// Any failure of SQLite, and whatever `choose` fails with. Whatever the error, nothing was changed.
    pub fn set_preferences<E: From<StoreError>>(
        &mut self,
        choose: impl FnOnce(&[Preference]) -> Result<Vec<Preference>, E>,
    ) -> Result<bool, E> {
        let (path, operation) = (&self.path, "keeping what is preferred");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        let before = all(&transaction).during(path, operation)?;
        let wanted = choose(&before)?;
        let changed = set(&transaction, &before, &wanted).during(path, operation)?;
        transaction.commit().during(path, operation)?;
        Ok(changed)
    }

    /// Whether a pass found words within a span of a track.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn found_words(&self, pass: &PassName, track: &TrackName, span: &Span) -> Result<bool, StoreError> {
        let found = || words_within(&self.connection, pass, track, span).map(|words| !words.is_empty());
        found().during(&self.path, "looking what a pass found")
    }
}

fn set(connection: &Connection, before: &[Preference], wanted: &[Preference]) -> rusqlite::Result<bool> {
    let marks = |of: &[Preference]| of.iter().map(|preference| preference.mark).collect::<BTreeSet<_>>();
    let (had, has) = (marks(before), marks(wanted));
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

/// Has the index look again, where the pass has words, at whatever lies there, of all passes, and at what overlaps with that or follows it.
fn note(connection: &Connection, preference: &Preference) -> rusqlite::Result<()> {
    let tracks: Vec<TrackName> = match &preference.track {
        Some(track) => vec![track.clone()],
        None => connection
            .prepare_cached("SELECT name FROM track")?
            .query_map([], |row| track::track_at(row, 0))?
            .collect::<rusqlite::Result<_>>()?,
    };
    for track in tracks {
        let words = words_within(connection, &preference.pass, &track, &preference.span)?;
        let Some(key) = track::key(connection, &track)? else { continue };
        let around: SpanSet = words.iter().map(|span| span.widened(document::REACH_MICROS)).collect();
        for span in around.iter() {
            // All of it is in the index of ids: ten years are read without a row.
            connection
                .prepare_cached(
                    "INSERT INTO change (nonce, utterance) SELECT random(), key FROM utterance
                     WHERE track = ?1 AND start_us / 1000 BETWEEN ?2 / 1000 AND ?3 / 1000",
                )?
                .execute([key, span.start.as_micros().max(0), span.end.as_micros()])?;
        }
    }
    Ok(())
}

/// Where a pass found words within a span of a track.
fn words_within(connection: &Connection, pass: &PassName, track: &TrackName, span: &Span) -> rusqlite::Result<SpanSet> {
    connection
        .prepare_cached(
            "SELECT c.start_us, c.end_us FROM coverage c JOIN pass p ON p.key = c.pass JOIN track t ON t.key = c.track
             WHERE p.name = ?1 AND t.name = ?2 AND c.outcome = 'words' AND c.start_us < ?4 AND c.end_us > ?3",
        )?
        .query_map(params![pass.as_str(), track.as_str(), span.start.as_micros(), span.end.as_micros()], |row| {
            span_at(row, 0)
        })?
        .collect()
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
