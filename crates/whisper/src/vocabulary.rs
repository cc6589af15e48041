//! Tokens and their text.

use crate::{Language, Shape};
use std::collections::HashMap;

/// A token's number.
pub type Token = u32;

/// A model's tokens: those with text come from its file, the others have fixed places behind them
/// ([openai-whisper](https://github.com/openai/whisper), `tokenizer.py`).
#[derive(Debug)]
pub struct Vocabulary {
    words: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, Token>,
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
        Self { words, numbers, end, languages: number(shape.languages()), len: number(shape.vocabulary), multilingual }
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
        let mut tokens = Vec::new();
        let mut left = text;
        while !left.is_empty() {
            let (piece, rest) = left.split_at(piece_len(left));
            self.encode_piece(piece.as_bytes(), &mut tokens);
            left = rest;
        }
        tokens
    }

    fn encode_piece(&self, piece: &[u8], tokens: &mut Vec<Token>) {
        let mut parts: Vec<&[u8]> = piece.chunks(1).collect();
        loop {
            let joined = |at: usize, parts: &[&[u8]]| {
                let start: usize = parts.iter().take(at).map(|part| part.len()).sum();
                let len: usize = parts.iter().skip(at).take(2).map(|part| part.len()).sum();
                piece.get(start..start + len)
            };
            let best = (1..parts.len())
                .filter_map(|second| Some((*self.numbers.get(joined(second - 1, &parts)?)?, second - 1)))
                .min();
            let Some(whole) = best.and_then(|(_, at)| Some((at, joined(at, &parts)?))) else { break };
            let (at, bytes) = whole;
            parts.remove(at + 1);
            if let Some(part) = parts.get_mut(at) {
                *part = bytes;
            }
        }
        tokens.extend(parts.iter().filter_map(|part| self.numbers.get(*part)));
    }
}

#[derive(PartialEq, Clone, Copy)]
enum Kind {
    Letter,
    Number,
    Space,
    Other,
}

fn kind(c: char) -> Kind {
    match c {
        _ if c.is_alphabetic() => Kind::Letter,
        _ if c.is_numeric() => Kind::Number,
        _ if c.is_whitespace() => Kind::Space,
        _ => Kind::Other,
    }
}

/// The bytes of the first piece: an English ending, a run of one kind with the space before it, or spaces but for the last one before a word.
fn piece_len(text: &str) -> usize {
    if let Some(ending) = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].iter().find(|ending| text.starts_with(**ending))
    {
        return ending.len();
    }
    let run = |text: &str, of: Kind| text.find(|c| kind(c) != of).unwrap_or(text.len());
    let behind = text.strip_prefix(' ').unwrap_or(text);
    match behind.chars().next().map(kind) {
        Some(first) if first != Kind::Space => text.len() - behind.len() + run(behind, first),
        _ => {
            let spaces = run(text, Kind::Space);
            let last = text.get(..spaces).and_then(|spaces| spaces.char_indices().last()).map_or(0, |(at, _)| at);
            if spaces < text.len() && last > 0 { last } else { spaces }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_falls_into_the_pieces_of_gpt_2() {
        let mut left = " Phoenix isn't 1,234 late—ok?  Two\n\n x ";
        let mut pieces = Vec::new();
        while !left.is_empty() {
            let (piece, rest) = left.split_at(piece_len(left));
            pieces.push(piece);
            left = rest;
        }
        let want =
            [" Phoenix", " isn", "'t", " 1", ",", "234", " late", "—", "ok", "?", " ", " Two", "\n\n", " x", " "];
        assert_eq!(pieces, want);
    }
}
