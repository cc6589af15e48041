//! Tokens and their text.

mod letter;
mod merge;
mod piece;

use crate::{Language, Shape};
use merge::merged;
use piece::pieces;
use std::collections::HashMap;

/// A token's number.
pub type Token = u32;

/// A model's tokens: those with text come from its file, the others have fixed places behind them
/// ([openai-whisper](https://github.com/openai/whisper), `tokenizer.py`).
#[derive(Debug)]
pub struct Vocabulary {
    words: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, Token>,
    /// Bytes of the longest.
    longest: usize,
    end: Token,
    languages: Token,
    len: Token,
    multilingual: bool,
}

impl Vocabulary {
    pub(crate) fn new(shape: &Shape, mut words: Vec<Box<[u8]>>) -> Self {
        let multilingual = shape.multilingual();
        let end: Token = if multilingual { 50_257 } else { 50_256 };
        words.truncate(usize::try_from(end).unwrap_or(usize::MAX));
        // The multilingual models' last token of text is empty.
        let numbers =
            (0..).zip(&words).filter(|(_, word)| !word.is_empty()).map(|(at, word)| (word.clone(), at)).collect();
        let number = |count: usize| Token::try_from(count).unwrap_or(Token::MAX);
        let longest = words.iter().map(|word| word.len()).max().unwrap_or(0);
        let (languages, len) = (number(shape.languages()), number(shape.vocabulary));
        Self { words, numbers, longest, end, languages, len, multilingual }
    }

    /// How many tokens there are.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX)
    }

    /// The bytes of a token; none for one without text. A character may be spread over several tokens.
    pub fn bytes(&self, token: Token) -> &[u8] {
        usize::try_from(token).ok().and_then(|at| self.words.get(at)).map_or(&[], |word| word)
    }

    /// The text of tokens; what is no UTF-8 is replaced.
    pub fn text(&self, tokens: impl IntoIterator<Item = Token>) -> String {
        let bytes: Vec<u8> = tokens.into_iter().flat_map(|token| self.bytes(token)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The end of the text: smaller tokens have text.
    pub fn end(&self) -> Token {
        self.end
    }

    /// The start of the transcript.
    pub fn start(&self) -> Token {
        self.end + 1
    }

    /// A language's token.
    pub fn language(&self, language: Language) -> Option<Token> {
        let number = Token::try_from(language.number()).ok()?;
        (number < self.languages && (self.multilingual || number == 0)).then_some(self.start() + 1 + number)
    }

    /// The first language's token, and the first one behind the last's.
    pub(crate) fn all_languages(&self) -> std::ops::Range<Token> {
        self.start() + 1..self.start() + 1 + self.languages
    }

    /// Asks for English, whatever is spoken.
    pub fn translate(&self) -> Token {
        self.all_languages().end
    }

    /// Asks for what was spoken.
    pub fn transcribe(&self) -> Token {
        self.translate() + 1
    }

    /// Never used by the released models.
    pub(crate) fn start_of_model(&self) -> Token {
        self.translate() + 2
    }

    /// In front of text that came before.
    pub fn before(&self) -> Token {
        self.translate() + 3
    }

    /// Says, behind the start, that nobody speaks.
    pub fn no_speech(&self) -> Token {
        self.translate() + 4
    }

    /// Asks for text without timestamps.
    pub fn no_timestamps(&self) -> Token {
        self.translate() + 5
    }

    /// The timestamp of 0 s; each further token is 20 ms later.
    pub fn timestamps(&self) -> Token {
        self.translate() + 6
    }

    /// Whether the model knows other languages than English.
    pub fn multilingual(&self) -> bool {
        self.multilingual
    }

    /// Text as tokens, for a prompt: GPT-2's pieces, each by byte pair encoding, where the number of a token is its rank.
    pub fn encode(&self, text: &str) -> Vec<Token> {
        let rank = |bytes: &[u8]| if bytes.len() > self.longest { None } else { self.numbers.get(bytes).copied() };
        pieces(text).flat_map(|piece| merged(piece.as_bytes(), rank)).collect()
    }
}
