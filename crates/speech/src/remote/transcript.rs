//! What a server answered, as words of the window. Pure; nothing of it is believed before it was looked at.

use super::fault::Fault;
use super::language_name;
use crate::{RATE, Recognised, RecognisedWord};
use serde::Deserialize;

/// `verbose_json`, as OpenAI's reference describes it and others write it.
#[derive(Debug, Deserialize)]
struct Transcript {
    text: Option<String>,
    language: Option<String>,
    words: Option<Vec<TimedWord>>,
    segments: Option<Vec<Segment>>,
}

/// A word, or a piece of one: whisper.cpp's server gives tokens.
#[derive(Debug, Clone, Deserialize)]
struct TimedWord {
    word: String,
    start: f64,
    end: f64,
    probability: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Segment {
    text: String,
    start: f64,
    end: f64,
    avg_logprob: Option<f64>,
    no_speech_prob: Option<f64>,
    words: Option<Vec<TimedWord>>,
}

/// More words than anybody says in half a minute.
const MOST_WORDS: usize = 2_000;

/// Reads an answer about a window of so many samples.
///
/// # Errors
/// [`Fault::Nonsense`] where it isn't a transcript.
pub(super) fn read(answer: &[u8], samples: usize) -> Result<Recognised, Fault> {
    // What serde says of it may repeat it.
    let transcript: Transcript =
        serde_json::from_slice(answer).map_err(|_| Fault::Nonsense("it isn't the JSON of a transcript"))?;
    let Transcript { text, language, words, segments } = transcript;
    let segments = segments.unwrap_or_default();
    let text = match text {
        Some(text) => text,
        None if segments.is_empty() && words.is_none() => return Err(Fault::Nonsense("there is no text in it")),
        None => segments.iter().map(|segment| segment.text.as_str()).collect(),
    };
    let of_segments = || segments.iter().filter_map(|segment| segment.words.clone()).flatten().collect();
    let timed: Vec<TimedWord> = words.filter(|words| !words.is_empty()).unwrap_or_else(of_segments);
    let timed: Vec<TimedWord> = timed.into_iter().filter(|word| !is_mark(&word.word)).collect();
    let timed = if timed.is_empty() { shared_out(&text, &segments, samples) } else { spelled(timed, &text) };
    if timed.len() > MOST_WORDS {
        return Err(Fault::Nonsense("it has more words than half a minute holds"));
    }
    Ok(Recognised {
        words: timed.iter().map(|word| recognised(word, &segments, samples)).collect(),
        language: language.as_deref().and_then(language_name::code),
        no_speech_p: no_speech_p(&segments),
        compute_micros: 0,
    })
}

/// What a model writes for itself: `[_BEG_]`, `<|en|>`.
fn is_mark(word: &str) -> bool {
    let word = word.trim();
    word.is_empty() || word.starts_with("[_") || word.starts_with("<|")
}

/// The words as the text has them: OpenAI's come without punctuation and without the spaces between them, whisper.cpp's in pieces. Each takes what stands in front of
/// it and the punctuation behind it; pieces that nothing stands between are one word.
fn spelled(timed: Vec<TimedWord>, text: &str) -> Vec<TimedWord> {
    let mut rest = text;
    let mut words: Vec<TimedWord> = Vec::with_capacity(timed.len());
    for mut word in timed {
        let plain = word.word.trim();
        // A word that isn't near isn't there.
        let found =
            rest.find(plain).filter(|at| rest.get(..*at).is_some_and(|skipped| skipped.chars().all(is_between)));
        let behind = found.map(|at| at + plain.len()).and_then(|end| rest.split_at_checked(end));
        if let Some((taken, after)) = behind {
            let ends = after.find(|next: char| next.is_alphanumeric() || next.is_whitespace()).unwrap_or(after.len());
            let (punctuation, after) = after.split_at_checked(ends).unwrap_or((after, ""));
            word.word = spaced(&format!("{taken}{punctuation}"));
            rest = after;
        } else if plain.chars().all(is_between) {
            // The word before it has it.
            continue;
        } else if !word.word.starts_with(char::is_whitespace) {
            word.word = format!(" {plain}");
        }
        match words.last_mut().filter(|_| !word.word.starts_with(char::is_whitespace) && joins(&word.word)) {
            Some(before) => {
                before.word.push_str(&word.word);
                before.end = word.end;
                before.probability = before.probability.zip(word.probability).map(|(a, b)| a.min(b));
            }
            None => words.push(word),
        }
    }
    words
}

/// With one space where there is any, a line's end included.
fn spaced(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let front = if text.starts_with(char::is_whitespace) { " " } else { "" };
    format!("{front}{}", words.join(" "))
}

fn is_between(letter: char) -> bool {
    !letter.is_alphanumeric()
}

/// Whether a piece is part of the word before it. In writing without spaces each piece is a word.
fn joins(piece: &str) -> bool {
    piece
        .chars()
        .next()
        .is_some_and(|first| !('\u{e00}'..='\u{eff}').contains(&first) && !('\u{2e80}'..='\u{ffff}').contains(&first))
}

/// Words without times of their own share the time of their segment by their length; without segments, of the window.
fn shared_out(text: &str, segments: &[Segment], samples: usize) -> Vec<TimedWord> {
    #[expect(clippy::cast_precision_loss, reason = "seconds of half a minute")]
    let whole = samples as f64 / RATE as f64;
    if segments.is_empty() {
        return shares(text, 0.0, whole);
    }
    segments.iter().flat_map(|segment| shares(&segment.text, segment.start, segment.end)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "letters of a sentence")]
fn shares(text: &str, start: f64, end: f64) -> Vec<TimedWord> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let letters: usize = words.iter().map(|word| word.chars().count()).sum();
    let mut done = 0;
    let share = |word: &&str| {
        let at = |letters_done: usize| start + (end - start) * letters_done as f64 / letters as f64;
        let from = done;
        done += word.chars().count();
        TimedWord { word: format!(" {word}"), start: at(from), end: at(done), probability: None }
    };
    words.iter().map(share).collect()
}

