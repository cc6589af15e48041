use crate::{TimeError, TrackName, WallTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::str::FromStr;

/// The public name of a pass: eight lower-case hexadecimal digits, the first of the SHA-256 over what
/// makes the pass (model, engine, parameters), so that a rebuilt database gives it the same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassName(String);

impl PassName {
    /// A pass's name out of its digits.
    pub fn new(name: &str) -> Option<Self> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (name.len() == 8 && name.bytes().all(hex)).then(|| Self(name.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of an utterance that leaves the program: `20261123T091512.340Z-mic-3fa29c1b`, with `~2` behind it
/// where two would have the same. It is made of facts and survives a rebuild.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtteranceId {
    /// When it starts; the id keeps milliseconds.
    pub start: WallTime,
    /// Its track.
    pub track: TrackName,
    /// The pass that heard it.
    pub pass: PassName,
    /// 1, or more where the id was taken.
    pub repeat: u32,
}

impl std::fmt::Display for PassName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for UtteranceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.start.compact(), self.track, self.pass)?;
        if self.repeat > 1 { write!(f, "~{}", self.repeat) } else { Ok(()) }
    }
}

impl FromStr for PassName {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::new(text).ok_or_else(|| TimeError::Unreadable { text: text.to_owned(), wanted: "pass" })
    }
}

impl FromStr for UtteranceId {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let read = || {
            let (facts, repeat) = match text.split_once('~') {
                Some((facts, repeat)) => (facts, repeat.parse().ok().filter(|n| *n > 1)?),
                None => (text, 1),
            };
            let (start, rest) = facts.split_once('-')?;
            let (track, pass) = rest.rsplit_once('-')?;
            Some(Self {
                start: WallTime::parse_compact(start)?,
                track: TrackName::new(track).ok()?,
                pass: PassName::new(pass)?,
                repeat,
            })
        };
        read().ok_or_else(|| TimeError::Unreadable { text: text.to_owned(), wanted: "utterance's id" })
    }
}

macro_rules! serde_as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
serde_as_text!(PassName);
serde_as_text!(UtteranceId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back() {
        for text in ["20261123T091512.340Z-mic-3fa29c1b", "20261123T091512.340Z-my-phone-3fa29c1b~2"] {
            assert_eq!(text.parse::<UtteranceId>().unwrap().to_string(), text);
        }
        for text in [
            "20261123T091512.340Z-mic",
            "20261123T091512.340Z-mic-3fa29c1b~1",
            "mic-3fa29c1b",
            "20261123T091512.340Z-mic-3FA29C1B",
        ] {
            assert!(text.parse::<UtteranceId>().is_err(), "{text}");
        }
    }
}
