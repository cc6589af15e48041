//! A day as FLAC: transcribed anew it gives the same words, and whatever kills `hearsay retain` leaves a whole copy of everything.

use crate::home::{TestHome, transcribed};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use testkit::{Chance, count};

/// Kills in the normal run; `cargo xtask soak` sets more.
const KILLS: u32 = 5;

fn export(home: &TestHome) -> String {
    let ran = home.hearsay(&["export", "all", "--format", "jsonl", "--hidden"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.stdout
}

fn sound(home: &TestHome, ending: &str) -> Vec<PathBuf> {
    testkit::files_below(&home.path().join("audio"), ending)
}

/// Both sides of both conversations, as they are cut out.
fn clips(home: &TestHome) -> Vec<Vec<u8>> {
    let cut = |at: &str| {
        let to = tempfile::tempdir().unwrap();
        let to = to.path().join("clip.wav");
        let ran = home.hearsay(&["play", at, "--for", "150s", "--to", to.to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        fs::read(to).unwrap()
    };
    ["2026-11-23T09:15:00Z", "2026-11-23T14:30:00Z"].map(cut).to_vec()
}

fn rules(home: &TestHome, rules: &str) {
    let mut file = home::files::create_or_truncate(&home.path().join("config.toml")).unwrap();
    file.write_all(format!("[retention]\n{rules}\n").as_bytes()).unwrap();
}

fn forget_words(home: &TestHome) {
    for path in testkit::files_below(home.path(), "") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("archive.sqlite3") || name.starts_with("words.") {
            fs::remove_file(path).unwrap();
        }
    }
    fs::remove_dir_all(home.path().join("index")).unwrap();
}

#[test]
fn retain_makes_flac_of_a_day_that_is_transcribed_to_the_same_words() {
    let home = transcribed().home.copy();
    let (said, heard) = (export(&home), clips(&home));
    rules(&home, "flac_after = \"0d\"");
    let ran = home.hearsay(&["retain"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!((sound(&home, ".wav").len(), sound(&home, ".part").len()), (0, 0));
    assert_eq!((export(&home), clips(&home)), (said.clone(), heard));
    let check = home.hearsay(&["check", "--read-audio"]);
    assert_eq!(check.code, Some(0), "{check:?}");
    let flac = sound(&home, "mic.flac").remove(0);
    let whole = fs::read(&flac).unwrap();
    for at in [60, whole.len() / 2] {
        let mut hurt = whole.clone();
        hurt[at] ^= 0x04;
        fs::write(&flac, hurt).unwrap();
        let check = home.hearsay(&["check", "--read-audio"]);
        assert_ne!(check.code, Some(0), "{check:?}");
        let name = flac.file_name().unwrap().to_str().unwrap();
        assert!(format!("{}{}", check.stdout, check.stderr).contains(name), "byte {at}: {check:?}");
    }
    fs::write(&flac, whole).unwrap();
    forget_words(&home);
    let work = home.work();
    assert_eq!(work.code, Some(0), "{work:?}");
    assert!(export(&home) == said, "the words of the FLAC day are those of the WAV day");
}

#[test]
fn retain_that_is_killed_at_any_moment_leaves_a_whole_copy_of_every_segment() {
    let kills = count("HEARSAY_RETAIN_KILLS", KILLS);
    let calm = transcribed();
    let (said, heard) = (export(&calm.home), clips(&calm.home));
    let names = |home: &TestHome| -> BTreeMap<PathBuf, Vec<u8>> {
        let wavs = sound(home, ".wav");
        wavs.into_iter()
            .map(|path| (path.strip_prefix(home.path()).unwrap().to_owned(), fs::read(path).unwrap()))
            .collect()
    };
    let wavs = names(&calm.home);
    assert!(wavs.len() >= 4);
    let begin = || {
        let home = calm.home.copy();
        rules(&home, "flac_after = \"0d\"");
        home
    };
    let started = Instant::now();
    assert_eq!(begin().hearsay(&["retain"]).code, Some(0));
    let undisturbed = started.elapsed();
    let (mut chance, mut killed, mut midway) = (Chance::new(0x0F_1AC5), 0, 0);
    while killed < kills {
        let home = begin();
        let mut retain = home.command(env!("CARGO_BIN_EXE_hearsay"));
        let mut retain = retain.arg("retain").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let micros = u64::try_from(undisturbed.as_micros()).unwrap();
        std::thread::sleep(Duration::from_micros(chance.below(micros)));
        let alive = retain.try_wait().unwrap().is_none();
        // Every third time it is only asked to stop.
        if killed % 3 == 2 && alive {
            let pid = rustix::process::Pid::from_child(&retain);
            rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        } else {
            retain.kill().unwrap();
        }
        retain.wait().unwrap();
        killed += u32::from(alive);
        let whole = |path: &Path, bytes: &[u8]| fs::read(home.path().join(path)).is_ok_and(|found| found == bytes);
        let packed = |path: &Path| home.path().join(path).with_extension("flac").is_file();
        assert!(wavs.iter().all(|(path, bytes)| whole(path, bytes) || packed(path)), "kill {killed}");
        midway += u32::from(!sound(&home, ".flac").is_empty() || !sound(&home, ".part").is_empty());
        assert!(clips(&home) == heard, "kill {killed}: everything is read as it was");
        let again = home.hearsay(&["retain"]);
        assert_eq!(again.code, Some(0), "{again:?}");
        let left = (sound(&home, ".flac").len(), sound(&home, ".wav").len(), sound(&home, ".part").len());
        assert_eq!(left, (wavs.len(), 0, 0), "kill {killed}");
        assert!(clips(&home) == heard && export(&home) == said, "kill {killed}");
    }
    println!("{killed} kills within {undisturbed:?}, {midway} of them while something was packed");
    assert!(kills < 5 || midway > 0, "every kill came before the first segment");
}

#[test]
fn retain_that_is_killed_while_it_takes_sound_away_tells_of_each_segment_once() {
    let kills = count("HEARSAY_RETAIN_KILLS", KILLS);
    let calm = transcribed();
    let said = export(&calm.home);
    let wavs = sound(&calm.home, ".wav").len();
    let (mut chance, mut killed, mut midway) = (Chance::new(0x7E_47), 0, 0);
    while killed < kills {
        let home = calm.home.copy();
        rules(&home, "text_only_after = \"0d\"");
        let mut retain = home.command(env!("CARGO_BIN_EXE_hearsay"));
        let mut retain = retain.args(["retain", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(chance.below(120_000)));
        let alive = retain.try_wait().unwrap().is_none();
        retain.kill().unwrap();
        retain.wait().unwrap();
        killed += u32::from(alive);
        midway += u32::from(alive && sound(&home, ".wav").len() < wavs);
        let again = home.hearsay(&["retain", "--yes"]);
        assert_eq!(again.code, Some(0), "{again:?}");
        let log = fs::read_to_string(sound(&home, "retired.jsonl").remove(0)).unwrap();
        let mut files: Vec<String> = log
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["file"].to_string())
            .collect();
        files.sort();
        files.dedup();
        assert_eq!((files.len(), log.lines().count(), sound(&home, ".wav").len()), (wavs, wavs, 0), "kill {killed}");
        assert!(export(&home) == said, "kill {killed}: every word stays");
        let work = home.work();
        assert!(work.code == Some(0) && work.stderr.contains("nothing to transcribe"), "{work:?}");
        let check = home.hearsay(&["check"]);
        assert_eq!(check.code, Some(0), "sound that a rule took away is missed by nobody: {check:?}");
    }
    println!("{killed} kills, {midway} of them when some sound was gone already");
}

#[test]
fn retain_on_a_full_disk_leaves_every_wav_as_it_was() {
    if let Some(status) =
        testkit::SmallDisk::in_namespace("retain::retain_on_a_full_disk_leaves_every_wav_as_it_was").unwrap()
    {
        assert!(status.success(), "in a namespace of its own: {status}");
        return;
    }
    let disk = testkit::SmallDisk::mount(60_000_000).unwrap();
    let day = TestHome::with_sample_day();
    rules(&day, "flac_after = \"0d\"");
    let home = disk.path().join("home");
    assert!(std::process::Command::new("cp").arg("-a").arg(day.path()).arg(&home).status().unwrap().success());
    let content = || -> BTreeMap<PathBuf, Vec<u8>> {
        let paths = testkit::files_below(&home.join("audio"), "");
        paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    };
    let before = content();
    let filler = disk.fill_up_to(300_000).unwrap();
    let retain = || day.hearsay(&["retain", "--home", home.to_str().unwrap()]);
    let ran = retain();
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains(".flac.part") && ran.stderr.contains("No space left"), "{}", ran.stderr);
    assert!(content() == before, "nothing was lost, and no half copy is left");
    fs::remove_file(filler).unwrap();
    assert_eq!(retain().code, Some(0));
    let (flacs, all) = (testkit::files_below(&home.join("audio"), ".flac").len(), content().len());
    assert_eq!((flacs, all), (before.len(), before.len()));
}

#[test]
fn retain_is_done_by_a_worker_that_has_nothing_else_to_do() {
    let home = transcribed().home.copy();
    let said = export(&home);
    rules(&home, "flac_after = \"0d\"");
    let mut worker = home.command(env!("CARGO_BIN_EXE_hearsay-work"));
    let worker = worker.arg("--model").arg(crate::home::model()).stderr(Stdio::null());
    let _worker = testkit::Killed(worker.spawn().unwrap());
    let began = Instant::now();
    let due = || worker::retention::due(&home::Home::at(home.path()));
    while due().is_none() {
        assert!(began.elapsed() < Duration::from_mins(1), "{:?}", sound(&home, ""));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(sound(&home, ".wav"), [] as [PathBuf; 0]);
    assert_eq!(export(&home), said);
    // Asked by the command, which leaves the lock to it.
    let asked = home.hearsay(&["retain"]);
    assert!(asked.code == Some(0) && asked.stderr.contains("was asked"), "{asked:?}");
}
