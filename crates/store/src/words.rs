//! The words of an utterance in one blob: ten years of them are 160 million, too many for rows.
//!
//! ```text
//! byte      form: 1 = the words' text lies in the utterance's text, 2 = it lies here
//! per word  varint   start, in microseconds after the start of the word before (of the utterance), zigzag
//!           varint   length in microseconds
//!           u16 LE   probability in 1/10000
//!   form 1  varint   bytes of the utterance's text between the word before and this one
//!           varint   bytes of the word
//!   form 2  varint   bytes of the word, and then those bytes
//! ```
//!
//! A varint is LEB128: seven bits a byte, lowest first, the high bit set on all but the last. No words at
//! all are an empty blob. Form 1 is the usual one; form 2 is for words that don't stand in the text as they are.

use crate::Word;
use timeline::{Span, WallTime};

/// The words' text lies in the utterance's text.
const IN_TEXT: u8 = 1;
/// The words' text lies in the blob.
const INLINE: u8 = 2;
/// Steps of a probability.
const P_STEPS: f32 = 10_000.0;
/// A blob with more words than this was not written by this program.
const MAX_WORDS: usize = 100_000;

/// Packs `words` of an utterance that starts at `start` and reads `text`.
pub(crate) fn pack(words: &[Word], start: WallTime, text: &str) -> Vec<u8> {
    if words.is_empty() {
        return Vec::new();
    }
    let places = places(words, text);
    let mut to = vec![if places.is_some() { IN_TEXT } else { INLINE }];
    let mut before = start;
    for (i, word) in words.iter().enumerate() {
        put(&mut to, zigzag(word.span.start.micros_since(before)));
        put(&mut to, word.span.len_micros().unsigned_abs());
        to.extend(p_steps(word.p).to_le_bytes());
        if let Some((gap, len)) = places.as_ref().and_then(|places| places.get(i)) {
            put(&mut to, *gap as u64);
            put(&mut to, *len as u64);
        } else {
            put(&mut to, word.text.len() as u64);
            to.extend(word.text.as_bytes());
        }
        before = word.span.start;
    }
    to
}

/// Reads [`pack`]'s bytes back; `None` where they can't have come from it.
pub(crate) fn unpack(mut from: &[u8], start: WallTime, text: &str) -> Option<Vec<Word>> {
    let Some(form) = from.split_off_first() else { return Some(Vec::new()) };
    let (mut words, mut before, mut place) = (Vec::new(), start, 0_usize);
    while !from.is_empty() {
        if words.len() == MAX_WORDS {
            return None;
        }
        let start = before.plus_micros(unzigzag(take(&mut from)?));
        let end = start.plus_micros(i64::try_from(take(&mut from)?).ok()?);
        let steps = u16::from_le_bytes(from.split_off(..2)?.try_into().ok()?);
        let word = match *form {
            IN_TEXT => {
                let from_byte = place.checked_add(usize::try_from(take(&mut from)?).ok()?)?;
                place = from_byte.checked_add(usize::try_from(take(&mut from)?).ok()?)?;
                text.get(from_byte..place)?
            }
            INLINE => {
                let len = usize::try_from(take(&mut from)?).ok()?;
                std::str::from_utf8(from.split_off(..len)?).ok()?
            }
            _ => return None,
        };
        words.push(Word { span: Span::new(start, end), text: word.to_owned(), p: f32::from(steps) / P_STEPS });
        before = start;
    }
    Some(words)
}

/// For each word how many bytes of `text` lie between it and the one before, and its own bytes.
fn places(words: &[Word], text: &str) -> Option<Vec<(usize, usize)>> {
    let mut rest = text;
    let place = |word: &Word| {
        let gap = rest.find(&word.text)?;
        rest = rest.get(gap + word.text.len()..)?;
        Some((gap, word.text.len()))
    };
    words.iter().map(place).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=10000; NaN becomes 0")]
fn p_steps(p: f32) -> u16 {
    (p.clamp(0.0, 1.0) * P_STEPS).round() as u16
}

fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn put(to: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = (value & 0x7f).to_le_bytes();
        value >>= 7;
        if value == 0 {
            return to.push(low);
        }
        to.push(low | 0x80);
    }
}

fn take(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *from.split_off_first()?;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> WallTime {
        WallTime::from_micros(1_795_425_312_340_062)
    }

    fn word(after: i64, len: i64, text: &str, p: f32) -> Word {
        let from = start().plus_micros(after);
        Word { span: Span::new(from, from.plus_micros(len)), text: text.to_owned(), p }
    }

    #[test]
    fn words_read_back_as_they_were() {
        let text = "The big, bad wolf — naïve 狼 the end.";
        let words = vec![
            word(0, 120_000, "The", 0.9876),
            word(120_000, 0, "big,", 1.0),
            word(80_000, 333_333, "bad", 0.0),
            word(-20_000, 62, "wolf", 0.5),
            word(900_000, 5_000_000, "naïve", 0.1234),
            word(28_000_000, 250_000, "狼", 0.0001),
        ];
        let packed = pack(&words, start(), text);
        assert_eq!(unpack(&packed, start(), text), Some(words.clone()));
        assert!(packed.len() <= words.len() * 11, "{} bytes for {} words", packed.len(), words.len());
        // The same words over another text don't stand in it: they are kept in the blob.
        let packed = pack(&words, start(), "something else");
        assert_eq!(unpack(&packed, start(), "something else"), Some(words));
        assert_eq!(unpack(&pack(&[], start(), text), start(), text), Some(vec![]));
    }

    #[test]
    fn impossible_probabilities_are_brought_into_range() {
        let words: Vec<Word> = [f32::NAN, -1.0, 7.0].into_iter().map(|p| word(0, 1, "a", p)).collect();
        let read = unpack(&pack(&words, start(), "a a a"), start(), "a a a").unwrap();
        assert_eq!(read.iter().map(|w| w.p).collect::<Vec<_>>(), [0.0, 0.0, 1.0]);
    }

    #[test]
    fn damaged_blobs_are_refused_and_never_panic() {
        let text = "one two three";
        let whole = pack(&[word(5, 7, "one", 0.5), word(9, 7, "three", 0.5)], start(), text);
        for cut in 1..whole.len() {
            let read = unpack(&whole[..cut], start(), text);
            assert!(read.is_none_or(|words| words.len() < 2), "cut at {cut}");
        }
        let mut seed = 3_u64;
        for _ in 0..20_000 {
            let mut blob = whole.clone();
            for _ in 0..3 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = usize::try_from(seed >> 40).unwrap() % blob.len();
                blob[at] = seed.to_le_bytes()[3];
            }
            let _ = unpack(&blob, start(), text);
        }
    }
}
