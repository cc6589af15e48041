use crate::current::{self, Current, Place};
use crate::error::During;
use crate::utterance::{COLUMNS, SOURCE, State, Utterance, read};
use crate::{MAX_UTTERANCE_MICROS, Store, StoreError, track};
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::ControlFlow;
use timeline::{Span, TrackName, UtteranceId, WallTime};

/// The most utterances that [`Store::utterances`] hands out: some weeks of talk.
pub const MAX_UTTERANCES: usize = 200_000;
/// How many are read in one go.
const PAGE: i64 = 1_024;
/// Silence that is kept around an utterance, where there is so much.
const EDGE_MICROS: i64 = 250_000;
/// How far [`Store::nearest`] looks to either side, in utterances.
const NEAREST_LOOKS: i64 = 256;

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Utterances of all passes.
    pub utterances: u64,
    /// Passes.
    pub passes: u64,
    /// Windows that were set aside.
    pub quarantined: u64,
}

/// Where the next page begins: start, track's name, key.
type Mark = (i64, String, i64);
const START: Mark = (i64::MIN, String::new(), 0);

/// Which of some utterances speak.
type Choose = fn(&Connection, &[Place]) -> rusqlite::Result<Current>;

fn mark_of(last: &Utterance) -> Mark {
    (last.span.start.as_micros(), last.track.as_str().to_owned(), last.key)
}

