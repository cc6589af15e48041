//! Words as `SubRip` and `WebVTT`. Pure: utterances in, cues out.
//!
//! `SubRip` has no specification; this is what players agree on. `WebVTT` is that of the W3C (4 April 2019):
//! voices are `<v …>` spans, and `&`, `<` and `>` are escaped, so that no text can end a cue.

use store::Utterance;
use timeline::{Side, WallTime};

/// A cue lasts at least this long, so that a single word can be read.
const MIN_CUE_MICROS: i64 = 500_000;

/// What comes before the first cue of a `WebVTT` file.
pub(crate) const VTT_HEAD: &str = "WEBVTT\n\n";

/// One `SubRip` cue, its times from `zero` on.
pub(crate) fn srt_cue(number: usize, utterance: &Utterance, zero: WallTime) -> String {
    let (start, end) = times(utterance, zero);
    let text = one_line(&utterance.text);
    format!("{number}\n{} --> {}\n{}: {text}\n\n", stamp(start, ','), stamp(end, ','), voice(utterance.side))
}

/// One `WebVTT` cue, its times from `zero` on, named by the utterance's id.
pub(crate) fn vtt_cue(utterance: &Utterance, zero: WallTime) -> String {
    let (start, end) = times(utterance, zero);
    let text = one_line(&utterance.text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let voice = voice(utterance.side);
    format!("{}\n{} --> {}\n<v {voice}>{text}</v>\n\n", utterance.id, stamp(start, '.'), stamp(end, '.'))
}

/// How a side is called where a name stands.
pub(crate) fn voice(side: Side) -> &'static str {
    match side {
        Side::Said => "Said",
        Side::Heard => "Heard",
        Side::Both => "Both",
    }
}

/// Text without line breaks, which would end a cue.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn times(utterance: &Utterance, zero: WallTime) -> (i64, i64) {
    let start = utterance.span.start.micros_since(zero).max(0);
    let end = utterance.span.end.micros_since(zero).max(start + MIN_CUE_MICROS);
    (start, end)
}

/// `00:01:02,345`; more digits for hours where there are more than 99.
fn stamp(micros: i64, point: char) -> String {
    let millis = micros / 1_000;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    format!("{:02}:{:02}:{:02}{point}{millis:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_count_hours_beyond_a_day() {
        assert_eq!(stamp(0, ','), "00:00:00,000");
        assert_eq!(stamp(3_723_004_999, '.'), "01:02:03.004");
        assert_eq!(stamp(400_000_000_000, '.'), "111:06:40.000");
    }
}
