//! The index follows one database, survives a kill, and is built anew when it can't be used.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

use index::query::parse;
use index::{Cursor, Document, IndexError, Options, Searcher, Writer};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use timeline::{Side, WallTime};

fn document(key: i64, text: &str) -> Document {
    let start = WallTime::from_millis(1_795_428_000_000 + key * 1_000);
    Document {
        key,
        start,
        end: start.plus_micros(500_000),
        side: Side::Said,
        text: text.to_owned(),
        before: String::new(),
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
    writer.apply(&[], &[document(0, "bear")]).unwrap();
    writer.commit(&cursor(0)).unwrap();
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
    writer.apply(&[], &[document(31, "wolf")]).unwrap();
    writer.commit(&cursor(31)).unwrap();
    assert_eq!((count(), searcher.cursor().unwrap()), (1, Some(cursor(31))));
    writer.clear().unwrap();
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
    let year = folder.join("2026");
    assert_eq!(mode(&year), 0o700);
    assert!(files(&year).len() > 5);
    for file in files(&folder).into_iter().filter(|file| file.is_file()).chain(files(&year)) {
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
    let year = folder.path().join("2026");
    let meta = year.join("meta.json");
    let other = std::fs::read_to_string(&meta).unwrap().replace(r#"\"v\":4"#, r#"\"v\":0"#);
    std::io::Write::write_all(&mut home::files::create_or_truncate(&meta).unwrap(), other.as_bytes()).unwrap();
    assert!(matches!(Searcher::open(folder.path()), Err(IndexError::Outdated { .. })));
    let writer = Writer::open(folder.path()).unwrap();
    assert_eq!(writer.cursor(), None);
    assert!(matches!(Searcher::open(folder.path()), Err(IndexError::Missing { .. })));
    for file in files(&year) {
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
    let year = origin.path().join("2026");
    for (which, file) in files(&year).into_iter().enumerate() {
        for round in 0..3 {
            let copied = tempfile::tempdir().unwrap();
            copy(&year, &copied.path().join("2026"));
            let damaged = copied.path().join("2026").join(file.file_name().unwrap());
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
            if let Ok(searcher) = Searcher::open(copied.path()) {
                drop(searcher.search(&query, &Options::default()));
                drop(searcher.keys());
            }
            let mut writer = Writer::open(copied.path()).unwrap_or_else(|error| panic!("file {which}: {error}"));
            writer.clear().unwrap();
            writer.apply(&[], &[document(1, "anew")]).unwrap();
            writer.commit(&cursor(6)).unwrap();
            drop(writer);
            assert_eq!(found(copied.path(), "anew"), [1]);
        }
    }
}

/// 2025-12-31T23:59:50Z and so many seconds later.
fn at_new_year(key: i64, seconds: i64, text: &str) -> Document {
    let start = WallTime::from_millis(1_767_225_590_000 + seconds * 1_000);
    Document { start, end: start.plus_micros(2_000_000), ..document(key, text) }
}

#[test]
fn each_year_has_an_index_and_phrases_cross_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(folder.path()).unwrap();
    let before = at_new_year(1, 8, "happy new");
    let after = Document { before: "happy new".to_owned(), ..at_new_year(2, 11, "year everybody") };
    let old = at_new_year(3, -86_400 * 400, "an old year");
    writer.apply(&[], &[before, after, old]).unwrap();
    writer.commit(&cursor(3)).unwrap();
    for year in ["2024", "2025", "2026"] {
        assert!(folder.path().join(year).join("meta.json").is_file(), "{year}");
    }
    assert_eq!(found(folder.path(), "\"new year\""), [2]);
    assert_eq!(found(folder.path(), "year OR happy"), [2, 1, 3]);
    assert_eq!(found(folder.path(), "\"happy\""), [1]);
    // What is removed is found in whichever year it lies, and only that one is written.
    let size = |year: &str| std::fs::read(folder.path().join(year).join("meta.json")).unwrap();
    let untouched = (size("2025"), size("2026"));
    writer.apply(&[3], &[]).unwrap();
    writer.commit(&cursor(4)).unwrap();
    assert_eq!((size("2025"), size("2026")), untouched);
    assert_eq!(found(folder.path(), "year"), [2]);
    drop(writer);
    assert_eq!(Writer::open(folder.path()).unwrap().cursor(), Some(cursor(4)));
}

#[test]
fn a_year_that_is_over_is_put_together_once_another_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(folder.path()).unwrap();
    let segments = |year: &str| {
        let of_a_segment = |file: &PathBuf| file.extension() == Some("term".as_ref());
        files(&folder.path().join(year)).into_iter().filter(of_a_segment).count()
    };
    for round in 1..=4 {
        writer.apply(&[], &[at_new_year(round, round, "wolf")]).unwrap();
        writer.commit(&cursor(round.unsigned_abs())).unwrap();
    }
    assert_eq!(segments("2025"), 4);
    for round in 5..=6 {
        writer.apply(&[], &[at_new_year(round, 20 + round, "wolf")]).unwrap();
        writer.commit(&cursor(round.unsigned_abs())).unwrap();
    }
    writer.close().unwrap();
    assert_eq!((segments("2025"), segments("2026")), (1, 2));
    assert_eq!(found(folder.path(), "wolf"), [6, 5, 4, 3, 2, 1]);
    assert_eq!(Writer::open(folder.path()).unwrap().cursor(), Some(cursor(6)));
}

#[test]
fn a_writer_that_is_opened_again_replaces_and_removes_what_one_before_it_added() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(folder.path()).unwrap();
    writer.apply(&[], &[document(7, "wolf"), document(3, "wolf"), document(5, "wolf")]).unwrap();
    writer.commit(&cursor(1)).unwrap();
    drop(writer);
    let mut writer = Writer::open(folder.path()).unwrap();
    // New ones above and between those that are there, in the same round as the others.
    writer.apply(&[3], &[document(9, "bear"), document(4, "bear"), document(7, "bear")]).unwrap();
    writer.apply(&[9], &[document(5, "bear")]).unwrap();
    writer.commit(&cursor(2)).unwrap();
    assert!(found(folder.path(), "wolf").is_empty());
    assert_eq!(found(folder.path(), "bear"), [7, 5, 4]);
}

#[test]
fn a_kill_between_the_commits_of_two_years_repeats_the_round() {
    let origin = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(origin.path()).unwrap();
    writer.apply(&[], &[at_new_year(1, 0, "one"), at_new_year(2, 20, "two")]).unwrap();
    writer.commit(&cursor(2)).unwrap();
    let before = tempfile::tempdir().unwrap();
    copy(&origin.path().join("2026"), &before.path().join("2026"));
    let second = [at_new_year(3, 1, "three"), at_new_year(4, 21, "four")];
    writer.apply(&[1, 2], &second).unwrap();
    writer.commit(&cursor(4)).unwrap();
    drop(writer);
    // As if the later year's commit had never come.
    copy(&origin.path().join("2025"), &before.path().join("2025"));
    let mut writer = Writer::open(before.path()).unwrap();
    assert_eq!(writer.cursor(), Some(cursor(2)));
    writer.apply(&[1, 2], &second).unwrap();
    writer.commit(&cursor(4)).unwrap();
    assert_eq!(found(before.path(), "one OR two OR three OR four"), [4, 3]);
}

#[test]
fn a_year_that_is_gone_means_that_all_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(folder.path()).unwrap();
    writer.apply(&[], &[at_new_year(1, 0, "one"), at_new_year(2, 20, "two")]).unwrap();
    writer.commit(&cursor(2)).unwrap();
    drop(writer);
    std::fs::remove_dir_all(folder.path().join("2025")).unwrap();
    assert_eq!(Searcher::open(folder.path()).unwrap().cursor().unwrap(), None);
    assert_eq!(Writer::open(folder.path()).unwrap().cursor(), None);
    assert!(matches!(Searcher::open(folder.path()), Err(IndexError::Missing { .. })));
}

