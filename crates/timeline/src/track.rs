use crate::TimeError;
use serde::{Deserialize, Serialize};

/// The name of a track: 1 to 16 of `a-z`, `0-9` and `-`. It is part of file names and ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TrackName(String);

impl TrackName {
    /// A track of that name.
    ///
    /// # Errors
    /// [`TimeError::Track`] where file names couldn't carry it.
    pub fn new(name: &str) -> Result<Self, TimeError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=16).contains(&name.len()) && name.bytes().all(allowed) {
            Ok(Self(name.to_owned()))
        } else {
            Err(TimeError::Track { name: name.to_owned() })
        }
    }

    /// `mic`: what you said.
    pub fn mic() -> Self {
        Self("mic".to_owned())
    }

    /// `loopback`: what you heard.
    pub fn loopback() -> Self {
        Self("loopback".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The side of the two tracks that are always there; an imported track's side is the importer's to say.
    pub fn usual_side(&self) -> Option<Side> {
        match self.as_str() {
            "mic" => Some(Side::Said),
            "loopback" => Some(Side::Heard),
            _ => None,
        }
    }
}

impl std::fmt::Display for TrackName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for TrackName {
    type Err = TimeError;
    fn from_str(name: &str) -> Result<Self, TimeError> {
        Self::new(name)
    }
}

impl<'de> Deserialize<'de> for TrackName {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// Whose words a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What you said: the microphone.
    Said,
    /// What you heard: whatever the speakers played.
    Heard,
    /// One recording of everybody, such as a phone on the table.
    Both,
}

impl Side {
    /// `said`, `heard` or `both`: the word of all machine output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Heard => "heard",
            Self::Both => "both",
        }
    }

    /// Reads [`as_str`](Self::as_str) back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Said, Self::Heard, Self::Both].into_iter().find(|side| side.as_str() == text)
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
