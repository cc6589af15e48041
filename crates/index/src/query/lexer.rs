//! Cuts what was typed into pieces. Every text has pieces; a cut-off one is completed with a note.

use super::field::Field;

/// A piece of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Open,
    Close,
    Or,
    Not,
    /// A field; what it is about follows without a space, unless `alone`.
    Field {
        field: Field,
        alone: bool,
    },
    /// Bare characters. `last`: the query ends with them.
    Bare {
        text: String,
        last: bool,
    },
    /// What stood in quotes.
    Quoted {
        text: String,
        slop: u32,
    },
}

/// `"…"~9` at most: further apart words are not near.
const MAX_SLOP: u32 = 100;

/// The pieces of `text`, and notes.
pub(super) fn pieces(text: &str, notes: &mut Vec<String>) -> Vec<Piece> {
    let mut lexer = Lexer { rest: text, pieces: Vec::new(), notes };
    while lexer.piece() {}
    lexer.pieces
}

struct Lexer<'a> {
    rest: &'a str,
    pieces: Vec<Piece>,
    notes: &'a mut Vec<String>,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

fn ends_bare(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_quote(c) || matches!(c, '(' | ')')
}

impl<'a> Lexer<'a> {
    /// Reads one piece; `false` at the end.
    fn piece(&mut self) -> bool {
        self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
        let Some(first) = self.rest.chars().next() else { return false };
        match first {
            '(' => self.skip(1, Piece::Open),
            ')' => self.skip(1, Piece::Close),
            '|' => {
                let signs = self.rest.len() - self.rest.trim_start_matches('|').len();
                self.skip(signs, Piece::Or);
            }
            '-' | '−' if self.starts_exclusion(first) => self.skip(first.len_utf8(), Piece::Not),
            _ if is_quote(first) => {
                self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
                self.quoted();
            }
            _ => self.bare(),
        }
        true
    }

    fn skip(&mut self, bytes: usize, piece: Piece) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
        self.pieces.push(piece);
    }

    /// A hyphen excludes when something follows it at once.
    fn starts_exclusion(&self, hyphen: char) -> bool {
        self.rest.chars().nth(1).is_some_and(|c| c != hyphen && c != ')' && !c.is_whitespace())
    }

    /// Takes the beginning of the rest up to the first character that `ends` it.
    fn take_until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let at = self.rest.find(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(at);
        self.rest = rest;
        taken
    }

    fn quoted(&mut self) {
        let text = self.take_until(is_quote).to_owned();
        match self.rest.chars().next() {
            Some(quote) => self.rest = self.rest.get(quote.len_utf8()..).unwrap_or_default(),
            None => self
                .notes
                .push("the last quotation mark has no partner; the phrase ends where the query ends".to_owned()),
        }
        let slop = match self.rest.strip_prefix('~') {
            Some(rest) => {
                self.rest = rest;
                let digits = self.take_until(|c| !c.is_ascii_digit());
                digits.parse::<u32>().unwrap_or(if digits.is_empty() { 0 } else { MAX_SLOP }).min(MAX_SLOP)
            }
            None => 0,
        };
        self.pieces.push(Piece::Quoted { text, slop });
    }

    fn bare(&mut self) {
        let text = self.take_until(ends_bare);
        match text {
            "OR" => return self.pieces.push(Piece::Or),
            "NOT" => return self.pieces.push(Piece::Not),
            // All words are ANDed anyway.
            "AND" | "&&" => return,
            _ => {}
        }
        // `conf<0.5` is as clear as `conf:<0.5`.
        if let Some((name, value)) = text.find(['<', '>']).and_then(|at| text.split_at_checked(at))
            && let Some(field @ (Field::Conf | Field::Dur)) = Field::parse(name)
        {
            return self.field(field, value);
        }
        if let Some((name, value)) = text.split_once(':') {
            if let Some(field) = Field::parse(name) {
                return self.field(field, value);
            }
            let is_name = !name.is_empty() && name.chars().all(char::is_alphabetic);
            if is_name && !value.is_empty() && !value.starts_with('/') {
                self.notes.push(format!("{name}: is not a field; searched as words"));
            }
        }
        self.push_bare(text);
    }

    fn field(&mut self, field: Field, value: &'a str) {
        let alone = value.is_empty()
            && self.rest.chars().next().is_none_or(|c| c.is_whitespace() || c.is_control() || c == ')');
        self.pieces.push(Piece::Field { field, alone });
        if !value.is_empty() {
            self.push_bare(value);
        }
    }

    fn push_bare(&mut self, text: &str) {
        self.pieces.push(Piece::Bare { text: text.to_owned(), last: self.rest.is_empty() });
    }
}
