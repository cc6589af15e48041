//! Tokens to words.

use speech::RecognisedWord;

/// One text token of the decoder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    /// Its bytes; a character may be spread over several tokens.
    pub(crate) bytes: Vec<u8>,
    /// Its probability.
    pub(crate) p: f32,
    /// Its log-probability.
    pub(crate) logprob: f32,
    /// The sample of the window at which its sound ends.
    pub(crate) end: usize,
}

/// Joins tokens to words: a word begins with a space, or with a character of a script that has none between words.
pub(crate) fn words(tokens: &[Token], samples: usize) -> Vec<RecognisedWord> {
    let mut words: Vec<Building> = Vec::new();
    let mut before = 0;
    for token in tokens {
        let end = token.end.clamp(before, samples);
        match words.last_mut() {
            Some(word) if !word.is_done(&token.bytes) => word.add(token, end),
            _ => words.push(Building::new(token, before, end)),
        }
        before = end;
    }
    words.into_iter().filter_map(Building::close).collect()
}

struct Building {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    p: f32,
    logprob: f32,
    tokens: u32,
}

impl Building {
    fn new(token: &Token, start: usize, end: usize) -> Self {
        Self { bytes: token.bytes.clone(), start, end, p: token.p, logprob: token.logprob, tokens: 1 }
    }

    /// Whether the word is complete in front of these bytes.
    fn is_done(&self, next: &[u8]) -> bool {
        std::str::from_utf8(&self.bytes).is_ok() && (next.first() == Some(&b' ') || begins_alone(next))
    }

    fn add(&mut self, token: &Token, end: usize) {
        self.bytes.extend_from_slice(&token.bytes);
        // Punctuation has no sound: the decoder gives it the time of whatever comes next.
        if token.bytes.iter().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()) {
            self.end = end;
        }
        self.p += token.p;
        self.logprob += token.logprob;
        self.tokens += 1;
    }

    #[expect(clippy::cast_precision_loss, reason = "tokens of a word are few")]
    fn close(self) -> Option<RecognisedWord> {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        (!text.trim().is_empty()).then(|| RecognisedWord {
            text,
            start: self.start,
            end: self.end.max(self.start),
            p: self.p / self.tokens as f32,
            logprob: self.logprob,
            tokens: self.tokens,
        })
    }
}

/// Whether the bytes begin with such a character, which may be cut off behind its first byte.
fn begins_alone(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().next().is_some_and(stands_alone),
        // The first bytes of U+3000 to U+9FFF.
        Err(_) => matches!(bytes.first(), Some(0xe3..=0xe9)),
    }
}

/// Characters of scripts that put no space between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
fn stands_alone(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3041..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(bytes: &[u8], end: usize) -> Token {
        Token { bytes: bytes.to_vec(), p: 0.5, logprob: -0.7, end }
    }

    fn texts(tokens: &[Token]) -> Vec<(String, usize, usize)> {
        words(tokens, 100_000).into_iter().map(|word| (word.text, word.start, word.end)).collect()
    }

    #[test]
    fn tokens_join_to_words_with_their_punctuation() {
        let tokens = [token(b" Pho", 10), token(b"enix", 20), token(b" is", 30), token(b" late", 40), token(b".", 90)];
        assert_eq!(
            texts(&tokens),
            [(" Phoenix".to_owned(), 0, 20), (" is".to_owned(), 20, 30), (" late.".to_owned(), 30, 40)]
        );
    }

    #[test]
    fn characters_cut_in_two_are_whole_again_and_scripts_without_spaces_are_split() {
        let (a, b) = "天".as_bytes().split_at(2);
        let tokens = [token("今".as_bytes(), 10), token(a, 20), token(b, 30), token("。".as_bytes(), 40)];
        assert_eq!(texts(&tokens), [("今".to_owned(), 0, 10), ("天。".to_owned(), 10, 40)]);
    }

    #[test]
    fn times_never_go_back_nor_beyond_the_window() {
        let words = words(&[token(b" a", 50), token(b" b", 20), token(b" c", 900)], 100);
        assert_eq!(words.iter().map(|w| (w.start, w.end)).collect::<Vec<_>>(), [(0, 50), (50, 50), (50, 100)]);
    }
}
