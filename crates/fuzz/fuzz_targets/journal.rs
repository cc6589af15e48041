//! A journal, a log of what was played and words beside the sound that hold anything: every line is used or named, and what is appended after it is read.
#![no_main]

use archive::{Archive, Journal, PlayedLog, WordsLog, coverage};
use fuzz::Place;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use timeline::{PassName, Span, WallTime};

static PLACE: LazyLock<Place> = LazyLock::new(Place::new);

fuzz_target!(|bytes: &[u8]| {
    let day = &PLACE.day;
    let archive = Archive::open(&PLACE.home());
    for name in ["journal.jsonl", "played.jsonl", "words.3fa29c1b.jsonl"] {
        std::fs::write(day.join(name), bytes).unwrap();
    }
    let rows = Journal::open(&archive).rows("2026-11-23").unwrap();
    coverage(&rows.rows, &Span::ALL);
    PlayedLog::open(&archive).within(&Span::ALL).unwrap();
    let (log, at) = (WordsLog::open(&archive), WallTime::from_millis(1_795_425_312_000));
    let pass = PassName::new("3fa29c1b").unwrap();
    let before = log.read(&log.path(at, &pass)).unwrap().lines;
    log.append(at, &pass, &[r#"{"v":1}"#.to_owned()]).unwrap();
    let after = log.read(&log.path(at, &pass)).unwrap().lines;
    assert_eq!((after.len(), after.last().map(|line| line.text.as_str())), (before.len() + 1, Some(r#"{"v":1}"#)));
});
