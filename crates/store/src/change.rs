use crate::error::During;
use crate::{Store, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The index has to look at an utterance again: it is new, became current, or stopped being so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Its place in the order of changes, from 1.
    pub seq: u64,
    /// A random number that tells this change from the one with the same `seq` in another copy of the database.
    pub nonce: i64,
    /// The utterance's private key.
    pub key: i64,
}

/// The most changes that are handed out at once.
const MAX_CHANGES: usize = 100_000;

impl Store {
    /// The changes after `seq`, oldest first, `limit` at most (and never more than 100,000).
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn changes_after(&self, seq: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        let limit = i64::try_from(limit.min(MAX_CHANGES)).unwrap_or(i64::MAX);
        let read = || -> rusqlite::Result<Vec<Change>> {
            self.connection
                .prepare_cached("SELECT seq, nonce, utterance FROM change WHERE seq > ?1 ORDER BY seq LIMIT ?2")?
                .query_map(params![seq.cast_signed(), limit], change)?
                .collect()
        };
        read().during(&self.path, "reading the changes")
    }

    /// The newest change; `None` before any.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn last_change(&self) -> Result<Option<Change>, StoreError> {
        self.connection
            .query_row("SELECT seq, nonce, utterance FROM change ORDER BY seq DESC LIMIT 1", [], change)
            .optional()
            .during(&self.path, "reading the last change")
    }

    /// The random number of a change; `None` where there is no such change, so that an index which names it
    /// follows another copy of the database and has to be built anew.
    ///
    /// Before the first change stands 0 with the number 0, for as long as nothing was trimmed.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn change_nonce(&self, seq: u64) -> Result<Option<i64>, StoreError> {
        let sql = if seq == 0 {
            // Trimming always leaves a row, so an empty table means that nothing has happened yet.
            "SELECT 0 WHERE coalesce((SELECT min(seq) FROM change), ?1 + 1) = 1"
        } else {
            "SELECT nonce FROM change WHERE seq = ?1"
        };
        self.connection
            .query_row(sql, [seq.cast_signed()], |row| row.get(0))
            .optional()
            .during(&self.path, "reading a change")
    }

    /// Drops the changes before `applied`, the one that the index names. That one stays, as the fence that
    /// [`change_nonce`](Self::change_nonce) looks at.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn trim_changes(&self, applied: u64) -> Result<(), StoreError> {
        self.connection
            .execute(
                "DELETE FROM change WHERE seq < ?1 AND seq < (SELECT max(seq) FROM change)",
                [applied.cast_signed()],
            )
            .during(&self.path, "trimming the changes")
            .map(|_| ())
    }
}

/// Notes that the index has to look at `keys` again.
pub(crate) fn append(connection: &Connection, keys: &[i64]) -> rusqlite::Result<()> {
    let mut query = connection.prepare_cached("INSERT INTO change (nonce, utterance) VALUES (random(), ?1)")?;
    keys.iter().try_for_each(|key| query.execute([key]).map(|_| ()))
}

/// The number of the newest change, 0 before any.
pub(crate) fn last_seq(connection: &Connection) -> rusqlite::Result<u64> {
    let seq: i64 =
        connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM change")?.query_row([], |row| row.get(0))?;
    Ok(seq.unsigned_abs())
}

fn change(row: &Row<'_>) -> rusqlite::Result<Change> {
    Ok(Change { seq: row.get::<_, i64>(0)?.unsigned_abs(), nonce: row.get(1)?, key: row.get(2)? })
}