#[test]
fn a_single_index_of_a_version_before_goes_without_a_trace() {
    let years = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(years.path()).unwrap();
    writer.apply(&[], &[document(1, "needle")]).unwrap();
    writer.commit(&cursor(1)).unwrap();
    drop(writer);
    let folder = tempfile::tempdir().unwrap();
    for file in files(&years.path().join("2026")) {
        std::fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    assert!(matches!(Searcher::open(folder.path()), Err(IndexError::Outdated { .. })));
    let mut writer = Writer::open(folder.path()).unwrap();
    assert_eq!(writer.cursor(), None);
    assert!(files(folder.path()).iter().all(|file| file.metadata().unwrap().len() == 0), "only locks stay");
    writer.apply(&[], &[document(1, "anew")]).unwrap();
    writer.commit(&cursor(1)).unwrap();
    assert_eq!(found(folder.path(), "anew"), [1]);
}

/// Rounds of adding, replacing and removing over four years, committed often enough for merges: what is found is what
/// was put there, in the order of time, whatever the limit.
#[test]
fn whatever_order_they_came_in_the_newest_are_found_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(folder.path()).unwrap();
    let mut there = std::collections::BTreeMap::new();
    let mut chance = testkit::Chance::new(6);
    for round in 1..=25 {
        let mut changed: Vec<i64> = (0..30).map(|_| i64::try_from(chance.below(600)).unwrap()).collect();
        changed.sort_unstable();
        changed.dedup();
        let (remove, add): (Vec<i64>, Vec<i64>) = changed.into_iter().partition(|_| chance.below(4) == 0);
        // Scattered over four years by its key.
        let made: Vec<Document> = add
            .iter()
            .map(|key| at_new_year(*key, (key * 7_919 % 600) * 200_000, ["wolf", "bear", "wolf bear"][round % 3]))
            .collect();
        writer.apply(&remove, &made).unwrap();
        for key in &remove {
            there.remove(key);
        }
        there.extend(made.into_iter().map(|document| (document.key, document)));
        writer.commit(&cursor(round as u64)).unwrap();
        let searcher = Searcher::open(folder.path()).unwrap();
        for (text, word) in [("wolf", "wolf"), ("be*", "bear"), ("\"wolf bear\"", "wolf bear")] {
            let mut expected: Vec<&Document> = there.values().filter(|document| document.text.contains(word)).collect();
            expected.sort_by_key(|document| std::cmp::Reverse(document.start));
            let expected: Vec<i64> = expected.into_iter().map(|document| document.key).collect();
            let query = parse(text, WallTime::from_micros(0)).query;
            for limit in [1, 7, 600] {
                let hits = searcher.search(&query, &Options { limit, ..Options::default() }).unwrap();
                let keys: Vec<i64> = hits.iter().map(|hit| hit.key).collect();
                assert_eq!(keys, expected[..limit.min(expected.len())], "{text}, round {round}");
            }
            assert_eq!(searcher.count(&query, &Options::default()).unwrap(), expected.len());
        }
    }
    writer.close().unwrap();
    let mut keys = Searcher::open(folder.path()).unwrap().keys().unwrap();
    keys.sort_unstable();
    assert_eq!(keys, there.into_keys().collect::<Vec<_>>());
}

fn copy(from: &Path, to: &Path) {
    home::files::create_dir_all(to).unwrap();
    for file in files(from) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}
