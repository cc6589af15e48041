use crate::error::During;
use crate::{Store, StoreError};
use rusqlite::{OptionalExtension, params};
use timeline::WallTime;

/// What the running worker says of itself every few seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorkerState {
    /// Its process.
    pub pid: u32,
    /// Seconds of sound per second of work, lately.
    pub speed_x: f64,
    /// Sound that waits to be dealt with, in microseconds.
    pub backlog_micros: i64,
    /// When it said so. Old news means that it has stopped.
    pub updated: WallTime,
}

impl Store {
    /// Says how the worker is doing.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn set_worker(&self, state: &WorkerState) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO worker (one, pid, speed_x, backlog_us, updated_us) VALUES (1, ?1, ?2, ?3, ?4)",
            )
            .and_then(|mut query| {
                query.execute(params![state.pid, state.speed_x, state.backlog_micros, state.updated.as_micros()])
            })
            .during(&self.path, "saying how the worker is doing")
            .map(|_| ())
    }

    /// What the worker last said; `None` where there never was one.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn worker(&self) -> Result<Option<WorkerState>, StoreError> {
        self.connection
            .query_row("SELECT pid, speed_x, backlog_us, updated_us FROM worker WHERE one = 1", [], |row| {
                Ok(WorkerState {
                    pid: row.get(0)?,
                    speed_x: row.get(1)?,
                    backlog_micros: row.get(2)?,
                    updated: WallTime::from_micros(row.get(3)?),
                })
            })
            .optional()
            .during(&self.path, "reading how the worker is doing")
    }
}
