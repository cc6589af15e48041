use super::Filter;
use std::ops::Bound;
use timeline::{Side, WallTime, parse_span};

/// What a query can be restricted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Said,
    Heard,
    On,
    Since,
    Until,
    Time,
    Lang,
    Conf,
    Is,
}

impl Field {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let fields = [
            ("said", Self::Said),
            ("heard", Self::Heard),
            ("on", Self::On),
            ("since", Self::Since),
            ("until", Self::Until),
            ("time", Self::Time),
            ("lang", Self::Lang),
            ("conf", Self::Conf),
            ("is", Self::Is),
        ];
        fields.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, field)| field)
    }

    /// The side, for the two fields that bind to what follows.
    pub(super) fn side(self) -> Option<Side> {
        match self {
            Self::Said => Some(Side::Said),
            Self::Heard => Some(Side::Heard),
            _ => None,
        }
    }

    /// What the field restricts to with that value.
    ///
    /// # Errors
    /// A note that says why it is left out.
    pub(super) fn filter(self, value: &str, now: WallTime) -> Result<Filter, String> {
        let span = |text: &str| parse_span(text, now).map(Filter::Overlaps).map_err(|error| error.to_string());
        match self {
            Self::Said => Ok(Filter::Side(Side::Said)),
            Self::Heard => Ok(Filter::Side(Side::Heard)),
            Self::On => span(value),
            // A day as the end of a span ends with the day, as its start begins with it.
            Self::Since => span(&format!("{value}..")),
            Self::Until => span(&format!("..{value}")),
            Self::Time => {
                clock(value).ok_or_else(|| format!("cannot read {value:?} as times of the day, such as 09:00..12:00"))
            }
            Self::Lang => language(value).ok_or_else(|| format!("cannot read {value:?} as a language, such as de")),
            Self::Conf => p(value).ok_or_else(|| format!("cannot read {value:?} as a probability, such as <0.5")),
            Self::Is => {
                state(value).ok_or_else(|| format!("cannot read {value:?} as one of shown, doubtful and hidden"))
            }
        }
    }
}

/// `09:00..12:00`, `9..12`, `14:30` (that minute), `22..` (until midnight).
fn clock(value: &str) -> Option<Filter> {
    let Some((from, to)) = value.split_once("..") else {
        let from = minute(value)?;
        let length = if value.contains(':') { 1 } else { 60 };
        return Some(Filter::Clock { from, to: (from + length) % 1_440 });
    };
    let from = if from.is_empty() { 0 } else { minute(from)? };
    let to = if to.is_empty() { 1_440 } else { minute(to)? };
    Some(Filter::Clock { from, to })
}

fn minute(text: &str) -> Option<u64> {
    let (hours, minutes) = text.split_once(':').unwrap_or((text, "0"));
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.len() <= 2);
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= 1_440).then_some(hours * 60 + minutes)
}

fn state(value: &str) -> Option<Filter> {
    let state = ["shown", "doubtful", "hidden"].iter().position(|known| known.eq_ignore_ascii_case(value))?;
    u8::try_from(state).ok().map(Filter::State)
}

fn language(value: &str) -> Option<Filter> {
    let fits = (1..=16).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    fits.then(|| Filter::Language(value.to_ascii_lowercase()))
}

/// `<0.5`, `<=0.5`, `>0.5`, `>=0.5`, `0.2..0.5`, each with `%` if need be.
fn p(value: &str) -> Option<Filter> {
    let number = |text: &str| {
        let (text, unit) = text.strip_suffix('%').map_or((text, 1.0), |text| (text, 100.0));
        text.parse::<f64>().ok().filter(|p| p.is_finite()).map(|p| p / unit)
    };
    let (from, to) = if let Some(rest) = value.strip_prefix("<=") {
        (Bound::Unbounded, Bound::Included(number(rest)?))
    } else if let Some(rest) = value.strip_prefix('<') {
        (Bound::Unbounded, Bound::Excluded(number(rest)?))
    } else if let Some(rest) = value.strip_prefix(">=") {
        (Bound::Included(number(rest)?), Bound::Unbounded)
    } else if let Some(rest) = value.strip_prefix('>') {
        (Bound::Excluded(number(rest)?), Bound::Unbounded)
    } else {
        let (from, to) = value.split_once("..")?;
        (Bound::Included(number(from)?), Bound::Included(number(to)?))
    };
    Some(Filter::P { from, to })
}
