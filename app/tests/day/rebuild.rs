//! The database and the index are lost, damaged or killed while they are made anew: the words beside the sound give them back.

use crate::home::{Ran, TestHome, transcribed};
use archive::{Archive, WordsLog};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use store::{Store, Stretch};
use testkit::{Chance, count};
use timeline::Span;

/// Kills in the normal run; `cargo xtask soak` sets more.
const KILLS: u32 = 5;

/// All that a database holds of all passes that came to anything, but for private keys.
pub(crate) fn facts(store: &Store) -> Vec<String> {
    let mut facts = Vec::new();
    for summary in store.passes().unwrap().into_iter().filter(|summary| !summary.spans.is_empty()) {
        let key = summary.pass.key;
        for (track, side) in store.tracks().unwrap() {
            facts.push(format!("{track} {side} {:?}", store.coverage(key, &track).unwrap()));
        }
        let heard = store.of_pass(key, &Span::ALL).unwrap();
        assert!(heard.len() < 1_000, "a page of it");
        facts.extend(heard.into_iter().map(|heard| format!("{:?}", store::Utterance { key: 0, ..heard })));
        facts.push(format!(
            "{:?}",
            store::PassSummary { pass: store::Pass { key: 0, ..summary.pass.clone() }, ..summary }
        ));
    }
    facts
}

fn words_files(home: &Path) -> Vec<PathBuf> {
    WordsLog::open(&Archive::open(&home::Home::at(home))).files().unwrap()
}

/// The file of the model, and not that of the user.
fn recognised(home: &Path) -> PathBuf {
    words_files(home).into_iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap()
}

/// A home that holds nothing but the words beside the sound of another one, and what was made of them.
fn from_words_of(home: &TestHome) -> (TestHome, Ran) {
    let other = TestHome::new();
    home::files::create_dir_all(&other.day_folder()).unwrap();
    for path in words_files(home.path()) {
        fs::copy(&path, other.path().join(path.strip_prefix(home.path()).unwrap())).unwrap();
    }
    let ran = other.hearsay(&["rebuild"]);
    (other, ran)
}

/// Whether the files say what the database says, each thing once.
pub(crate) fn assert_files_agree(home: &TestHome) {
    let (other, ran) = from_words_of(home);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(facts(&other.store()), facts(&home.store()), "the files say what the database says");
    let (mut ids, mut marks) = (BTreeSet::new(), BTreeSet::new());
    let log = WordsLog::open(&Archive::open(&home::Home::at(home.path())));
    for line in words_files(home.path()).iter().flat_map(|path| log.read(path).unwrap().lines) {
        assert!(marks.insert(Stretch::mark_of(&line.text).unwrap()), "a line stands there twice");
        let line: serde_json::Value = serde_json::from_str(&line.text).unwrap();
        for utterance in line["utterances"].as_array().unwrap() {
            assert!(ids.insert(utterance["id"].as_str().unwrap().to_owned()), "an utterance stands there twice");
        }
    }
}

/// Whether everything that the files say is in the database, whatever was killed in the middle of what.
pub(crate) fn assert_files_are_not_ahead(home: &TestHome) {
    let (store, log) = (home.store(), WordsLog::open(&Archive::open(&home::Home::at(home.path()))));
    for line in words_files(home.path()).iter().flat_map(|path| log.read(path).unwrap().lines) {
        let line: serde_json::Value = serde_json::from_str(&line.text).unwrap();
        for utterance in line["utterances"].as_array().unwrap() {
            let id = utterance["id"].as_str().unwrap().parse().unwrap();
            assert!(store.by_id(&id).unwrap().is_some(), "{id} isn't in the database");
        }
    }
}

