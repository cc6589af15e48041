use crate::correction::BY_HAND;
use crate::error::{During, unreadable};
use crate::{Store, StoreError, track};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use timeline::{PassName, Span, SpanSet, TrackName, WallTime};

/// The rank of a provisional pass, and of all below: it was made in a hurry, for somebody who was watching.
pub const PROVISIONAL: i64 = -1;

/// What makes a pass.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPass {
    /// The model's name, e.g. `base.en`.
    pub model: String,
    /// SHA-256 of the model's file, in hexadecimal.
    pub model_sha256: String,
    /// The engine's name.
    pub engine: String,
    /// Everything else that changes what is recognised, as a JSON object. With `"translate": true` it is a translation, which stands beside
    /// what was said and never speaks in its place.
    pub params: Value,
    /// The higher, the better; among equals the younger pass is read first.
    pub rank: i64,
    /// When it was first asked for.
    pub created: WallTime,
}

impl NewPass {
    /// The pass's public name: the first eight hexadecimal digits of the SHA-256 over model, engine and parameters.
    ///
    /// The order of keys in `params` makes no difference.
    pub fn name(&self) -> PassName {
        let mut hash = Sha256::new();
        for part in [&self.model_sha256, &self.engine, &canonical(&self.params)] {
            hash.update(part.as_bytes());
            hash.update(b"\n");
        }
        let digest: [u8; 32] = hash.finalize().into();
        let [a, b, c, d, ..] = digest;
        let digits = format!("{:08x}", u32::from_be_bytes([a, b, c, d]));
        PassName::new(&digits).unwrap_or_else(|| unreachable!("four bytes are eight hexadecimal digits"))
    }
}

/// JSON with the keys of all objects in order, whatever order `serde_json` was built to keep.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        _ => value.to_string(),
    }
}

/// One model with one set of parameters. Never edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Private to the database.
    pub key: i64,
    /// Its public name.
    pub name: PassName,
    /// The model's name.
    pub model: String,
    /// SHA-256 of the model's file, in hexadecimal.
    pub model_sha256: String,
    /// The engine's name.
    pub engine: String,
    /// Everything else that changes what is recognised.
    pub params: Value,
    /// The higher, the better.
    pub rank: i64,
    /// When it was first asked for.
    pub created: WallTime,
    /// Whether it stands beside what was said, in English.
    pub translation: bool,
}

/// A pass and what it has dealt with so far.
#[derive(Debug, Clone, PartialEq)]
pub struct PassSummary {
    /// The pass.
    pub pass: Pass,
    /// When it covers any track.
    pub spans: SpanSet,
    /// The sound of all tracks that it has dealt with, in microseconds.
    pub covered_micros: i64,
    /// The speech among it.
    pub speech_micros: i64,
    /// How long the engine worked on it.
    pub compute_micros: i64,
    /// How many windows were set aside.
    pub quarantined: u64,
}

impl PassSummary {
    /// Whether it was made in a hurry, for somebody who was watching.
    pub fn is_provisional(&self) -> bool {
        self.pass.rank <= PROVISIONAL
    }

    /// Seconds of speech per second of the engine's time; `None` before any.
    pub fn speed_x(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of centuries fit 53 bits")]
        (self.compute_micros > 0).then(|| self.speech_micros as f64 / self.compute_micros as f64)
    }
}

/// How much there is to recognise somewhere, as far as passes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpeechWithin {
    /// The speech, in microseconds.
    pub speech_micros: i64,
    /// The windows that it took.
    pub windows: u64,
}

const COLUMNS: &str = "key, name, model, model_sha256, engine, params, rank, created_us, translation";

impl Store {
    /// The pass of that model, engine and parameters; made where it isn't there. The rank and the time of one
    /// that is there stay as they were.
    ///
    /// # Errors
    /// [`StoreError::PassNameTaken`] where another pass has come to the same eight digits.
    pub fn ensure_pass(&self, new: &NewPass) -> Result<Pass, StoreError> {
        ensure(&self.connection, new)
            .during(&self.path, "adding a pass")?
            .ok_or_else(|| StoreError::PassNameTaken { name: new.name() })
    }

