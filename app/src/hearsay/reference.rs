//! What is known to have been said in the sample day: the references that lie beside its recordings.

use anyhow::{Context as _, Result, bail};
use std::path::Path;
use timeline::{Side, Span, TrackName, WallTime};

/// A sentence of which it is known who said it and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence {
    /// Who said it.
    pub(crate) side: Side,
    /// When.
    pub(crate) span: Span,
    /// Its words.
    pub(crate) text: String,
}

/// Reads a reference: a line of heads, then track, start and end in seconds from `start` on, voice, and text, with
/// tabs between them.
pub(crate) fn read(path: &Path, start: WallTime) -> Result<Vec<Sentence>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut sentences = Vec::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        match sentence(line, start) {
            Some(sentence) => sentences.push(sentence),
            None => bail!("{}: line {} is not a sentence of a reference", path.display(), at + 1),
        }
    }
    Ok(sentences)
}

fn sentence(line: &str, start: WallTime) -> Option<Sentence> {
    let mut fields = line.split('\t');
    let track = TrackName::new(fields.next()?).ok()?;
    let (from, to) = (micros(fields.next()?)?, micros(fields.next()?)?);
    let text = fields.nth(1)?.to_owned();
    Some(Sentence { side: track.usual_side()?, span: Span::new(start.plus_micros(from), start.plus_micros(to)), text })
}

#[allow(clippy::cast_possible_truncation, reason = "seconds of a conversation")]
fn micros(seconds: &str) -> Option<i64> {
    let seconds: f64 = seconds.parse().ok()?;
    Some((seconds * 1e6).round() as i64)
}

/// Whether a text has a word, whatever its case and the marks around it.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    words(text).any(|other| other == word.to_lowercase())
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_reference_is_a_sentence() {
        let start = WallTime::parse_rfc3339("2026-11-23T09:15:00Z").unwrap();
        let found =
            sentence("loopback\t8.042\t10.592\trh-bdl\tThe next item on the agenda is the agenda.", start).unwrap();
        assert_eq!(found.side, Side::Heard);
        assert_eq!(found.span.to_string(), "2026-11-23T09:15:08.042Z..2026-11-23T09:15:10.592Z");
        assert!(has_word(&found.text, "Agenda") && !has_word(&found.text, "genda"));
        assert_eq!(sentence("loopback\teight\t10.592\trh-bdl\tNo.", start), None);
    }
}
