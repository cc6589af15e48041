use crate::error::During;
use crate::{Store, StoreError};
use rusqlite::OptionalExtension;
use timeline::WallTime;

impl Store {
    /// Somebody wants to see words as they are said, until then at least.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn set_live_until(&self, until: WallTime) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO live (one, until_us) VALUES (1, ?1)
                 ON CONFLICT (one) DO UPDATE SET until_us = max(until_us, excluded.until_us)",
            )
            .and_then(|mut query| query.execute([until.as_micros()]))
            .during(&self.path, "asking for words as they are said")
            .map(|_| ())
    }

    /// Until when somebody wants to see words as they are said; `None` where nobody ever did.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn live_until(&self) -> Result<Option<WallTime>, StoreError> {
        self.connection
            .prepare_cached("SELECT until_us FROM live WHERE one = 1")
            .and_then(|mut query| query.query_row([], |row| Ok(WallTime::from_micros(row.get(0)?))).optional())
            .during(&self.path, "reading whether somebody is watching")
    }

    /// Says what keeps words from being written as they are said; `None`: nothing does.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn set_live_fault(&self, fault: Option<&str>) -> Result<(), StoreError> {
        let set = || match fault {
            Some(text) => self
                .connection
                .prepare_cached("INSERT OR REPLACE INTO live_fault (one, text) VALUES (1, ?1)")?
                .execute([text]),
            None => self.connection.prepare_cached("DELETE FROM live_fault")?.execute([]),
        };
        set().during(&self.path, "saying what keeps words from being written as they are said").map(|_| ())
    }

    /// What keeps words from being written as they are said, by the worker that was last at work.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn live_fault(&self) -> Result<Option<String>, StoreError> {
        self.connection
            .prepare_cached("SELECT text FROM live_fault WHERE one = 1")
            .and_then(|mut query| query.query_row([], |row| row.get(0)).optional())
            .during(&self.path, "reading what keeps words from being written as they are said")
    }
}