    /// All passes with what they cover, best first.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn passes(&self) -> Result<Vec<PassSummary>, StoreError> {
        let operation = "reading the passes";
        let snapshot = self.snapshot(operation)?;
        let read_all = || -> rusqlite::Result<Vec<PassSummary>> {
            let mut query = snapshot.prepare(&format!("SELECT {COLUMNS} FROM pass {BEST_FIRST}"))?;
            let passes = query.query_map([], read)?.collect::<rusqlite::Result<Vec<Pass>>>()?;
            passes.into_iter().map(|pass| summary(&snapshot, pass)).collect()
        };
        read_all().during(&self.path, operation)
    }

    /// About how much speech there is within some spans of a track, by the pass that covers most of them. What it doesn't cover is taken to be like the rest.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn speech_within(&self, track: &TrackName, spans: &SpanSet) -> Result<SpeechWithin, StoreError> {
        let read = || -> rusqlite::Result<SpeechWithin> {
            let Some(track) = track::key(&self.connection, track)? else { return Ok(SpeechWithin::default()) };
            let mut query = self.connection.prepare_cached(
                "SELECT c.pass, c.start_us, c.end_us, c.speech_us FROM coverage c JOIN pass p ON p.key = c.pass
                 WHERE c.track = ?1 AND p.translation = 0 AND p.rank > ?2 AND p.rank < ?3 ORDER BY c.pass, c.start_us",
            )?;
            let mut rows = query.query([track, PROVISIONAL, BY_HAND])?;
            let mut by_pass: BTreeMap<i64, (f64, f64, f64)> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let span = span_at(row, 1)?;
                let inside = spans.within(&span).len_micros();
                if inside > 0 {
                    let (speech, share) = (micros(row.get(3)?), micros(inside) / micros(span.len_micros().max(1)));
                    let (covered, said, windows) = by_pass.entry(row.get(0)?).or_default();
                    *covered += micros(inside);
                    *said += speech * share;
                    *windows += if speech > 0.0 { share } else { 0.0 };
                }
            }
            let most = by_pass.into_values().max_by(|a, b| a.0.total_cmp(&b.0));
            let (covered, said, windows) = most.unwrap_or_default();
            let scale = if covered > 0.0 { micros(spans.len_micros()) / covered } else { 0.0 };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an estimate, and not negative"
            )]
            let found = SpeechWithin { speech_micros: (said * scale) as i64, windows: (windows * scale).ceil() as u64 };
            Ok(found)
        };
        read().during(&self.path, "reading how much speech there is")
    }

    /// The mean probability of each pass's utterances, by its key. Reads all that was ever said.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn mean_ps(&self) -> Result<HashMap<i64, f64>, StoreError> {
        let read = || -> rusqlite::Result<HashMap<i64, f64>> {
            let mut query = self.connection.prepare_cached("SELECT pass, avg(p) FROM utterance GROUP BY pass")?;
            query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        read().during(&self.path, "reading how sure the passes were")
    }

    /// The pass with that private key.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn pass(&self, key: i64) -> Result<Option<Pass>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM pass WHERE key = ?1");
        let find = || self.connection.prepare_cached(&sql)?.query_row([key], read).optional();
        find().during(&self.path, "reading a pass")
    }

    /// What a pass has dealt with on a track, whatever came of it. Empty for a track that isn't there.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn coverage(&self, pass: i64, track: &TrackName) -> Result<SpanSet, StoreError> {
        let read = || {
            let Some(track) = track::key(&self.connection, track)? else { return Ok(SpanSet::new()) };
            let mut query = self.connection.prepare_cached(
                "SELECT start_us, end_us FROM coverage WHERE pass = ?1 AND track = ?2 ORDER BY start_us",
            )?;
            query.query_map([pass, track], |row| span_at(row, 0))?.collect()
        };
        read().during(&self.path, "reading coverage")
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of centuries fit 53 bits")]
fn micros(micros: i64) -> f64 {
    micros as f64
}

