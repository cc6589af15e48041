use crate::error::{During, unreadable};
use crate::utterance::{COLUMNS, SOURCE, Utterance, read};
use crate::window::Outcome;
use crate::{MAX_UTTERANCE_MICROS, Store, StoreError, Stretch, pass, track};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;
use timeline::{PassName, Span, TrackName, WallTime};

/// A plain file that is behind the database: that of a pass and a day (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnwrittenFile {
    /// The pass.
    pub pass: PassName,
    /// When the day begins.
    pub day: WallTime,
    key: i64,
}

/// A stretch that a plain file has to state.
#[derive(Debug, Clone, PartialEq)]
pub struct Unwritten {
    /// Its place in the order of changes.
    pub seq: i64,
    /// Random, and the line's to carry: a line that is there was written before a kill.
    pub mark: u64,
    /// What is there now; `None` where it became part of a longer stretch, which is stated by itself.
    pub stretch: Option<Stretch>,
}

/// Where the database and a plain file don't agree, as stretches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// The file says nothing of what the database has there.
    pub lacking: Vec<(TrackName, Span)>,
    /// The file says something else, or something where the database has nothing.
    pub differing: Vec<(TrackName, Span)>,
}

const DAY_MICROS: i64 = 86_400_000_000;

/// A row of the outbox.
struct Entry {
    seq: i64,
    mark: u64,
    track: i64,
    span: Span,
}

impl Store {
    /// The file of the latest day that is behind, or the next one before `before`, whatever became of that one.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn unwritten_file(&self, before: Option<&UnwrittenFile>) -> Result<Option<UnwrittenFile>, StoreError> {
        let (day, key) = before.map_or((i64::MAX, i64::MAX), |file| (file.day.as_micros() / DAY_MICROS, file.key));
        let find = || {
            self.connection
                .prepare_cached(
                    "SELECT day, pass, (SELECT name FROM pass WHERE key = unwritten.pass) FROM unwritten
                     WHERE (day, pass) < (?1, ?2) ORDER BY day DESC, pass DESC LIMIT 1",
                )?
                .query_row([day, key], file)
                .optional()
        };
        find().during(&self.path, "looking for what isn't in the plain files")
    }

    /// What a file has to state, oldest change first, `limit` at most.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn unwritten(&self, file: &UnwrittenFile, limit: usize) -> Result<Vec<Unwritten>, StoreError> {
        let operation = "reading what isn't in the plain files";
        let snapshot = self.snapshot(operation)?;
        let read_all = || -> rusqlite::Result<Vec<Unwritten>> {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let entries: Vec<Entry> = snapshot
                .prepare_cached(
                    "SELECT seq, mark, track, start_us, end_us FROM unwritten WHERE day = ?1 AND pass = ?2 ORDER BY seq LIMIT ?3",
                )?
                .query_map([file.day.as_micros() / DAY_MICROS, file.key, limit], entry)?
                .collect::<rusqlite::Result<_>>()?;
            let stated = |entry: Entry| {
                let (seq, mark) = (entry.seq, entry.mark);
                Ok(Unwritten { seq, mark, stretch: stretch(&snapshot, file.key, &entry)? })
            };
            entries.into_iter().map(stated).collect()
        };
        read_all().during(&self.path, operation)
    }

    /// The files that hold all that the database has, were they whole, by day.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn plain_files(&self) -> Result<Vec<UnwrittenFile>, StoreError> {
        let read_all = || -> rusqlite::Result<Vec<UnwrittenFile>> {
            self.connection
                .prepare(
                    "SELECT c.day, c.pass, p.name FROM (SELECT DISTINCT start_us / 86400000000 AS day, pass FROM coverage) c
                     JOIN pass p ON p.key = c.pass ORDER BY c.day, c.pass",
                )?
                .query_map([], file)?
                .collect()
        };
        read_all().during(&self.path, "listing the plain files")
    }

    /// The plain file of a day and a pass; `None` where the database knows no such pass.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn plain_file(&self, day: WallTime, pass: &PassName) -> Result<Option<UnwrittenFile>, StoreError> {
        let find = || {
            self.connection
                .prepare_cached("SELECT ?1, key, name FROM pass WHERE name = ?2")?
                .query_row(params![day.as_micros() / DAY_MICROS, pass.as_str()], file)
                .optional()
        };
        find().during(&self.path, "looking for a plain file's pass")
    }

    /// Notes what a file ought to state and doesn't; how many stretches that are. `stated` is what it states. With `as_it_is` also what it states
    /// in another way: for a file that is older, or has lost lines, and not for one that was changed by nobody.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn note_unstated(
        &mut self,
        file: &UnwrittenFile,
        stated: &[Stretch],
        as_it_is: bool,
    ) -> Result<u64, StoreError> {
        let operation = "comparing a plain file";
        let transaction = self.connection.transaction().during(&self.path, operation)?;
        let note = || -> rusqlite::Result<u64> {
            let Differences { unstated, .. } = differences(&transaction, file, stated)?;
            let mut noted = 0;
            for (entry, span) in &unstated {
                if !as_it_is && speaks_of(stated, &track_name(&transaction, entry.track)?, span) {
                    continue;
                }
                noted += 1;
                transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO unwritten (mark, day, pass, track, start_us, end_us)
                         VALUES (random(), ?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![
                        file.day.as_micros() / DAY_MICROS,
                        file.key,
                        entry.track,
                        span.start.as_micros(),
                        span.end.as_micros()
                    ])?;
            }
            Ok(noted)
        };
        let noted = note().during(&self.path, operation)?;
        transaction.commit().during(&self.path, operation)?;
        Ok(noted)
    }

    /// Where the database and a plain file don't agree; what is still to be written doesn't count.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn compare(&self, file: &UnwrittenFile, stated: &[Stretch]) -> Result<Comparison, StoreError> {
        let operation = "comparing a plain file";
        let snapshot = self.snapshot(operation)?;
        let compare = || -> rusqlite::Result<Comparison> {
            let Differences { unstated, unknown } = differences(&snapshot, file, stated)?;
            let mut comparison = Comparison::default();
            for (entry, span) in unstated {
                if is_noted(&snapshot, file, entry.track, &span)? {
                    continue;
                }
                let track = track_name(&snapshot, entry.track)?;
                let speaks = speaks_of(stated, &track, &span);
                let list = if speaks { &mut comparison.differing } else { &mut comparison.lacking };
                list.push((track, span));
            }
            for (track, span) in unknown {
                let noted = match track::key(&snapshot, &track)? {
                    Some(key) => is_noted(&snapshot, file, key, &span)?,
                    None => false,
                };
                if !noted && !comparison.differing.contains(&(track.clone(), span)) {
                    comparison.differing.push((track, span));
                }
            }
            Ok(comparison)
        };
        compare().during(&self.path, operation)
    }

    /// Forgets what is on disk now.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn written(&mut self, stated: &[Unwritten]) -> Result<(), StoreError> {
        let operation = "noting what the plain files have";
        let transaction = self.connection.transaction().during(&self.path, operation)?;
        let delete = || -> rusqlite::Result<()> {
            let mut query = transaction.prepare_cached("DELETE FROM unwritten WHERE seq = ?1")?;
            stated.iter().try_for_each(|stated| query.execute([stated.seq]).map(|_| ()))
        };
        delete().during(&self.path, operation)?;
        transaction.commit().during(&self.path, operation)
    }
}

