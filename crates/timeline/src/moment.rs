use crate::WallTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment that is written to the microsecond, where milliseconds would lose the frame: `2026-11-23T09:15:12.340062Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub WallTime);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0.rfc3339_micros())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        WallTime::parse_rfc3339(&text).map(Self).map_err(serde::de::Error::custom)
    }
}
