//! What was said in a span goes of all passes, what is around stays as it is, and what comes late is left out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod database;

use database::{Archive, at, said, span};
use store::{Forget, NewUtterance, State, Store};
use timeline::{Span, TrackName};

fn forget(mark: u64, start: i64, end: i64) -> Forget {
    Forget { mark, span: span(start, end), tracks: None, asked: at(100_000) }
}

fn texts(store: &Store, pass: i64) -> Vec<String> {
    store.of_pass(pass, &Span::ALL).unwrap().into_iter().map(|it| it.text).collect()
}

#[test]
fn words_of_all_passes_go_and_the_index_is_told_and_neighbours_stay() {
    let mut archive = Archive::new();
    let (best, worse) = (archive.pass("base.en", 1, 0), archive.pass("tiny.en", 0, 0));
    let before = said(1_000, 2_000, "before it");
    let echo = NewUtterance {
        echo_of: Some(format!("20231114T221323.000Z-mic-{}", archive.name(best))),
        state: State::Hidden,
        ..said(5_500, 6_000, "secret too")
    };
    let after = said(7_000, 8_000, "after it");
    let window = archive.window(best, 0, 10_000, vec![before, said(3_000, 4_500, "the secret"), echo, after]);
    archive.store.commit_window(&window).unwrap();
    archive
        .store
        .commit_window(&archive.window(
            worse,
            0,
            10_000,
            vec![said(2_900, 4_400, "the sacred"), said(7_000, 8_000, "after that")],
        ))
        .unwrap();
    let coverage = archive.coverage_rows();
    let (all, seq) =
        (archive.store.of_pass(best, &Span::ALL).unwrap(), archive.store.last_change().unwrap().unwrap().seq);

    let asked = forget(7, 3_500, 4_000);
    let goes: Vec<(String, u64, u64)> = archive
        .store
        .would_forget(&asked)
        .unwrap()
        .into_iter()
        .map(|it| (it.model, it.utterances, it.partly))
        .collect();
    assert_eq!(goes, [("base.en".to_owned(), 2, 2), ("tiny.en".to_owned(), 1, 1)]);
    assert_eq!(archive.store.forget(&asked).unwrap(), 3);
    assert_eq!(texts(&archive.store, best), ["before it", "after it"]);
    assert_eq!(texts(&archive.store, worse), ["after that"]);
    assert_eq!(archive.current(), ["before it", "after it"], "no worse pass speaks where the best was silenced");
    assert_eq!(archive.coverage_rows(), coverage);
    // The one after holds the last words of what went.
    let changed: Vec<i64> =
        archive.store.changes_after(seq, 100).unwrap().into_iter().map(|change| change.key).collect();
    let after = all.iter().find(|it| it.text == "after it").unwrap().key;
    assert!(changed.contains(&after) && changed.len() == 4, "{changed:?}");
    let documents = archive.store.documents(&changed).unwrap();
    assert_eq!((documents.current.len(), documents.gone.len()), (1, 3));
    assert_eq!(documents.current[0].before, "before it");

    assert_eq!(archive.store.forgets().unwrap().into_iter().collect::<Vec<_>>(), [(7, true)]);
    assert_eq!(archive.store.forget(&asked).unwrap(), 0);
    archive.store.forgotten(7).unwrap();
    assert_eq!(archive.store.forgets().unwrap().into_iter().collect::<Vec<_>>(), [(7, false)]);
    assert_eq!(archive.store.forget(&asked).unwrap(), 0);
    assert_eq!(archive.store.forgets().unwrap().into_iter().collect::<Vec<_>>(), [(7, false)], "it was done");
}

#[test]
fn words_that_come_late_are_left_out_and_their_span_is_covered() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    archive.store.forget(&forget(1, 3_000, 4_000)).unwrap();
    archive.store.forget(&Forget { tracks: Some(vec![TrackName::loopback()]), ..forget(2, 6_000, 7_000) }).unwrap();
    let utterances = vec![said(1_000, 2_000, "one"), said(2_500, 3_100, "two"), said(6_000, 6_500, "three")];
    archive.store.commit_window(&archive.window(pass, 0, 10_000, utterances)).unwrap();
    assert_eq!(texts(&archive.store, pass), ["one", "three"], "the other was forgotten of another track");
    assert!(archive.store.coverage(pass, &TrackName::mic()).unwrap().covers(&span(0, 10_000)));
}

#[test]
fn nothing_of_it_is_left_in_any_file_of_the_database_however_its_rows_lay() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    // Rows of all sizes, many to a page and some over several, of which every other goes.
    let mut secret = 0;
    for window in 0..60 {
        let utterance = |n: i64| {
            let start = window * 10_000 + n * 1_000;
            let words = if n % 2 == 0 { "kestrel " } else { "harmless " };
            said(start, start + 900, &words.repeat(1 + usize::try_from((window * 7 + n * 13) % 60).unwrap() * 12))
        };
        secret += 5;
        let utterances = (0..10).map(utterance).collect();
        archive.store.commit_window(&archive.window(pass, window * 10_000, (window + 1) * 10_000, utterances)).unwrap();
    }
    let kestrels = |archive: &Archive| -> usize {
        let files = std::fs::read_dir(archive.folder.path())
            .unwrap()
            .map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        files.map(|bytes| bytes.windows(7).filter(|window| window == b"kestrel").count()).sum()
    };
    assert!(kestrels(&archive) > secret);
    for second in 0..600 {
        if second % 2 == 0 {
            let mark = u64::try_from(second).unwrap();
            archive.store.forget(&forget(mark, second * 1_000 + 100, second * 1_000 + 200)).unwrap();
        }
    }
    assert!(archive.store.truncate_wal().unwrap());
    assert_eq!(kestrels(&archive), 0);
    assert_eq!(texts(&archive.store, pass).len(), 300);
}

#[test]
fn a_reader_in_the_way_of_the_checkpoint_is_told_of() {
    let archive = Archive::new();
    archive.pass("base.en", 0, 0);
    let reader = rusqlite::Connection::open(archive.path()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM pass").unwrap();
    archive.pass("small.en", 0, 0);
    assert!(!archive.store.truncate_wal().unwrap());
    reader.execute_batch("COMMIT").unwrap();
    assert!(archive.store.truncate_wal().unwrap());
}