/// Whether a file says anything of a stretch.
fn speaks_of(stated: &[Stretch], track: &TrackName, span: &Span) -> bool {
    stated.iter().any(|stretch| stretch.track == *track && stretch.span.overlaps(span))
}

/// Where the database and a file don't agree.
struct Differences {
    /// What the database has and the file doesn't state so.
    unstated: Vec<(Entry, Span)>,
    /// What the file states and the database doesn't have.
    unknown: Vec<(TrackName, Span)>,
}

fn differences(connection: &Connection, file: &UnwrittenFile, stated: &[Stretch]) -> rusqlite::Result<Differences> {
    let mut left: HashMap<(TrackName, Span), &Stretch> =
        stated.iter().map(|stretch| ((stretch.track.clone(), stretch.span), stretch)).collect();
    let mut unstated = Vec::new();
    for entry in entries_of(connection, file.key, file.day.as_micros())? {
        let Some(is) = stretch(connection, file.key, &entry)? else { continue };
        if left.remove(&(is.track.clone(), is.span)) != Some(&is) {
            unstated.push((entry, is.span));
        }
    }
    Ok(Differences { unstated, unknown: left.into_keys().collect() })
}

/// Whether the file is known to be behind there.
fn is_noted(connection: &Connection, file: &UnwrittenFile, track: i64, span: &Span) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM unwritten
             WHERE day = ?1 AND pass = ?2 AND track = ?3 AND start_us < ?5 AND end_us > ?4)",
        )?
        .query_row(
            params![file.day.as_micros() / DAY_MICROS, file.key, track, span.start.as_micros(), span.end.as_micros()],
            |row| row.get(0),
        )
}

