use super::corpus::Made;
use super::questions::Question;
use super::{bytes_below, megabytes};
use anyhow::Result;
use rusqlite::{Connection, OpenFlags, params};
use std::path::{Path, PathBuf};
use timeline::Side;

/// `SQLite`'s full-text index over the same texts: what the index has to be better than.
pub(crate) struct FullText {
    connection: Connection,
    path: PathBuf,
}

impl FullText {
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        let path = file(folder);
        let connection = Connection::open(&path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
             CREATE TABLE said (id INTEGER PRIMARY KEY, start INTEGER NOT NULL, side INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
             CREATE INDEX said_start ON said (start);
             CREATE VIRTUAL TABLE words USING fts5 (text, content = 'said', content_rowid = 'id',
               tokenize = 'porter unicode61 remove_diacritics 2', prefix = '3');
             BEGIN;",
        )?;
        Ok(Self { connection, path })
    }

    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = file(folder);
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.execute_batch("PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -65536;")?;
        Ok(Self { connection, path })
    }

    pub(crate) fn add(&mut self, made: &[Made]) -> Result<()> {
        let mut said = self.connection.prepare_cached("INSERT INTO said (start, side, text) VALUES (?1, ?2, ?3)")?;
        let mut words = self.connection.prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?;
        for made in made {
            let text = made.text();
            said.execute(params![made.span.start.as_micros(), made.side == Side::Said, text])?;
            words.execute(params![self.connection.last_insert_rowid(), text])?;
        }
        Ok(())
    }

    pub(crate) fn finish(&mut self) -> Result<()> {
        Ok(self.connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")?)
    }

    /// With the texts that it shows, which the index finds in the database.
    pub(crate) fn size(&self) -> Result<String> {
        let texts: u64 = self.connection.query_row("SELECT sum(length(text) + 24) FROM said", [], |row| {
            row.get::<_, i64>(0).map(i64::unsigned_abs)
        })?;
        let all = bytes_below(&self.path)?;
        Ok(format!("{}, about {} of it without the texts", megabytes(all), megabytes(all.saturating_sub(texts))))
    }

    /// The first 20 by time. Its rows lie in the order of time, so a span is one of rows.
    pub(crate) fn newest(&self, question: &Question) -> Result<usize> {
        self.page(question, "rowid DESC")
    }

    pub(crate) fn best(&self, question: &Question) -> Result<usize> {
        self.page(question, "rank")
    }

    fn page(&self, question: &Question, order: &str) -> Result<usize> {
        let (from, to) = match question.span {
            Some(span) => (self.first_after(span.start.as_micros())?, self.first_after(span.end.as_micros())?),
            None => (0, i64::MAX),
        };
        let sql = format!(
            "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY {order} LIMIT 20"
        );
        let mut query = self.connection.prepare_cached(&sql)?;
        let rows = query.query_map(params![question.fts5, from, to], |row| row.get::<_, i64>(0))?;
        let mut found = 0;
        for row in rows {
            found += usize::from(row? > 0);
        }
        Ok(found)
    }

    pub(crate) fn days(&self, question: &Question) -> Result<usize> {
        let mut query = self.connection.prepare_cached(
            "SELECT start / 86400000000, count(*) FROM words JOIN said ON said.id = words.rowid WHERE words MATCH ?1 GROUP BY 1",
        )?;
        Ok(query.query_map([&question.fts5], |row| row.get::<_, i64>(1))?.count())
    }

    fn first_after(&self, micros: i64) -> Result<i64> {
        let first =
            "SELECT coalesce((SELECT id FROM said WHERE start >= ?1 ORDER BY start LIMIT 1), 9223372036854775807)";
        Ok(self.connection.prepare_cached(first)?.query_row([micros], |row| row.get(0))?)
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("fts5.sqlite3")
}
