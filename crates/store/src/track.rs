use crate::error::{During, unreadable};
use crate::{Store, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params};
use timeline::{Side, TrackName};

impl Store {
    /// Makes sure that a track is there.
    ///
    /// # Errors
    /// [`StoreError::OtherSide`] where it is there with another side.
    pub fn ensure_track(&self, track: &TrackName, side: Side) -> Result<(), StoreError> {
        let found = ensure(&self.connection, track, side).during(&self.path, "adding a track")?;
        if found == side { Ok(()) } else { Err(StoreError::OtherSide { track: track.clone(), side: found }) }
    }

    /// All tracks, by name.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn tracks(&self) -> Result<Vec<(TrackName, Side)>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(TrackName, Side)>> {
            let mut query = self.connection.prepare_cached("SELECT name, side FROM track ORDER BY name")?;
            query.query_map([], |row| Ok((track_at(row, 0)?, side_at(row, 1)?)))?.collect()
        };
        read().during(&self.path, "reading the tracks")
    }
}

/// Makes a track where it isn't there; the side that it has.
pub(crate) fn ensure(connection: &Connection, track: &TrackName, side: Side) -> rusqlite::Result<Side> {
    connection
        .prepare_cached("INSERT INTO track (name, side) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![track.as_str(), side.as_str()])?;
    connection
        .prepare_cached("SELECT side FROM track WHERE name = ?1")?
        .query_row([track.as_str()], |row| side_at(row, 0))
}

/// The private key of a track.
pub(crate) fn key(connection: &Connection, track: &TrackName) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM track WHERE name = ?1")?
        .query_row([track.as_str()], |row| row.get(0))
        .optional()
}

pub(crate) fn track_at(row: &Row<'_>, column: usize) -> rusqlite::Result<TrackName> {
    TrackName::new(row.get_ref(column)?.as_str()?).map_err(|_| unreadable(column, "not a track's name"))
}

pub(crate) fn side_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Side> {
    Side::parse(row.get_ref(column)?.as_str()?).ok_or_else(|| unreadable(column, "not a side"))
}
