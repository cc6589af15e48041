use crate::StoreError;
use crate::error::During;
use crate::migrate;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The first SQLite without the WAL-reset fault, as `sqlite3_libversion_number` counts.
const MIN_SQLITE: i32 = 3_051_003;
/// How long a connection waits for another one's write. Writes take milliseconds; this is for a slow disk.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Page cache of a connection in KiB, negative as SQLite wants it.
const CACHE_KIB: i64 = -65_536;
/// Statements that a connection keeps ready: more than storing a window and following it take together. The 16 of `rusqlite` are fewer, and each was
/// made anew every time.
const STATEMENTS: usize = 128;
/// What the WAL file is cut back to after a checkpoint, in bytes.
const JOURNAL_SIZE_LIMIT: i64 = 64 << 20;
/// `hear`, as the first migration sets it.
const APPLICATION_ID: i64 = 0x6865_6172;

/// The database of an archive. One connection: give every thread its own.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
}

impl Store {
    /// Opens the database for writing, makes it (mode 0600) where it doesn't exist, and brings it up to date.
    ///
    /// # Errors
    /// [`StoreError::Foreign`], [`StoreError::Newer`] or [`StoreError::Damaged`] where the file is not ours to
    /// write; it is left as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        check_sqlite(rusqlite::version_number(), rusqlite::version())?;
        make_file(path)?;
        // Without SQLITE_OPEN_CREATE: SQLite would make the file with whatever mode the umask leaves.
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        check_application(&connection, path)?;
        let operation = "opening for writing";
        connection.pragma_update(None, "journal_mode", "WAL").during(path, operation)?;
        // FULL: the index must never be ahead of the words after a power cut.
        connection.pragma_update(None, "synchronous", "FULL").during(path, operation)?;
        // What is deleted must be gone from the file.
        connection.pragma_update(None, "secure_delete", true).during(path, operation)?;
        connection.pragma_update(None, "journal_size_limit", JOURNAL_SIZE_LIMIT).during(path, operation)?;
        migrate::migrate(&mut connection, path)?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Opens the database for reading only, beside whoever writes. Never makes, migrates or locks it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where nothing was ever stored, [`StoreError::Older`] or [`StoreError::Newer`]
    /// where its format is another, [`StoreError::Damaged`] or [`StoreError::Foreign`] where it is none of ours.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let (connection, found) = read_only(path)?;
        let (missing, known) = (|| StoreError::Missing { path: path.to_owned() }, migrate::known());
        match found {
            0 => Err(missing()),
            _ if found > known => Err(StoreError::Newer { path: path.to_owned(), found, known }),
            _ if found < known => Err(StoreError::Older { path: path.to_owned(), found, known }),
            _ => Ok(Self { connection, path: path.to_owned() }),
        }
    }

    /// Reads the whole database and changes nothing. An older one is as good as one that is up to date.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none or it holds nothing, [`StoreError::Damaged`] where a part of it can't be read,
    /// [`StoreError::Newer`] and [`StoreError::Foreign`] as [`open`](Self::open).
    pub fn examine(path: &Path) -> Result<(), StoreError> {
        let (connection, found) = read_only(path)?;
        let known = migrate::known();
        match found {
            0 => return Err(StoreError::Missing { path: path.to_owned() }),
            _ if found > known => return Err(StoreError::Newer { path: path.to_owned(), found, known }),
            _ => {}
        }
        let operation = "reading all of it";
        let mut said: String =
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).during(path, operation)?;
        if said == "ok" {
            // A column whose name has another letter is as good as any to SQLite.
            if migrate::is_schema_of(&connection, found).during(path, operation)? {
                return Ok(());
            }
            "its tables aren't those that this program makes".clone_into(&mut said);
        }
        let source =
            rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), Some(said));
        Err(StoreError::Damaged { path: path.to_owned(), operation, source })
    }

    /// Copies one state of the database at `from`, without what was deleted in it, to a file that must not exist. Whoever writes meanwhile goes on.
    ///
    /// # Errors
    /// [`StoreError::Missing`] and [`StoreError::Foreign`] as [`open_read_only`](Self::open_read_only), [`StoreError::Io`] where the copy can't
    /// be made, and any failure of SQLite.
    pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
        let (connection, found) = read_only(from)?;
        if found == 0 {
            return Err(StoreError::Missing { path: from.to_owned() });
        }
        let operation = "copying it";
        // SQLite would make it with whatever mode the umask leaves; an empty file it takes.
        home::files::create_new(to).map_err(|source| StoreError::Io {
            path: to.to_owned(),
            operation: "making the copy",
            source,
        })?;
        connection.pragma_update(None, "query_only", false).during(from, operation)?;
        let Some(name) = to.to_str() else {
            let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "its name isn't Unicode");
            return Err(StoreError::Io { path: to.to_owned(), operation: "making the copy", source });
        };
        connection.execute("VACUUM INTO ?1", [name]).during(from, operation)?;
        Ok(())
    }

    /// Brings all of it into the one file, and closes it.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn close(self) -> Result<(), StoreError> {
        let operation = "closing";
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).during(&self.path, operation)?;
        self.connection.close().map_err(|(_, error)| error).during(&self.path, operation)
    }

    /// The database's random name, which the index holds beside its cursor.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn database_id(&self) -> Result<String, StoreError> {
        self.connection
            .query_row("SELECT value FROM meta WHERE key = 'database'", [], |row| row.get(0))
            .during(&self.path, "reading the database's id")
    }

    /// Where the database lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A transaction that sees one state of the database throughout. For methods that only read.
    pub(crate) fn snapshot(&self, operation: &'static str) -> Result<Transaction<'_>, StoreError> {
        Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred).during(&self.path, operation)
    }
}

