//! Opening: who may read and write what, and what is said of a file that can't be used.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod database;

use database::{Archive, at, said, span};
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt;
use store::{Store, StoreError, WorkerState};
use timeline::{Side, TrackName};

#[test]
fn a_reader_before_any_writer_is_told_so_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.sqlite3");
    assert!(matches!(Store::open_read_only(&path), Err(StoreError::Missing { .. })));
    assert!(!path.exists());
    home::files::create_new(&path).unwrap();
    assert!(
        matches!(Store::open_read_only(&path), Err(StoreError::Missing { .. })),
        "its writer has only just made it"
    );
}

#[test]
fn a_reader_sees_what_is_committed_while_the_writer_works_and_can_not_write() {
    let mut archive = Archive::new();
    let pass = archive.pass("base", 0, 0);
    let reader = archive.reopened();
    assert!(reader.utterances(&span(0, 1_000)).unwrap().is_empty());
    archive.store.commit_window(&archive.window(pass, 0, 1_000, vec![said(0, 500, "x")])).unwrap();
    assert_eq!(reader.utterances(&span(0, 1_000)).unwrap().len(), 1);
    assert!(reader.ensure_track(&TrackName::loopback(), Side::Heard).is_err());
    assert_eq!(reader.database_id().unwrap(), archive.store.database_id().unwrap());
    assert_eq!(reader.database_id().unwrap().len(), 32);
}

#[test]
fn the_worker_says_how_it_is_doing() {
    let archive = Archive::new();
    assert_eq!(archive.store.worker().unwrap(), None);
    for speed_x in [1.5, 7.25] {
        let state = WorkerState { pid: 7, speed_x, backlog_micros: 60_000_000, updated: at(3) };
        archive.store.set_worker(&state).unwrap();
        assert_eq!(archive.reopened().worker().unwrap(), Some(state));
    }
}

#[test]
fn what_keeps_words_from_coming_as_they_are_said_is_told_until_it_is_over() {
    let archive = Archive::new();
    assert_eq!(archive.store.live_fault().unwrap(), None);
    for fault in ["the model tiny.en is not here", "the engine refused"] {
        archive.store.set_live_fault(Some(fault)).unwrap();
        assert_eq!(archive.reopened().live_fault().unwrap().as_deref(), Some(fault));
    }
    archive.store.set_live_fault(None).unwrap();
    assert_eq!(archive.reopened().live_fault().unwrap(), None);
}

#[test]
fn a_track_keeps_its_side() {
    let archive = Archive::new();
    archive.store.ensure_track(&TrackName::mic(), Side::Said).unwrap();
    let result = archive.store.ensure_track(&TrackName::mic(), Side::Both);
    assert!(matches!(result, Err(StoreError::OtherSide { side: Side::Said, .. })), "{result:?}");
    archive.store.ensure_track(&TrackName::loopback(), Side::Heard).unwrap();
    assert_eq!(archive.store.tracks().unwrap(), [(TrackName::loopback(), Side::Heard), (TrackName::mic(), Side::Said)]);
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let archive = Archive::new();
    Connection::open(archive.path()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for result in [Store::open(&archive.path()), Store::open_read_only(&archive.path())] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
        assert!(error.to_string().contains("archive.sqlite3"), "{error}");
    }
}

#[test]
fn files_that_are_none_of_ours_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign.sqlite3");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE song (title TEXT)").unwrap();
    let text = folder.path().join("text.sqlite3");
    std::io::Write::write_all(
        &mut home::files::create_new(&text).unwrap(),
        "not a database at all\n".repeat(400).as_bytes(),
    )
    .unwrap();
    for (path, damaged) in [(foreign, false), (text, true)] {
        let before = std::fs::read(&path).unwrap();
        for result in [Store::open(&path), Store::open_read_only(&path)] {
            let error = result.unwrap_err();
            assert_eq!(matches!(error, StoreError::Damaged { .. }), damaged, "{error}");
            assert_eq!(matches!(error, StoreError::Foreign { .. }), !damaged, "{error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn many_programs_may_make_the_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.sqlite3");
    let ids: Vec<String> = std::thread::scope(|scope| {
        let open = || Store::open(&path).unwrap().database_id().unwrap();
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
}

#[test]
fn every_file_is_for_the_user_alone() {
    let mut archive = Archive::new();
    let pass = archive.pass("base", 0, 0);
    archive.store.commit_window(&archive.window(pass, 0, 1_000, vec![said(0, 500, "x")])).unwrap();
    let _reader = archive.reopened();
    let mut names: Vec<(String, u32)> = std::fs::read_dir(archive.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|e| (e.file_name().into_string().unwrap(), e.metadata().unwrap().permissions().mode() & 0o777))
        .collect();
    names.sort();
    let expected =
        ["archive.sqlite3", "archive.sqlite3-shm", "archive.sqlite3-wal"].map(|name| (name.to_owned(), 0o600));
    assert_eq!(names, expected);
}

/// What a flipped bit makes of a schema that can still be read.
#[test]
fn a_column_that_has_another_name_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.sqlite3");
    Store::open(&path).unwrap().close().unwrap();
    Store::examine(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let name = b"created_us";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    bytes[at] ^= 1;
    std::io::Write::write_all(&mut home::files::create_or_truncate(&path).unwrap(), &bytes).unwrap();
    let examined = Store::examine(&path);
    assert!(matches!(examined, Err(StoreError::Damaged { .. })), "{examined:?}");
}

/// Flips bytes and cuts the file: whatever comes of it is an error or an answer, never a panic.
#[test]
fn a_damaged_file_is_an_error_and_never_a_panic() {
    let mut archive = Archive::new();
    let pass = archive.pass("base", 0, 0);
    for i in 0..40 {
        let texts =
            (0..10).map(|j| said(i * 1_000 + j * 90, i * 1_000 + j * 90 + 80, "some words that fill a page")).collect();
        archive.store.commit_window(&archive.window(pass, i * 1_000, i * 1_000 + 1_000, texts)).unwrap();
    }
    let path = archive.path();
    drop(archive.store); // The last to close moves everything into the one file.
    let whole = std::fs::read(&path).unwrap();
    let (mut seed, mut refused) = (5_u64, 0);
    let copy = archive.folder.path().join("copy.sqlite3");
    for round in 0..120 {
        let mut bytes = whole.clone();
        for _ in 0..20 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = usize::try_from(seed >> 33).unwrap() % bytes.len();
            bytes[place] ^= seed.to_le_bytes()[1] | 1;
        }
        if round % 4 == 0 {
            bytes.truncate(usize::try_from(seed >> 33).unwrap() % whole.len());
        }
        std::io::Write::write_all(&mut home::files::create_or_truncate(&copy).unwrap(), &bytes).unwrap();
        refused += u32::from(read_all(&copy).is_err());
        for suffix in ["-wal", "-shm"] {
            let beside = archive.folder.path().join(format!("copy.sqlite3{suffix}"));
            drop(home::files::create_or_truncate(&beside).unwrap());
        }
    }
    assert!(refused > 60, "{refused} of 120 were noticed");
}

fn read_all(path: &std::path::Path) -> Result<(), StoreError> {
    let store = Store::open(path)?;
    let keys = store.keys_after(0, 1_000)?;
    store.by_keys(&keys)?;
    store.documents(&keys)?;
    store.utterances(&timeline::Span::ALL)?;
    store.passes()?;
    store.nearest(at(0))?;
    store.changes_after(0, 1_000).map(|_| ())
}
