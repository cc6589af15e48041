//! Whatever is typed gives a result or a note: no panic, no error, no query that takes long.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

use index::query::{MAX_BYTES, parse};
use index::{Cursor, Document, Options, Searcher, Sort, Writer, highlight};
use testkit::Chance;
use timeline::{Clock, Side, SystemClock, WallTime};

/// 2026-11-23T10:00:00Z.
const NOW: WallTime = WallTime::from_millis(1_795_428_000_000);
/// A query over a handful of texts that takes longer than this hangs, even on a busy machine.
const HANGS_MICROS: i64 = 10_000_000;

const WORDS: [&str; 22] = [
    "wolf",
    "Big",
    "caf",
    "café",
    "e\u{301}",
    "東京",
    "שלום",
    "\u{202e}live",
    "a\u{200f}b",
    "🐺",
    "9",
    "don't",
    "rock’n’roll",
    "ʼ",
    "5ʼ",
    "node.js",
    "x",
    "\u{0}",
    "a\u{0}b",
    "\\",
    "/.*/",
    "\u{feff}",
];
const FIELDS: [&str; 16] = [
    "said", "heard", "on", "since", "until", "time", "day", "lang", "model", "conf", "dur", "is", "has", "foo", "http",
    "SAID",
];
const VALUES: [&str; 28] = [
    "today",
    "\"last 2h\"",
    "..",
    "2026-11-23",
    "2026-11-23..2026-11-20",
    "9999-12-31",
    "0000-01-01",
    "09:00..12:00",
    "25:99",
    "22..2",
    "mon",
    "mon..sun",
    "m",
    "en",
    "small.en",
    "<0.5",
    ">=",
    "<-1e308",
    ">nan",
    "inf..inf",
    "1..0",
    ">10s",
    "<99999999999999999999h",
    "%",
    "hidden",
    "echo",
    "()",
    "\"",
];

/// A query by the grammar, or one that is broken in one of the ways in which people break it.
fn query(chance: &mut Chance, depth: u64) -> String {
    let inside = |chance: &mut Chance| query(chance, depth.saturating_sub(1));
    match chance.below(if depth == 0 { 9 } else { 17 }) {
        0..4 => one(chance, &WORDS),
        4 => format!("{}*", one(chance, &WORDS)),
        5 => format!("\"{} {}\"", one(chance, &WORDS), one(chance, &WORDS)),
        6 => format!("“{} {} {}”~{}", one(chance, &WORDS), one(chance, &WORDS), one(chance, &WORDS), chance.below(300)),
        7 => format!("{}:{}", one(chance, &FIELDS), one(chance, &VALUES)),
        8 => one(
            chance,
            &[
                "",
                " ",
                "\"",
                "(",
                ")",
                "-",
                "--",
                "*",
                "~5",
                "~99999999999",
                ":",
                "OR",
                "NOT",
                "|",
                "^",
                "\t",
                "\u{85}",
            ],
        ),
        9 => format!("{} {}", inside(chance), inside(chance)),
        10 => format!("{} OR {}", inside(chance), inside(chance)),
        11 => format!("-{}", inside(chance)),
        12 => format!("NOT {}", inside(chance)),
        13 => format!("({})", inside(chance)),
        14 => format!("{}:({})", one(chance, &FIELDS), inside(chance)),
        15 => {
            // Cut somewhere: an operator, a quotation or a bracket loses its end.
            let whole = inside(chance);
            let at = whole.floor_char_boundary(usize::try_from(chance.below(whole.len() as u64 + 1)).unwrap());
            whole[at..].to_owned() + &whole[..at]
        }
        _ => inside(chance).repeat(usize::try_from(chance.below(4)).unwrap()),
    }
}

fn one(chance: &mut Chance, of: &[&str]) -> String {
    of[usize::try_from(chance.below(of.len() as u64)).unwrap()].to_owned()
}

