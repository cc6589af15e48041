use super::field::Field;
use super::lexer::{Piece, pieces};
use super::{Filter, MAX_BYTES, Node, Parsed, Query, WordEnd};
use crate::token;
use timeline::WallTime;

/// Groups further inside than this are read as if they were not grouped.
const MAX_DEPTH: usize = 32;
/// `wol*` wants this many letters: shorter beginnings are those of half the dictionary.
const MIN_PREFIX_LETTERS: usize = 2;

/// Reads a query. `now` is what `today` and `last 2h` mean.
pub fn parse(text: &str, now: WallTime) -> Parsed {
    let mut notes = Vec::new();
    let read = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
    if read.len() < text.len() {
        notes.push(format!("only the first {MAX_BYTES} bytes of the query were read"));
    }
    let pieces = pieces(read, &mut notes);
    let mut parser = Parser { pieces: pieces.into_iter().peekable(), notes, now, depth: 0 };
    let mut parts = Vec::new();
    loop {
        parts.extend(parser.all());
        // `all` ends early only at a bracket without a partner.
        match parser.pieces.next() {
            Some(_) => parser.note("a closing bracket has no partner"),
            None => break,
        }
    }
    Parsed { query: Query { root: joined(parts, Node::All) }, notes: parser.notes }
}

/// `nodes` under one roof; a single one needs none.
fn joined(mut nodes: Vec<Node>, roof: impl FnOnce(Vec<Node>) -> Node) -> Option<Node> {
    if nodes.len() > 1 { Some(roof(nodes)) } else { nodes.pop() }
}

struct Parser {
    pieces: std::iter::Peekable<std::vec::IntoIter<Piece>>,
    notes: Vec<String>,
    now: WallTime,
    depth: usize,
}

impl Parser {
    fn note(&mut self, text: &str) {
        if !self.notes.iter().any(|note| note == text) {
            self.notes.push(text.to_owned());
        }
    }

    /// Everything up to the end or a closing bracket, which is left for the caller.
    fn all(&mut self) -> Option<Node> {
        let mut parts = Vec::new();
        while self.pieces.peek().is_some_and(|piece| *piece != Piece::Close) {
            parts.extend(self.any());
        }
        joined(parts, Node::All)
    }

    /// `a OR b OR c`.
    fn any(&mut self) -> Option<Node> {
        let mut parts: Vec<Node> = self.one().into_iter().collect();
        while self.pieces.next_if_eq(&Piece::Or).is_some() {
            let before = parts.len();
            if self.pieces.peek().is_some_and(|piece| !matches!(piece, Piece::Close | Piece::Or)) {
                parts.extend(self.one());
            }
            if before == 0 || parts.len() == before {
                self.note("OR stands between two words; one of them is missing");
            }
        }
        joined(parts, Node::Any)
    }

    fn one(&mut self) -> Option<Node> {
        match self.pieces.peek()? {
            Piece::Or | Piece::Close => None,
            _ => match self.pieces.next()? {
                Piece::Not => self.not(),
                Piece::Open => self.group(),
                Piece::Field { field, alone } => self.field(field, alone),
                Piece::Bare { text, last } => self.word(&text, last),
                Piece::Quoted { text, slop } => self.phrase(&text, slop),
                Piece::Or | Piece::Close => None,
            },
        }
    }

    fn not(&mut self) -> Option<Node> {
        // However often: what is excluded is excluded.
        while self.pieces.next_if_eq(&Piece::Not).is_some() {}
        let Some(node) = self.one() else {
            self.note("nothing follows the sign that excludes");
            return None;
        };
        Some(Node::Not(Box::new(node)))
    }

    /// What follows an opening bracket.
    fn group(&mut self) -> Option<Node> {
        if self.depth == MAX_DEPTH {
            self.note("brackets this deep were ignored");
            // Its partner is taken off by whoever is further out, with a note at worst.
            return None;
        }
        self.depth += 1;
        let inside = self.all();
        self.depth -= 1;
        if self.pieces.next_if_eq(&Piece::Close).is_none() {
            self.note("an opening bracket has no partner");
        }
        inside
    }

    fn field(&mut self, field: Field, alone: bool) -> Option<Node> {
        if let Some(side) = field.side() {
            let only = Node::Only(Filter::Side(side));
            let about = if alone { None } else { self.one() };
            return joined([only].into_iter().chain(about).collect(), Node::All);
        }
        let value = match self.pieces.peek() {
            _ if alone => None,
            Some(Piece::Bare { text, .. } | Piece::Quoted { text, .. }) => Some(text.trim().to_owned()),
            _ => None,
        };
        let Some(value) = value else {
            self.note("a field without a value was ignored");
            return None;
        };
        self.pieces.next();
        match field.filter(&value, self.now) {
            Ok(filter) => Some(Node::Only(filter)),
            Err(note) => {
                self.note(&format!("{note}; it was ignored"));
                None
            }
        }
    }

