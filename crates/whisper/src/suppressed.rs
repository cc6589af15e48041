//! Tokens that are never written.

use crate::{Token, Vocabulary};
use std::collections::BTreeSet;

const SYMBOLS: &str = "\" # ( ) * + / : ; < = > @ [ \\ ] ^ _ ` { | } ~ 「 」 『 』 << >> <<< >>> -- --- -( -[ (' (\" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪";
/// Notes, which may be several tokens: the first of them is shared by other signs of that kind only.
const NOTES: &str = "♩ ♪ ♫ ♬ ♭ ♮ ♯";

/// Signs that begin a remark, a speaker's name or music, instead of what was said. Hyphens and apostrophes only where they begin a word.
///
/// The list of [openai-whisper](https://github.com/openai/whisper), `Tokenizer.non_speech_tokens`.
pub(crate) fn non_speech(vocabulary: &Vocabulary) -> Vec<Token> {
    let mut tokens = BTreeSet::new();
    let mut add = |text: String, first_of_many: bool| match *vocabulary.encode(&text) {
        [only] => drop(tokens.insert(only)),
        [first, ..] if first_of_many => drop(tokens.insert(first)),
        _ => {}
    };
    add(" -".to_owned(), true);
    add(" '".to_owned(), true);
    for (signs, first_of_many) in [(SYMBOLS, false), (NOTES, true)] {
        for sign in signs.split(' ') {
            add(sign.to_owned(), first_of_many);
            add(format!(" {sign}"), first_of_many);
        }
    }
    tokens.into_iter().collect()
}

/// Tokens that steer the model.
pub(crate) fn steering(vocabulary: &Vocabulary) -> [Token; 6] {
    [
        vocabulary.start(),
        vocabulary.translate(),
        vocabulary.transcribe(),
        vocabulary.start_of_model(),
        vocabulary.before(),
        vocabulary.no_speech(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Model, Numbers};
    use std::path::Path;

    #[test]
    fn what_stands_for_no_speech_is_the_references_list() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models/fixture-q8.bin");
        let model = Model::open(&path, Numbers::Fast).unwrap();
        let goldens: serde_json::Value = serde_json::from_str(include_str!("../tests/goldens/goldens.json")).unwrap();
        let want: Vec<Token> = serde_json::from_value(goldens["non_speech"].clone()).unwrap();
        assert!(want.len() > 50);
        assert_eq!(non_speech(model.vocabulary()), want);
    }
}
