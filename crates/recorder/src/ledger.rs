//! The recorder's rows in the journal, and what there was of each track today.

use archive::{Archive, ArchiveError, Journal, Row};
use chrono::NaiveDate;
use std::collections::{BTreeMap, VecDeque};
use timeline::{Clock, SampleRate, Span, TrackName, WallTime};

/// Rows that may wait for a disk that takes none; the oldest are dropped beyond.
const WAITING: usize = 4_096;

/// The ledger: a row that can't be written waits until it can, and is never a reason to stop.
pub(crate) struct Ledger {
    journal: Journal,
    waiting: VecDeque<Row>,
    /// Since local midnight of `day`.
    today: BTreeMap<TrackName, Today>,
    day: NaiveDate,
}

#[derive(Debug, Default, Clone, Copy)]
struct Today {
    gaps: u32,
    gap_micros: i64,
    written_micros: i64,
}

impl Ledger {
    /// Opens the journal and counts what recorders before this one had today of some tracks.
    pub(crate) fn open(archive: &Archive, tracks: &[TrackName], clock: &dyn Clock) -> Self {
        let journal = Journal::open(archive);
        let now = clock.wall();
        let mut ledger = Self { journal, waiting: VecDeque::new(), today: BTreeMap::new(), day: local_day(now) };
        // The local day lies in two days of UTC at most.
        for micros in [-86_400_000_000, 0] {
            let day = now.plus_micros(micros).utc().format("%Y-%m-%d").to_string();
            match ledger.journal.rows(&day) {
                Ok(rows) => rows.rows.iter().for_each(|row| ledger.count(row)),
                Err(error) => tracing::warn!("{error}"),
            }
        }
        let midnight = now.plus_micros(-i64::from(local_seconds(now)) * 1_000_000);
        for track in tracks {
            match archive.segments(track, &Span::new(midnight, now)) {
                Ok(segments) => {
                    let within =
                        |span: &Span| span.intersect(&Span::new(midnight, now)).map_or(0, |it| it.len_micros());
                    let micros = segments.iter().map(|segment| within(&segment.span)).sum();
                    ledger.of_today(track, now).written_micros = micros;
                }
                Err(error) => tracing::warn!("{error}"),
            }
        }
        ledger
    }

    /// Appends a row, and says where that fails.
    pub(crate) fn try_append(&mut self, row: &Row) -> Result<(), ArchiveError> {
        self.count(row);
        self.journal.append(row)
    }

    /// Appends a row, behind those that couldn't be written yet.
    pub(crate) fn append(&mut self, row: &Row) {
        self.count(row);
        self.waiting.push_back(row.clone());
        if self.waiting.len() > WAITING {
            self.waiting.pop_front();
        }
        if self.waiting.len() == 1 {
            self.retry();
        }
    }

    /// Makes what was appended survive a power cut, and tries again what couldn't be.
    pub(crate) fn sync(&mut self, now: WallTime) {
        self.retry();
        if self.waiting.is_empty()
            && let Err(error) = self.journal.sync(now)
        {
            tracing::error!("{error}");
        }
    }

    fn retry(&mut self) {
        while let Some(row) = self.waiting.front() {
            if let Err(error) = self.journal.append(row) {
                if self.waiting.len() == 1 {
                    tracing::error!("{error}; trying again");
                }
                return;
            }
            self.waiting.pop_front();
        }
    }

    /// Gaps of a track since local midnight, and how long they were together, in seconds.
    pub(crate) fn gaps_today(&self, track: &TrackName, now: WallTime) -> (u32, f64) {
        let today = self.today(track, now);
        (today.gaps, seconds(today.gap_micros))
    }

    /// Sound of a track written since local midnight, in seconds.
    pub(crate) fn written_today_s(&self, track: &TrackName, now: WallTime) -> f64 {
        seconds(self.today(track, now).written_micros)
    }

    /// So many frames of a track were written now.
    pub(crate) fn written(&mut self, track: &TrackName, frames: u64, rate: SampleRate, now: WallTime) {
        self.of_today(track, now).written_micros += rate.micros(frames);
    }

    fn today(&self, track: &TrackName, now: WallTime) -> Today {
        if local_day(now) == self.day { self.today.get(track).copied().unwrap_or_default() } else { Today::default() }
    }

    fn of_today(&mut self, track: &TrackName, now: WallTime) -> &mut Today {
        let day = local_day(now);
        if day > self.day {
            self.day = day;
            self.today.clear();
        }
        self.today.entry(track.clone()).or_default()
    }

    fn count(&mut self, row: &Row) {
        let Row::Gap(gap) = row else { return };
        if gap.cause.is_loss() && local_day(gap.to) >= self.day {
            let today = self.of_today(&gap.track, gap.to);
            today.gaps += 1;
            today.gap_micros += gap.to.micros_since(gap.from).max(0);
        }
    }
}

fn local_day(time: WallTime) -> NaiveDate {
    time.local().date_naive()
}

/// How many seconds of its local day have passed at a moment, where no clock is changed on that day.
fn local_seconds(time: WallTime) -> u32 {
    use chrono::Timelike;
    time.local().num_seconds_from_midnight()
}

#[expect(clippy::cast_precision_loss, reason = "to a millisecond")]
fn seconds(micros: i64) -> f64 {
    (micros / 1_000) as f64 / 1_000.0
}
