//! `hearsay retain` as people and scripts see it: the real program in a real home.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test, which damages files on purpose"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod sample;

use sample::{SECONDS, Sample, at, write_wav};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use store::WindowRow;
use timeline::{Span, TrackName};

/// Every file of a home's sound with its bytes.
fn sound(sample: &Sample) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = testkit::files_below(&sample.home().audio(), "");
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn endings(sample: &Sample, ending: &str) -> usize {
    testkit::files_below(&sample.home().audio(), ending).len()
}

fn rules(sample: &Sample, rules: &str) {
    std::fs::write(sample.home().config_file(), format!("[retention]\n{rules}\n")).unwrap();
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

/// An hour later: sound that no pass has dealt with.
fn waiting(sample: &Sample) {
    let source = sample.path("waiting.wav");
    write_wav(&source, 16_000, 1, SECONDS, 3);
    let arguments = ["import", source.to_str().unwrap(), "--track", "waiting", "--at", "2026-11-23T10:15:00Z"];
    assert_eq!(sample.run(&arguments).code, 0);
}

/// Half a minute on a track of its own, in which a pass heard no word, or which none has dealt with.
fn quiet(sample: &Sample, track: &str, dealt_with: bool) {
    let (name, source) = (TrackName::new(track).unwrap(), sample.path(&format!("{track}.wav")));
    write_wav(&source, 16_000, 1, SECONDS, 3);
    let ran = sample.run(&["import", source.to_str().unwrap(), "--track", track, "--at", sample::START]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    if dealt_with {
        let mut store = sample.store();
        store.ensure_track(&name, timeline::Side::Both).unwrap();
        let pass = store.passes().unwrap()[0].pass.key;
        let span = Span::new(at(0.0), at(f64::from(SECONDS)));
        store.commit_window(&WindowRow::nothing(pass, name, span)).unwrap();
    }
}

/// What the commands give of the sample, to the byte.
fn given(sample: &Sample, clip: &str) -> Vec<(String, Vec<u8>)> {
    let runs = [
        &["search", "phoenix", "--json"][..],
        &["show", "2026-11-23"],
        &["export", "all", "--format", "jsonl"],
        &["export", "all", "--format", "srt"],
        &["gaps", "2026-11-23", "--coverage"],
    ];
    let mut given: Vec<_> = runs
        .iter()
        .map(|arguments| {
            let ran = sample.run(arguments);
            (ran.err, ran.out.into_bytes())
        })
        .collect();
    let ran = sample.run(&["play", "2026-11-23T09:15:03.21Z", "--for", "12s", "--to", clip]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    given.push((String::new(), std::fs::read(sample.path(clip)).unwrap()));
    given
}

#[test]
fn without_a_rule_nothing_happens_and_two_lines_are_offered() {
    let sample = Sample::day();
    let before = sound(&sample);
    for arguments in [&["retain"][..], &["retain", "--dry-run"], &["retain", "--yes", "--json"]] {
        let ran = sample.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""));
        assert!(ran.err.contains("forever") && ran.err.contains("flac_after = \"7d\""), "{}", ran.err);
    }
    assert_eq!(sound(&sample), before);
    let status = sample.run(&["status"]);
    assert!(status.out.contains("keeping    all sound stays as WAV, forever"), "{}", status.out);
    assert!(status.out.contains(" as FLAC"), "{}", status.out);
    let config = sample.run(&["config"]);
    assert!(config.out.contains("[retention]\n") && config.out.contains("# flac_after = \"7d\"\n"), "{}", config.out);
    rules(&sample, "flac_after = \"7 moons\"");
    let ran = sample.run(&["retain", "--dry-run"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is no age"), "{}", ran.err);
}

#[test]
fn a_day_as_flac_gives_byte_for_byte_what_it_gave_as_wav() {
    let sample = Sample::day();
    let (wavs, before) = (given(&sample, "wav.wav"), sound(&sample));
    rules(&sample, "flac_after = \"0d\"");
    let dry = sample.run(&["retain", "--dry-run"]);
    assert_eq!((dry.code, dry.err.as_str()), (0, ""));
    assert!(dry.out.starts_with("flac_after       2 segments, 1 min of sound, would become FLAC"), "{}", dry.out);
    assert_eq!(sound(&sample), before, "a dry run changes nothing");
    // A link is no segment, and what it points to isn't touched.
    let outside = sample.path("outside.wav");
    std::fs::copy(before.keys().next().unwrap(), &outside).unwrap();
    let folder = before.keys().next().unwrap().parent().unwrap();
    let link = folder.join("20261123T100000.000Z.mic.wav");
    std::os::unix::fs::symlink(&outside, &link).unwrap();

    let ran = sample.run(&["retain", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let [row] = ran.json().try_into().unwrap();
    assert_eq!((&row["rule"], &row["segments"], &row["seconds"]), (&json!("flac_after"), &json!(2), &json!(60.0)));
    assert!(row["bytes_after"].as_u64().unwrap() < row["bytes_before"].as_u64().unwrap());
    assert!(outside.exists() && link.is_symlink());
    std::fs::remove_file(&link).unwrap();
    assert_eq!((endings(&sample, ".wav"), endings(&sample, ".flac")), (0, 2));
    assert_eq!(given(&sample, "flac.wav"), wavs);
    let again = sample.run(&["retain"]);
    assert_eq!((again.code, again.out.as_str()), (0, "nothing is old enough: everything stays as it is\n"));

    // One byte that was turned over: the file is named, and the other side is heard.
    let flac = testkit::files_below(&sample.home().audio(), "mic.flac").remove(0);
    let mut bytes = std::fs::read(&flac).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(&flac, bytes).unwrap();
    let ran = sample.run(&["play", "2026-11-23T09:15:00Z", "--for", "30s", "--to", "hurt.wav"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("mic.flac is damaged"), "{}", ran.err);
}

#[test]
fn where_only_the_words_stay_they_are_found_and_the_sound_is_said_to_be_gone() {
    let sample = Sample::day();
    waiting(&sample);
    rules(&sample, "text_only_after = \"0d\"");
    let before = sound(&sample);
    let found = sample.run(&["search", "phoenix", "--json"]).out;
    let refused = sample.run(&["retain"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("would be taken away") && refused.err.contains("--yes"), "{}", refused.err);
    let dry = sample.run(&["retain", "--dry-run", "--json"]);
    assert_eq!((&dry.json()[0]["segments"], &dry.json()[0]["bytes_after"]), (&json!(2), &json!(0)));
    assert_eq!(sound(&sample), before);

    let pinned = sample.run(&["retain", "pin", "2026-11-23T09:15:10..09:15:11"]);
    assert_eq!(pinned.code, 0, "{}", pinned.err);
    assert_eq!(sample.run(&["retain", "pins", "--json"]).json().len(), 1);
    assert_eq!(sample.run(&["retain", "--yes"]).code, 0);
    assert_eq!(sound(&sample), before, "no rule touches what is pinned");
    write(&sample.home().pins_file(), "{\"at\":");
    std::fs::write(sample.home().pins_file(), b"nonsense\n").unwrap();
    let ran = sample.run(&["retain", "--yes"]);
    assert_eq!(ran.code, 4, "a pin may be in it");
    assert!(ran.err.contains("pins.jsonl") && ran.err.contains("line 1"), "{}", ran.err);
    std::fs::remove_file(sample.home().pins_file()).unwrap();
    sample.run(&["retain", "pin", "2026-11-23"]);
    sample.run(&["retain", "unpin", "2026-11-23"]);
    assert_eq!(sample.run(&["retain", "pins"]).code, 1);

    let ran = sample.run(&["retain", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("2 segments") && ran.out.contains("are taken away"), "{}", ran.out);
    assert_eq!(endings(&sample, ".wav"), 1, "what nobody has transcribed stays");
    assert_eq!(sample.run(&["search", "phoenix", "--json"]).out, found, "its words are found");
    let log = testkit::files_below(&sample.home().audio(), "retired.jsonl").remove(0);
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 2);
    let gaps = sample.run(&["gaps", "2026-11-23", "--json"]).json();
    assert_eq!(gaps.iter().map(|gap| &gap["cause"]).collect::<Vec<_>>(), [&json!("retired"), &json!("retired")]);
    let status = sample.run(&["status", "--json"]).json().remove(0);
    assert_eq!(status["worker"]["backlog_s"], json!(30.0), "only what nobody has transcribed is to do");
    for arguments in [&["play", "2026-11-23T09:15:05Z", "--to", "gone.wav"][..], &["play", "2026-11-23T09:15:05Z"]] {
        let played = sample.run(arguments);
        assert_eq!(played.code, 1);
        assert!(played.err.contains("was taken away on") && played.err.contains("text_only_after"), "{}", played.err);
    }
    assert_eq!(sample.run(&["retain", "--yes"]).code, 0);
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 2, "nothing is said twice");
}

#[test]
fn what_holds_no_word_goes_first_and_where_there_is_too_much_the_oldest_goes() {
    let sample = Sample::day();
    quiet(&sample, "quiet", true);
    waiting(&sample);
    rules(&sample, "silence_after = \"0d\"\nflac_after = \"3650d\"");
    let ran = sample.run(&["retain", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!((&ran.json()[0]["rule"], &ran.json()[0]["segments"]), (&json!("silence_after"), &json!(1)));
    assert_eq!((endings(&sample, "quiet.wav"), endings(&sample, ".wav")), (0, 3));

    // A later day with words: it stays, and the first one makes room.
    let later = sample.path("later.wav");
    write_wav(&later, 16_000, 1, 10, 700);
    let arguments = ["import", later.to_str().unwrap(), "--track", "mic", "--at", "2026-11-24T10:00:00Z"];
    assert_eq!(sample.run(&arguments).code, 0);
    let at = timeline::WallTime::parse_rfc3339("2026-11-24T10:00:00Z").unwrap();
    let mut store = sample.store();
    let pass = store.passes().unwrap()[0].pass.key;
    store
        .commit_window(&WindowRow::nothing(pass, TrackName::mic(), Span::new(at, at.plus_micros(10_000_000))))
        .unwrap();
    drop(store);
    // 0.96 MB for each half minute, 0.32 MB for the later one.
    rules(&sample, "max_size = \"2MB\"");
    let ran = sample.run(&["retain", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!((&ran.json()[0]["rule"], &ran.json()[0]["segments"]), (&json!("max_size"), &json!(2)));
    let left = testkit::files_below(&sample.home().audio(), ".wav");
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.iter().any(|path| path.ends_with("20261123T101500.000Z.waiting.wav")), "{left:?}");
    assert!(left.iter().any(|path| path.ends_with("20261124T100000.000Z.mic.wav")), "{left:?}");
}

#[test]
fn sound_stays_while_another_track_of_its_time_waits_to_be_heard_without_it() {
    let sample = Sample::day();
    quiet(&sample, "other", false);
    rules(&sample, "text_only_after = \"0d\"");
    assert_eq!(sample.run(&["retain", "--yes"]).code, 0);
    assert_eq!(endings(&sample, ".wav"), 3);
    // Where transcribing failed the sound is all there is of it, and the others needn't wait.
    let mut store = sample.store();
    let (name, pass) = (TrackName::new("other").unwrap(), store.passes().unwrap()[0].pass.key);
    store.ensure_track(&name, timeline::Side::Both).unwrap();
    let span = Span::new(at(0.0), at(f64::from(SECONDS)));
    let failed = WindowRow {
        outcome: store::Outcome::Quarantined,
        reason: Some("three times".into()),
        ..WindowRow::nothing(pass, name, span)
    };
    store.commit_window(&failed).unwrap();
    drop(store);
    assert_eq!(sample.run(&["retain", "--yes"]).code, 0);
    assert_eq!((endings(&sample, ".wav"), endings(&sample, "other.wav")), (1, 1));
}

#[test]
fn a_worker_that_runs_is_asked_and_nothing_is_done_beside_it() {
    let sample = Sample::day();
    rules(&sample, "flac_after = \"0d\"");
    let before = sound(&sample);
    let lock = home::Lock::acquire(&sample.home().worker_lock()).unwrap();
    let asked = sample.run(&["retain"]);
    assert_eq!((asked.code, asked.out.as_str()), (0, ""));
    assert!(asked.err.contains("was asked"), "{}", asked.err);
    assert_eq!(sound(&sample), before);
    assert!(worker::retention::due(&sample.home()).is_some());
    drop(lock);
    // A FLAC from elsewhere can be imported like any recording.
    assert_eq!(sample.run(&["retain"]).code, 0);
    let flac = testkit::files_below(&sample.home().audio(), "mic.flac").remove(0);
    std::fs::copy(flac, sample.path("talk.flac")).unwrap();
    let imported = sample.run(&["import", "talk.flac", "--at", "2026-11-25T10:00:00Z", "--json"]);
    assert_eq!(
        (imported.code, &imported.json()[0]["end"]),
        (0, &json!("2026-11-25T10:00:30.000Z")),
        "{}",
        imported.err
    );
}
