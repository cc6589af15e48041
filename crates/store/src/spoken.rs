use crate::error::During;
use crate::{Store, StoreError, pass, track};
use rusqlite::{OptionalExtension, params};
use timeline::{Span, TrackName, WallTime};

/// What was said last, as far as what comes next depends on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    /// When it was said.
    pub span: Span,
    /// In which language.
    pub language: Option<String>,
    /// Mean log-probability of its tokens.
    pub mean_logprob: f32,
}

impl Store {
    /// The last utterance of a pass on a track that begins before `at`; none that begins more than `within_micros` before it.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn last_spoken(
        &self,
        pass: i64,
        track: &TrackName,
        at: WallTime,
        within_micros: i64,
    ) -> Result<Option<Spoken>, StoreError> {
        let read = || {
            let Some(track) = track::key(&self.connection, track)? else { return Ok(None) };
            let earliest = at.plus_micros(-within_micros).as_micros().max(0);
            self.connection
                .prepare_cached(
                    "SELECT start_us, end_us, language, mean_logprob FROM utterance
                     WHERE track = ?1 AND start_us / 1000 BETWEEN ?4 / 1000 AND ?2 / 1000 AND start_us < ?2 AND pass = ?3
                     ORDER BY start_us / 1000 DESC, start_us DESC LIMIT 1",
                )?
                .query_row(params![track, at.as_micros(), pass, earliest], |row| {
                    let (span, language, mean_logprob) = (pass::span_at(row, 0)?, row.get(2)?, row.get(3)?);
                    Ok(Spoken { span, language, mean_logprob })
                })
                .optional()
        };
        read().during(&self.path, "reading what was said last")
    }

    /// The language in which most of a pass's utterances within `span` of a track were said; `None` where it has none there.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn language_within(&self, pass: i64, track: &TrackName, span: &Span) -> Result<Option<String>, StoreError> {
        let read = || {
            let Some(track) = track::key(&self.connection, track)? else { return Ok(None) };
            self.connection
                .prepare_cached(
                    "SELECT language FROM utterance WHERE track = ?1 AND start_us / 1000 BETWEEN ?2 / 1000 AND ?3 / 1000
                       AND start_us >= ?2 AND start_us < ?3 AND pass = ?4 AND language IS NOT NULL
                     GROUP BY language ORDER BY sum(end_us - start_us) DESC, language LIMIT 1",
                )?
                .query_row(params![track, span.start.as_micros(), span.end.as_micros(), pass], |row| row.get(0))
                .optional()
        };
        read().during(&self.path, "reading what language was spoken")
    }
}