fn recognised(word: &TimedWord, segments: &[Segment], samples: usize) -> RecognisedWord {
    let middle = f64::midpoint(word.start, word.end);
    let within = segments.iter().find(|segment| (segment.start..=segment.end).contains(&middle));
    let mean = || within.and_then(|segment| segment.avg_logprob).map(f64::exp);
    // A server that says nothing of it gives no reason to doubt.
    let p = word.probability.or_else(mean).filter(|p| p.is_finite()).unwrap_or(1.0).clamp(1e-6, 1.0);
    let start = sample(word.start, samples);
    let end = sample(word.end, samples).max(start);
    #[expect(clippy::cast_possible_truncation, reason = "a probability")]
    let (p, logprob) = (p as f32, p.ln() as f32);
    RecognisedWord { text: word.word.clone(), start, end, p, logprob, tokens: 1 }
}

/// A time within the window, whatever was written.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the window"
)]
fn sample(seconds: f64, samples: usize) -> usize {
    let at = (seconds * RATE as f64).round();
    if at.is_finite() { (at.max(0.0) as usize).min(samples) } else { samples }
}

/// A window holds speech where any of its segments does.
fn no_speech_p(segments: &[Segment]) -> f32 {
    let least = segments.iter().filter_map(|segment| segment.no_speech_prob).fold(f64::INFINITY, f64::min);
    #[expect(clippy::cast_possible_truncation, reason = "a probability")]
    let p = least.clamp(0.0, 1.0) as f32;
    if least.is_finite() { p } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SAMPLES: usize = 4 * RATE;

    fn words(answer: &Value) -> Vec<(String, usize, usize)> {
        let heard = read(answer.to_string().as_bytes(), SAMPLES).unwrap();
        heard.words.iter().map(|word| (word.text.clone(), word.start, word.end)).collect()
    }

    fn owned(words: &[(&str, usize, usize)]) -> Vec<(String, usize, usize)> {
        words.iter().map(|(text, start, end)| ((*text).to_owned(), *start, *end)).collect()
    }

    #[test]
    fn words_without_punctuation_get_it_from_the_text() {
        let answer = json!({ "task": "transcribe", "language": "english", "duration": 4.0, "text": "Well, it's half past 10. \"Really?\"",
            "words": [{ "word": "Well", "start": 0.0, "end": 0.5 }, { "word": "it's", "start": 0.5, "end": 1.0 }, { "word": "half", "start": 1.0, "end": 1.25 },
                { "word": "past", "start": 1.25, "end": 1.5 }, { "word": "10", "start": 1.5, "end": 2.0 }, { "word": "Really", "start": 3.0, "end": 3.5 }],
            "segments": [{ "id": 0, "text": "all", "start": 0.0, "end": 4.0, "avg_logprob": -0.5, "no_speech_prob": 0.25 }] });
        let expected = [
            ("Well,", 0, 8_000),
            (" it's", 8_000, 16_000),
            (" half", 16_000, 20_000),
            (" past", 20_000, 24_000),
            (" 10.", 24_000, 32_000),
        ];
        let found = words(&answer);
        assert_eq!(found[..5], owned(&expected));
        assert_eq!(found[5].0, " \"Really?\"");
        let heard = read(answer.to_string().as_bytes(), SAMPLES).unwrap();
        assert_eq!((heard.language.as_deref(), heard.no_speech_p), (Some("en"), 0.25));
        assert!((heard.words[0].p - (-0.5_f32).exp()).abs() < 1e-6 && (heard.words[0].logprob + 0.5).abs() < 1e-6);
    }

    #[test]
    fn pieces_of_words_are_joined_and_marks_are_left_out() {
        let piece = |word: &str, start: f64, p: f64| json!({ "word": word, "start": start, "end": start + 0.5, "probability": p });
        let answer = json!({ "language": "en", "text": "\n Phoenix\nagain.\n", "segments": [{ "text": " Phoenix again.", "start": 0.0, "end": 2.0,
            "words": [piece("[_BEG_]", 0.0, 0.1), piece(" Ph", 0.0, 0.75), piece("oenix", 0.5, 0.5), piece(" again", 1.0, 0.9), piece(".", 1.5, 0.8)] }] });
        assert_eq!(words(&answer), owned(&[(" Phoenix", 0, 16_000), (" again.", 16_000, 24_000)]));
        let heard = read(answer.to_string().as_bytes(), SAMPLES).unwrap();
        assert!((heard.words[0].p - 0.5).abs() < 1e-6, "no surer than its least sure piece");
    }

    #[test]
    fn segments_share_their_time_among_their_words() {
        let answer = json!({ "text": "a bbb", "segments": [{ "text": " a bbb", "start": 1.0, "end": 3.0 }] });
        assert_eq!(words(&answer), owned(&[(" a", 16_000, 24_000), (" bbb", 24_000, 48_000)]));
        assert_eq!(words(&json!({ "text": "one" })), owned(&[(" one", 0, SAMPLES)]));
        assert_eq!(words(&json!({ "text": "" })), []);
        assert_eq!(words(&json!({ "text": "", "words": [], "segments": [] })), []);
    }

    #[test]
    fn times_outside_the_window_are_brought_back_into_it() {
        let answer = json!({ "text": "x y", "words": [{ "word": "x", "start": -3.0, "end": 1e300 }, { "word": "y", "start": 9.0, "end": 2.0 }] });
        assert_eq!(words(&answer), owned(&[("x", 0, SAMPLES), (" y", SAMPLES, SAMPLES)]));
    }

    #[test]
    fn nonsense_is_named_and_not_repeated() {
        let many =
            json!({ "text": "", "words": vec![json!({ "word": "x", "start": 0.0, "end": 0.0 }); 2_001] }).to_string();
        for nonsense in [
            "",
            "<html>secret</html>",
            "{\"text\": \"secret",
            "[]",
            "{}",
            "{\"error\": \"secret\"}",
            "{\"text\": 7}",
            "\"secret\"",
            &many,
        ] {
            let error = read(nonsense.as_bytes(), SAMPLES).unwrap_err();
            assert!(
                matches!(error, Fault::Nonsense(_)) && !error.to_string().contains("secret"),
                "{nonsense}: {error}"
            );
        }
    }
}
