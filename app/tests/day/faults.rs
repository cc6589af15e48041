//! What is wrong is said in one clear line, the rest goes on, and nothing is deleted.

use crate::home::{Ran, TestHome, model, ran};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// One line (and its hint) that says what and which file, and no backtrace or panic.
fn says(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert!(ran.stdout.is_empty(), "{ran:?}");
    let line = ran.stderr.lines().find(|line| words.iter().all(|word| line.contains(word)));
    assert!(line.is_some(), "no line says {words:?}: {}", ran.stderr);
    assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("RUST_BACKTRACE"), "{}", ran.stderr);
}

#[test]
fn damaged_files_in_the_archive_are_named_and_the_rest_of_the_day_is_transcribed() {
    let home = TestHome::new();
    home.import("call", "2026-11-23T14:30:00Z");
    let day = home.day_folder();
    let whole = fs::read(day.join("20261123T143000.000Z.mic.wav")).unwrap();
    fs::write(day.join("20261123T100000.000Z.mic.wav"), &whole[..whole.len() / 4]).unwrap();
    fs::write(day.join("20261123T110000.000Z.mic.wav"), []).unwrap();
    fs::write(day.join("20261123T120000.000Z.mic.wav"), "this is no sound\n").unwrap();
    fs::write(day.join("holiday.wav"), &whole).unwrap();
    let before = listing(&day);
    let ran = home.work();
    for (file, what) in [("100000", ""), ("110000", ""), ("120000", ""), ("holiday.wav", "import")] {
        says(&ran, 3, &[file, what]);
    }
    assert_eq!(listing(&day), before, "nothing was deleted, renamed or changed");
    let heard = home.utterances();
    let on = |hour: &str| heard.iter().filter(|u| u.span.start.rfc3339().contains(hour)).count();
    assert!(on("T14:3") > 20, "the whole recording is there");
    assert!(on("T10:0") > 2, "and what can be read of the one that was cut off");
    // Said again, done again: the second run repeats the report and changes nothing.
    let again = home.work();
    says(&again, 3, &["110000"]);
    assert_eq!(home.utterances().len(), heard.len());
}

fn listing(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // The worker's own.
        .filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with("words."))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn work_with(home: &TestHome, model: &str) -> Ran {
    ran(home.command(env!("CARGO_BIN_EXE_hearsay-work")).args(["--once", "--model", model]))
}

#[test]
fn a_model_that_cannot_be_used_is_refused_before_anything_is_changed() {
    let home = TestHome::new();
    home.import("call", "2026-11-23T14:30:00Z");
    let bytes = fs::read(model()).unwrap();
    let models = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = models.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut flipped_header = bytes.clone();
    flipped_header[10] ^= 0x40;
    for (name, content) in [
        ("empty.bin", &[][..]),
        ("eight-bytes.bin", &bytes[..8]),
        ("text.bin", b"not a model at all, just text that is a bit longer than a header"),
        ("truncated.bin", &bytes[..bytes.len() - 1_000]),
        ("flipped-header.bin", &flipped_header),
    ] {
        says(&work_with(&home, &file(name, content)), 4, &["error:", name]);
    }
    says(&work_with(&home, "no-such-model"), 4, &["error:", "no-such-model"]);
    let missing = work_with(&home, "base.en");
    says(&missing, 4, &["error:", "base.en", "MB"]);
    assert!(missing.stderr.contains("hearsay models get base.en"), "{}", missing.stderr);
    assert!(!home.path().join("archive.sqlite3").exists() || home.utterances().is_empty());
}

#[test]
fn a_model_whose_bytes_were_flipped_after_it_was_added_is_refused() {
    let home = TestHome::new();
    home.import("call", "2026-11-23T14:30:00Z");
    let added = home.hearsay(&["models", "add", model().to_str().unwrap()]);
    assert_eq!(added.code, Some(0), "{added:?}");
    let path = fs::read_dir(home.path().join("models"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "bin"))
        .unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(&path, bytes).unwrap();
    let ran = ran(home.command(env!("CARGO_BIN_EXE_hearsay-work")).arg("--once"));
    says(&ran, 4, &["error:", "fixture-q8", "SHA-256"]);
    assert!(path.exists(), "a damaged model is left for the user to look at");
}

#[test]
fn work_without_any_model_says_which_to_get_how_large_it_is_and_how() {
    let home = TestHome::new();
    home.import("call", "2026-11-23T14:30:00Z");
    let cache = tempfile::tempdir().unwrap();
    let ran = ran(home
        .command(env!("CARGO_BIN_EXE_hearsay-work"))
        .arg("--once")
        .env("HOME", cache.path())
        .env("XDG_CACHE_HOME", cache.path()));
    says(&ran, 4, &["error:", "no speech model"]);
    assert!(ran.stderr.contains("hearsay models get base.en") && ran.stderr.contains("148 MB"), "{}", ran.stderr);
}

#[test]
fn a_home_that_cannot_be_written_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "in the way").unwrap();
    let inside = file.join("home");
    let model = model();
    for (executable, args) in [
        (env!("CARGO_BIN_EXE_hearsay-work"), vec!["--once", "--model", model.to_str().unwrap()]),
        (env!("CARGO_BIN_EXE_hearsay-record"), vec!["--for", "1s"]),
    ] {
        let mut command = std::process::Command::new(executable);
        says(&ran(command.args(args).env("HEARSAY_HOME", &inside)), 4, &["error:", "a-file/home"]);
    }
}

#[test]
fn the_second_worker_leaves_at_once_and_the_first_is_unharmed() {
    let home = TestHome::with_sample_day();
    let mut first = home.command(env!("CARGO_BIN_EXE_hearsay-work"));
    let mut first = first.arg("--model").arg(model()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !home::Lock::is_held(&home.path().join("worker.lock")) {
        assert!(started.elapsed() < Duration::from_mins(1), "the first worker didn't start");
        std::thread::sleep(Duration::from_millis(50));
    }
    says(&home.work(), 4, &["error:", "another worker"]);
    assert!(first.try_wait().unwrap().is_none(), "the first goes on");
    // SIGTERM: what is stored stays, and the worker says so by its exit code.
    let terminated = ran(std::process::Command::new("kill").arg(first.id().to_string()));
    assert_eq!(terminated.code, Some(0));
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(home.work().code, Some(0), "the lock is free again, and what was left is done");
    assert!(home.utterances().len() > 40);
}