pub(crate) fn export(home: &TestHome) -> String {
    let ran = home.hearsay(&["export", "all", "--format", "jsonl", "--hidden"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.stdout
}

/// A correction, a star and a note on one of the utterances.
fn write_about(home: &TestHome) {
    let found = home.hearsay(&["search", "invoice", "--json", "--limit", "1"]).stdout;
    let id = serde_json::from_str::<serde_json::Value>(&found).unwrap()["id"].as_str().unwrap().to_owned();
    for arguments in [
        vec!["star", &id],
        vec!["note", &id, "pay it #todo"],
        vec!["correct", &id, "The invoice is what we talk about."],
    ] {
        let ran = home.hearsay(&arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

fn marks(home: &TestHome) -> String {
    home.hearsay(&["marks", "--json"]).stdout
}

fn lose(home: &TestHome) {
    for name in ["archive.sqlite3", "archive.sqlite3-wal", "archive.sqlite3-shm"] {
        let path = home.path().join(name);
        if path.exists() {
            fs::remove_file(path).unwrap();
        }
    }
    let index = home.path().join("index");
    if index.exists() {
        fs::remove_dir_all(index).unwrap();
    }
}

/// Everything in a folder, by name.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = testkit::files_below(folder, "");
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn put(path: &Path, bytes: &[u8]) {
    home::files::create_or_truncate(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn rebuild_gives_back_every_word_of_a_lost_or_damaged_database_and_can_be_killed_anywhere() {
    let home = transcribed().home.copy();
    write_about(&home);
    let (said, stored, marked) = (export(&home), facts(&home.store()), marks(&home));
    assert!(said.lines().count() > 40);
    let audio = content(&home.path().join("audio"));
    assert_eq!(words_files(home.path()).len(), 2, "{audio:?}");
    assert_files_agree(&home);
    let assert_restored = |what: &str| {
        assert_eq!(export(&home), said, "{what}");
        assert_eq!(marks(&home), marked, "{what}");
        let noted = home.hearsay(&["search", "note:#todo is:starred is:corrected", "--json"]);
        assert_eq!(noted.stdout.lines().count(), 1, "{what}: {noted:?}");
        assert_eq!(facts(&home.store()), stored, "{what}");
        let found = home.hearsay(&["search", "invoice", "--json"]);
        assert_eq!((found.code, found.stderr.as_str()), (Some(0), ""), "{what}");
    };

    lose(&home);
    let refused = home.work();
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("hearsay rebuild"), "{}", refused.stderr);
    let searched = home.hearsay(&["search", "invoice"]);
    assert!(searched.code == Some(1) && searched.stderr.contains("hearsay rebuild"), "{searched:?}");
    let dry = home.hearsay(&["rebuild", "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(dry.stderr.contains("is missing") && dry.stderr.contains("2 files of words"), "{}", dry.stderr);
    assert!(!home.path().join("archive.sqlite3").exists() && !home.path().join("index").exists());
    let started = Instant::now();
    let rebuilt = home.hearsay(&["rebuild"]);
    let undisturbed = started.elapsed();
    assert_eq!((rebuilt.code, rebuilt.stdout.as_str()), (Some(0), ""), "{rebuilt:?}");
    assert_restored("rebuilt");
    let work = home.work();
    assert!(work.code == Some(0) && work.stderr.contains("nothing to transcribe"), "{work:?}");
    assert_eq!(content(&home.path().join("audio")), audio, "nothing beside the sound was touched");

    // The index alone: asked for, since something would be replaced.
    let asked = home.hearsay(&["rebuild"]);
    assert_eq!(asked.code, Some(2), "{asked:?}");
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    for path in testkit::files_below(&home.path().join("index"), ".term") {
        put(&path, b"damaged");
    }
    assert_eq!(home.hearsay(&["rebuild", "--yes"]).code, Some(0));
    assert_restored("the index");

    // A whole database gives back what the files have lost.
    let words = recognised(home.path());
    let whole = fs::read(&words).unwrap();
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 0x01;
    bytes.truncate(whole.len() - 20);
    put(&words, &bytes);
    let rebuilt = home.hearsay(&["rebuild", "--yes"]);
    assert_eq!(rebuilt.code, Some(0), "{rebuilt:?}");
    assert!(rebuilt.stderr.contains("the words beside the sound lacked and have again: 2"), "{}", rebuilt.stderr);
    assert_eq!(facts(&from_words_of(&home).0.store()), stored);
    let again = home.hearsay(&["rebuild", "--yes"]);
    assert!(again.code == Some(0) && !again.stderr.contains("stretches"), "{again:?}");
    put(&words, &whole);

    // Killed again and again.
    let kills = count("HEARSAY_REBUILD_KILLS", KILLS);
    let (mut chance, mut killed, mut done) = (Chance::new(0x4E_B1D5), 0, 0);
    while killed < kills {
        lose(&home);
        let mut rebuild = home.command(env!("CARGO_BIN_EXE_hearsay"));
        let mut rebuild = rebuild.args(["rebuild", "--yes"]).stderr(Stdio::null()).spawn().unwrap();
        let micros = u64::try_from(undisturbed.as_micros()).unwrap();
        std::thread::sleep(Duration::from_micros(chance.below(micros)));
        let alive = rebuild.try_wait().unwrap().is_none();
        rebuild.kill().unwrap();
        rebuild.wait().unwrap();
        killed += u32::from(alive);
        done += u32::from(home.path().join("archive.sqlite3").exists());
        let again = home.hearsay(&["rebuild", "--yes"]);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert_restored("killed");
    }
    println!("{killed} kills within {undisturbed:?}, {done} of them after the database was in place");
    let left: Vec<PathBuf> = testkit::files_below(home.path(), ".rebuilding");
    assert_eq!(left, [] as [PathBuf; 0]);

    damaged(&home, &assert_restored);
    assert_eq!(content(&home.path().join("audio")), audio, "nothing beside the sound was touched");
    lines_that_can_not_be_used(&home, &said);
}

/// A database whose pages make no sense is set aside with what lies beside it.
fn damaged(home: &TestHome, assert_restored: &dyn Fn(&str)) {
    let path = home.path().join("archive.sqlite3");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4_096..8_192].fill(0xa5);
    put(&path, &bytes);
    put(&home.path().join("archive.sqlite3-wal"), b"what another left");
    assert_eq!(home.hearsay(&["rebuild"]).code, Some(2), "it asks");
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let lock = home::Lock::acquire(&home.path().join("worker.lock")).unwrap();
    let refused = home.hearsay(&["rebuild", "--yes"]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("a worker is at work"), "{}", refused.stderr);
    drop(lock);
    let rebuilt = home.hearsay(&["rebuild", "--yes"]);
    assert_eq!(rebuilt.code, Some(0), "{rebuilt:?}");
    assert_restored("damaged");
    let aside: Vec<PathBuf> = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".damaged-"))
        .collect();
    assert!(aside.iter().any(|path| fs::read(path).unwrap() == bytes), "{aside:?}");
    #[cfg(unix)]
    for path in &aside {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
}

/// One flipped byte and a torn end: both are named, the rest is there, and the worker makes what is missing again.
fn lines_that_can_not_be_used(home: &TestHome, said: &str) {
    let words = recognised(home.path());
    let mut bytes = fs::read(&words).unwrap();
    let third = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 200;
    bytes[third] ^= 0x01;
    bytes.truncate(bytes.len() - 20);
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').count();
    put(&words, &bytes);
    lose(home);
    let rebuilt = home.hearsay(&["rebuild"]);
    assert_eq!(rebuilt.code, Some(3), "{rebuilt:?}");
    let name = words.file_name().unwrap().to_str().unwrap();
    let named: Vec<&str> = rebuilt.stderr.lines().filter(|line| line.contains(name)).collect();
    assert_eq!(named.len(), 2, "{}", rebuilt.stderr);
    for (line, number) in named.iter().zip([3, lines]) {
        assert!(line.contains(&format!("line {number} ")), "{line}");
    }
    let spoken: BTreeSet<String> = said
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().to_owned())
        .collect();
    assert!(!spoken.iter().any(|text| text.len() > 8 && rebuilt.stderr.contains(text)), "no word of it is told");
    let rest = export(home);
    assert!((10..said.lines().count()).contains(&rest.lines().count()), "{} lines", rest.lines().count());
    assert!(rest.lines().all(|line| said.contains(line)));
    assert_eq!(home.work().code, Some(0));
    assert_eq!(export(home), said, "what was lost is transcribed again");
}