/// The pass of that model, engine and parameters, made where it isn't there; `None` where another has its name.
pub(crate) fn ensure(connection: &Connection, new: &NewPass) -> rusqlite::Result<Option<Pass>> {
    let (name, params, created) = (new.name(), canonical(&new.params), new.created.as_micros());
    let translation = new.params.get("translate") == Some(&Value::Bool(true));
    let values =
        params![name.as_str(), new.model, new.model_sha256, new.engine, params, new.rank, created, translation];
    connection
        .prepare_cached(
            "INSERT INTO pass (name, model, model_sha256, engine, params, rank, created_us, translation)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (name) DO NOTHING",
        )?
        .execute(values)?;
    let sql = format!("SELECT {COLUMNS} FROM pass WHERE name = ?1");
    let pass = connection.prepare_cached(&sql)?.query_row([name.as_str()], read)?;
    let same = pass.model_sha256 == new.model_sha256 && pass.engine == new.engine && canonical(&pass.params) == params;
    Ok(same.then_some(pass))
}

/// The pass with that key, as it was made.
pub(crate) fn by_key(connection: &Connection, key: i64) -> rusqlite::Result<Option<NewPass>> {
    let sql = format!("SELECT {COLUMNS} FROM pass WHERE key = ?1");
    let pass = connection.prepare_cached(&sql)?.query_row([key], read).optional()?;
    Ok(pass.map(|pass| {
        let Pass { model, model_sha256, engine, params, rank, created, .. } = pass;
        NewPass { model, model_sha256, engine, params, rank, created }
    }))
}

/// The order of precedence: rank, then the younger pass.
pub(crate) const BEST_FIRST: &str = "ORDER BY rank DESC, created_us DESC, key DESC";

pub(crate) fn name(connection: &Connection, key: i64) -> rusqlite::Result<Option<PassName>> {
    connection
        .prepare_cached("SELECT name FROM pass WHERE key = ?1")?
        .query_row([key], |row| name_at(row, 0))
        .optional()
}

pub(crate) fn name_at(row: &Row<'_>, column: usize) -> rusqlite::Result<PassName> {
    PassName::new(row.get_ref(column)?.as_str()?).ok_or_else(|| unreadable(column, "not a pass's name"))
}

/// The span in two columns next to each other.
pub(crate) fn span_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Span> {
    Ok(Span::new(WallTime::from_micros(row.get(column)?), WallTime::from_micros(row.get(column + 1)?)))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Pass> {
    let params = serde_json::from_str(row.get_ref(5)?.as_str()?).map_err(|_| unreadable(5, "not JSON"))?;
    Ok(Pass {
        key: row.get(0)?,
        name: name_at(row, 1)?,
        model: row.get(2)?,
        model_sha256: row.get(3)?,
        engine: row.get(4)?,
        params,
        rank: row.get(6)?,
        created: WallTime::from_micros(row.get(7)?),
        translation: row.get(8)?,
    })
}

fn summary(connection: &Connection, pass: Pass) -> rusqlite::Result<PassSummary> {
    let mut query = connection.prepare_cached(
        "SELECT start_us, end_us, speech_us, compute_us, outcome = 'quarantined' FROM coverage WHERE pass = ?1",
    )?;
    let mut rows = query.query([pass.key])?;
    let mut summary = PassSummary {
        pass,
        spans: SpanSet::new(),
        covered_micros: 0,
        speech_micros: 0,
        compute_micros: 0,
        quarantined: 0,
    };
    while let Some(row) = rows.next()? {
        let span = span_at(row, 0)?;
        summary.spans.insert(span);
        summary.covered_micros = summary.covered_micros.saturating_add(span.len_micros());
        summary.speech_micros = summary.speech_micros.saturating_add(row.get(2)?);
        summary.compute_micros = summary.compute_micros.saturating_add(row.get(3)?);
        summary.quarantined += u64::from(row.get::<_, bool>(4)?);
    }
    Ok(summary)
}
