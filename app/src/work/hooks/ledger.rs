use super::event::{Event, Kind};
use crate::contract::GapRow;
use archive::{Archive, Journal, Row};
use home::Home;
use std::collections::BTreeMap;
use timeline::WallTime;

/// A day may be told of a little after it has ended.
const DAY_MICROS: i64 = 86_400_000_000;

/// What the recorder's journals say that they didn't before. It reads files that are there anyway, so the recorder knows nothing of hooks.
pub(super) struct Ledger {
    archive: Archive,
    /// How many rows of a day are known, and how long its file was then.
    known: BTreeMap<String, (usize, u64)>,
}

impl Ledger {
    /// What is there by now isn't told any more.
    pub(super) fn new(home: &Home, now: WallTime) -> Self {
        let mut ledger = Self { archive: Archive::open(home), known: BTreeMap::new() };
        ledger.news(now);
        ledger
    }

    /// The rows that were added since. Of what can't be read now, nothing is told; `doctor` and `check` say so.
    fn news(&mut self, now: WallTime) -> Vec<Row> {
        let days = [now.plus_micros(-DAY_MICROS), now].map(|time| time.utc().format("%Y-%m-%d").to_string());
        self.known.retain(|day, _| days.contains(day));
        let mut news = Vec::new();
        for day in days {
            let path = self.archive.day_folder(&day).join("journal.jsonl");
            let length = std::fs::metadata(path).map_or(0, |file| file.len());
            let (known, known_length) = self.known.get(&day).copied().unwrap_or_default();
            if length == known_length {
                continue;
            }
            let Ok(found) = Journal::open(&self.archive).rows(&day) else { continue };
            self.known.insert(day, (found.rows.len(), length));
            news.extend(found.rows.into_iter().skip(known));
        }
        news
    }

    /// What hooks are to be told: lost sound, and devices that went away.
    pub(super) fn events(&mut self, now: WallTime) -> Vec<(Kind, Vec<u8>)> {
        let event = |row: &Row| {
            let (kind, event) = match row {
                Row::Gap(gap) if gap.cause.is_loss() => (Kind::Gap, Event::Gap(GapRow::from(gap))),
                Row::DeviceLost { at, track, device, reason, .. } => {
                    (Kind::DeviceLost, Event::DeviceLost { at: *at, track, device, reason })
                }
                _ => return None,
            };
            Some((kind, super::line(&event)?))
        };
        self.news(now).iter().filter_map(event).collect()
    }
}
