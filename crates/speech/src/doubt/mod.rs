//! Whether what was recognised was said: one rule, in one place.
//!
//! Nothing is deleted; an utterance is *shown*, *doubtful* (shaded, still found) or *hidden* with its reason. In this order:
//!
//! | state | reason | when |
//! |---|---|---|
//! | hidden | `nothing recognised` | no word fell into it |
//! | hidden | `event` | all of it is `[BLANK_AUDIO]`, `(crickets chirping)`, `*sighs*`, `♪` and their kin |
//! | hidden | `repetition` | one to six words said at least [`LOOP_TIMES`] times in a row make up most of it |
//! | hidden | `no speech` | the model hears no speech (above [`NO_SPEECH`]) and is unsure of its words (below [`UNSURE`]) |
//! | hidden | `phantom phrase` | all of it is a phrase that models invent in its language **and** the evidence is weak |
//! | doubtful | `unsure` | the words' mean log-probability is below [`VERY_UNSURE`] |
//! | doubtful | `faint` | the voice detector was hardly ever above its threshold ([`FAINT_PEAK`]) |
//! | doubtful | `too fast` | more than [`FASTEST`] words a second, over at least [`FAST_WORDS`] words |
//!
//! *Weak* means any of: no-speech probability above [`WEAK_NO_SPEECH`], mean log-probability below [`WEAK_LOGPROB`], voice
//! detector's mean below [`WEAK_VAD`]. The no-speech probability is one figure for a whole window, so it never decides
//! alone. The thresholds are whisper.cpp's own (`no_speech_thold`, `logprob_thold`) where it has them, and loose otherwise: a
//! true sentence hidden is worse than an invented one shown.

mod events;

use crate::{Heard, RATE};
pub(crate) use events::strip;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// whisper.cpp's `no_speech_thold`.
pub const NO_SPEECH: f32 = 0.6;
/// whisper.cpp's `logprob_thold`.
pub const UNSURE: f32 = -1.0;
/// Mean log-probability of words that are mostly guesses.
pub const VERY_UNSURE: f32 = -1.6;
/// A repetition this long is a loop of the decoder; people stop at three.
pub const LOOP_TIMES: usize = 5;
/// Speech whose likeliest frame stays below this.
pub const FAINT_PEAK: f32 = 0.6;
/// Words a second that nobody says.
pub const FASTEST: f32 = 9.0;
/// ... counted over at least so many.
pub const FAST_WORDS: usize = 8;
/// No-speech probability that makes a known phrase suspicious.
pub const WEAK_NO_SPEECH: f32 = 0.3;
/// Mean log-probability that makes a known phrase suspicious.
pub const WEAK_LOGPROB: f32 = -0.8;
/// Mean voice probability that makes a known phrase suspicious; true speech is typically above 0.85.
pub const WEAK_VAD: f32 = 0.7;

/// How an utterance is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// As what was said.
    Shown,
    /// Shaded, and found.
    Doubtful,
    /// Kept, not shown.
    Hidden,
}

/// The rule's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Judgement {
    /// How to treat it.
    pub state: State,
    /// Why, unless it is shown: one of the table's reasons.
    pub reason: Option<&'static str>,
}

/// Applies the rule.
pub fn judge(heard: &Heard) -> Judgement {
    let hidden = |reason| Judgement { state: State::Hidden, reason: Some(reason) };
    let doubtful = |reason| Judgement { state: State::Doubtful, reason: Some(reason) };
    let words = plain_words(&heard.text);
    let weak = heard.no_speech_p > WEAK_NO_SPEECH || heard.mean_logprob < WEAK_LOGPROB || heard.vad_mean < WEAK_VAD;
    if heard.text.is_empty() {
        hidden("nothing recognised")
    } else if words.is_empty() || events::is_only(&heard.text) {
        hidden("event")
    } else if is_loop(&words) {
        hidden("repetition")
    } else if heard.no_speech_p > NO_SPEECH && heard.mean_logprob < UNSURE {
        hidden("no speech")
    } else if weak && is_phantom(&words, heard.language.as_deref()) {
        hidden("phantom phrase")
    } else if heard.mean_logprob < VERY_UNSURE {
        doubtful("unsure")
    } else if heard.vad_peak < FAINT_PEAK {
        doubtful("faint")
    } else if is_too_fast(heard, words.len()) {
        doubtful("too fast")
    } else {
        Judgement { state: State::Shown, reason: None }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an utterance is at most 30 s and some hundred words long")]
fn is_too_fast(heard: &Heard, words: usize) -> bool {
    let seconds = heard.speech.1.since(heard.speech.0).max(1) as f32 / RATE as f32;
    words >= FAST_WORDS && words as f32 / seconds > FASTEST
}

/// The part of its words that one phrase of up to six words makes up by being said again and again, 0 to 1. Twice is no repetition.
#[expect(clippy::cast_precision_loss, reason = "an utterance has some hundred words")]
pub fn repetition(heard: &Heard) -> f32 {
    let words = plain_words(&heard.text);
    let longest = (1..=6).map(|len| (len, longest_run(&words, len)));
    let longest = longest.filter(|(len, longest)| *longest > 2 * len).map(|(_, longest)| longest).max();
    longest.unwrap_or(0) as f32 / words.len().max(1) as f32
}

/// Whether one phrase, said over and over, makes up more than half of the words.
fn is_loop(words: &[String]) -> bool {
    (1..=6).any(|len| {
        let longest = longest_run(words, len);
        longest >= len * LOOP_TIMES && longest * 2 > words.len()
    })
}

/// How many words the longest run has in which a phrase of `len` words goes round.
fn longest_run(words: &[String], len: usize) -> usize {
    let (mut longest, mut run) = (0, 1);
    for at in len..words.len() {
        // A run of equal neighbours at distance `len` is the phrase going round.
        run = if words.get(at) == words.get(at - len) { run + 1 } else { 1 };
        longest = longest.max(run - 1 + len);
    }
    longest
}

/// Lower case, letters, digits and inner apostrophes only.
fn plain_words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| word.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == '\'').collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Whether models invent this phrase in that language; in any, where the language isn't known.
fn is_phantom(words: &[String], language: Option<&str>) -> bool {
    let phrase = words.join(" ");
    match language {
        Some(language) => phantoms().get(language).is_some_and(|phrases| phrases.contains(&phrase)),
        None => phantoms().values().any(|phrases| phrases.contains(&phrase)),
    }
}

/// The phrases by language.
fn phantoms() -> &'static HashMap<&'static str, HashSet<String>> {
    static PHANTOMS: OnceLock<HashMap<&'static str, HashSet<String>>> = OnceLock::new();
    PHANTOMS.get_or_init(|| {
        let mut phantoms: HashMap<&str, HashSet<String>> = HashMap::new();
        let lines = include_str!("phantoms.txt").lines().filter(|line| !line.starts_with('#'));
        for (language, phrase) in lines.filter_map(|line| line.split_once('\t')) {
            phantoms.entry(language).or_default().insert(plain_words(phrase).join(" "));
        }
        phantoms
    })
}

#[cfg(test)]
mod tests;
