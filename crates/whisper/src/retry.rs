//! Whether a text is to be decoded once more.
//!
//! The rules are whisper.cpp's (`entropy_thold`, `logprob_thold`, `no_speech_thold`), which has them from openai-whisper.

use crate::{Heard, Mel, Token};
use std::collections::BTreeMap;

/// Mean log-probability below which words are guesses, unless nobody speaks.
const UNSURE: f32 = -1.0;
/// Probability of no speech above which nobody does.
const NO_SPEECH: f32 = 0.6;
/// Tokens at the end that are looked at for loops; a text of no more is none.
const LOOK_BACK: usize = 32;
/// Entropy of these, in nats, below which they go round: about eleven that are equally frequent.
const LOOP: f32 = 2.4;

/// Whether the text is none to be kept: it goes round, or is guessed while somebody speaks.
pub(crate) fn is_rejected(heard: &Heard) -> bool {
    goes_round(heard) || heard.mean_logprob < UNSURE && heard.no_speech <= NO_SPEECH
}

/// The one to be kept: that which goes round less, then that which is surer; the first of two that are alike.
pub(crate) fn better(first: Heard, second: Heard) -> Heard {
    let worth = |heard: &Heard| (!goes_round(heard), heard.mean_logprob);
    if worth(&second) > worth(&first) { second } else { first }
}

/// Where sampling begins for a window that is decoded once more: made of its sound, so that it doesn't matter when it is decoded, and beside what.
pub(crate) fn seed(mel: &Mel) -> u64 {
    // FNV-1a over 32 bits at a time.
    mel.padded
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |seed, number| (seed ^ u64::from(number.to_bits())).wrapping_mul(0x0100_0000_01b3))
}

#[expect(clippy::cast_precision_loss, reason = "at most as many as are looked at")]
fn goes_round(heard: &Heard) -> bool {
    let Some(from) = heard.tokens.len().checked_sub(LOOK_BACK).filter(|from| *from > 0) else { return false };
    let mut counts: BTreeMap<Token, usize> = BTreeMap::new();
    for scored in heard.tokens.iter().skip(from) {
        *counts.entry(scored.token).or_default() += 1;
    }
    let shares = counts.values().map(|count| *count as f32 / LOOK_BACK as f32);
    -shares.map(|share| share * share.ln()).sum::<f32>() < LOOP
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Language, Scored};

    fn heard(tokens: impl Iterator<Item = Token>, mean_logprob: f32, no_speech: f32) -> Heard {
        let tokens = tokens.map(|token| Scored { token, logprob: mean_logprob }).collect();
        Heard { id: 1, tokens, times: vec![], language: Language::ENGLISH, language_p: 1.0, no_speech, mean_logprob }
    }

    #[test]
    fn loops_and_guesses_are_rejected_and_silence_is_not() {
        let loops = heard((0..60).map(|at| at % 10), -0.1, 0.0);
        let text = heard((0..60).map(|at| at % 12), -0.1, 0.0);
        let short = heard((0..32).map(|_| 5), -0.1, 0.0);
        let guessed = heard(0..20, -1.1, 0.6);
        let silence = heard(0..2, -1.1, 0.61);
        let rejected = [&loops, &text, &short, &guessed, &silence].map(is_rejected);
        assert_eq!(rejected, [true, false, false, true, false]);
        assert_eq!(better(loops.clone(), guessed.clone()), guessed, "anything before a loop");
        assert_eq!(better(guessed.clone(), text.clone()), text);
        assert_eq!(better(text.clone(), guessed), text);
    }

    #[test]
    fn another_sound_is_another_seed() {
        let mel = |numbers: &[f32]| Mel { bands: 1, padded: numbers.to_vec(), heard: 1 };
        let seeds = [mel(&[0.0, 1.0]), mel(&[1.0, 0.0]), mel(&[0.0, 1.000_000_1])].map(|mel| seed(&mel));
        assert!(seeds[0] != seeds[1] && seeds[0] != seeds[2]);
        assert_eq!(seed(&mel(&[0.0, 1.0])), seeds[0]);
    }
}
