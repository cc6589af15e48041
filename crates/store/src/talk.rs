use crate::error::During;
use crate::pass::span_at;
use crate::track::{key, side_at};
use crate::{MAX_UTTERANCE_MICROS, Store, StoreError};
use rusqlite::params;
use timeline::{Side, Span};

/// The most spans that [`Store::talk`] hands out: a day without a breath has fewer.
const MAX_SPANS: i64 = 100_000;

impl Store {
    /// When somebody spoke within `span`, and on which side, in the order of time: what any pass heard and isn't hidden. Spans
    /// of several passes overlap.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn talk(&self, span: &Span) -> Result<Vec<(Side, Span)>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(Side, Span)>> {
            self.connection
                .prepare_cached(
                    "SELECT u.start_us, u.end_us, t.side FROM utterance u JOIN track t ON t.key = u.track
                     WHERE u.start_us >= ?1 AND u.start_us < ?3 AND u.end_us > ?2 AND u.state != 'hidden'
                     ORDER BY u.start_us LIMIT ?4",
                )?
                .query_map(
                    params![
                        span.start.as_micros().saturating_sub(MAX_UTTERANCE_MICROS),
                        span.start.as_micros(),
                        span.end.as_micros(),
                        MAX_SPANS
                    ],
                    |row| Ok((side_at(row, 2)?, span_at(row, 0)?)),
                )?
                .collect::<rusqlite::Result<_>>()
        };
        read().during(&self.path, "reading when somebody spoke")
    }

    /// The median of the mean word probabilities of what begins within `span` and isn't hidden; `None` where nothing does.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn usual_p(&self, span: &Span) -> Result<Option<f32>, StoreError> {
        let read = || -> rusqlite::Result<Option<f32>> {
            let mut all: Vec<f32> = self
                .connection
                .prepare_cached(
                    "SELECT p FROM utterance WHERE start_us >= ?1 AND start_us < ?2 AND state != 'hidden' LIMIT ?3",
                )?
                .query_map(params![span.start.as_micros(), span.end.as_micros(), MAX_SPANS], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            all.sort_by(f32::total_cmp);
            Ok(all.get(all.len() / 2).copied())
        };
        read().during(&self.path, "reading how sure the passes were")
    }

    /// How much speech each of `spans` holds, in microseconds, all tracks together: as much as the pass found that found most on a track. The
    /// spans are disjoint and in the order of time; speech counts where its window begins.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn speech_of(&self, spans: &[Span]) -> Result<Vec<i64>, StoreError> {
        let mut speech = vec![0; spans.len()];
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(speech) };
        let passes: Vec<i64> = self.passes()?.into_iter().map(|known| known.pass.key).collect();
        for (track, _) in self.tracks()? {
            let mut most = vec![0; spans.len()];
            for pass in &passes {
                let of_pass = self.speech_of_pass(*pass, &track, (first, last), spans)?;
                most.iter_mut().zip(of_pass).for_each(|(most, here)| *most = here.max(*most));
            }
            speech.iter_mut().zip(most).for_each(|(sum, here)| *sum += here);
        }
        Ok(speech)
    }

    fn speech_of_pass(
        &self,
        pass: i64,
        track: &timeline::TrackName,
        (first, last): (&Span, &Span),
        spans: &[Span],
    ) -> Result<Vec<i64>, StoreError> {
        let read = || {
            let mut speech = vec![0; spans.len()];
            let Some(track) = key(&self.connection, track)? else { return Ok(speech) };
            let mut windows = self.connection.prepare_cached(
                "SELECT start_us, speech_us FROM coverage
                 WHERE pass = ?1 AND track = ?2 AND start_us >= ?3 AND start_us < ?4 AND speech_us > 0 ORDER BY start_us",
            )?;
            let mut rows = windows.query(params![pass, track, first.start.as_micros(), last.end.as_micros()])?;
            let mut places = spans.iter().zip(speech.iter_mut()).peekable();
            while let Some(row) = rows.next()? {
                let (start, found): (i64, i64) = (row.get(0)?, row.get(1)?);
                while places.next_if(|(span, _)| span.end.as_micros() <= start).is_some() {}
                if let Some((span, sum)) = places.peek_mut()
                    && span.start.as_micros() <= start
                {
                    **sum += found;
                }
            }
            Ok(speech)
        };
        read().during(&self.path, "reading how much was spoken")
    }
}
