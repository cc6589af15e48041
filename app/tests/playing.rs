//! `hearsay play` through a real sound server: what was archived comes out of the speakers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

#[path = "../src/hearsay/viewer/sample.rs"]
#[expect(dead_code, reason = "shared by tests that look at different parts")]
mod sample;

#[path = "../src/hearsay/player/clicks.rs"]
mod clicks;

use archive::{Archive, Played, PlayedLog, TrackReader};
use home::Home;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::{Killed, Rig, fixture, sound};
use timeline::{Clock as _, Span, SystemClock, TrackName, WallTime};

const RATE: usize = 16_000;

fn hearsay(rig: &Rig, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = rig.command(env!("CARGO_BIN_EXE_hearsay"));
    command.args(arguments).arg("--home").arg(folder.join("home")).env("HOME", folder).env("TZ", "UTC");
    command.stdin(Stdio::null());
    command
}

/// Takes down what the speakers play into a file, as raw 16-bit mono at 16 kHz.
fn listen(rig: &Rig, to: &Path) -> Killed {
    let mut command = rig.command("parec");
    command.args([
        "--device=speakers.monitor",
        "--raw",
        "--format=s16le",
        "--channels=1",
        "--rate=16000",
        "--latency-msec=50",
    ]);
    Killed(command.stdout(home::files::create_new(to).unwrap()).stdin(Stdio::null()).spawn().unwrap())
}

fn heard(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect()
}

/// Two seconds of the conversation from `start_s` on, both sides mixed.
fn expected(start_s: f64) -> Vec<f32> {
    let read = |track: &str| sound::read_wav(&fixture(&format!("days/standup.{track}.wav"))).unwrap().0;
    let start = (sample::at(start_s).micros_since(sample::at(0.0)) / 1_000 * 16).unsigned_abs();
    let start = usize::try_from(start).unwrap();
    let (said, heard) = (read("mic"), read("loopback"));
    said[start..start + 2 * RATE].iter().zip(&heard[start..start + 2 * RATE]).map(|(s, h)| s + h).collect()
}

