//! What the clocks of earlier sessions called a moment, on the boot clock of this one.

use crate::boot_line::BootLine;
use crate::context::Context;
use archive::{Archive, Journal, Row};
use std::collections::{BTreeMap, BTreeSet};
use timeline::WallTime;

/// The lines of sessions.
pub(crate) struct SessionLines<'a> {
    of: BTreeMap<String, BootLine>,
    context: &'a Context,
}

impl<'a> SessionLines<'a> {
    /// Of the sessions that rows are of, however long ago they began.
    pub(crate) fn of(rows: &[Row], context: &'a Context) -> Self {
        let mut lines = Self { of: BTreeMap::new(), context };
        lines.learn(rows);
        let journal = Journal::open(&context.archive);
        let sessions: BTreeSet<&str> = rows.iter().map(Row::session).collect();
        for session in sessions {
            if !lines.of.contains_key(session)
                && let Some(began) = WallTime::parse_compact(session)
            {
                let day = began.utc().format("%Y-%m-%d").to_string();
                lines.learn(&journal.rows(&day).unwrap_or_default().rows);
            }
        }
        lines
    }

    fn learn(&mut self, rows: &[Row]) {
        for row in rows {
            if let Row::Session { at, session, boot_us, boot_id, .. } = row {
                let line = BootLine { at: *at, boot_us: *boot_us, boot_id: boot_id.clone() };
                self.of.insert(session.clone(), line);
            }
        }
    }

    pub(crate) fn archive(&self) -> &Archive {
        &self.context.archive
    }

    /// When a session began; none where that was before the machine booted, or may have been.
    pub(crate) fn began(&self, session: &str) -> Option<i64> {
        let line = self.of.get(session)?;
        line.boot_at(line.at, self.context.boot_id.as_deref())
    }

    /// The moment that a session's clock calls so, as near as can be told.
    pub(crate) fn boot_at(&self, session: &str, wall: WallTime) -> i64 {
        let here = self.of.get(session).and_then(|line| line.boot_at(wall, self.context.boot_id.as_deref()));
        here.unwrap_or_else(|| self.context.boot_at(wall))
    }
}
