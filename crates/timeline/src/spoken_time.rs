//! Times and spans as people type them.
//!
//! Local civil time unless it ends in `Z` or an offset; a day has 23, 24 or 25 hours, as it had. Where a
//! civil time happened twice, a span begins at the first and ends after the second.

use crate::{Span, TimeError, WallTime};
use chrono::{DateTime, Datelike, Days, Duration, Local, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

/// Which of two readings of a civil time is meant.
#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

/// Reads a time: `now`, `today`, `yesterday`, `14:05`, `2026-11-22`, `2026-11-22T14:05:30`, RFC 3339,
/// `20261122T140530.000Z`, `10m ago`.
///
/// # Errors
/// [`TimeError::Unreadable`] for anything else.
pub fn parse_time(text: &str, now: WallTime) -> Result<WallTime, TimeError> {
    time_in(text, now, now, &Local, Edge::Start).ok_or_else(|| unreadable(text, "time"))
}

/// Reads a span: `all`, `today`, `yesterday`, `2026-11-22`, `2026-11`, `2026`, `last 2h`,
/// `14:00..15:30`, `2026-11-22T14:00..15:30`, `yesterday..`, `..2026-11-22`.
///
/// # Errors
/// [`TimeError::Unreadable`] for anything else, [`TimeError::Backwards`] where the end is before the start.
pub fn parse_span(text: &str, now: WallTime) -> Result<Span, TimeError> {
    span_in(text, now, &Local)
}

/// The local day that holds a moment, as `on:` means it.
pub fn local_day(time: WallTime) -> Span {
    let day = time.local().date_naive().format("%Y-%m-%d").to_string();
    // Before and after the years that can be written down there are no days.
    period_in(&day, time, &Local).filter(|day| day.contains(time)).unwrap_or(Span::new(time, time.plus_micros(1)))
}

fn unreadable(text: &str, wanted: &'static str) -> TimeError {
    TimeError::Unreadable { text: text.to_owned(), wanted }
}

fn span_in<Z: TimeZone>(text: &str, now: WallTime, zone: &Z) -> Result<Span, TimeError> {
    let text = text.trim();
    if text == "all" {
        return Ok(Span::ALL);
    }
    if let Some(length) = text.strip_prefix("last ") {
        let micros = length_micros(length).ok_or_else(|| unreadable(text, "span"))?;
        return Ok(Span::new(now.plus_micros(-micros), now));
    }
    let Some((from, to)) = text.split_once("..") else {
        return period_in(text, now, zone).ok_or_else(|| unreadable(text, "span"));
    };
    let (from, to) = (from.trim(), to.trim());
    if from.is_empty() && to.is_empty() {
        return Err(unreadable(text, "span"));
    }
    let start = if from.is_empty() {
        WallTime::MIN
    } else if let Some(period) = period_in(from, now, zone) {
        period.start
    } else {
        time_in(from, now, now, zone, Edge::Start).ok_or_else(|| unreadable(from, "time"))?
    };
    let end = if to.is_empty() {
        WallTime::MAX
    } else if let Some(period) = period_in(to, now, zone) {
        period.end
    } else {
        // `2026-11-22T14:00..15:30`: a bare clock time is on the day that the span starts.
        let same_day = if from.is_empty() { now } else { start };
        time_in(to, now, same_day, zone, Edge::End).ok_or_else(|| unreadable(to, "time"))?
    };
    if end < start {
        return Err(TimeError::Backwards { text: text.to_owned() });
    }
    Ok(Span::new(start, end))
}

/// A whole day, month or year.
fn period_in<Z: TimeZone>(text: &str, now: WallTime, zone: &Z) -> Option<Span> {
    let (first, next) = if let Some(day) = day_in(text, now, zone) {
        (day, day.checked_add_days(Days::new(1))?)
    } else if let Ok(first) = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d") {
        (first, first.checked_add_months(Months::new(1))?)
    } else if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        let first = NaiveDate::from_ymd_opt(text.parse().ok()?, 1, 1)?;
        (first, first.with_year(first.year() + 1)?)
    } else {
        return None;
    };
    let start = civil_in(first.and_time(NaiveTime::MIN), zone, Edge::Start)?;
    let end = civil_in(next.and_time(NaiveTime::MIN), zone, Edge::Start)?;
    Some(Span::new(start, end))
}

fn day_in<Z: TimeZone>(text: &str, now: WallTime, zone: &Z) -> Option<NaiveDate> {
    let today = now.utc().with_timezone(zone).date_naive();
    match text {
        "today" => Some(today),
        "yesterday" => today.checked_sub_days(Days::new(1)),
        _ if text.len() == 10 => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
        _ => None,
    }
}

