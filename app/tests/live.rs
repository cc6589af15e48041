//! Words as they are said: real sound from a real sound server, found by a search moments after an utterance has ended.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test's helpers may fail, print and ask for the time"
)]

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use store::{Store, Utterance};
use testkit::{Killed, Rig, Sink, fixture};
use timeline::{Clock, Span, SystemClock};

/// How long the conversation is played, with and without older sound to deal with, unless `HEARSAY_LIVE_SECONDS` says otherwise.
const PLAYED_S: u32 = 32;
/// After how long half of the utterances and 95 % of them are to be found, in microseconds.
const HALF_MICROS: i64 = 1_500_000;
const MOST_MICROS: i64 = 3_000_000;
/// A machine that others use too may be this many times slower; where it was asked for a long count, it has to be quiet.
const BUSY: i64 = 2;
/// How long a search may still find what was said at its end.
const AFTERWARDS: Duration = Duration::from_secs(4);
/// Days of older sound for each ten seconds: more than is dealt with while the conversation is played.
const OLD_DAYS: u32 = 4;

/// What is looked at: an utterance of one pass.
type Latencies = HashMap<i64, (Utterance, i64)>;

#[test]
fn what_was_said_is_found_within_moments_also_while_old_sound_is_dealt_with() {
    let (rig, folder) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let home = folder.path();
    let mut recorder = rig.command(env!("CARGO_BIN_EXE_hearsay-record"));
    let mut recorder = Killed(recorder.env("HEARSAY_HOME", home).stderr(Stdio::null()).spawn().unwrap());
    let mut worker = command(home, env!("CARGO_BIN_EXE_hearsay-work"));
    worker.arg("--model").arg(fixture("models/fixture-q8.bin"));
    let worker = Killed(worker.stderr(Stdio::null()).spawn().unwrap());
    let reading = command(home, env!("CARGO_BIN_EXE_hearsay")).args(["live", "--json"]).stdout(Stdio::piped()).spawn();
    let mut reading = Killed(reading.unwrap());
    wait_for_both_tracks(home);

    let seconds = testkit::count("HEARSAY_LIVE_SECONDS", PLAYED_S);
    let (played, slack) = (Duration::from_secs(seconds.into()), if seconds > PLAYED_S { 1 } else { BUSY });
    let quiet = play_and_search(&rig, home, "standup", played);
    for day in 0..OLD_DAYS * seconds / 10 {
        for track in ["mic", "loopback"] {
            let wav = fixture(&format!("days/call.{track}.wav"));
            let at = format!("2026-{:02}-{:02}T09:00:00Z", 1 + day / 28, 1 + day % 28);
            let args = ["import", wav.to_str().unwrap(), "--track", track, "--at", &at];
            let import = command(home, env!("CARGO_BIN_EXE_hearsay")).args(args).output().unwrap();
            assert!(import.status.success(), "{import:?}");
        }
    }
    let busy = play_and_search(&rig, home, "call", played);
    for (name, found) in [("nothing else to do", &quiet), ("old sound to deal with", &busy)] {
        let mut late: Vec<i64> = found.values().map(|(_, late)| *late).collect();
        late.sort_unstable();
        let (half, most) = (late[late.len() / 2], late[late.len() * 95 / 100]);
        println!(
            "{name}: {} utterances, found after {} ms (median), {} ms (95 %)",
            late.len(),
            half / 1_000,
            most / 1_000
        );
        assert!(late.len() >= 6, "{name}: only {} utterances", late.len());
        assert!(half <= slack * HALF_MICROS && most <= slack * MOST_MICROS, "{name}: {late:?}");
    }

    stop(&mut reading);
    let mut read = String::new();
    std::io::Read::read_to_string(reading.0.stdout.as_mut().unwrap(), &mut read).unwrap();
    assert!(read.lines().count() >= quiet.len(), "`hearsay live` told of {} utterances", read.lines().count());
    stop(&mut recorder);
    drop(worker);
    the_main_pass_takes_their_place(home);
}

