//! What was deleted is only marked as such; purging takes its words off the disk.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use index::query::parse;
use index::{Cursor, Document, Options, Searcher, Writer};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use timeline::{Side, Span, WallTime};

fn document(key: i64, before: &str, text: &str) -> Document {
    let start = WallTime::from_millis(1_795_428_000_000 + key * 1_000);
    Document {
        key,
        start,
        end: start.plus_micros(500_000),
        side: Side::Said,
        text: text.to_owned(),
        before: before.to_owned(),
        language: None,
        pass: "1a2b3c4d".to_owned(),
        model: "small.en".to_owned(),
        p: 1.0,
        state: 0,
        is_echo: false,
        is_replay: false,
        is_correction: false,
        is_starred: false,
        notes: Vec::new(),
    }
}

fn cursor(seq: u64) -> Cursor {
    Cursor { database: "0123abcd".to_owned(), seq, nonce: 7 }
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_word_that_was_only_in_deleted_documents_is_in_no_dictionary_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(folder.path()).unwrap();
    let kept: Vec<Document> = (10..60).map(|key| document(key, "", "common words")).collect();
    writer.apply(&[], &kept).unwrap();
    writer.apply(&[], &[document(1, "", "Zanzibar kestrels"), document(2, "Zanzibar kestrels", "common")]).unwrap();
    writer.commit(&cursor(1)).unwrap();
    writer.apply(&[], &[document(3, "", "kestrels alone")]).unwrap();
    writer.commit(&cursor(2)).unwrap();
    let terms = |word: &str| Searcher::open(folder.path()).unwrap().terms_with(word).unwrap();
    let before = files(&folder.path().join("2026"));
    assert!(terms("zanzibar") > 0 && terms("kestrel") > 0 && terms("<kestrels") == 1);

    writer.apply(&[1, 3], &[document(2, "", "common")]).unwrap();
    writer.commit(&cursor(3)).unwrap();
    assert!(terms("zanzibar") > 0, "a deleted document leaves its words behind");
    let year = |year: &str| {
        let at = WallTime::parse_rfc3339(&format!("{year}-06-01T00:00:00Z")).unwrap();
        Span::new(at, at)
    };
    writer.purge(&year("2025")).unwrap();
    assert!(terms("zanzibar") > 0, "another year isn't touched");
    writer.purge(&year("2026")).unwrap();
    writer.purge(&year("2026")).unwrap();
    assert_eq!((terms("zanzibar"), terms("kestrel")), (0, 0));
    let dictionaries = |files: &BTreeSet<PathBuf>| {
        files.iter().filter(|path| path.extension().is_some_and(|it| it == "term")).cloned().collect::<BTreeSet<_>>()
    };
    let after = files(&folder.path().join("2026"));
    assert!(dictionaries(&after).is_disjoint(&dictionaries(&before)) && dictionaries(&after).len() <= 2, "{after:?}");

    // It goes on as if nothing had been.
    writer.apply(&[], &[document(70, "", "later")]).unwrap();
    writer.commit(&cursor(4)).unwrap();
    writer.close().unwrap();
    assert_eq!(Writer::open(folder.path()).unwrap().cursor(), Some(cursor(4)));
    let query = parse("common OR later", WallTime::from_micros(0)).query;
    let hits =
        Searcher::open(folder.path()).unwrap().search(&query, &Options { limit: 100, ..Options::default() }).unwrap();
    assert_eq!(hits.len(), 52);
}

#[test]
fn one_who_was_killed_while_committing_deletions_is_followed_by_one_who_commits_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(folder.path()).unwrap();
    writer.apply(&[], &(1..9).map(|key| document(key, "", "words")).collect::<Vec<_>>()).unwrap();
    writer.commit(&cursor(1)).unwrap();
    writer.close().unwrap();
    let (year, killed) = (folder.path().join("2026"), tempfile::tempdir().unwrap());
    let commit_deletions = |folder: &Path| {
        let mut writer = Writer::open(folder).unwrap();
        writer.apply(&[3, 4], &[]).unwrap();
        writer.commit(&cursor(2)).unwrap();
        writer.close().unwrap();
    };
    let copy = |from: &BTreeSet<PathBuf>| {
        let to = killed.path().join("2026");
        home::files::create_dir_all(&to).unwrap();
        for path in from {
            std::fs::copy(path, to.join(path.file_name().unwrap())).unwrap();
        }
    };
    copy(&files(&year));
    commit_deletions(folder.path());
    let deletions: BTreeSet<PathBuf> =
        files(&year).into_iter().filter(|path| path.extension().is_some_and(|it| it == "del")).collect();
    assert_eq!(deletions.len(), 1);
    // The file was written and `meta.json` wasn't.
    copy(&deletions);
    commit_deletions(killed.path());
    assert_eq!(Searcher::open(killed.path()).unwrap().keys().unwrap().len(), 6);
}