    fn word(&mut self, text: &str, last: bool) -> Option<Node> {
        let text = self.without_tilde(text);
        let (text, open) = match text.trim_end_matches('*') {
            shorter if shorter.len() < text.len() => (shorter, true),
            whole => (whole, false),
        };
        let terms = self.terms(text)?;
        // What ends in punctuation is not being typed any more: `wolf,`
        let ends_in_word = text.chars().next_back().is_some_and(char::is_alphanumeric);
        let alone = terms.len() == 1;
        let long_enough = |word: &str| !alone || word.chars().count() >= MIN_PREFIX_LETTERS || !word.is_ascii();
        let end = match terms.last() {
            Some(word) if open && ends_in_word && long_enough(word) => WordEnd::Open,
            Some(word) if !open && last && ends_in_word && long_enough(word) => WordEnd::Typing,
            _ => WordEnd::Whole,
        };
        if open && end != WordEnd::Open {
            self.note("a star wants two letters or more before it");
        }
        Some(Node::Word { terms, end })
    }

    /// `wolf~1` means something elsewhere.
    fn without_tilde<'a>(&mut self, text: &'a str) -> &'a str {
        match text.rsplit_once('~') {
            Some((word, number)) if !word.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
                self.note("~ works after a phrase in quotation marks; it was ignored");
                word
            }
            _ => text,
        }
    }

    fn phrase(&mut self, text: &str, slop: u32) -> Option<Node> {
        Some(Node::Phrase { terms: self.terms(text)?, slop })
    }

    /// The words of `text`; `None` with a note where it has none.
    fn terms(&mut self, text: &str) -> Option<Vec<String>> {
        let terms: Vec<String> = token::terms(text).into_iter().map(|term| term.text).collect();
        if terms.is_empty() {
            self.note("a part that holds no word was ignored");
            return None;
        }
        Some(terms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> WallTime {
        WallTime::from_millis(1_795_425_312_340)
    }

    /// A query in brackets and signs, for reading.
    fn shape(node: &Node) -> String {
        let list = |parts: &[Node], sign: &str| parts.iter().map(shape).collect::<Vec<_>>().join(sign);
        match node {
            Node::Word { terms, end } => {
                let end = match end {
                    WordEnd::Whole => "",
                    WordEnd::Open => "*",
                    WordEnd::Typing => "…",
                };
                format!("{}{end}", terms.join("."))
            }
            Node::Phrase { terms, slop } => {
                format!("'{}'{}", terms.join(" "), if *slop > 0 { format!("~{slop}") } else { String::new() })
            }
            Node::Like(words) => format!("~{}", words.join("/")),
            Node::Only(Filter::Side(side)) => format!("[{side}]"),
            Node::Only(Filter::Weekdays(wanted)) => {
                format!("[{}]", wanted.iter().map(|wanted| if *wanted { 'x' } else { '.' }).collect::<String>())
            }
            Node::Only(Filter::Model(terms)) => format!("[model {}]", terms.join(".")),
            Node::Only(Filter::Pass(pass)) => format!("[pass {}]", pass.as_deref().unwrap_or("all")),
            Node::Only(Filter::Seconds { from, to }) => format!("[{from:?}s,{to:?}s]"),
            Node::Only(Filter::Note(terms)) => format!("[note {}]", terms.join(".")),
            Node::Only(Filter::Tag(tag)) => format!("[{tag}]"),
            Node::Only(Filter::Has(mark)) => format!("[{mark:?}]"),
            Node::Only(Filter::Clock { from, to }) => format!("[{from}..{to}]"),
            Node::Only(Filter::State(state)) => format!("[state {state}]"),
            Node::Only(Filter::Language(language)) => format!("[{language}]"),
            Node::Only(Filter::P { from, to }) => format!("[{from:?},{to:?}]"),
            Node::Only(Filter::Overlaps(_)) => "[span]".to_owned(),
            Node::Not(inside) => format!("-{}", shape(inside)),
            Node::All(parts) => format!("({})", list(parts, " ")),
            Node::Any(parts) => format!("({})", list(parts, "|")),
        }
    }

    fn read(text: &str) -> (String, usize) {
        let parsed = parse(text, now());
        (parsed.query.root.as_ref().map_or_else(String::new, shape), parsed.notes.len())
    }

    #[test]
    fn what_people_type_is_read_without_a_note() {
        for (text, expected) in [
            ("wolf", "wolf…"),
            ("wolf ", "wolf"),
            ("big wolf ", "(big wolf)"),
            ("big wolf OR bear cub ", "(big (wolf|bear) cub)"),
            ("wolf | bear", "(wolf|bear…)"),
            ("wolf AND -bear", "(wolf -bear…)"),
            ("NOT wolf ", "-wolf"),
            ("\"Big bad wolf\"", "'big bad wolf'"),
            ("“big wolf”", "'big wolf'"),
            ("\"near by\"~5 x", "('near by'~5 x)"),
            ("kuber*", "kuber*"),
            ("(wolf OR bear) (cub)", "((wolf|bear) cub)"),
            ("said:wolf heard:\"a phrase\" ", "(([said] wolf) ([heard] 'a phrase'))"),
            ("said: hello", "([said] hello…)"),
            ("hello said:", "(hello [said])"),
            ("-heard:noise x ", "(-([heard] noise) x)"),
            ("said:(wolf OR bear) ", "([said] (wolf|bear))"),
            ("SAID:wolf* ", "([said] wolf*)"),
            ("on:2026-11-22 on:\"last 2h\" since:yesterday until:2026-11-22T15:30 ", "([span] [span] [span] [span])"),
            ("time:09:00..12:00 time:22..2 ", "([540..720] [1320..120])"),
            ("lang:DE conf:<0.5 conf:20%..50% ", "([de] [Unbounded,Excluded(0.5)] [Included(0.2),Included(0.5)])"),
            ("conf<0.5 CONF>=0.2 ", "([Unbounded,Excluded(0.5)] [Included(0.2),Unbounded])"),
            ("is:hidden -is:doubtful IS:Shown ", "([state 2] -[state 1] [state 0])"),
            ("day:mon DAY:fri..mon day:sat,Sunday ", "([x......] [x...xxx] [.....xx])"),
            (
                "dur:>10s dur:1m..1.5m dur:<=200ms dur:<3 ",
                "([Excluded(10.0)s,Unboundeds] [Included(60.0)s,Included(90.0)s] [Unboundeds,Included(0.2)s] [Unboundeds,Excluded(3.0)s])",
            ),
            ("wolf pass:1A2b3c4d pass:ALL", "(wolf [pass 1a2b3c4d] [pass all])"),
            ("model:ggml-small.en has:echo -has:Replay ", "([model ggml.small.en] [Echo] -[Replay])"),
            ("is:starred -IS:corrected has:note ", "([Star] -[Correction] [Note])"),
            ("note:Meetings note:\"call back\" note:#To-Do ", "([note meet] [note call.back] [#to-do])"),
            ("don't C++ node.js 12:30 ", "(dont c node.js 12.30)"),
            ("well-being -x1", "(well.being -x1…)"),
            ("https://example.org ", "https.example.org"),
            ("東京", "東.京…"),
            ("a", "a"),
            ("", ""),
            ("  \t\u{0}", ""),
        ] {
            assert_eq!(read(text), (expected.to_owned(), 0), "{text}");
        }
    }

    #[test]
    fn what_is_broken_is_read_as_well_as_it_can_be_with_a_note() {
        for (text, expected) in [
            ("\"big wolf", "'big wolf'"),
            ("wolf OR", "wolf"),
            ("OR wolf ", "wolf"),
            ("wolf OR OR bear ", "(wolf|bear)"),
            ("(wolf ", "wolf"),
            ("wolf) bear ", "(wolf bear)"),
            ("foo:bar ", "foo.bar"),
            ("on:tomorrowish wolf ", "wolf"),
            ("time:25:00 wolf ", "wolf"),
            ("conf:high wolf ", "wolf"),
            ("is:echo wolf ", "wolf"),
            ("has:none wolf ", "wolf"),
            ("note:# wolf ", "wolf"),
            ("day:m wolf ", "wolf"),
            ("day:mon.. wolf ", "wolf"),
            ("dur:long wolf ", "wolf"),
            ("dur:>nans wolf ", "wolf"),
            ("model:- wolf ", "wolf"),
            ("pass:best wolf ", "wolf"),
            ("lang: wolf ", "wolf"),
            ("wolf~1 ", "wolf"),
            ("* wolf ", "wolf"),
            ("a* ", "a"),
            ("-- wolf ", "wolf"),
            ("wolf NOT", "wolf"),
            ("\"…\" wolf ", "wolf"),
        ] {
            assert_eq!(read(text), (expected.to_owned(), 1), "{text}");
        }
    }

    #[test]
    fn long_and_deep_queries_are_bounded() {
        let parsed = parse(&"é".repeat(1_000_000), now());
        assert_eq!((parsed.notes.len(), parsed.query.terms().len()), (2, 0));
        let parsed = parse(&format!("{}wolf", "(".repeat(200)), now());
        assert_eq!(parsed.query.terms(), ["wolf"]);
        assert!(!parsed.notes.is_empty());
    }

    #[test]
    fn terms_are_those_that_are_looked_for() {
        let query = parse("Café -tea \"big wolf\" said:big OR (run* -x) lang:de", now()).query;
        assert_eq!(query.terms(), ["cafe", "big", "wolf", "run"]);
    }
}