fn document(key: i64, text: &str) -> Document {
    let start = NOW.plus_micros(-key * 86_400_000_000 * 100);
    Document {
        key,
        start,
        end: start.plus_micros(1_500_000),
        side: if key % 2 == 0 { Side::Said } else { Side::Heard },
        text: text.to_owned(),
        before: "once upon a big".to_owned(),
        language: Some("en".to_owned()),
        pass: "1a2b3c4d".to_owned(),
        model: "small.en".to_owned(),
        p: 0.5,
        state: u8::try_from(key % 3).unwrap(),
        is_echo: key == 2,
        is_replay: key == 3,
        is_correction: false,
        is_starred: false,
        notes: Vec::new(),
    }
}

fn searcher(folder: &std::path::Path) -> Searcher {
    let texts =
        ["the big bad wolf", "café 東京 don't", "rock'n'roll on node.js 9", "שלום big wolf", "a wolf, a bear", "x"];
    let documents: Vec<Document> = texts.iter().zip(0..).map(|(text, key)| document(key, text)).collect();
    let mut writer = Writer::open(folder).unwrap();
    writer.apply(&[], &documents).unwrap();
    writer.commit(&Cursor { database: "d".to_owned(), seq: 1, nonce: 2 }).unwrap();
    Searcher::open(folder).unwrap()
}

/// How many notes it gave, and how many hits.
fn ask(searcher: &Searcher, text: &str, options: &Options) -> (usize, usize) {
    let began = SystemClock.boot_micros();
    let parsed = parse(text, NOW);
    let found = searcher.find(&parsed.query, options).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let days = searcher.days(&parsed.query, options, &|| false).unwrap().unwrap();
    // What has no words in it and no note is blank to the eye.
    let is_blank = text.chars().all(|c| c.is_whitespace() || c.is_control() || "()".contains(c));
    let is_told = !parsed.notes.is_empty() || !parsed.query.is_empty() || is_blank;
    assert!(is_told, "{text:?} is passed over in silence");
    assert!(text.len() <= MAX_BYTES || !parsed.notes.is_empty(), "{text:?} is cut in silence");
    let shown = "a 🐺 wolf in the café e\u{301} 東京 don't";
    for place in highlight(shown, &found.query) {
        assert!(!shown[place].is_empty(), "{text:?}");
    }
    let counted: u64 = days.iter().map(|day| day.hits).sum();
    if found.likeness == index::Likeness::Words {
        assert_eq!(counted, found.hits.len() as u64, "{text:?}");
    }
    let took = SystemClock.boot_micros() - began;
    assert!(took < HANGS_MICROS, "{text:?} took {took} µs");
    (parsed.notes.len(), found.hits.len())
}

#[test]
fn every_query_of_the_grammar_gives_a_result_or_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path());
    let mut chance = Chance::new(0x6f_0000);
    let (mut noted, mut found) = (0, 0);
    let count = testkit::count("HEARSAY_FUZZ_QUERIES", 4_000);
    for which in 0..count {
        let depth = chance.below(6);
        let text = query(&mut chance, depth);
        let sort = if which % 2 == 0 { Sort::Time } else { Sort::Score };
        let options =
            Options { sort, prefix_last: which % 3 == 0, include_hidden: which % 5 == 0, ..Options::default() };
        let (notes, hits) = ask(&searcher, &text, &options);
        noted += u32::from(notes > 0);
        found += u32::from(hits > 0);
    }
    // Otherwise the grammar has run dry.
    assert!(noted > count / 10 && found > count / 10, "of {count} queries {noted} had notes and {found} hits");
}

#[test]
fn what_nobody_types_by_hand_gives_a_result_or_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path());
    for text in [
        "(".repeat(10_000),
        ")".repeat(10_000),
        "\"".repeat(9_999),
        "-".repeat(10_000),
        "NOT ".repeat(1_000),
        format!("{}wolf", "NOT ".repeat(63)),
        "said:".repeat(51),
        "-(".repeat(128),
        "(wolf OR ".repeat(28),
        "a OR ".repeat(51),
        "a* ".repeat(85),
        format!("\"{}\"~100", "wolf ".repeat(49)),
        "\u{0}".repeat(256),
        "\u{202e}".repeat(80),
        "wolf ".repeat(1 << 18),
        "é".repeat(1 << 20),
        "\u{10ffff}".repeat(64),
        "x".repeat(1 << 20),
    ] {
        ask(&searcher, &text, &Options { prefix_last: true, ..Options::default() });
    }
}
