//! Brings a database up to date, one file of `migrations/` after the other, each in a transaction of its own.
//!
//! `user_version` holds the number of the last file that was run. A file that was released is never changed.

use crate::StoreError;
use crate::error::During;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// All migrations, in order: the first is number 1.
const MIGRATIONS: [&str; 9] = [
    include_str!("../../../migrations/0001_core.sql"),
    include_str!("../../../migrations/0002_live.sql"),
    include_str!("../../../migrations/0003_translation.sql"),
    include_str!("../../../migrations/0004_evidence.sql"),
    include_str!("../../../migrations/0005_live_fault.sql"),
    include_str!("../../../migrations/0006_plain_words.sql"),
    include_str!("../../../migrations/0007_forgotten.sql"),
    include_str!("../../../migrations/0008_campaigns.sql"),
    include_str!("../../../migrations/0009_remarks.sql"),
];

/// The format that this program writes and reads.
pub(crate) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Whether tables, indices and triggers are, letter for letter, what the migrations up to a format make.
pub(crate) fn is_schema_of(connection: &Connection, format: i64) -> rusqlite::Result<bool> {
    let fresh = Connection::open_in_memory()?;
    for sql in MIGRATIONS.iter().take(usize::try_from(format).unwrap_or(0)) {
        fresh.execute_batch(sql)?;
    }
    Ok(schema(connection)? == schema(&fresh)?)
}

/// Each one's kind, name, table and text. What SQLite makes for itself has none.
fn schema(connection: &Connection) -> rusqlite::Result<Vec<[String; 4]>> {
    connection
        .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")?
        .query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?
        .collect()
}

/// Runs what is missing. Several programs may do this at once: the lock is taken before the version is read.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let operation = "bringing it up to date";
    // Inside of a transaction this pragma does nothing, and a migration may have to move rows about.
    connection.pragma_update(None, "foreign_keys", false).during(path, operation)?;
    while version(connection).during(path, operation)? != known() {
        step(connection, path)?;
    }
    connection.pragma_update(None, "foreign_keys", true).during(path, operation)
}

fn step(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let operation = "bringing it up to date";
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
    let found = version(&transaction).during(path, operation)?;
    if found > known() || found < 0 {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: known() });
    }
    let Some(sql) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found)) else {
        return Ok(()); // Another program was faster.
    };
    transaction.execute_batch(sql).during(path, operation)?;
    transaction.pragma_update(None, "user_version", found + 1).during(path, operation)?;
    transaction.commit().during(path, operation)
}
