use super::*;
use crate::HeardWord;
use timeline::Position;

/// Certain words in clear speech, three words a second.
fn clear(text: &str) -> Heard {
    let words: Vec<HeardWord> = text
        .split_whitespace()
        .map(|text| HeardWord { text: text.to_owned(), start: Position(0), end: Position(0), p: 0.9, glued: false })
        .collect();
    let len = i64::try_from(words.len()).unwrap() * 16_000 / 3 + 8_000;
    Heard {
        speech: (Position(0), Position(len)),
        words,
        text: text.to_owned(),
        p: 0.9,
        no_speech_p: 0.02,
        mean_logprob: -0.2,
        vad_mean: 0.93,
        vad_peak: 0.99,
        tokens_per_s: 4.0,
        language: Some("en".to_owned()),
    }
}

fn reason(heard: &Heard) -> (State, Option<&'static str>) {
    let judgement = judge(heard);
    (judgement.state, judgement.reason)
}

#[test]
fn what_is_plainly_said_is_shown_phantom_phrases_included() {
    for text in [
        "Thank you.",
        "Thank you very much.",
        "you",
        "No, no, no, no!",
        "Okay.",
        "We met (as agreed) on Friday.",
        "See you next time.",
    ] {
        assert_eq!(reason(&clear(text)), (State::Shown, None), "{text}");
    }
}

#[test]
fn events_are_never_shown() {
    for text in [
        "[BLANK_AUDIO]",
        "(crickets chirping)",
        "[ Silence ]",
        "♪",
        "♪♪♪",
        "*sighs*",
        "[MUSIC] (applause)",
        "(upbeat music).",
        "...",
        "【音楽】",
    ] {
        assert_eq!(reason(&clear(text)), (State::Hidden, Some("event")), "{text}");
    }
}

#[test]
fn events_are_taken_out_of_speech() {
    let joined = |words: &[HeardWord]| words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
    for (text, left) in [
        ("[MUSIC] Good morning.", "Good morning."),
        ("Good (dog barking) morning.", "Good morning."),
        ("♪ La la la ♪", "La la la"),
        (
            "We met (as we had agreed a long while ago) on Friday.",
            "We met (as we had agreed a long while ago) on Friday.",
        ),
        ("An open [bracket only", "An open [bracket only"),
    ] {
        let mut heard = clear(text);
        strip(&mut heard, joined);
        assert_eq!(heard.text, left);
    }
}

#[test]
fn weak_evidence_hides_a_phantom_phrase_and_nothing_else() {
    let weaken: [fn(&mut Heard); 3] = [|h| h.no_speech_p = 0.5, |h| h.mean_logprob = -0.9, |h| h.vad_mean = 0.55];
    for weaken in weaken {
        let mut phantom = clear("Thanks for watching!");
        weaken(&mut phantom);
        assert_eq!(reason(&phantom), (State::Hidden, Some("phantom phrase")));
        let mut sentence = clear("The budget goes to Monica.");
        weaken(&mut sentence);
        assert_eq!(reason(&sentence), (State::Shown, None));
    }
}

#[test]
fn a_phrase_is_a_phantom_of_its_own_language() {
    for (language, text, is_hidden) in [
        (Some("de"), "Untertitel der Amara.org-Community", true),
        (Some("de"), "Vielen Dank.", true),
        (Some("en"), "Vielen Dank.", false),
        (Some("fr"), "Merci !", true),
        (Some("de"), "Merci.", false),
        (None, "Merci.", true),
        (Some("ja"), "ご視聴ありがとうございました", true),
    ] {
        let mut heard = clear(text);
        heard.language = language.map(str::to_owned);
        assert_eq!(reason(&heard), (State::Shown, None), "{text}: clear speech is shown");
        heard.vad_mean = 0.5;
        let expected = if is_hidden { (State::Hidden, Some("phantom phrase")) } else { (State::Shown, None) };
        assert_eq!(reason(&heard), expected, "{text} as {language:?}");
    }
}

#[test]
fn repetition_is_the_part_that_one_phrase_makes_up() {
    for (text, part) in
        [("so so so so", 1.0), ("We met on Friday.", 0.0), ("no no no I said it once", 3.0 / 7.0), ("", 0.0)]
    {
        assert!((repetition(&clear(text)) - part).abs() < 1e-6, "{text}: {}", repetition(&clear(text)));
    }
}

#[test]
fn loops_are_hidden() {
    for phrase in ["so ", "I think ", "and then we go to the "] {
        assert_eq!(reason(&clear(&phrase.repeat(8))), (State::Hidden, Some("repetition")), "{phrase}");
    }
}

#[test]
fn doubt_has_its_reasons() {
    let mut heard = clear("A sentence of some words.");
    heard.mean_logprob = -1.2;
    heard.no_speech_p = 0.7;
    assert_eq!(reason(&heard), (State::Hidden, Some("no speech")));
    let mut heard = clear("A sentence of some words.");
    heard.mean_logprob = -2.0;
    assert_eq!(reason(&heard), (State::Doubtful, Some("unsure")));
    let mut heard = clear("A sentence of some words.");
    heard.vad_peak = 0.52;
    assert_eq!(reason(&heard), (State::Doubtful, Some("faint")));
    let mut heard = clear("Far too many words for half a second of sound to hold");
    heard.speech.1 = Position(8_000);
    assert_eq!(reason(&heard), (State::Doubtful, Some("too fast")));
    assert_eq!(reason(&clear("")), (State::Hidden, Some("nothing recognised")));
}