impl Store {
    /// The current utterances that overlap `span`, in time order, whatever their state.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] where there are more than [`MAX_UTTERANCES`].
    pub fn utterances(&self, span: &Span) -> Result<Vec<Utterance>, StoreError> {
        let mut found = Vec::new();
        let whole = self.each_utterance(span, |utterance| {
            found.push(utterance);
            if found.len() > MAX_UTTERANCES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        match whole {
            ControlFlow::Continue(()) => Ok(found),
            ControlFlow::Break(()) => Err(StoreError::TooMany { span: *span, limit: MAX_UTTERANCES }),
        }
    }

    /// The translated utterances that overlap `span`, in time order, of the best translation for each moment.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] where there are more than [`MAX_UTTERANCES`].
    pub fn translations(&self, span: &Span) -> Result<Vec<Utterance>, StoreError> {
        let (mut found, mut mark): (Vec<Utterance>, Mark) = (Vec::new(), START);
        loop {
            let page = self.page(span, &mark, current::current_translation)?;
            let Some((last, _)) = page.last() else { return Ok(found) };
            mark = mark_of(last);
            found.extend(page.into_iter().filter_map(|(utterance, speaks)| speaks.then_some(utterance)));
            if found.len() > MAX_UTTERANCES {
                return Err(StoreError::TooMany { span: *span, limit: MAX_UTTERANCES });
            }
        }
    }

    /// Hands the current utterances that overlap `span` to `each`, in time order, until it breaks. However long the
    /// span is, only a page of them is in memory.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn each_utterance(
        &self,
        span: &Span,
        mut each: impl FnMut(Utterance) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let mut mark = START;
        loop {
            let page = self.page(span, &mark, current::current)?;
            let Some((last, _)) = page.last() else { return Ok(ControlFlow::Continue(())) };
            mark = mark_of(last);
            for (utterance, is_current) in page {
                if is_current && each(utterance).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
    }

    /// A page of utterances of all passes, each with whether it is among those that are `chosen`.
    fn page(&self, span: &Span, mark: &Mark, chosen: Choose) -> Result<Vec<(Utterance, bool)>, StoreError> {
        let operation = "reading utterances";
        let snapshot = self.snapshot(operation)?;
        let read_page = || -> rusqlite::Result<Vec<(Utterance, bool)>> {
            let sql = format!(
                "SELECT {COLUMNS}, {} FROM {SOURCE}
                 WHERE u.start_us >= max(?1 - {MAX_UTTERANCE_MICROS}, ?3) AND u.start_us < ?2 AND (u.end_us > ?1 OR u.start_us >= ?1)
                   AND (u.start_us, t.name, u.key) > (?3, ?4, ?5)
                 ORDER BY u.start_us, t.name, u.key LIMIT {PAGE}",
                Place::COLUMNS
            );
            let values = params![span.start.as_micros(), span.end.as_micros(), mark.0, mark.1, mark.2];
            let rows: Vec<(Utterance, Place)> = snapshot
                .prepare_cached(&sql)?
                .query_map(values, |row| Ok((read(row)?, Place::read_from(row, 21)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let places: Vec<Place> = rows.iter().map(|(_, place)| *place).collect();
            let current = chosen(&snapshot, &places)?;
            let seen =
                |(utterance, place): (Utterance, Place)| (as_seen(utterance, &current), current.contains(place.key));
            Ok(rows.into_iter().map(seen).collect())
        };
        read_page().during(&self.path, operation)
    }

    /// A span of a track widened to the silence around it, as far as any pass has heard it: no utterance reaches across its ends.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn widened_to_silence(&self, track: &TrackName, span: &Span) -> Result<Span, StoreError> {
        let widen = || -> rusqlite::Result<Span> {
            let Some(track) = track::key(&self.connection, track)? else { return Ok(*span) };
            let mut wide = *span;
            for edge in
                [Span::new(span.start, span.start.plus_micros(1)), Span::new(span.end.plus_micros(-1), span.end)]
            {
                if let Some((_, reached)) = current::hull(&current::around(&self.connection, track, &edge)?) {
                    wide = Span::new(wide.start.min(reached.start), wide.end.max(reached.end));
                }
            }
            let nearest = |sql: &str, at: WallTime, reach: WallTime| -> rusqlite::Result<Option<i64>> {
                let values = params![track, at.as_micros(), reach.as_micros().max(0)];
                self.connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))
            };
            let before = nearest(
                "SELECT max(end_us) FROM utterance WHERE track = ?1 AND start_us / 1000 BETWEEN ?3 / 1000 AND ?2 / 1000 AND end_us <= ?2",
                wide.start,
                wide.start.plus_micros(-MAX_UTTERANCE_MICROS),
            )?;
            let after = nearest(
                "SELECT min(start_us) FROM utterance WHERE track = ?1 AND start_us / 1000 BETWEEN ?2 / 1000 AND ?3 / 1000 AND start_us >= ?2",
                wide.end,
                wide.end.plus_micros(2 * EDGE_MICROS),
            )?;
            let margin = |pause: Option<i64>| pause.map_or(EDGE_MICROS, |pause| (pause / 2).min(EDGE_MICROS));
            let start = margin(before.map(|end| wide.start.as_micros() - end));
            let end = margin(after.map(|start| start - wide.end.as_micros()));
            Ok(Span::new(wide.start.plus_micros(-start).max(WallTime::from_micros(0)), wide.end.plus_micros(end)))
        };
        widen().during(&self.path, "looking for silence")
    }

    /// What one pass heard within `span`, current or not, in time order: at most a page of it.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn of_pass(&self, pass: i64, span: &Span) -> Result<Vec<Utterance>, StoreError> {
        let read_all = || -> rusqlite::Result<Vec<Utterance>> {
            let sql = format!(
                "SELECT {COLUMNS} FROM {SOURCE}
                 WHERE u.start_us >= ?1 - {MAX_UTTERANCE_MICROS} AND u.start_us < ?2 AND u.end_us > ?1 AND u.pass = ?3
                 ORDER BY u.start_us, t.name, u.key LIMIT {PAGE}"
            );
            let values = params![span.start.as_micros(), span.end.as_micros(), pass];
            self.connection.prepare_cached(&sql)?.query_map(values, read)?.collect()
        };
        read_all().during(&self.path, "reading a pass's utterances")
    }

    /// What one pass heard of a track whose middle lies within `span`, current or not, in time order.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn of_pass_on(&self, pass: i64, track: &TrackName, span: &Span) -> Result<Vec<Utterance>, StoreError> {
        let read_all = || -> rusqlite::Result<Vec<Utterance>> {
            let Some(track) = track::key(&self.connection, track)? else { return Ok(Vec::new()) };
            let sql = format!(
                "SELECT {COLUMNS} FROM {SOURCE}
                 WHERE u.track = ?4 AND u.start_us / 1000 BETWEEN ?1 / 1000 AND ?2 / 1000 AND u.pass = ?3
                 ORDER BY u.start_us, u.key"
            );
            let earliest = span.start.as_micros().saturating_sub(MAX_UTTERANCE_MICROS).max(0);
            let values = params![earliest, span.end.as_micros(), pass, track];
            let mut utterances: Vec<Utterance> =
                self.connection.prepare_cached(&sql)?.query_map(values, read)?.collect::<rusqlite::Result<_>>()?;
            utterances.retain(|utterance| span.contains(utterance.span.middle()));
            Ok(utterances)
        };
        read_all().during(&self.path, "reading a pass's utterances")
    }

    /// The utterances with these private keys, in the order of `keys`, current or not. Those that aren't there are
    /// left out.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn by_keys(&self, keys: &[i64]) -> Result<Vec<Utterance>, StoreError> {
        let operation = "reading utterances";
        let snapshot = self.snapshot(operation)?;
        let read_all = || -> rusqlite::Result<Vec<Utterance>> {
            let sql = format!("SELECT {COLUMNS}, {} FROM {SOURCE} WHERE u.key = ?1", Place::COLUMNS);
            let mut query = snapshot.prepare_cached(&sql)?;
            let mut both =
                |key: &i64| query.query_row([key], |row| Ok((read(row)?, Place::read_from(row, 21)?))).optional();
            let rows: Vec<(Utterance, Place)> =
                keys.iter().filter_map(|key| both(key).transpose()).collect::<rusqlite::Result<_>>()?;
            let places: Vec<Place> = rows.iter().map(|(_, place)| *place).collect();
            let current = current::current(&snapshot, &places)?;
            Ok(rows.into_iter().map(|(utterance, _)| as_seen(utterance, &current)).collect())
        };
        read_all().during(&self.path, operation)
    }