fn track_name(connection: &Connection, key: i64) -> rusqlite::Result<TrackName> {
    connection.prepare_cached("SELECT name FROM track WHERE key = ?1")?.query_row([key], |row| track::track_at(row, 0))
}

/// All that a pass covers from stretches that begin on a day, as entries without a place in the order.
fn entries_of(connection: &Connection, pass: i64, day: i64) -> rusqlite::Result<Vec<Entry>> {
    connection
        .prepare_cached(
            "SELECT 0, 0, c.track, c.start_us, c.end_us FROM track t JOIN coverage c ON c.track = t.key
             WHERE c.pass = ?1 AND c.start_us >= ?2 AND c.start_us < ?3 ORDER BY c.start_us, c.track",
        )?
        .query_map([pass, day, day + DAY_MICROS], entry)?
        .collect()
}

/// What the pass has for the span of an entry.
fn stretch(connection: &Connection, pass: i64, entry: &Entry) -> rusqlite::Result<Option<Stretch>> {
    let found = connection
        .prepare_cached(
            "SELECT start_us, end_us, outcome, reason, speech_us, compute_us FROM coverage
             WHERE pass = ?1 AND track = ?2 AND start_us <= ?3 ORDER BY start_us DESC LIMIT 1",
        )?
        .query_row(params![pass, entry.track, entry.span.start.as_micros()], |row| {
            let outcome = Outcome::parse(row.get_ref(2)?.as_str()?).ok_or_else(|| unreadable(2, "not an outcome"))?;
            let (reason, speech, compute): (Option<String>, i64, i64) = (row.get(3)?, row.get(4)?, row.get(5)?);
            Ok((pass::span_at(row, 0)?, outcome, reason, speech, compute))
        })
        .optional()?;
    let Some(new_pass) = pass::by_key(connection, pass)? else { return Ok(None) };
    let (track, side) = connection
        .prepare_cached("SELECT name, side FROM track WHERE key = ?1")?
        .query_row([entry.track], |row| Ok((track::track_at(row, 0)?, track::side_at(row, 1)?)))?;
    let mut stretch = Stretch {
        pass: new_pass,
        track,
        side,
        span: entry.span,
        outcome: None,
        reason: None,
        speech_micros: 0,
        compute_micros: 0,
        utterances: Vec::new(),
    };
    match found {
        Some((span, outcome, reason, speech, compute)) if span == entry.span => {
            let utterances = utterances(connection, pass, entry)?;
            (stretch.outcome, stretch.reason, stretch.utterances) = (Some(outcome), reason, utterances);
            (stretch.speech_micros, stretch.compute_micros) = (speech, compute);
            Ok(Some(stretch))
        }
        Some((span, ..)) if span.start <= entry.span.start && span.end >= entry.span.end => Ok(None),
        _ => Ok(Some(stretch)),
    }
}

/// Those whose place is in the stretch, in the order in which they were stored.
fn utterances(connection: &Connection, pass: i64, entry: &Entry) -> rusqlite::Result<Vec<(u32, crate::NewUtterance)>> {
    // An utterance of a window in pieces may begin before or after the piece that it belongs to.
    let sql = format!(
        "SELECT {COLUMNS} FROM {SOURCE}
         WHERE u.track = ?1 AND u.start_us / 1000 BETWEEN ?2 / 1000 AND ?3 / 1000 AND u.pass = ?4
           AND u.at_us >= ?5 AND u.at_us < ?6 ORDER BY u.key"
    );
    let (start, end) = (entry.span.start, entry.span.end);
    let earliest = start.as_micros().saturating_sub(MAX_UTTERANCE_MICROS).max(0);
    let latest = end.as_micros().saturating_add(MAX_UTTERANCE_MICROS);
    let values = params![entry.track, earliest, latest, pass, start.as_micros(), end.as_micros()];
    let mut query = connection.prepare_cached(&sql)?;
    query.query_map(values, |row| read(row).map(Utterance::into_new))?.collect()
}

fn file(row: &Row<'_>) -> rusqlite::Result<UnwrittenFile> {
    let day: i64 = row.get(0)?;
    Ok(UnwrittenFile {
        pass: pass::name_at(row, 2)?,
        day: WallTime::from_micros(day.saturating_mul(DAY_MICROS)),
        key: row.get(1)?,
    })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        seq: row.get(0)?,
        mark: row.get::<_, i64>(1)?.cast_unsigned(),
        track: row.get(2)?,
        span: pass::span_at(row, 3)?,
    })
}
