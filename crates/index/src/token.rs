//! How a text becomes terms, the same for documents, queries and highlights.
//!
//! A word is a run of letters and digits. An apostrophe between letters is dropped (`don't` is `dont`), and so are
//! combining accents. Case and accents are folded (`CAFÉ` is `cafe`, `Straße` is `strasse`). Chinese and
//! Japanese, which put no spaces between words, give one term per character, so that a word is found as a phrase.

use std::ops::Range;
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer,
};

/// Longer words, in bytes, are no words.
const MAX_TERM_BYTES: usize = 64;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    /// Where it stands in the text.
    pub(crate) place: Range<usize>,
    /// Folded, not stemmed.
    pub(crate) text: String,
}

/// Folded words.
pub(crate) fn exact_analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(SpokenWords::default())
        .filter(RemoveLongFilter::limit(MAX_TERM_BYTES))
        .filter(AsciiFoldingFilter)
        .filter(LowerCaser)
        .build()
}

/// Folded words, cut to their English stem.
pub(crate) fn stem_analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(SpokenWords::default())
        .filter(RemoveLongFilter::limit(MAX_TERM_BYTES))
        .filter(AsciiFoldingFilter)
        .filter(LowerCaser)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// The words of a text.
pub(crate) fn terms(text: &str) -> Vec<Term> {
    first_terms(text, usize::MAX)
}

/// The first words of a text, `most` at most.
pub(crate) fn first_terms(text: &str, most: usize) -> Vec<Term> {
    let mut analyzer = exact_analyzer();
    let mut stream = analyzer.token_stream(text);
    let mut terms = Vec::new();
    while let Some(token) = stream.next().filter(|_| terms.len() < most) {
        terms.push(Term { place: token.offset_from..token.offset_to, text: token.text.clone() });
    }
    terms
}

/// `#Todo,` as the tag `#todo`, folded; `None` where it is none.
pub(crate) fn tag(word: &str) -> Option<String> {
    let words: Vec<String> = terms(word.strip_prefix('#')?).into_iter().map(|term| term.text).collect();
    (!words.is_empty()).then(|| format!("#{}", words.join("-")))
}

/// The stem of a folded word.
pub(crate) fn stem(word: &str) -> String {
    let mut analyzer = stem_analyzer();
    let mut stream = analyzer.token_stream(word);
    stream.next().map_or_else(|| word.to_owned(), |token| token.text.clone())
}

/// Cuts a text into its words.
#[derive(Debug, Clone, Default)]
struct SpokenWords {
    token: Token,
}

impl Tokenizer for SpokenWords {
    type TokenStream<'a> = SpokenWordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> SpokenWordStream<'a> {
        self.token.reset();
        SpokenWordStream { text, next: 0, token: &mut self.token }
    }
}

struct SpokenWordStream<'a> {
    text: &'a str,
    /// Where the part begins that was not looked at yet.
    next: usize,
    token: &'a mut Token,
}

impl TokenStream for SpokenWordStream<'_> {
    fn advance(&mut self) -> bool {
        self.token.text.clear();
        self.token.position = self.token.position.wrapping_add(1);
        let rest = self.text.get(self.next..).unwrap_or_default();
        let mut letters = rest.char_indices().skip_while(|(_, letter)| !begins_a_word(*letter)).peekable();
        let Some(&(start, first)) = letters.peek() else { return false };
        let (mut end, mut before) = (start, first);
        while let Some((at, letter)) = letters.next() {
            let joined = match letter {
                '\u{300}'..='\u{36f}' => true,
                _ if is_apostrophe(letter) => {
                    before.is_alphabetic()
                        && letters.peek().is_some_and(|(_, next)| next.is_alphabetic() && !is_word_itself(*next))
                }
                _ if is_word_itself(letter) && at > start => false,
                _ if letter.is_alphanumeric() => {
                    self.token.text.push(letter);
                    true
                }
                _ => false,
            };
            if !joined {
                break;
            }
            end = at + letter.len_utf8();
            before = letter;
            if is_word_itself(letter) {
                break;
            }
        }
        self.token.offset_from = self.next + start;
        self.token.offset_to = self.next + end;
        self.next += end;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// Whether a word may begin with it: then at least this letter is read, and what is read of a text grows with every word.
fn begins_a_word(letter: char) -> bool {
    letter.is_alphanumeric() && !is_apostrophe(letter)
}

/// One of them, the modifier letter U+02BC, counts as a letter in Unicode.
fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | 'ʼ' | '\u{2018}')
}

/// Han, Hiragana and Katakana: written without spaces, so each character is a term.
fn is_word_itself(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        && letter.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        terms(text).into_iter().map(|term| term.text).collect()
    }

    #[test]
    fn words_are_folded_and_apostrophes_dropped() {
        for (text, expected) in [
            ("The Café, CAFÉ cafe\u{301}s!", vec!["the", "cafe", "cafe", "cafes"]),
            ("don't don’t 'quoted' dogs' rock'n'roll", vec!["dont", "dont", "quoted", "dogs", "rocknroll"]),
            ("Straße C++ node.js 12:30", vec!["strasse", "c", "node", "js", "12", "30"]),
            ("東京へ行く", vec!["東", "京", "へ", "行", "く"]),
            ("L’été a1東b", vec!["lete", "a1", "東", "b"]),
            (" \u{301} — ' ", vec![]),
            ("ʼ", vec![]),
            ("ʼtwas ʼ 5ʼ naʼi Cʼ, ʼ東", vec!["twas", "5", "nai", "c", "東"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
        assert!(words(&"x".repeat(65)).is_empty());
    }

    #[test]
    fn any_letter_alone_or_before_another_is_read_to_its_end() {
        for letter in ('\0'..=char::MAX).filter(|letter| letter.is_alphanumeric()) {
            let text = format!("{letter} {letter}x{letter}");
            // More than letters would be without an end.
            let found = first_terms(&text, 5);
            assert!(found.len() < 5 && found.iter().all(|term| !term.place.is_empty()), "{letter:?}: {found:?}");
        }
    }

    #[test]
    fn a_tag_is_a_word_behind_its_sign() {
        for (word, expected) in
            [("#Todo,", Some("#todo")), ("#follow-up", Some("#follow-up")), ("todo", None), ("#", None), ("a#b", None)]
        {
            assert_eq!(tag(word).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn places_are_those_in_the_text() {
        let text = "Well, don't go to the café\u{301}.";
        let found: Vec<&str> = terms(text).into_iter().map(|term| &text[term.place]).collect();
        assert_eq!(found, ["Well", "don't", "go", "to", "the", "café\u{301}"]);
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        assert_eq!(stem("meetings"), stem("meeting"));
        assert_eq!(stem("running"), stem("runs"));
        assert_ne!(stem("wolf"), stem("bear"));
    }
}
