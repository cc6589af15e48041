use crate::correction::BY_HAND;
use crate::error::During;
use crate::pass::{PROVISIONAL, span_at};
use crate::{MAX_UTTERANCE_MICROS, Store, StoreError, track};
use rusqlite::params;
use timeline::{Span, SpanSet, TrackName};

impl Store {
    /// What has come to words, or to the finding that there are none, on a track: by a pass where one is given, else by any that isn't provisional
    /// and no translation, nor the user's own: who corrects a word has not heard the rest. Windows that failed count only `failed_too`: their sound is all there is of them.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn dealt_with(&self, pass: Option<i64>, track: &TrackName, failed_too: bool) -> Result<SpanSet, StoreError> {
        let read = || {
            let Some(track) = track::key(&self.connection, track)? else { return Ok(SpanSet::new()) };
            let mut query = self.connection.prepare_cached(
                "SELECT c.start_us, c.end_us FROM coverage c JOIN pass p ON p.key = c.pass
                 WHERE c.track = ?1 AND (?4 OR c.outcome <> 'quarantined') AND p.rank > ?2 AND p.rank < ?5 AND NOT p.translation AND (?3 IS NULL OR p.key = ?3)
                 ORDER BY c.start_us",
            )?;
            query.query_map(params![track, PROVISIONAL, pass, failed_too, BY_HAND], |row| span_at(row, 0))?.collect()
        };
        read().during(&self.path, "reading what came to words")
    }

    /// What any pass has dealt with of `span` of a track, the provisional ones included: who was heard there is known.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn listened_to(&self, track: &TrackName, span: &Span) -> Result<SpanSet, StoreError> {
        let read = || {
            let Some(track) = track::key(&self.connection, track)? else { return Ok(SpanSet::new()) };
            // By pass, so that the index finds the few rows of the span among those of years.
            let mut query = self.connection.prepare_cached(
                "SELECT c.start_us, c.end_us FROM pass p JOIN coverage c ON c.pass = p.key AND c.track = ?1
                 WHERE NOT p.translation AND p.rank < ?4 AND c.outcome <> 'quarantined' AND c.end_us > ?2 AND c.start_us < ?3
                   AND c.start_us >= coalesce((SELECT max(start_us) FROM coverage WHERE pass = p.key AND track = ?1 AND start_us <= ?2), ?2)",
            )?;
            let values = params![track, span.start.as_micros(), span.end.as_micros(), BY_HAND];
            let rows: SpanSet = query.query_map(values, |row| span_at(row, 0))?.collect::<rusqlite::Result<_>>()?;
            Ok(rows.within(span))
        };
        read().during(&self.path, "reading what was listened to")
    }

    /// Whether any pass heard a word within `span` of a track, whatever became of it.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn has_words(&self, track: &TrackName, span: &Span) -> Result<bool, StoreError> {
        let read = || {
            let Some(track) = track::key(&self.connection, track)? else { return Ok(false) };
            let (from, to) = (span.start.as_micros(), span.end.as_micros());
            self.connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM utterance WHERE track = ?1 AND start_us / 1000 BETWEEN (?2 - ?4) / 1000 AND ?3 / 1000
                       AND start_us < ?3 AND end_us > ?2)",
                )?
                .query_row(params![track, from, to, MAX_UTTERANCE_MICROS], |row| row.get(0))
        };
        read().during(&self.path, "looking for words")
    }
}
