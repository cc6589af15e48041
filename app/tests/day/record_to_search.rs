//! Real sound from a real sound server, recorded, transcribed and found.

use crate::home::{TestHome, ran};
use std::process::Stdio;
use std::time::{Duration, Instant};
use testkit::{Reference, Rig, Sink, fixture, references};
use timeline::WallTime;

/// How much of the conversation is played, in seconds: enough for several sentences of each side.
const SECONDS: f64 = 32.0;

#[test]
fn a_word_that_only_one_side_said_is_found_on_that_side_at_its_time_through_pulse() {
    record_work_search("pulse", "default", "default");
}

#[test]
fn a_word_that_only_one_side_said_is_found_on_that_side_at_its_time_through_cpal() {
    record_work_search("cpal", "rig_mic", "rig_loopback");
}

fn record_work_search(source: &str, mic: &str, loopback: &str) {
    let (rig, home) = (Rig::start().unwrap(), TestHome::new());
    let mut recorder = rig.command(env!("CARGO_BIN_EXE_hearsay-record"));
    recorder.args(["--source", source, "--mic", mic, "--loopback", loopback]).env("HEARSAY_HOME", home.path());
    let mut recorder = testkit::Killed(recorder.stderr(Stdio::piped()).spawn().unwrap());
    wait_for_both_tracks(&home);
    let played_at = std::time::SystemTime::now();
    let players = [("mic", Sink::MicFeed), ("loopback", Sink::Speakers)]
        .map(|(track, sink)| rig.play(&fixture(&format!("days/standup.{track}.wav")), sink).unwrap());
    std::thread::sleep(Duration::from_secs_f64(SECONDS));
    drop(players);
    let terminated = ran(std::process::Command::new("kill").arg(recorder.0.id().to_string()));
    assert_eq!(terminated.code, Some(0));
    assert_eq!(recorder.0.wait().unwrap().code(), Some(0), "SIGTERM ends a recording well");
    let worked = home.work();
    assert_eq!(worked.code, Some(0), "{worked:?}");

    let since_epoch = played_at.duration_since(std::time::UNIX_EPOCH).unwrap();
    let began = WallTime::from_micros(i64::try_from(since_epoch.as_micros()).unwrap());
    let said = references(&fixture("days/standup.tsv")).unwrap();
    let heard: Vec<&Reference> = said.iter().filter(|r| r.end_s < SECONDS - 2.0).collect();
    let found = heard.iter().filter(|reference| finds(&home, reference, &heard, began)).count();
    println!("{source}: {found} of {} sentences were found by a word of their own", heard.len());
    // The model is small: it mishears some. What it hears must be on the right track at the right time (`finds`).
    assert!(found * 2 >= heard.len(), "{found} of {}", heard.len());
}

fn wait_for_both_tracks(home: &TestHome) {
    let started = Instant::now();
    let has_sound = |track: &str| {
        walk(&home.path().join("audio")).iter().any(|(name, bytes)| name.contains(track) && *bytes > 16_000)
    };
    while !(has_sound(".mic.") && has_sound(".loopback.")) {
        assert!(started.elapsed() < Duration::from_secs(30), "no sound on both tracks after 30 s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn walk(folder: &std::path::Path) -> Vec<(String, u64)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flatten()
        .flat_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path()),
            _ => vec![(entry.file_name().to_string_lossy().into_owned(), entry.metadata().map_or(0, |m| m.len()))],
        })
        .collect()
}

/// Searches the longest word that only this sentence has. A hit must be on its side and at its time.
fn finds(home: &TestHome, sentence: &Reference, all: &[&Reference], began: WallTime) -> bool {
    let words = |r: &Reference| testkit::normalise(&r.text);
    let own = words(sentence)
        .into_iter()
        .filter(|word| word.len() > 3 && all.iter().filter(|other| words(other).contains(word)).count() == 1)
        .max_by_key(String::len);
    let Some(word) = own else { return false };
    let ran = home.hearsay(&["search", &word, "--json"]);
    let hits: Vec<serde_json::Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for hit in &hits {
        let side = if sentence.track == "mic" { "said" } else { "heard" };
        if hit["side"] != side {
            // The model may mishear another sentence as this word, but never in the moment of this one.
            continue;
        }
        let start = WallTime::parse_rfc3339(hit["start"].as_str().unwrap()).unwrap();
        #[allow(clippy::cast_precision_loss, reason = "seconds of a test")]
        let late = start.micros_since(began) as f64 / 1e6 - sentence.start_s;
        if (-0.5..2.5).contains(&late) {
            // A sink that slept takes up to 2 s to wake, for both sides alike.
            return true;
        }
    }
    false
}
