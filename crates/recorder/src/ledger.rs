//! The recorder's rows in the journal, and how many gaps there were today.

use archive::{Archive, Journal, Row};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use timeline::{Clock, TrackName, WallTime};

/// The ledger: a row that can't be written is an error in the log, never a reason to stop.
pub(crate) struct Ledger {
    journal: Journal,
    /// Gaps since local midnight of `day`.
    gaps: BTreeMap<TrackName, u32>,
    day: NaiveDate,
}

impl Ledger {
    /// Opens the journal and counts the gaps that recorders before this one had today.
    pub(crate) fn open(archive: &Archive, clock: &dyn Clock) -> Self {
        let journal = Journal::open(archive);
        let now = clock.wall();
        let mut ledger = Self { journal, gaps: BTreeMap::new(), day: local_day(now) };
        // The local day lies in two days of UTC at most.
        for micros in [-86_400_000_000, 0] {
            let day = now.plus_micros(micros).utc().format("%Y-%m-%d").to_string();
            match ledger.journal.rows(&day) {
                Ok(rows) => rows.rows.iter().for_each(|row| ledger.count(row)),
                Err(error) => tracing::warn!("{error}"),
            }
        }
        ledger
    }

    /// Appends a row, and says where that fails.
    pub(crate) fn try_append(&mut self, row: &Row) -> Result<(), archive::ArchiveError> {
        self.count(row);
        self.journal.append(row)
    }

    /// Appends a row.
    pub(crate) fn append(&mut self, row: &Row) {
        if let Err(error) = self.try_append(row) {
            tracing::error!("{error}");
        }
    }

    /// Makes what was appended survive a power cut.
    pub(crate) fn sync(&self, now: WallTime) {
        if let Err(error) = self.journal.sync(now) {
            tracing::error!("{error}");
        }
    }

    /// Gaps of a track since local midnight.
    pub(crate) fn gaps_today(&self, track: &TrackName, now: WallTime) -> u32 {
        if local_day(now) == self.day { self.gaps.get(track).copied().unwrap_or(0) } else { 0 }
    }

    fn count(&mut self, row: &Row) {
        let Row::Gap(gap) = row else { return };
        if !gap.cause.is_loss() {
            return;
        }
        let day = local_day(gap.to);
        if day > self.day {
            self.day = day;
            self.gaps.clear();
        }
        if day == self.day {
            *self.gaps.entry(gap.track.clone()).or_default() += 1;
        }
    }
}

fn local_day(time: WallTime) -> NaiveDate {
    time.local().date_naive()
}
