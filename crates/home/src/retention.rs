use serde::{Deserialize, Serialize};

/// `[retention]`: how long sound is kept, and how. Nothing is set by default, and then everything stays as it is, forever.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Segments that are older are packed as FLAC, which is the same sound to the bit in half the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flac_after: Option<Age>,
    /// Of what is older only the words are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_only_after: Option<Age>,
    /// Segments in which no pass has heard a word are taken away when they are older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_after: Option<Age>,
    /// Where all sound together is larger, the oldest is taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<Size>,
}

impl RetentionConfig {
    /// Whether no rule is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How long ago something ended: `12h`, `7d`, `8w`, `1y` (365 days).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Age {
    hours: u32,
}

/// So many bytes: `500MB`, `200GB`, `1.5TB`, in powers of 1000, as disks are sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size {
    megabytes: u64,
}

impl Age {
    /// In microseconds.
    pub fn micros(self) -> i64 {
        i64::from(self.hours) * 3_600_000_000
    }
}

impl Size {
    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.megabytes.saturating_mul(1_000_000)
    }
}

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no age; write it as \"12h\", \"7d\", \"8w\" or \"1y\"");
        let at = text.trim().len().saturating_sub(1);
        let (number, unit) = text.trim().split_at_checked(at).ok_or_else(wrong)?;
        let hours = match unit {
            "h" => 1,
            "d" => 24,
            "w" => 7 * 24,
            "y" => 365 * 24,
            _ => return Err(wrong()),
        };
        let number: u32 = number.trim().parse().map_err(|_| wrong())?;
        Ok(Self { hours: number.checked_mul(hours).ok_or_else(wrong)? })
    }
}

impl From<Age> for String {
    fn from(age: Age) -> Self {
        if age.hours.is_multiple_of(24) { format!("{}d", age.hours / 24) } else { format!("{}h", age.hours) }
    }
}

impl std::fmt::Display for Age {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from(*self))
    }
}

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no size; write it as \"500MB\", \"200GB\" or \"1.5TB\"");
        let at = text.trim().len().saturating_sub(2);
        let (number, unit) = text.trim().split_at_checked(at).ok_or_else(wrong)?;
        let factor = match unit {
            "MB" => 1.0,
            "GB" => 1e3,
            "TB" => 1e6,
            _ => return Err(wrong()),
        };
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        let megabytes = number * factor;
        if !(0.0..=1e12).contains(&megabytes) {
            return Err(wrong());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range just looked at")]
        Ok(Self { megabytes: megabytes.round() as u64 })
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        match size.megabytes {
            whole if whole > 0 && whole.is_multiple_of(1_000) => format!("{}GB", whole / 1_000),
            whole => format!("{whole}MB"),
        }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from(*self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_are_read_as_people_write_them_and_nothing_else_is() {
        let age = |text: &str| Age::try_from(text.to_owned());
        for (text, hours) in [("12h", 12), ("7d", 168), (" 8 w ", 1_344), ("1y", 8_760), ("0d", 0)] {
            assert_eq!(age(text).unwrap().micros(), hours * 3_600_000_000, "{text}");
            assert_eq!(age(&String::from(age(text).unwrap())), age(text), "{text}");
        }
        let size = |text: &str| Size::try_from(text.to_owned());
        for (text, bytes) in [("500MB", 500_000_000), ("200GB", 200_000_000_000), ("1.5 TB", 1_500_000_000_000)] {
            assert_eq!(size(text).unwrap().bytes(), bytes, "{text}");
            assert_eq!(size(&String::from(size(text).unwrap())), size(text), "{text}");
        }
        for wrong in ["", "d", "7", "7m", "-1d", "1.5d", "99999999999d", "é"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "GB", "7", "7 apples", "-1GB", "NaNGB", "infTB", "1e99TB", "é"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
