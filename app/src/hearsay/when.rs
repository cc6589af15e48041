//! When a recording began, by what its file is called. Pure.

use timeline::{SegmentName, TrackName, WallTime};

/// What a file's name tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// When the recording began.
    pub(crate) start: Option<WallTime>,
    /// Its track: the last part before `.wav`, where it is `mic` or `loopback`, or a segment's name has it.
    pub(crate) track: Option<TrackName>,
}

/// Reads a file's name.
///
/// Times are a day and a clock time in the order from large to small, however they are joined:
/// `20261123T091500.000Z.mic.wav`, `2026-11-23_09-15-00.wav`, `Recording 2026.11.23 at 09.15.wav`,
/// `20261123_091500.wav`. Local time unless a `Z` follows. A day alone is no time.
pub(crate) fn read(file_name: &str) -> Named {
    if let Some((SegmentName { start, track }, _)) = SegmentName::parse(file_name) {
        return Named { start: Some(start), track: Some(track) };
    }
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let track = stem.rsplit_once('.').map(|(_, last)| last).filter(|last| matches!(*last, "mic" | "loopback"));
    Named { start: time_in(stem), track: track.and_then(|track| TrackName::new(track).ok()) }
}

/// The first day and clock time in a text.
fn time_in(text: &str) -> Option<WallTime> {
    let mut before = None;
    for (at, letter) in text.char_indices() {
        // A longer number doesn't begin in its middle.
        let starts = letter.is_ascii_digit() && !before.is_some_and(|before: char| before.is_ascii_digit());
        before = Some(letter);
        if let Some(time) = text.get(at..).filter(|_| starts).and_then(time_at) {
            return Some(time);
        }
    }
    None
}

fn time_at(text: &str) -> Option<WallTime> {
    let mut rest = text;
    let year = digits(&mut rest, 4)?;
    let joint = skip(&mut rest, &["-", "_", "."]);
    let month = digits(&mut rest, 2)?;
    if skip(&mut rest, &["-", "_", "."]) != joint {
        return None;
    }
    let day = digits(&mut rest, 2)?;
    skip(&mut rest, &[" at ", "T", "t", "_", "-", " ", "."]);
    let hour = digits(&mut rest, 2)?;
    let joint = skip(&mut rest, &["-", "_", ".", ":", "h", "\u{a789}"]);
    let minute = digits(&mut rest, 2)?;
    let mut second = "00";
    let mut ahead = rest;
    if skip(&mut ahead, &["-", "_", ".", ":", "m", "\u{a789}"]).is_some() == joint.is_some()
        && let Some(found) = digits(&mut ahead, 2)
    {
        (second, rest) = (found, ahead);
    }
    let fraction = fraction(&mut rest);
    // What goes on with a digit was another number.
    if rest.starts_with(|next: char| next.is_ascii_digit()) {
        return None;
    }
    let zone = if rest.starts_with(['Z', 'z']) { "Z" } else { "" };
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}{fraction}{zone}");
    timeline::parse_time(&text, WallTime::MIN).ok()
}

/// Takes exactly `count` digits off the front.
fn digits<'a>(rest: &mut &'a str, count: usize) -> Option<&'a str> {
    let (taken, left) = rest.split_at_checked(count)?;
    taken.bytes().all(|byte| byte.is_ascii_digit()).then(|| {
        *rest = left;
        taken
    })
}

/// Takes one of these off the front.
fn skip<'a>(rest: &mut &str, joints: &[&'a str]) -> Option<&'a str> {
    let joint = joints.iter().find(|joint| rest.starts_with(**joint))?;
    *rest = rest.get(joint.len()..)?;
    Some(joint)
}

/// Takes `.123` off the front.
fn fraction<'a>(rest: &mut &'a str) -> &'a str {
    let length = match rest.strip_prefix('.') {
        Some(after) => after.bytes().take_while(u8::is_ascii_digit).count(),
        None => 0,
    };
    if length == 0 {
        return "";
    }
    let (taken, left) = rest.split_at(length + 1);
    *rest = left;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_in_the_names_that_recorders_give() {
        let expected = timeline::parse_time("2026-11-23T09:15:00", WallTime::MIN).unwrap();
        for name in [
            "2026-11-23_09-15-00.wav",
            "2026-11-23T09:15:00.wav",
            "2026-11-23 09.15.00.wav",
            "20261123_091500.wav",
            "20261123-0915.wav",
            "Recording 2026.11.23 at 09.15.wav",
            "call-2026_11_23-09h15m00.mic.wav",
            "R12345678 2026-11-23 09:15.wav",
        ] {
            assert_eq!(read(name).start, Some(expected), "{name}");
        }
        let utc = WallTime::parse_rfc3339("2026-11-23T09:15:00.250Z").unwrap();
        for name in ["20261123T091500.250Z.mic.wav", "2026-11-23T09-15-00.250Z.wav"] {
            assert_eq!(read(name).start, Some(utc), "{name}");
        }
    }

    #[test]
    fn other_numbers_are_not_taken_for_times() {
        for name in [
            "",
            "standup.wav",
            "2026-11-23.wav",
            "20261123.wav",
            "track 20269901_091500.wav",
            "202611230915001.wav",
            "2026-11-23_25-00-00.wav",
            "2026-11_23 09-15.wav",
            "é2026.wav",
        ] {
            assert_eq!(read(name).start, None, "{name}");
        }
    }

    #[test]
    fn the_track_is_read_where_the_name_ends_in_one() {
        let track = |name: &str| read(name).track.map(|track| track.to_string());
        assert_eq!(track("standup.mic.wav").as_deref(), Some("mic"));
        assert_eq!(track("20261123T091500.000Z.phone.wav").as_deref(), Some("phone"));
        assert_eq!(track("my.phone.wav"), None);
        assert_eq!(track("mic.wav"), None);
    }
}
