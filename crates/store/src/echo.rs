use crate::current::{self, Place};
use crate::error::During;
use crate::pass::PROVISIONAL;
use crate::{State, Store, StoreError, change, document};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use timeline::{Span, UtteranceId};

impl Store {
    /// Links an utterance that is stored already to what it is an echo of, and hides it: a provisional pass may write down an echo before
    /// what was played. The index is told in the same transaction. `false` where there is no such utterance, it is linked so already, or its
    /// pass isn't provisional: any other is never edited.
    ///
    /// # Errors
    /// Any failure of SQLite. Whatever the error, nothing was written.
    pub fn link_echo(&mut self, key: i64, of: &UtteranceId) -> Result<bool, StoreError> {
        let (path, operation) = (&self.path, "linking an echo");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        let linked = link(&transaction, key, &of.to_string()).during(path, operation)?;
        transaction.commit().during(path, operation)?;
        Ok(linked)
    }
}

fn link(connection: &Connection, key: i64, of: &str) -> rusqlite::Result<bool> {
    let sql = format!(
        "SELECT {} FROM utterance u JOIN pass p ON p.key = u.pass WHERE u.key = ?1 AND u.echo_of IS NOT ?2 AND p.rank <= {PROVISIONAL}",
        Place::COLUMNS
    );
    let Some(place) = connection.prepare_cached(&sql)?.query_row(params![key, of], Place::read).optional()? else {
        return Ok(false);
    };
    connection
        .prepare_cached("UPDATE utterance SET state = ?2, reason = 'echo', echo_of = ?3 WHERE key = ?1")?
        .execute(params![key, State::Hidden.as_str(), of])?;
    let mut keys = vec![key];
    let after = Span::new(place.at, place.at.plus_micros(document::REACH_MICROS));
    let mut following = document::places(connection, place.track, &after)?;
    following.retain(|other| (other.at, other.key) > (place.at, place.key));
    let current = current::current(connection, &following)?;
    keys.extend(document::bridged(&following, &current));
    change::append(connection, &keys)?;
    Ok(true)
}