    /// The utterance with that public id, current or not.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn by_id(&self, id: &UtteranceId) -> Result<Option<Utterance>, StoreError> {
        let find = || {
            let Some(track) = track::key(&self.connection, &id.track)? else { return Ok(None) };
            let sql = format!(
                "SELECT {COLUMNS} FROM {SOURCE} WHERE u.track = ?1 AND u.start_us / 1000 = ?2 AND p.name = ?3 AND u.repeat = ?4"
            );
            let millis = id.start.as_micros().div_euclid(1_000);
            self.connection
                .prepare_cached(&sql)?
                .query_row(params![track, millis, id.pass.as_str(), id.repeat], read)
                .optional()
        };
        find().during(&self.path, "looking for an utterance")
    }

    /// The current utterance that is said at `time`, or the one next to it; hidden ones don't count.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn nearest(&self, time: WallTime) -> Result<Option<Utterance>, StoreError> {
        let operation = "looking for the nearest utterance";
        let near = {
            let snapshot = self.snapshot(operation)?;
            let look = || -> rusqlite::Result<Option<i64>> {
                let mut places: Vec<Place> = Vec::new();
                for part in ["u.start_us <= ?1 ORDER BY u.start_us DESC", "u.start_us > ?1 ORDER BY u.start_us"] {
                    let sql =
                        format!("SELECT {} FROM utterance u WHERE {part}, u.key LIMIT {NEAREST_LOOKS}", Place::COLUMNS);
                    for place in snapshot.prepare_cached(&sql)?.query_map([time.as_micros()], Place::read)? {
                        places.push(place?);
                    }
                }
                let current = current::current(&snapshot, &places)?;
                let seen = places.iter().filter(|place| place.state != State::Hidden && current.contains(place.key));
                Ok(seen
                    .min_by_key(|place| (distance(place.span, time), place.span.start, place.key))
                    .map(|place| place.key))
            };
            look().during(&self.path, operation)?
        };
        Ok(self.by_keys(near.as_slice())?.into_iter().next())
    }

    /// How much there is.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn counters(&self) -> Result<Counters, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM utterance), (SELECT count(*) FROM pass), \
                   (SELECT count(*) FROM coverage WHERE outcome = 'quarantined')";
        self.connection
            .query_row(sql, [], |row| {
                let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
                Ok(Counters { utterances: count(0)?, passes: count(1)?, quarantined: count(2)? })
            })
            .during(&self.path, "counting")
    }
}

/// An utterance with what the reader should know of it.
fn as_seen(utterance: Utterance, current: &Current) -> Utterance {
    match current.not_heard_by(utterance.key) {
        Some(pass) => {
            let reason = Some(format!("not heard by {pass}"));
            Utterance { state: State::Doubtful, reason, ..utterance }
        }
        None => utterance,
    }
}

/// Microseconds from `time` to the nearest moment of `span`.
fn distance(span: Span, time: WallTime) -> i64 {
    if time < span.start { span.start.micros_since(time) } else { time.micros_since(span.end).max(0) }
}