/// `same_day` is the day of a clock time that stands alone.
fn time_in<Z: TimeZone>(text: &str, now: WallTime, same_day: WallTime, zone: &Z, edge: Edge) -> Option<WallTime> {
    let text = text.trim();
    if text == "now" {
        return Some(now);
    }
    if let Some(length) = text.strip_suffix(" ago") {
        return Some(now.plus_micros(-length_micros(length)?));
    }
    if let Some(time) = WallTime::parse_compact(text) {
        return Some(time);
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(WallTime::of(&time));
    }
    if let Some(day) = day_in(text, now, zone) {
        return civil_in(day.and_time(NaiveTime::MIN), zone, edge);
    }
    let (text, utc) = match text.strip_suffix('Z') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let clock =
        |text: &str| ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok());
    let civil: NaiveDateTime = match text.split_once(['T', ' ']) {
        Some((day, time)) => day_in(day, now, zone)?.and_time(clock(time)?),
        None if utc => same_day.utc().date_naive().and_time(clock(text)?),
        None => same_day.utc().with_timezone(zone).date_naive().and_time(clock(text)?),
    };
    if utc { Some(WallTime::of(&civil.and_utc())) } else { civil_in(civil, zone, edge) }
}

/// A civil time in a zone. One that was skipped is read as if the clock had not been put forward.
fn civil_in<Z: TimeZone>(civil: NaiveDateTime, zone: &Z, edge: Edge) -> Option<WallTime> {
    let readings = zone.from_local_datetime(&civil);
    let reading = match edge {
        Edge::Start => readings.earliest(),
        Edge::End => readings.latest(),
    };
    if let Some(time) = reading {
        return Some(WallTime::of(&time));
    }
    let hour = Duration::hours(1);
    let before = zone.from_local_datetime(&civil.checked_sub_signed(hour)?).latest()?;
    Some(WallTime::of(&before).plus_micros(3_600_000_000))
}

/// `90s`, `10m`, `2h`, `3d`, `2w` in microseconds.
fn length_micros(text: &str) -> Option<i64> {
    let text = text.trim();
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let number: i64 = text.strip_suffix(unit)?.trim().parse().ok().filter(|n| *n >= 0)?;
    number.checked_mul(seconds)?.checked_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Berlin;

    fn now() -> WallTime {
        WallTime::parse_rfc3339("2026-11-23T10:30:00Z").unwrap()
    }

    fn span(text: &str) -> String {
        span_in(text, now(), &Berlin).map_or_else(|e| e.to_string(), |s| s.to_string())
    }

    #[test]
    fn spans_are_read_as_people_type_them() {
        for (text, expected) in [
            ("today", "2026-11-22T23:00:00.000Z..2026-11-23T23:00:00.000Z"),
            ("yesterday", "2026-11-21T23:00:00.000Z..2026-11-22T23:00:00.000Z"),
            ("2026-11-22", "2026-11-21T23:00:00.000Z..2026-11-22T23:00:00.000Z"),
            ("2026-11", "2026-10-31T23:00:00.000Z..2026-11-30T23:00:00.000Z"),
            ("last 2h", "2026-11-23T08:30:00.000Z..2026-11-23T10:30:00.000Z"),
            ("2026-11-22T14:00..15:30", "2026-11-22T13:00:00.000Z..2026-11-22T14:30:00.000Z"),
            ("2026-11-22T14:00Z..2026-11-22T15:30Z", "2026-11-22T14:00:00.000Z..2026-11-22T15:30:00.000Z"),
            ("09:00..10:00", "2026-11-23T08:00:00.000Z..2026-11-23T09:00:00.000Z"),
            ("yesterday..today", "2026-11-21T23:00:00.000Z..2026-11-23T23:00:00.000Z"),
            ("yesterday 18:00..today 09:00", "2026-11-22T17:00:00.000Z..2026-11-23T08:00:00.000Z"),
            ("..2026-11-22", "0000-01-01T00:00:00.000Z..2026-11-22T23:00:00.000Z"),
        ] {
            assert_eq!(span(text), expected, "{text}");
        }
    }

    #[test]
    fn days_of_a_clock_change_have_23_and_25_hours() {
        for (text, hours) in
            [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-25T02:00..03:00", 2), ("2026-03-29T01:00..04:00", 2)]
        {
            let span = span_in(text, now(), &Berlin).unwrap();
            assert_eq!(span.len_micros(), hours * 3_600_000_000, "{text}");
        }
    }

    #[test]
    fn nonsense_is_an_error_that_repeats_what_was_typed() {
        for text in [
            "",
            "..",
            "tomorrowish",
            "last",
            "last 2",
            "last -2h",
            "25:00..26:00",
            "2026-13-01",
            "last 99999999999999w",
        ] {
            assert!(span_in(text, now(), &Berlin).is_err(), "{text}");
        }
        assert_eq!(span("15:30..14:00"), "\"15:30..14:00\" ends before it starts");
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        for (text, expected) in [
            ("now", "2026-11-23T10:30:00.000Z"),
            ("10m ago", "2026-11-23T10:20:00.000Z"),
            ("14:05", "2026-11-23T13:05:00.000Z"),
            ("14:05:30.250Z", "2026-11-23T14:05:30.250Z"),
            ("2026-11-22", "2026-11-21T23:00:00.000Z"),
            ("2026-11-22 14:05", "2026-11-22T13:05:00.000Z"),
            ("2026-11-22T14:05:00+05:30", "2026-11-22T08:35:00.000Z"),
            ("20261122T140500.000Z", "2026-11-22T14:05:00.000Z"),
        ] {
            assert_eq!(time_in(text, now(), now(), &Berlin, Edge::Start).unwrap().rfc3339(), expected, "{text}");
        }
    }
}
