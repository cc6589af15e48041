//! A byte is flipped in each kind of file: `check` names it, the rest is read on, and `repair` puts back what can be. And a
//! backup is made, killed and made again.

use crate::home::{Ran, TestHome, transcribed};
use crate::rebuild::{assert_files_agree, export, facts};
use archive::FaultKind;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use testkit::{Chance, count};
use timeline::{Clock, SystemClock};
use worker::check::{Share, check};

/// Places of the database that are flipped in the normal run.
const FLIPS: u32 = 24;
/// Kills in the normal run; `cargo xtask soak` sets more.
const KILLS: u32 = 5;

fn flip(path: &Path, at: usize) -> Vec<u8> {
    let whole = fs::read(path).unwrap();
    let mut damaged = whole.clone();
    damaged[at] ^= 0x10;
    fs::write(path, damaged).unwrap();
    whole
}

/// What is named, sound read to its end.
fn named(home: &TestHome) -> Vec<archive::Fault> {
    let share = Share::new(100, SystemClock.wall());
    let checked = check(&home::Home::at(home.path()), Some(share), &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(checked.read + 1 >= checked.segments && checked.segments > 0, "{checked:?}");
    checked.faults
}

fn assert_clean(home: &TestHome) {
    let ran = home.hearsay(&["check", "--read-audio"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
}

/// What searches find.
fn found(home: &TestHome) -> Vec<String> {
    let searcher = index::Searcher::open(&home.path().join("index")).unwrap();
    let mut keys = searcher.keys().unwrap();
    keys.sort_unstable();
    let searched = |words: &str| home.hearsay(&["search", words, "--json"]).stdout;
    vec![format!("{keys:?} {:?}", searcher.cursor().unwrap()), searched("the"), searched("invoice")]
}

fn repair(home: &TestHome) -> Ran {
    home.hearsay(&["repair", "--yes"])
}

/// Whether the words beside the sound alone give back all that was said.
fn assert_files_say_at_least(home: &TestHome, said: &str) {
    let copy = home.copy();
    fs::remove_file(copy.path().join("archive.sqlite3")).unwrap();
    let rebuilt = copy.hearsay(&["rebuild", "--yes"]);
    assert!(matches!(rebuilt.code, Some(0 | 3)), "{rebuilt:?}");
    assert_eq!(export(&copy), said);
}

#[test]
fn a_flipped_byte_in_a_segment_is_named_and_a_header_is_mended() {
    let home = transcribed().home.copy();
    assert_clean(&home);
    let said = export(&home);
    let path = testkit::files_below(&home.day_folder(), ".mic.wav").remove(0);
    // The rate, which would make everything too slow; the start in the chunk; and the magic word, without which it is no WAV file at all.
    for at in [25, 130, 1] {
        let whole = flip(&path, at);
        let ran = home.hearsay(&["check", "--read-audio"]);
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.stdout.contains(path.to_str().unwrap()), "byte {at}: {}", ran.stdout);
        let dry = home.hearsay(&["repair", "--dry-run"]);
        assert!(dry.code == Some(0) && dry.stderr.contains("whose header is looked for: 1"), "{dry:?}");
        assert_ne!(fs::read(&path).unwrap(), whole, "a dry run changes nothing");
        assert_eq!(home.hearsay(&["repair"]).code, Some(2), "it asks");
        let repaired = repair(&home);
        assert_eq!(repaired.code, Some(0), "byte {at}: {repaired:?}");
        assert_eq!(fs::read(&path).unwrap(), whole, "byte {at}");
    }
    let whole = flip(&path, 100_000);
    let repaired = repair(&home);
    assert!(repaired.code == Some(3) && repaired.stderr.contains("can't be mended"), "{repaired:?}");
    assert_eq!(export(&home), said, "the rest is read on");
    assert_eq!(home.hearsay(&["repair", "--accept", path.to_str().unwrap()]).code, Some(0));
    assert_clean(&home);
    fs::write(&path, whole).unwrap();
    assert_clean(&home);
}

#[test]
fn a_flipped_byte_in_the_database_is_named_or_changes_nothing_and_repair_gives_back_every_word() {
    let home = transcribed().home.copy();
    let (said, stored, path) = (export(&home), facts(&home.store()), home.path().join("archive.sqlite3"));
    // Everything in the one file.
    store::Store::open(&path).unwrap().close().unwrap();
    let len = fs::metadata(&path).unwrap().len();
    let (mut chance, mut told) = (Chance::new(0xF11B), 0);
    for _ in 0..count("HEARSAY_FLIPS", FLIPS) {
        let at = usize::try_from(chance.below(len)).unwrap();
        let whole = flip(&path, at);
        let faults = named(&home);
        if faults.is_empty() {
            assert_eq!(export(&home), said, "byte {at} was overlooked and changes what is read");
            assert_eq!(facts(&home.store()), stored, "byte {at} was overlooked and changes what is read");
        } else {
            let kinds =
                [FaultKind::Database, FaultKind::Words, FaultKind::Contradiction, FaultKind::Index, FaultKind::NoSound];
            assert!(faults.iter().all(|fault| kinds.contains(&fault.kind)), "byte {at}: {faults:?}");
            told += 1;
        }
        fs::write(&path, whole).unwrap();
    }
    println!("{told} of {} flipped bytes were named, the others changed nothing", count("HEARSAY_FLIPS", FLIPS));
    assert!(told > 0);

    // A letter of a text: SQLite itself takes any.
    let bytes = fs::read(&path).unwrap();
    let word = b"invoice";
    let at = bytes.windows(word.len()).position(|window| window.eq_ignore_ascii_case(word)).unwrap();
    flip(&path, at + 2);
    let faults = named(&home);
    assert!(faults.iter().any(|fault| fault.kind == FaultKind::Contradiction), "{faults:?}");
    // Making the index anew lets the words beside the sound be: nothing vouches for the database.
    assert_eq!(home.hearsay(&["rebuild", "--yes"]).code, Some(0));
    assert_files_say_at_least(&home, &said);
    let repaired = repair(&home);
    assert_eq!(repaired.code, Some(0), "{repaired:?}");
    assert_eq!(export(&home), said);
    assert_eq!(facts(&home.store()), stored);
    assert_clean(&home);
}

#[test]
fn a_flipped_byte_in_the_index_or_a_plain_file_is_named() {
    let home = transcribed().home.copy();
    let said = export(&home);
    let index = testkit::files_below(&home.path().join("index"), "");
    let of_tantivy: Vec<&PathBuf> = index.iter().filter(|path| !path.to_string_lossy().ends_with(".lock")).collect();
    assert!(of_tantivy.len() > 5, "{index:?}");
    let (mut chance, whole_index) = (Chance::new(0x1DE), found(&home));
    for path in of_tantivy {
        let len = fs::metadata(path).unwrap().len();
        for _ in 0..2 {
            let at = usize::try_from(chance.below(len)).unwrap();
            let whole = flip(path, at);
            let faults = named(&home);
            let name = path.file_name().unwrap().to_string_lossy();
            if faults.is_empty() {
                // Its two lists carry no checksum: what isn't noticed in them changes nothing.
                assert!(name.ends_with(".json"), "byte {at} of {name} was overlooked");
                assert_eq!(found(&home), whole_index, "byte {at} of {name}");
            }
            assert!(faults.iter().all(|fault| fault.kind == FaultKind::Index), "{name}: {faults:?}");
            assert_eq!(export(&home), said, "the rest is read on");
            fs::write(path, whole).unwrap();
        }
    }
    let path = index.iter().find(|path| path.to_string_lossy().ends_with(".term")).unwrap();
    flip(path, 10);
    assert_eq!(repair(&home).code, Some(0));
    assert_clean(&home);

    let starred = home.hearsay(&["star", "2026-11-23"]);
    assert_eq!(starred.code, Some(0), "{starred:?}");
    let marks = home::Home::at(home.path()).marks_file();
    let whole = flip(&marks, 30);
    let faults = named(&home);
    assert!(faults.len() == 1 && faults[0].path == marks, "{faults:?}");
    fs::write(&marks, whole).unwrap();
    assert_clean(&home);

    let words = testkit::files_below(&home.day_folder(), ".jsonl").remove(0);
    let whole = flip(&words, 1_000);
    let faults = named(&home);
    assert!(faults.iter().any(|fault| fault.kind == FaultKind::Words && fault.path == words), "{faults:?}");
    // The database has it: it is written again, and nothing is set aside.
    let repaired = repair(&home);
    assert!(repaired.code == Some(3) && repaired.stderr.contains("have again: 1"), "{repaired:?}");
    assert_eq!(testkit::files_below(home.path(), "damaged"), [] as [PathBuf; 0]);
    assert_eq!(export(&home), said);
    assert_files_say_at_least(&home, &said);
    // A line that is gone altogether.
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    fs::write(&words, lines[..lines.len() - 1].concat()).unwrap();
    let faults = named(&home);
    assert!(faults.len() == 1 && faults[0].kind == FaultKind::Words && faults[0].path == words, "{faults:?}");
    let repaired = repair(&home);
    assert_eq!(repaired.code, Some(0), "{repaired:?}");
    assert_clean(&home);
    assert_files_say_at_least(&home, &said);
    fs::write(&words, whole).unwrap();
    assert_clean(&home);
    // Files that others may read.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&words, fs::Permissions::from_mode(0o644)).unwrap();
        let faults = named(&home);
        assert!(faults.len() == 1 && faults[0].kind == FaultKind::Open && faults[0].path == words, "{faults:?}");
        assert_eq!(repair(&home).code, Some(0));
        assert_eq!(fs::metadata(&words).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn words_whose_sound_is_gone_are_named_and_stay() {
    let home = transcribed().home.copy();
    let said = export(&home);
    let path = testkit::files_below(&home.day_folder(), ".mic.wav").remove(0);
    fs::remove_file(&path).unwrap();
    let faults = named(&home);
    assert!(faults.iter().any(|fault| fault.kind == FaultKind::NoSound), "{faults:?}");
    assert_eq!(export(&home), said);
}

#[test]
fn a_backup_is_an_archive_of_its_own_and_can_be_killed_anywhere() {
    let (home, folder) = (transcribed().home.copy(), TestHome::new());
    let (said, to) = (export(&home), folder.path().join("copy"));
    let refused = home.hearsay(&["backup", home.path().join("copy").to_str().unwrap()]);
    assert!(refused.code == Some(4) && refused.stderr.contains("lie in each other"), "{refused:?}");
    let backup = |to: &Path| home.hearsay(&["backup", to.to_str().unwrap()]);
    let started = Instant::now();
    let ran = backup(&folder.path().join("first"));
    let undisturbed = u64::try_from(started.elapsed().as_micros()).unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");

    let (mut chance, mut killed) = (Chance::new(0xBAC_u64), 0);
    while killed < count("HEARSAY_BACKUP_KILLS", KILLS) {
        let mut running = home.command(env!("CARGO_BIN_EXE_hearsay"));
        let mut running = running.arg("backup").arg(&to).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(chance.below(undisturbed)));
        killed += u32::from(running.try_wait().unwrap().is_none());
        running.kill().unwrap();
        running.wait().unwrap();
        // Whatever has its name is whole.
        for copy in testkit::files_below(&to, ".wav") {
            assert_eq!(archive::verify::verify(&copy), None);
        }
    }
    let ran = backup(&to);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let copied = |name: &str| testkit::files_below(&to, name);
    assert_eq!((copied(".copying").len(), copied(".wav").len()), (0, testkit::files_below(home.path(), ".wav").len()));
    let again = backup(&to);
    assert!(again.code == Some(0) && again.stderr.starts_with("0 files with"), "{again:?}");

    let copy = TestHome::at(&to);
    let checked = copy.hearsay(&["check", "--read-audio"]);
    assert!(checked.stdout.contains("index: is missing") && checked.stdout.lines().count() == 1, "{checked:?}");
    assert_eq!(export(&copy), said);
    assert_files_agree(&copy);
    let work = copy.work();
    assert!(work.code == Some(0) && work.stderr.contains("nothing to transcribe"), "{work:?}");
    assert_clean(&copy);
    #[cfg(unix)]
    for path in testkit::files_below(&to, "") {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn a_backup_that_is_made_while_a_worker_works_is_one_state() {
    let (mut home, folder) = (TestHome::with_sample_day(), TestHome::new());
    let mut to = folder.path().join("day-0");
    let mut made = 0;
    // As many days as it takes: how long the worker has to do for one is the machine's affair.
    for day in 0.. {
        let mut worker = home.work_command().stderr(Stdio::null()).spawn().unwrap();
        while worker.try_wait().unwrap().is_none() {
            let ran = home.hearsay(&["backup", to.to_str().unwrap()]);
            assert_eq!(ran.code, Some(0), "{ran:?}");
            if to.join("archive.sqlite3").exists() {
                let faults = named(&TestHome::at(&to));
                assert!(faults.iter().all(|fault| fault.kind == FaultKind::Index), "{faults:?}");
                made += 1;
            }
        }
        if made > 1 {
            break;
        }
        (home, to) = (TestHome::with_sample_day(), folder.path().join(format!("day-{}", day + 1)));
    }
    let copy = TestHome::at(&to);
    assert_eq!(copy.work().code, Some(0));
    assert_eq!(export(&copy), export(&home), "what wasn't transcribed yet is transcribed in the copy alike");
}
