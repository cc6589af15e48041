use super::{Filter, Mark};
use crate::token;
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
    Day,
    Lang,
    Model,
    Pass,
    Conf,
    Dur,
    Is,
    Has,
    Note,
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
            ("day", Self::Day),
            ("lang", Self::Lang),
            ("model", Self::Model),
            ("pass", Self::Pass),
            ("conf", Self::Conf),
            ("dur", Self::Dur),
            ("is", Self::Is),
            ("has", Self::Has),
            ("note", Self::Note),
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
            _ => {
                let (filter, wanted) = match self {
                    Self::Time => (clock(value), "times of the day, such as 09:00..12:00"),
                    Self::Day => (weekdays(value), "days of the week, such as mon, mon..fri or sat,sun"),
                    Self::Lang => (language(value), "a language, such as de"),
                    Self::Model => (model(value), "a model, such as small.en"),
                    Self::Pass => (pass(value), "a pass, such as 1a2b3c4d, or all"),
                    Self::Conf => {
                        (range(value, p).map(|(from, to)| Filter::P { from, to }), "a probability, such as <0.5")
                    }
                    Self::Dur => {
                        (range(value, seconds).map(|(from, to)| Filter::Seconds { from, to }), "a length, such as >10s")
                    }
                    Self::Is => (is(value), "one of shown, doubtful, hidden, starred and corrected"),
                    Self::Has => (has(value), "one of echo, replay and note"),
                    Self::Note => (note(value), "words of a note, or a tag such as #todo"),
                    Self::Said | Self::Heard | Self::On | Self::Since | Self::Until => (None, "a value"),
                };
                filter.ok_or_else(|| format!("cannot read {value:?} as {wanted}"))
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

fn is(value: &str) -> Option<Filter> {
    let marks = [("starred", Mark::Star), ("corrected", Mark::Correction)];
    if let Some((_, mark)) = marks.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(value)) {
        return Some(Filter::Has(mark));
    }
    let state = ["shown", "doubtful", "hidden"].iter().position(|known| known.eq_ignore_ascii_case(value))?;
    u8::try_from(state).ok().map(Filter::State)
}

fn language(value: &str) -> Option<Filter> {
    let fits = (1..=16).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    fits.then(|| Filter::Language(value.to_ascii_lowercase()))
}

fn has(value: &str) -> Option<Filter> {
    let marks = [("echo", Mark::Echo), ("replay", Mark::Replay), ("note", Mark::Note)];
    marks.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(value)).map(|(_, mark)| Filter::Has(mark))
}

fn note(value: &str) -> Option<Filter> {
    if value.starts_with('#') {
        return token::tag(value).map(Filter::Tag);
    }
    let terms: Vec<String> = token::terms(value).into_iter().map(|term| token::stem(&term.text)).collect();
    (!terms.is_empty()).then_some(Filter::Note(terms))
}

fn model(value: &str) -> Option<Filter> {
    let terms: Vec<String> = token::terms(value).into_iter().map(|term| term.text).collect();
    (!terms.is_empty()).then_some(Filter::Model(terms))
}

/// `1a2b3c4d`, or `all`.
fn pass(value: &str) -> Option<Filter> {
    let value = value.to_ascii_lowercase();
    let is_name = value.len() == 8 && value.bytes().all(|b| b.is_ascii_hexdigit());
    if value == "all" { Some(Filter::Pass(None)) } else { is_name.then_some(Filter::Pass(Some(value))) }
}

/// `mon`, `monday`, `mon..fri` (over Sunday, too), `sat,sun`.
fn weekdays(value: &str) -> Option<Filter> {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let day = |text: &str| {
        let text = text.to_ascii_lowercase();
        DAYS.iter().position(|day| text.len() >= 2 && day.starts_with(&text))
    };
    let mut wanted = [false; 7];
    for part in value.split(',') {
        let (from, to) = part.split_once("..").unwrap_or((part, part));
        let (from, to) = (day(from)?, day(to)?);
        for step in 0..=(to + DAYS.len() - from) % DAYS.len() {
            *wanted.get_mut((from + step) % DAYS.len())? = true;
        }
    }
    Some(Filter::Weekdays(wanted))
}

/// `0.5`, `50%`.
fn p(text: &str) -> Option<f64> {
    let (text, unit) = text.strip_suffix('%').map_or((text, 1.0), |text| (text, 100.0));
    number(text).map(|p| p / unit)
}

/// `10s`, `10`, `1.5m`, `1h`, `200ms`.
fn seconds(text: &str) -> Option<f64> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("", 1.0)];
    let (text, unit) = units.into_iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    number(text).map(|count| count * unit)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `<0.5`, `<=0.5`, `>0.5`, `>=0.5`, `0.2..0.5`.
fn range(value: &str, number: fn(&str) -> Option<f64>) -> Option<(Bound<f64>, Bound<f64>)> {
    Some(if let Some(rest) = value.strip_prefix("<=") {
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
    })
}