#[test]
fn both_sides_come_out_of_the_speakers_in_step() {
    let folder = tempfile::tempdir().unwrap();
    sample::fill(&Home::at(&folder.path().join("home")));
    let rig = Rig::start().unwrap();
    let taken_down = folder.path().join("heard.raw");
    let listener = listen(&rig, &taken_down);
    // An idle sink takes a while to wake; the first second played is only to wake it.
    let arguments = ["play", "2026-11-23T09:15:05Z", "--for", "6s"];
    let output = hearsay(&rig, folder.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::thread::sleep(Duration::from_millis(500));
    drop(listener);
    let heard = heard(&taken_down);
    // From 7 to 9 s the one side ends and the other begins.
    let found = sound::find(&expected(7.0), &heard).unwrap();
    assert!(found.alike > 0.95, "alike by {} at {}", found.alike, found.at);
    // What follows comes when it should: nothing is left out or played twice between them.
    let next = sound::find(&expected(8.5), &heard).unwrap();
    let apart = next.at.abs_diff(found.at).abs_diff(3 * RATE / 2);
    assert!(next.alike > 0.95 && apart < RATE / 100, "alike by {}, off by {apart} frames", next.alike);
}

#[test]
fn what_was_played_is_on_record_with_when_it_sounded() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(&folder.path().join("home"));
    sample::fill(&home);
    let rig = Rig::start().unwrap();
    let before = timeline::Clock::wall(&timeline::SystemClock);
    let arguments = ["play", "2026-11-23T09:15:05Z", "--for", "3s"];
    let output = hearsay(&rig, folder.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = timeline::Clock::wall(&timeline::SystemClock);

    let log = archive::PlayedLog::open(&archive::Archive::open(&home));
    let played = log.within(&timeline::Span::new(before, after)).unwrap();
    let (first, last) = (played.first().expect("a row"), played.last().unwrap());
    assert!(first.at >= before && last.end <= after, "{played:?}");
    let close = |micros: i64, to_ms: i64, within_ms: i64| (micros / 1_000 - to_ms).abs() <= within_ms;
    assert!(close(first.from.micros_since(sample::at(5.0)), 0, 250), "{played:?}");
    assert!(close(last.to.micros_since(sample::at(8.0)), 0, 250), "{played:?}");
    for row in &played {
        assert!(close(row.end.micros_since(row.at) - row.to.micros_since(row.from), 0, 200), "{row:?}");
        assert!((row.speed - 1.0).abs() < f32::EPSILON, "{row:?}");
    }
    assert!(archive::Archive::open(&home).scan().unwrap().faults.is_empty());
}

#[test]
fn without_an_output_device_there_is_one_line_and_exit_code_4() {
    let folder = tempfile::tempdir().unwrap();
    sample::fill(&Home::at(&folder.path().join("home")));
    let rig = Rig::start_without_devices().unwrap();
    let output = hearsay(&rig, folder.path(), &["play", "2026-11-23T09:15:03Z", "--for", "1s"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.lines().any(|line| line.starts_with("error: ") && line.contains("sound output")), "{told}");
}

/// Records what the speakers play, with the times at which it sounded, and comes back when it does so.
fn record(rig: &Rig, home: &Path) -> Killed {
    let mut command = rig.command(env!("CARGO_BIN_EXE_hearsay-record"));
    command.env("HEARSAY_HOME", home).stderr(Stdio::null()).stdin(Stdio::null());
    let recorder = Killed(command.spawn().unwrap());
    for _ in 0..600 {
        let recorded = Archive::open(&Home::at(home)).segments(&TrackName::loopback(), &Span::ALL);
        if recorded.is_ok_and(|segments| !segments.is_empty()) {
            return recorder;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("nothing is recorded");
}

/// When it clicked.
fn clicked(home: &Path, within: Span) -> Vec<WallTime> {
    let segments = Archive::open(&Home::at(home)).segments(&TrackName::loopback(), &within).unwrap();
    let mut reader = TrackReader::new(segments);
    let frames = usize::try_from(within.end.position().since(within.start.position())).unwrap();
    let mut sound = vec![0.0; frames];
    reader.read(within.start.position(), &mut sound).unwrap();
    let mut clicks = clicks::Clicks::default();
    for sample in sound {
        clicks.take(sample, RATE);
    }
    clicks.found.iter().map(|at| within.start.position().plus(i64::try_from(*at).unwrap()).wall()).collect()
}

/// What of the archive was said to be heard at that time.
fn said_to_be_heard(played: &[Played], at: WallTime) -> Option<WallTime> {
    let row = played.iter().find(|row| row.at <= at && at < row.end)?;
    Some(row.from.plus_micros(at.micros_since(row.at)))
}

/// Of many, the one that so many percent are no greater than: a machine that stands still for a moment moves a few.
fn most(mut off: Vec<i64>, percent: usize) -> i64 {
    off.sort_unstable();
    off[(off.len() - 1) * percent / 100]
}

#[test]
fn for_a_minute_both_sides_sound_in_step_and_when_they_are_said_to() {
    let folder = tempfile::tempdir().unwrap();
    let (home, recorded) = (Home::at(&folder.path().join("home")), folder.path().join("recorded"));
    let seconds = testkit::count("HEARSAY_PLAY_SECONDS", 60);
    home.ensure().unwrap();
    clicks::record(&Archive::open(&home), seconds + 8, 20);
    let rig = Rig::start().unwrap();
    let recorder = record(&rig, &recorded);
    let before = SystemClock.wall();
    let length = format!("{}s", seconds + 4);
    let arguments = ["play", clicks::START, "--for", &length];
    let output = hearsay(&rig, folder.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::thread::sleep(Duration::from_secs(1));
    let within = Span::new(before, SystemClock.wall());
    drop(recorder);
    let heard = clicked(&recorded, within);
    // Said and heard take turns, half a second apart. An idle sink swallows the first of them.
    assert!(heard.len() >= 2 * seconds as usize, "{} clicks in {seconds} s", heard.len());
    let apart = heard.windows(2).map(|pair| (pair[1].micros_since(pair[0]) - 500_000).abs()).collect();
    let played = PlayedLog::open(&Archive::open(&home)).within(&within).unwrap();
    let places: Vec<i64> = heard
        .iter()
        .filter_map(|at| {
            let micros = said_to_be_heard(&played, *at)?.micros_since(clicks::at(0.0));
            Some((micros - (micros + 250_000).div_euclid(500_000) * 500_000).abs())
        })
        .collect();
    assert!(places.len() >= 2 * seconds as usize - 4, "{} of {} clicks are on record", places.len(), heard.len());
    // A row on record holds ten seconds by a single look; one look at a moment when the machine stood still is off for all of them.
    let (apart, misplaced) = (most(apart, 90), most(places, 50));
    println!("{} clicks: {apart} us apart, {misplaced} us from where they are said to be", heard.len());
    assert!(apart <= 5_000, "said and heard are {apart} us apart");
    assert!(misplaced <= 60_000, "what is heard is said to be {misplaced} us off");
}
