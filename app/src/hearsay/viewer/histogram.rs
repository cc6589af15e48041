//! How often a search finds something, as bars from the first day with a hit to the last. Pure.

use crate::library::DayHits;
use timeline::{Span, WallTime, local_day};

/// A stretch of time and how much was found in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) span: Span,
    pub(crate) unit: Unit,
    pub(crate) hits: u64,
}

/// How long a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Hour,
    Day,
    Month,
    Year,
}

/// There are no more bars than this, unless they are of years.
const MOST_BARS: usize = 62;
const HOUR_MICROS: i64 = 3_600_000_000;

impl Bar {
    /// The time it stands for, as people write it.
    pub(crate) fn when(&self) -> String {
        let format = match self.unit {
            Unit::Hour => "%a %-d %b %Y, %H:%M",
            Unit::Day => "%a %-d %b %Y",
            Unit::Month => "%b %Y",
            Unit::Year => "%Y",
        };
        self.span.start.local().format(format).to_string()
    }
}

/// The bars of `days`, or of those of them that lie in `within`: of the smallest unit that fits. A single day has hours,
/// if it is given when each of its hits `starts`.
pub(crate) fn bars(days: &[DayHits], starts: Option<&[WallTime]>, within: Option<Span>) -> Vec<Bar> {
    let inside =
        |day: &&DayHits| within.is_none_or(|within| day.span.start >= within.start && day.span.end <= within.end);
    let days: Vec<DayHits> = days.iter().filter(inside).copied().collect();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Vec::new() };
    if let (Some(starts), [day]) = (starts, days.as_slice()) {
        return hours(day.span, starts);
    }
    let mut all = Vec::new();
    let mut span = first.span;
    let mut left = days.iter().peekable();
    while span.start <= last.span.start {
        let hits = left.next_if(|day| day.span.start <= span.start).map_or(0, |day| day.hits);
        all.push(Bar { span, unit: Unit::Day, hits });
        span = local_day(span.end);
    }
    for (unit, key) in [(Unit::Day, "%Y%m%d"), (Unit::Month, "%Y%m"), (Unit::Year, "%Y")] {
        let bars = joined(&all, unit, key);
        if bars.len() <= MOST_BARS || unit == Unit::Year {
            return bars;
        }
    }
    Vec::new()
}

/// Days in a row of which `key` makes the same.
fn joined(days: &[Bar], unit: Unit, key: &str) -> Vec<Bar> {
    let key = |bar: &Bar| bar.span.start.local().format(key).to_string();
    let join = |days: &[Bar]| {
        let span = Span::new(days.first()?.span.start, days.last()?.span.end);
        Some(Bar { span, unit, hits: days.iter().map(|day| day.hits).sum() })
    };
    days.chunk_by(|a, b| unit != Unit::Day && key(a) == key(b)).filter_map(join).collect()
}

fn hours(day: Span, starts: &[WallTime]) -> Vec<Bar> {
    let hours = (day.len_micros() + HOUR_MICROS - 1) / HOUR_MICROS;
    let at = |hour: i64| day.start.plus_micros(hour * HOUR_MICROS);
    let bar = |hour: i64| {
        let span = Span::new(at(hour), at(hour + 1).min(day.end));
        Bar { span, unit: Unit::Hour, hits: starts.iter().filter(|start| span.contains(**start)).count() as u64 }
    };
    (0..hours).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, hits: u64) -> DayHits {
        let noon = timeline::parse_time(&format!("{date}T12:00"), WallTime::MIN).unwrap();
        DayHits { span: local_day(noon), hits }
    }

    #[test]
    fn bars_are_of_days_then_of_months_then_of_years_and_count_all_hits() {
        let summer = [day("2026-06-29", 2), day("2026-07-01", 5)];
        let of_days = bars(&summer, None, None);
        assert_eq!(of_days.iter().map(|bar| bar.hits).collect::<Vec<_>>(), [2, 0, 5]);
        assert!(of_days.iter().all(|bar| bar.unit == Unit::Day));
        let years = [day("2024-12-31", 1), day("2025-01-01", 2), day("2026-07-01", 5)];
        let of_months = bars(&years, None, None);
        assert_eq!((of_months.len(), of_months[0].unit, of_months[0].hits), (20, Unit::Month, 1));
        assert_eq!(of_months.iter().map(|bar| bar.hits).sum::<u64>(), 8);
        let ages = [day("2016-07-01", 3), day("2026-07-01", 5)];
        let of_years = bars(&ages, None, None);
        assert_eq!((of_years.len(), of_years[0].unit), (11, Unit::Year));
        assert_eq!((of_years[0].hits, of_years[10].hits, of_years[10].when()), (3, 5, "2026".to_owned()));
        // A click on one of them shows what it is made of.
        let inside = bars(&ages, None, Some(of_years[10].span));
        assert_eq!(inside.iter().map(|bar| bar.hits).sum::<u64>(), 5);
        assert_eq!(bars(&[], None, None), []);
    }

    #[test]
    fn a_day_has_hours() {
        let day = day("2026-06-29", 2);
        let at = |hour: i64| day.span.start.plus_micros(hour * HOUR_MICROS + 5);
        let bars = bars(&[day], Some(&[at(9), at(9), at(23)]), None);
        assert!((23..=25).contains(&bars.len()));
        assert_eq!((bars[9].hits, bars[23].hits, bars[10].hits), (2, 1, 0));
        assert!(bars[9].when().ends_with("09:00"), "{}", bars[9].when());
    }
}
