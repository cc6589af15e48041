//! The index follows one database, survives a kill, and is built anew when it can't be used.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

use index::query::parse;
use index::{Cursor, Document, IndexError, Options, Searcher, Writer};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use timeline::{Side, WallTime};

fn document(key: i64, text: &str) -> Document {
    let start = WallTime::from_millis(1_795_428_000_000 + key * 1_000);
    let (track, before) = ("mic".to_owned(), String::new());
    Document {
        key,
        start,
        end: start.plus_micros(500_000),
        track,
        side: Side::Said,
        text: text.to_owned(),
        before,
        language: None,
        p: 1.0,
        state: 0,
    }
}

fn cursor(seq: u64) -> Cursor {
    Cursor { database: "0123abcd".to_owned(), seq, nonce: -7_000_000_000_000_000_001 }
}

fn found(folder: &Path, text: &str) -> Vec<i64> {
    let query = parse(text, WallTime::from_micros(0)).query;
    let hits = Searcher::open(folder).unwrap().search(&query, &Options::default()).unwrap();
    hits.into_iter().map(|hit| hit.key).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_kill_between_adding_and_committing_leaves_the_commit_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(folder.path()).unwrap();
    assert_eq!(writer.cursor(), None);
    writer.apply(&[], &[document(1, "one"), document(2, "two")]).unwrap();
    writer.commit(&cursor(5)).unwrap();
    writer.apply(&[1], &[document(2, "changed"), document(3, "three")]).unwrap();
    drop(writer);
    assert_eq!(found(folder.path(), "one OR two OR changed OR three"), [2, 1]);

    let mut writer = Writer::open(folder.path()).unwrap();
    assert_eq!(writer.cursor(), Some(cursor(5)));
    writer.apply(&[1], &[document(2, "changed"), document(3, "three")]).unwrap();
    // Applying the same again is what a worker does that was killed after the commit.
    writer.apply(&[1], &[document(2, "changed"), document(3, "three")]).unwrap();
    writer.commit(&cursor(9)).unwrap();
    assert_eq!(Searcher::open(folder.path()).unwrap().cursor().unwrap(), Some(cursor(9)));
    assert_eq!(found(folder.path(), "one OR two OR changed OR three"), [3, 2]);
    let mut keys = Searcher::open(folder.path()).unwrap().keys().unwrap();
    keys.sort_unstable();
    assert_eq!(keys, [2, 3]);
}

#[test]
fn an_open_searcher_sees_each_commit_and_the_emptying() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Searcher::open(folder.path()), Err(IndexError::Missing { .. })));
    let mut writer = Writer::open(folder.path()).unwrap();
    let searcher = Searcher::open(folder.path()).unwrap();
    let query = parse("wolf", WallTime::from_micros(0)).query;
    let count = || searcher.count(&query, &Options::default()).unwrap();
    assert_eq!(count(), 0);
    for key in 1..=30 {
        writer.apply(&[], &[document(key, "wolf")]).unwrap();
        writer.commit(&cursor(key.unsigned_abs())).unwrap();
        assert_eq!(count(), usize::try_from(key).unwrap());
    }
    writer.clear().unwrap();
    assert_eq!((count(), writer.cursor(), searcher.cursor().unwrap()), (0, None, None));
    writer.close().unwrap();
    assert_eq!(Writer::open(folder.path()).unwrap().cursor(), None);
}

#[test]
fn a_second_writer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::open(folder.path()).unwrap();
    assert!(matches!(Writer::open(folder.path()), Err(IndexError::Locked { .. })));
    drop(writer);
    Writer::open(folder.path()).unwrap();
}

#[test]
fn every_file_is_for_the_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("index");
    let mut writer = Writer::open(&folder).unwrap();
    for key in 0..20 {
        writer.apply(&[], &[document(key, "wolf")]).unwrap();
        writer.commit(&cursor(1)).unwrap();
    }
    writer.close().unwrap();
    Searcher::open(&folder).unwrap().keys().unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert!(files(&folder).len() > 5);
    for file in files(&folder) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn an_index_of_another_version_is_emptied_and_has_no_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(folder.path()).unwrap();
    writer.apply(&[], &[document(1, "needle")]).unwrap();
    writer.commit(&cursor(5)).unwrap();
    writer.close().unwrap();
    let meta = folder.path().join("meta.json");
    let other = std::fs::read_to_string(&meta).unwrap().replace(r#"\"v\":1"#, r#"\"v\":0"#);
    std::io::Write::write_all(&mut home::files::create_or_truncate(&meta).unwrap(), other.as_bytes()).unwrap();
    assert!(matches!(Searcher::open(folder.path()), Err(IndexError::Outdated { .. })));
    let writer = Writer::open(folder.path()).unwrap();
    assert_eq!(writer.cursor(), None);
    assert!(found(folder.path(), "needle").is_empty());
    for file in files(folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"needle"), "{} still has the word", file.display());
    }
}

/// A byte of each file in turn, and each file cut: an error, an answer or an emptied index, never a panic; and a writer
/// can always begin anew.
#[test]
fn a_damaged_index_is_an_error_for_readers_and_no_obstacle_for_the_writer() {
    let origin = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(origin.path()).unwrap();
    for part in 0..2 {
        let documents: Vec<Document> =
            (0..300).map(|key| document(part * 300 + key, &format!("wolf number {key} of many"))).collect();
        writer.apply(&[], &documents).unwrap();
        writer.commit(&cursor(5)).unwrap();
    }
    writer.close().unwrap();
    let query = parse("wolf \"of many\" num* -nothing", WallTime::from_micros(0)).query;
    let mut seed = 9_u64;
    for (which, file) in files(origin.path()).into_iter().enumerate() {
        for round in 0..3 {
            let copy = tempfile::tempdir().unwrap();
            for original in files(origin.path()) {
                std::fs::copy(&original, copy.path().join(original.file_name().unwrap())).unwrap();
            }
            let damaged = copy.path().join(file.file_name().unwrap());
            let mut bytes = std::fs::read(&damaged).unwrap();
            if bytes.is_empty() {
                continue;
            }
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = usize::try_from(seed >> 33).unwrap() % bytes.len();
            if round < 2 {
                bytes[place] ^= 0x55;
            } else {
                bytes.truncate(place);
            }
            std::io::Write::write_all(&mut home::files::create_or_truncate(&damaged).unwrap(), &bytes).unwrap();
            if let Ok(searcher) = Searcher::open(copy.path()) {
                drop(searcher.search(&query, &Options::default()));
                drop(searcher.keys());
            }
            let mut writer = Writer::open(copy.path()).unwrap_or_else(|error| panic!("file {which}: {error}"));
            writer.clear().unwrap();
            writer.apply(&[], &[document(1, "anew")]).unwrap();
            writer.commit(&cursor(6)).unwrap();
            drop(writer);
            assert_eq!(found(copy.path(), "anew"), [1]);
        }
    }
}
