use crate::{Position, TimeError};
use chrono::{DateTime, Datelike, Local, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment: microseconds since the Unix epoch, UTC.
///
/// Serialised as RFC 3339 in UTC with milliseconds, the form of all machine output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WallTime(i64);

/// The years 0000 to 9999, the only ones that the names on disk can hold.
const MIN_MICROS: i64 = -62_167_219_200_000_000;
const MAX_MICROS: i64 = 253_402_300_799_999_999;

impl WallTime {
    /// The earliest moment that can be written down.
    pub const MIN: Self = Self(MIN_MICROS);
    /// The latest moment that can be written down.
    pub const MAX: Self = Self(MAX_MICROS);

    /// A moment from microseconds since the epoch, clamped to the years 0000 to 9999.
    pub const fn from_micros(micros: i64) -> Self {
        Self(if micros < MIN_MICROS {
            MIN_MICROS
        } else if micros > MAX_MICROS {
            MAX_MICROS
        } else {
            micros
        })
    }

    /// A moment from milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self::from_micros(millis.saturating_mul(1_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The moment `micros` later (earlier where negative), clamped.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to here; negative where `earlier` is later.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The nearest frame of the 16 kHz grid.
    pub const fn position(self) -> Position {
        Position::nearest(self)
    }

    /// The moment in UTC.
    pub fn utc(self) -> DateTime<Utc> {
        // In range by construction: chrono covers more than the years 0000 to 9999.
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// The moment as the wall clock of this machine's time zone shows it.
    pub fn local(self) -> DateTime<Local> {
        self.utc().with_timezone(&Local)
    }

    /// How far local time was ahead of UTC at that moment, in seconds.
    pub fn local_offset_s(self) -> i32 {
        self.local().offset().local_minus_utc()
    }

    /// The weekday that it was by local time: 0 Monday to 6 Sunday.
    pub fn local_weekday(self) -> u8 {
        u8::try_from(self.local().weekday().num_days_from_monday()).unwrap_or_default()
    }

    /// The year that it was in UTC.
    pub fn utc_year(self) -> i32 {
        self.utc().year()
    }

    /// `2026-11-23T09:15:12.340Z`: UTC, milliseconds (what is finer is cut off, not rounded).
    pub fn rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// `2026-11-23T09:15:12.340062Z`: UTC, to the microsecond, so that it reads back as it was.
    pub fn rfc3339_micros(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    /// `20261123T091512.340Z`: the form in file names and ids.
    pub fn compact(self) -> String {
        self.utc().format("%Y%m%dT%H%M%S%.3fZ").to_string()
    }

    /// Reads [`compact`](Self::compact) back, and nothing else.
    pub fn parse_compact(text: &str) -> Option<Self> {
        if text.len() != "20261123T091512.340Z".len() {
            return None;
        }
        let naive = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S%.3fZ").ok()?;
        let time = Self::of(&naive.and_utc());
        (time.compact() == text).then_some(time)
    }

    /// Reads RFC 3339 with any offset.
    ///
    /// # Errors
    /// [`TimeError::Unreadable`] where the text isn't RFC 3339.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        DateTime::parse_from_rfc3339(text)
            .map(|t| Self::of(&t))
            .map_err(|_| TimeError::Unreadable { text: text.to_owned(), wanted: "time in RFC 3339" })
    }

    /// The UTC day as `2026/2026-11-23`: the folder below `audio/` that holds what began on that day.
    pub fn day_folder(self) -> String {
        let utc = self.utc();
        format!("{:04}/{}", utc.year(), utc.format("%Y-%m-%d"))
    }

    pub(crate) fn of<Z: TimeZone>(time: &DateTime<Z>) -> Self {
        Self::from_micros(time.timestamp_micros())
    }
}

impl std::fmt::Display for WallTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse_rfc3339(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_form_reads_back_to_the_millisecond() {
        let time = WallTime::from_micros(1_795_425_312_340_999);
        assert_eq!(WallTime::parse_compact(&time.compact()), Some(WallTime::from_micros(1_795_425_312_340_000)));
    }

    #[test]
    fn the_long_form_reads_back_to_the_microsecond() {
        let time = WallTime::from_micros(1_795_425_312_340_099);
        assert_eq!(time.rfc3339_micros(), "2026-11-23T09:15:12.340099Z");
        assert_eq!(WallTime::parse_rfc3339(&time.rfc3339_micros()), Ok(time));
    }

    #[test]
    fn other_forms_are_not_taken_for_compact() {
        for text in ["", "20261123T091512Z", "2026-11-23T09:15:12.340Z", "20261323T091512.340Z", "20261123T091512.340z"]
        {
            assert_eq!(WallTime::parse_compact(text), None, "{text}");
        }
    }

    #[test]
    fn moments_beyond_four_digit_years_are_clamped() {
        assert_eq!(WallTime::from_micros(i64::MAX), WallTime::MAX);
        assert_eq!(WallTime::MIN.compact().len(), WallTime::MAX.compact().len());
    }
}