/// A connection for reading only, and the format of what it reads.
fn read_only(path: &Path) -> Result<(Connection, i64), StoreError> {
    check_sqlite(rusqlite::version_number(), rusqlite::version())?;
    let missing = || StoreError::Missing { path: path.to_owned() };
    match std::fs::metadata(path) {
        Ok(meta) if meta.len() > 0 => {}
        // Empty: its writer has only just made it.
        Ok(_) => return Err(missing()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        Err(source) => {
            return Err(StoreError::Io { path: path.to_owned(), operation: "looking for the database", source });
        }
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", true).during(path, "opening for reading")?;
    check_application(&connection, path)?;
    let found = migrate::version(&connection).during(path, "reading its format")?;
    Ok((connection, found))
}

fn check_sqlite(number: i32, found: &'static str) -> Result<(), StoreError> {
    if number < MIN_SQLITE { Err(StoreError::SqliteTooOld { found }) } else { Ok(()) }
}

/// Makes the file before SQLite opens it: the `-wal` and `-shm` beside it get its mode.
fn make_file(path: &Path) -> Result<(), StoreError> {
    match home::files::create_new(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(StoreError::Io { path: path.to_owned(), operation: "making the database", source }),
    }
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let operation = "opening";
    let connection =
        Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).during(path, operation)?;
    connection.busy_timeout(BUSY_TIMEOUT).during(path, operation)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true).during(path, operation)?;
    // A schema that someone put into the file must not call functions.
    connection.pragma_update(None, "trusted_schema", false).during(path, operation)?;
    // Words must not reach a temporary file.
    connection.pragma_update(None, "temp_store", "MEMORY").during(path, operation)?;
    connection.pragma_update(None, "cache_size", CACHE_KIB).during(path, operation)?;
    // No memory map: a file cut short under it would end the program instead of giving an error.
    connection.pragma_update(None, "mmap_size", 0).during(path, operation)?;
    Ok(connection)
}

/// A new file has no application id yet; one with tables must have ours.
fn check_application(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let operation = "reading its header";
    // One state for both questions: between them another program may finish making the database, and tables without
    // an id would look like somebody else's.
    let connection = Transaction::new_unchecked(connection, TransactionBehavior::Deferred).during(path, operation)?;
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).during(path, operation)?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).during(path, operation)?;
    if id == 0 && tables == 0 { Ok(()) } else { Err(StoreError::Foreign { path: path.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_sqlite_is_refused_and_the_linked_one_is_not() {
        assert!(matches!(check_sqlite(3_051_002, "3.51.2"), Err(StoreError::SqliteTooOld { .. })));
        assert!(check_sqlite(rusqlite::version_number(), rusqlite::version()).is_ok());
    }
}