/// A minute or two of old days that were transcribed with a worse model, and are again with a better one meanwhile.
#[test]
fn what_was_said_is_found_within_moments_while_old_days_are_transcribed_again() {
    let (rig, folder) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let home = folder.path();
    let (early, better) = (testkit::early_model(home).unwrap(), fixture("models/fixture-q8.bin"));
    let run = |executable: &str, args: &[&str]| {
        let ran = command(home, executable).args(args).output().unwrap();
        assert!(ran.status.success(), "{args:?}: {ran:?}");
    };
    let (hearsay, work) = (env!("CARGO_BIN_EXE_hearsay"), env!("CARGO_BIN_EXE_hearsay-work"));
    let seconds = testkit::count("HEARSAY_LIVE_SECONDS", PLAYED_S);
    // Enough to last: a busy engine takes forty seconds of either track in one.
    for day in 0..OLD_DAYS.max(seconds / 3) {
        for track in ["mic", "loopback"] {
            let wav = fixture(&format!("days/standup.{track}.wav"));
            let at = format!("2026-01-{:02}T{:02}:00:00Z", 1 + day / 12, 6 + day % 12);
            run(hearsay, &["import", wav.to_str().unwrap(), "--track", track, "--at", &at]);
        }
    }
    run(work, &["--once", "--model", early.to_str().unwrap()]);
    run(hearsay, &["retranscribe", "all", "--model", better.to_str().unwrap()]);
    // And again with others that differ from it in their last weight: how many of them are dealt with meanwhile is the machine's affair.
    for step in 1..=2 {
        let (other, mut model) = (home.join(format!("better-by-{step}.bin")), std::fs::read(&better).unwrap());
        *model.last_mut().unwrap() ^= step;
        std::fs::write(&other, model).unwrap();
        run(hearsay, &["retranscribe", "all", "--model", other.to_str().unwrap()]);
    }
    let mut recorder = rig.command(env!("CARGO_BIN_EXE_hearsay-record"));
    let recorder = Killed(recorder.env("HEARSAY_HOME", home).stderr(Stdio::null()).spawn().unwrap());
    let mut worker = command(home, work);
    let worker = Killed(worker.arg("--model").arg(&early).stderr(Stdio::null()).spawn().unwrap());
    let reading = command(home, hearsay).args(["live", "--json"]).stdout(Stdio::null()).spawn();
    let reading = Killed(reading.unwrap());
    wait_for_both_tracks(home);
    let store = Store::open_read_only(&home.join("archive.sqlite3")).unwrap();
    let covered = || {
        let of = |it: store::Campaign| store.coverage(it.pass, &timeline::TrackName::mic()).unwrap().len_micros();
        store.campaigns().unwrap().into_iter().map(of).sum::<i64>()
    };
    testkit::wait_until("the first campaign's first window", || covered() > 0);
    let before = covered();
    let slack = if seconds > PLAYED_S { 1 } else { BUSY };
    let found = play_and_search(&rig, home, "call", Duration::from_secs(seconds.into()));
    let after = covered();
    let mut states = store.campaigns().unwrap().into_iter().map(|it| it.state);
    let unfinished = states.any(|state| state == store::CampaignState::Running);
    drop((reading, worker, recorder));
    let mut late: Vec<i64> = found.values().map(|(_, late)| *late).collect();
    late.sort_unstable();
    let (half, most) = (late[late.len() / 2], late[late.len() * 95 / 100]);
    println!(
        "old days transcribed again: {} utterances, found after {} ms (median), {} ms (95 %); {} s of a track of theirs meanwhile",
        late.len(),
        half / 1_000,
        most / 1_000,
        (after - before) / 1_000_000
    );
    assert!(late.len() >= 6, "only {} utterances", late.len());
    assert!(half <= slack * HALF_MICROS && most <= slack * MOST_MICROS, "{late:?}");
    assert!(unfinished, "there was something left to transcribe again, to the end");
}

/// Plays a conversation, both sides at once, and asks the index until it finds what was said.
fn play_and_search(rig: &Rig, home: &Path, conversation: &str, played: Duration) -> Latencies {
    let began = SystemClock.wall();
    let players = [("mic", Sink::MicFeed), ("loopback", Sink::Speakers)]
        .map(|(track, sink)| rig.play(&fixture(&format!("days/{conversation}.{track}.wav")), sink).unwrap());
    let (started, mut found, mut players) = (Instant::now(), Latencies::new(), Some(players));
    while started.elapsed() < played + AFTERWARDS {
        if started.elapsed() > played {
            players = None;
        }
        search(home, &Span::new(began, began.plus_micros(3_600_000_000)), &mut found);
        std::thread::sleep(Duration::from_millis(40));
    }
    drop(players);
    found
}

/// Searches for each utterance that wasn't found yet by its words.
fn search(home: &Path, span: &Span, found: &mut Latencies) {
    let Ok(store) = Store::open_read_only(&home.join("archive.sqlite3")) else { return };
    let Ok(searcher) = index::Searcher::open(&home.join("index")) else { return };
    for utterance in store.utterances(span).unwrap() {
        // Once the main pass has come over a finished segment it is found a second time, and was found before.
        let before = |known: &Utterance| known.track == utterance.track && known.span.overlaps(&utterance.span);
        if utterance.state == store::State::Hidden || found.values().any(|(known, _)| before(known)) {
            continue;
        }
        let parsed = index::query::parse(&format!("\"{}\"", utterance.text), SystemClock.wall());
        let options = index::Options { limit: 50, span: Some(*span), ..index::Options::default() };
        let hits = searcher.search(&parsed.query, &options).unwrap_or_default();
        if hits.iter().any(|hit| hit.key == utterance.key) {
            let late = SystemClock.wall().micros_since(utterance.span.end);
            found.insert(utterance.key, (utterance, late));
        }
    }
}

fn the_main_pass_takes_their_place(home: &Path) {
    let before = Store::open_read_only(&home.join("archive.sqlite3")).unwrap();
    let live = before.passes().unwrap().into_iter().find(|pass| pass.pass.rank == store::PROVISIONAL).unwrap().pass;
    let mut work = command(home, env!("CARGO_BIN_EXE_hearsay-work"));
    let worked = work.arg("--once").arg("--model").arg(fixture("models/fixture-q8.bin")).output().unwrap();
    assert!(worked.status.success(), "{worked:?}");
    let current = before.utterances(&Span::ALL).unwrap();
    assert!(!current.is_empty());
    let provisional = current.iter().filter(|utterance| utterance.pass == live.name).count();
    assert_eq!(provisional, 0, "of {} current utterances", current.len());
}

fn command(home: &Path, executable: &str) -> Command {
    let mut command = Command::new(executable);
    command.env("HEARSAY_HOME", home).env_remove("HEARSAY_LOG").stdin(Stdio::null());
    command
}

fn stop(process: &mut Killed) {
    let id = process.0.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    assert!(process.0.wait().unwrap().success());
}

fn wait_for_both_tracks(home: &Path) {
    let has_sound = |track: &str| {
        testkit::files_below(&home.join("audio"), &format!(".{track}.wav.part"))
            .iter()
            .any(|path| testkit::wav_frames(path) > 8_000)
    };
    testkit::wait_until("sound on both tracks", || has_sound("mic") && has_sound("loopback"));
}
