use crate::error::During;
use crate::pass::span_at;
use crate::{Forget, MAX_UTTERANCE_MICROS, Store, StoreError, track};
use rusqlite::{Connection, Row, TransactionBehavior, params};
use std::collections::BTreeSet;
use timeline::{Span, TrackName, WallTime};

/// A star or a note of the user's. It belongs to a moment, whoever transcribes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Tells it from every other.
    pub mark: u64,
    /// On which track; `None`: on all.
    pub track: Option<TrackName>,
    /// From when to when.
    pub span: Span,
    /// What it says; `None`: it is a star.
    pub note: Option<String>,
    /// When it was made.
    pub made: WallTime,
}

impl Remark {
    /// Whether it is of what was said over a span of a track: the middle of one lies within the other. Utterances of two passes over the same words begin
    /// and end a little apart.
    pub fn is_of(&self, track: &TrackName, said: &Span) -> bool {
        let same = self.track.as_ref().is_none_or(|own| own == track);
        same && (self.span.contains(said.middle()) || said.contains(self.span.middle()))
    }
}

impl Store {
    /// The stars and notes that overlap a span, in the order of their moments.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn remarks(&self, span: &Span) -> Result<Vec<Remark>, StoreError> {
        within(&self.connection, span).during(&self.path, "reading stars and notes")
    }

    /// Makes the stars and notes be those that `choose` makes of the ones that stand, in one transaction, without what was forgotten after it was made; the index
    /// is told of every utterance there. `false` where they were these already.
    ///
    /// # Errors
    /// Any failure of SQLite, and whatever `choose` fails with. Whatever the error, nothing was changed.
    pub fn set_remarks<E: From<StoreError>>(
        &mut self,
        choose: impl FnOnce(&[Remark]) -> Result<Vec<Remark>, E>,
    ) -> Result<bool, E> {
        let (path, operation) = (&self.path, "keeping stars and notes");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        let before = within(&transaction, &Span::ALL).during(path, operation)?;
        let wanted = choose(&before)?;
        let changed = set(&transaction, &before, &wanted).during(path, operation)?;
        transaction.commit().during(path, operation)?;
        Ok(changed)
    }
}

fn set(connection: &Connection, before: &[Remark], wanted: &[Remark]) -> rusqlite::Result<bool> {
    let marks = |of: &[Remark]| of.iter().map(|remark| remark.mark).collect::<BTreeSet<_>>();
    let (had, has) = (marks(before), marks(wanted));
    let going: Vec<&Remark> = before.iter().filter(|before| !has.contains(&before.mark)).collect();
    remove(connection, &going)?;
    let mut changed = !going.is_empty();
    for remark in wanted.iter().filter(|wanted| !had.contains(&wanted.mark) && !wanted.span.is_empty()) {
        if is_gone(connection, remark)? {
            continue;
        }
        let Remark { mark, track, span, note, made } = remark;
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO remark (mark, track, start_us, end_us, note, made_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                mark.cast_signed(),
                track.as_ref().map(TrackName::as_str),
                span.start.as_micros(),
                span.end.as_micros(),
                note,
                made.as_micros()
            ])?;
        tell(connection, remark)?;
        changed = true;
    }
    Ok(changed)
}

/// Takes the stars and notes away that a span's are, and were made before it was to be forgotten.
pub(crate) fn forget(connection: &Connection, forget: &Forget) -> rusqlite::Result<()> {
    let is_of = |remark: &Remark| remark.track.as_ref().is_none_or(|track| forget.is_of(track));
    let there = within(connection, &forget.span)?;
    let going: Vec<&Remark> = there.iter().filter(|it| is_of(it) && it.made <= forget.asked).collect();
    remove(connection, &going)
}

/// Whether something of its moment was forgotten after it was made: it comes from a file that is older than that.
fn is_gone(connection: &Connection, remark: &Remark) -> rusqlite::Result<bool> {
    let Remark { track, span, made, .. } = remark;
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM forgotten WHERE (track IS NULL OR ?1 IS NULL OR track = ?1)
               AND start_us < ?3 AND end_us > ?2 AND asked_us >= ?4)",
        )?
        .query_row(
            params![
                track.as_ref().map(TrackName::as_str),
                span.start.as_micros(),
                span.end.as_micros(),
                made.as_micros()
            ],
            |row| row.get(0),
        )
}

/// Overwrites their texts where they lie, and then deletes them: SQLite moves rows about when their neighbours go.
fn remove(connection: &Connection, going: &[&Remark]) -> rusqlite::Result<()> {
    for sql in [
        "UPDATE remark SET note = substr(hex(zeroblob(length(CAST(note AS BLOB)))), 1, length(CAST(note AS BLOB))) WHERE mark = ?1",
        "DELETE FROM remark WHERE mark = ?1",
    ] {
        let mut query = connection.prepare_cached(sql)?;
        going.iter().try_for_each(|remark| query.execute([remark.mark.cast_signed()]).map(|_| ()))?;
    }
    going.iter().try_for_each(|remark| tell(connection, remark))
}

/// Has the index look again at whatever lies there, of all passes.
fn tell(connection: &Connection, remark: &Remark) -> rusqlite::Result<()> {
    let tracks: Vec<TrackName> = match &remark.track {
        Some(track) => vec![track.clone()],
        None => connection
            .prepare_cached("SELECT name FROM track")?
            .query_map([], |row| track::track_at(row, 0))?
            .collect::<rusqlite::Result<_>>()?,
    };
    let (start, end) = (remark.span.start.as_micros(), remark.span.end.as_micros());
    for track in tracks {
        let Some(key) = track::key(connection, &track)? else { continue };
        connection
            .prepare_cached(
                "INSERT INTO change (nonce, utterance) SELECT random(), key FROM utterance
                 WHERE track = ?1 AND start_us / 1000 BETWEEN ?2 / 1000 AND ?4 / 1000 AND start_us <= ?4 AND end_us >= ?3",
            )?
            .execute([key, start.saturating_sub(MAX_UTTERANCE_MICROS).max(0), start, end])?;
    }
    Ok(())
}

/// Those that overlap a span, in the order of their moments. The user makes them one by one: all can be looked at.
pub(crate) fn within(connection: &Connection, span: &Span) -> rusqlite::Result<Vec<Remark>> {
    connection
        .prepare_cached(
            "SELECT mark, track, start_us, end_us, note, made_us FROM remark WHERE start_us < ?2 AND end_us > ?1
             ORDER BY start_us, made_us, mark",
        )?
        .query_map([span.start.as_micros(), span.end.as_micros()], read)?
        .collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Remark> {
    let track: Option<String> = row.get(1)?;
    Ok(Remark {
        mark: row.get::<_, i64>(0)?.cast_unsigned(),
        track: track.and_then(|name| TrackName::new(&name).ok()),
        span: span_at(row, 2)?,
        note: row.get(4)?,
        made: WallTime::from_micros(row.get(5)?),
    })
}
