//! What a model writes about sounds that aren't speech: `[BLANK_AUDIO]`, `(crickets chirping)`, `*sighs*`, `♪`.

use crate::{Heard, HeardWord};

const OPENING: [char; 5] = ['[', '(', '*', '【', '（'];
/// A note about a sound is short; what is longer in brackets was said.
const LONGEST: usize = 6;

/// Takes the notes about sounds out of an utterance that has other words too. One that has nothing else stays as it is, to be
/// hidden with its reason.
pub(crate) fn strip(heard: &mut Heard, joined: impl Fn(&[HeardWord]) -> String) {
    let is_event = marks(&heard.words);
    if is_event.iter().any(|event| *event) && !is_event.iter().all(|event| *event) {
        let mut keep = is_event.iter();
        heard.words.retain(|_| !keep.next().copied().unwrap_or(false));
        heard.text = joined(&heard.words);
    }
}

/// Whether a text is nothing but such notes.
pub(super) fn is_only(text: &str) -> bool {
    let words: Vec<HeardWord> = text.split_whitespace().map(word).collect();
    !words.is_empty() && marks(&words).iter().all(|event| *event)
}

fn word(text: &str) -> HeardWord {
    HeardWord { text: text.to_owned(), start: timeline::Position(0), end: timeline::Position(0), p: 0.0, glued: false }
}

/// For each word, whether it belongs to such a note.
fn marks(words: &[HeardWord]) -> Vec<bool> {
    let mut marks: Vec<bool> = words.iter().map(|word| is_music(&word.text)).collect();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let len = word.text.chars().next().and_then(closing).and_then(|closing| note_len(words.get(at..)?, closing));
        for mark in marks.iter_mut().skip(at).take(len.unwrap_or(0)) {
            *mark = true;
        }
        at += len.unwrap_or(1);
    }
    marks
}

/// How many words the note has that begins with the first; none if it isn't closed soon.
fn note_len(words: &[HeardWord], closing: char) -> Option<usize> {
    words.iter().take(LONGEST).enumerate().find_map(|(at, word)| {
        let inner = word.text.trim_end_matches(['.', ',', '!', '?']).strip_suffix(closing)?;
        // A lone mark can't be both ends: `*` opens as it closes.
        (at > 0 || !inner.is_empty()).then_some(at + 1)
    })
}

fn closing(opening: char) -> Option<char> {
    let at = OPENING.iter().position(|c| *c == opening)?;
    [']', ')', '*', '】', '）'].get(at).copied()
}

fn is_music(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| matches!(c, '♪' | '♫' | '♬' | '♩' | '#' | '.' | '…'))
        && text.chars().any(|c| matches!(c, '♪' | '♫' | '♬' | '♩'))
}
