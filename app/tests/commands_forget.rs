//! `hearsay forget`: nothing of the span is left in any file, everything else is as it was, and a kill changes neither.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a test"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod sample;

use archive::{Archive, ForgottenLog, Session, TrackWriter, WriterSettings};
use index::Searcher;
use sample::{Ran, Sample, at, pass, utterance, window};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use store::{State, Store};
use testkit::{Chance, count, files_below, fixture};
use timeline::{SampleRate, Side, Span, SpanSet, TrackName};
use worker::Backlog;

/// Kills in the normal run; `cargo xtask soak` sets more.
const KILLS: u32 = 5;

/// What is forgotten, in seconds of the sample: the sentence about kestrels, and the beginning of the one after.
const SPAN: (f64, f64) = (39.5, 43.5);
const SPAN_TEXT: &str = "2026-11-23T09:15:39.5Z..2026-11-23T09:15:43.5Z";
/// What is only in there, as it was said and as the index has it: folded, and stemmed.
const WORDS: [&str; 6] = ["zanzibar", "kestrel", "nesting", "quicksilver", "marmalade", "marmalad"];

/// Who said what when. The third and the fifth go whole, though they reach beyond the span.
#[rustfmt::skip]
const SAID: &[(&str, f64, f64, &str)] = &[
    ("mic", 30.0, 33.0, "We decided to postpone Phoenix until December."),
    ("mic", 40.0, 43.0, "Zanzibar kestrels are nesting."),
    ("mic", 43.4, 44.0, "Quicksilver!"),
    ("mic", 45.0, 46.0, "Phoenix again."),
    ("loopback", 38.0, 40.5, "Marmalade, kestrels and Zanzibar."),
    ("loopback", 60.0, 62.0, "The next item on the agenda."),
];

/// Two and a half minutes of both sides, with words by two passes, in all files that hold any.
fn day() -> Sample {
    let sample = Sample::empty();
    sample.home().ensure().unwrap();
    let archive = Archive::open(&sample.home());
    for (track, side) in [(TrackName::mic(), Side::Said), (TrackName::loopback(), Side::Heard)] {
        let wav = fixture(&format!("days/call.{track}.wav"));
        archive::import::import(&archive, &wav, &track, side, at(0.0), &mut |_| {}).unwrap();
    }
    let mut store = sample.store();
    for (digit, model, rank) in [(0, "sample", 0), (1, "hasty", store::PROVISIONAL)] {
        let pass = pass(&store, model, digit, rank);
        transcribe(&mut store, pass);
    }
    drop(store);
    let ran = sample.run(&["rebuild", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    sample
}

fn transcribe(store: &mut Store, pass: i64) {
    for (track, side) in [(TrackName::mic(), Side::Said), (TrackName::loopback(), Side::Heard)] {
        store.ensure_track(&track, side).unwrap();
        for from in [0.0, 50.0] {
            let within = |said: &&(&str, f64, f64, &str)| said.0 == track.as_str() && (said.1 >= 50.0) == (from > 0.0);
            let said = SAID.iter().filter(within).map(|&(_, from, to, text)| utterance(from, to, text, State::Shown));
            store.commit_window(&window(pass, &track, (from, from + 50.0), said.collect())).unwrap();
        }
    }
}

/// The day with what the user wrote about it: a correction, a star and notes on what is forgotten, and others beside it.
fn written() -> Sample {
    let sample = day();
    let id = |query: &str| sample.run(&["search", query, "--json"]).json()[0]["id"].as_str().unwrap().to_owned();
    let (kestrels, phoenix) = (id("nesting"), id("december"));
    for arguments in [
        vec!["correct", &kestrels, "Zanzibar kestrels are resting."],
        vec!["correct", &kestrels, "Quicksilver kestrels are nesting."],
        vec!["correct", &phoenix, "We decided to postpone Phoenix until November."],
        vec!["star", &kestrels],
        vec!["note", &kestrels, "ask about the marmalade"],
        vec!["note", &kestrels, "ask about #zanzibar"],
        vec!["note", "2026-11-23T09:15:00Z..2026-11-23T09:17:00Z", "that day with the kestrels"],
        vec!["note", &phoenix, "tell Monica"],
    ] {
        let ran = sample.run(&arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
    }
    sample
}

fn notes(sample: &Sample) -> Vec<String> {
    let marks = sample.run(&["marks", "--json"]).json();
    marks.iter().filter_map(|row| row["note"].as_str().map(str::to_owned)).collect()
}

#[test]
fn what_the_user_wrote_of_it_goes_with_it() {
    let (sample, before) = (written(), written());
    let sound = sound(&sample);
    let everywhere = found(&sample, &sound);
    assert!(everywhere.contains("marks.jsonl") && everywhere.contains("words.71d90ab0.jsonl"), "{everywhere:?}");
    let [plan] = sample.run(&["forget", SPAN_TEXT, "--dry-run", "--json"]).json().try_into().unwrap();
    assert_eq!((&plan["stars"], &plan["notes"]), (&1.into(), &2.into()), "{plan}");
    assert_eq!(plan["utterances"][0]["model"], "you");
    let ran = sample.run(&["forget", SPAN_TEXT, "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_forgotten(&sample, &before, &sound);
    assert_eq!(notes(&sample), ["tell Monica"], "what reaches beyond the span goes whole");
    assert_eq!(sample.run(&["search", "note:kestrels", "--json"]).json().len(), 0);
    assert_eq!(sample.run(&["check"]).code, 0);

    // A file that is put back brings nothing of it back, and what is written of it afterwards stands.
    fs::copy(before.home().marks_file(), sample.home().marks_file()).unwrap();
    let ran = sample.run(&["note", SPAN_TEXT, "they asked me to"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(notes(&sample), ["tell Monica", "they asked me to"]);
    let ran = sample.run(&["rebuild", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(notes(&sample), ["tell Monica", "they asked me to"]);
}

fn copy(sample: &Sample) -> Sample {
    let other = Sample::empty();
    for path in files_below(sample.home().root(), "") {
        let to = other.home().root().join(path.strip_prefix(sample.home().root()).unwrap());
        home::files::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&path, &to).unwrap();
    }
    other
}

/// Bytes of sound out of the span, from all over it and of both sides.
fn sound(sample: &Sample) -> Vec<Vec<u8>> {
    let of = |track: &str, seconds: f64| {
        let [path] = files_below(sample.home().root(), &format!("{track}.wav")).try_into().unwrap();
        let bytes = fs::read(path).unwrap();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a small sample")]
        let from = 512 + 2 * (seconds * 16_000.0).round() as usize;
        bytes[from..from + 256].to_vec()
    };
    let pieces: Vec<Vec<u8>> = ["mic", "loopback"]
        .iter()
        .flat_map(|track| [SPAN.0, 41.0, SPAN.1 - 0.008].map(|seconds| of(track, seconds)))
        .filter(|piece| piece.iter().any(|byte| *byte != 0))
        .collect();
    assert!(pieces.len() >= 4, "there is sound in the span");
    pieces
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

/// In which files of the home a word or a piece of sound of the span stands, and in which dictionaries of the index.
fn found(sample: &Sample, sound: &[Vec<u8>]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files_below(sample.folder.path(), "") {
        let bytes = fs::read(&path).unwrap();
        let has_word = WORDS.iter().any(|word| contains(&bytes, word.as_bytes()));
        let has_sound = sound.iter().any(|piece| bytes.windows(piece.len()).any(|window| window == piece));
        if has_word || has_sound {
            found.insert(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    let searcher = Searcher::open(&sample.home().index()).unwrap();
    if WORDS.iter().any(|word| searcher.terms_with(word).unwrap() > 0) {
        found.insert("index".to_owned());
    }
    found
}

/// What a reader is given of everything but what was forgotten.
fn export(sample: &Sample) -> Vec<String> {
    let ran = sample.run(&["export", "all", "--format", "jsonl", "--hidden"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out.lines().map(ToOwned::to_owned).collect()
}

/// All that the database has of each pass.
fn rows(sample: &Sample) -> Vec<String> {
    let store = Store::open_read_only(&sample.home().database()).unwrap();
    let passes = store.passes().unwrap();
    let of = |pass: &store::PassSummary| store.of_pass(pass.pass.key, &Span::ALL).unwrap();
    passes.iter().flat_map(of).map(|it| format!("{:?}", store::Utterance { key: 0, ..it })).collect()
}

fn is_of_span(line: &str) -> bool {
    WORDS.iter().any(|word| contains(line.as_bytes(), word.as_bytes()))
}

fn frames(path: &Path) -> Vec<i16> {
    hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect()
}

fn wavs(sample: &Sample) -> Vec<PathBuf> {
    files_below(&sample.home().audio(), ".wav")
}

fn pending(sample: &Sample) -> usize {
    ForgottenLog::open(&Archive::open(&sample.home())).all().unwrap().pending.len()
}

/// Whether nothing of the span is left, and everything else is as it was in `before`.
fn assert_forgotten(sample: &Sample, before: &Sample, sound: &[Vec<u8>]) {
    assert_eq!(found(sample, sound), BTreeSet::new());
    assert_eq!(pending(sample), 0);
    let others = |lines: Vec<String>| -> Vec<String> { lines.into_iter().filter(|line| !is_of_span(line)).collect() };
    assert_eq!(export(sample), others(export(before)), "what is around reads byte for byte as before");
    assert_eq!(rows(sample), others(rows(before)));
    let range = 39_500 * 16..43_500 * 16;
    for (now, then) in wavs(sample).iter().zip(wavs(before)) {
        let (now, then) = (frames(now), frames(&then));
        assert_eq!((&now[..range.start], &now[range.end..]), (&then[..range.start], &then[range.end..]));
        assert!(now[range.clone()].iter().all(|sample| *sample == 0) && now.len() == then.len());
    }
    assert_words_stand_once(sample);
    // A dictionary that the index no longer knows of would be out of sight above.
    for terms in files_below(&sample.home().index(), ".term") {
        let meta = fs::read_to_string(terms.with_file_name("meta.json")).unwrap().replace('-', "");
        assert!(meta.contains(terms.file_stem().unwrap().to_str().unwrap()), "{} was left", terms.display());
    }
}

fn assert_words_stand_once(sample: &Sample) {
    let (mut ids, mut marks) = (BTreeSet::new(), BTreeSet::new());
    let log = archive::WordsLog::open(&Archive::open(&sample.home()));
    for path in log.files().unwrap() {
        let read = log.read(&path).unwrap();
        assert_eq!(read.faults, []);
        for line in read.lines {
            let line: serde_json::Value = serde_json::from_str(&line.text).unwrap();
            assert!(marks.insert(line["mark"].as_str().unwrap().to_owned()));
            let said = line["utterances"].as_array().unwrap();
            assert!(said.iter().all(|it| ids.insert(it["id"].as_str().unwrap().to_owned())), "one stands there twice");
        }
    }
}

#[test]
fn what_is_forgotten_is_in_no_file_any_more_and_everything_else_is_as_it_was() {
    let (sample, before) = (day(), day());
    let sound = sound(&sample);
    let everywhere = found(&sample, &sound);
    println!("before: {everywhere:?}");
    assert!(everywhere.contains("archive.sqlite3") || everywhere.contains("archive.sqlite3-wal"), "{everywhere:?}");
    assert!(everywhere.contains("index"), "{everywhere:?}");
    let of = |ending: &str| everywhere.iter().filter(|name| name.ends_with(ending)).count();
    assert_eq!((of(".wav"), of(".jsonl")), (2, 2), "{everywhere:?}");
    fs::copy(sample.home().database(), sample.path("home/archive.sqlite3.damaged-20261123T100000.000Z")).unwrap();

    let dry = sample.run(&["forget", SPAN_TEXT, "--dry-run", "--json"]);
    assert_eq!(dry.code, 0, "{}", dry.err);
    let [plan] = dry.json().try_into().unwrap();
    assert_eq!(
        (plan["outcome"].as_str(), plan["tracks"][0]["sound_s"].as_f64()),
        (Some("would_go"), Some(4.0)),
        "{plan}"
    );
    assert_eq!(
        (plan["tracks"][0]["segments"].as_u64(), plan["tracks"][0]["segments_partly"].as_u64()),
        (Some(0), Some(1))
    );
    assert_eq!(
        (plan["utterances"][1]["utterances"].as_u64(), plan["utterances"][1]["partly"].as_u64()),
        (Some(3), Some(2))
    );
    assert!(dry.err.ends_with("nothing was changed\n") && dry.err.contains("damaged-2026"), "{}", dry.err);
    let refused = sample.run(&["forget", SPAN_TEXT]);
    assert!(refused.code == 2 && refused.err.contains("hint: --yes"), "{}", refused.err);
    assert_eq!(rows(&sample), rows(&before), "nothing was changed");

    let ran = sample.run(&["forget", SPAN_TEXT, "--yes", "--json"]);
    assert_eq!((ran.code, ran.json()[0]["outcome"].as_str()), (0, Some("gone")), "{}", ran.err);
    assert!(!is_of_span(&ran.out) && !is_of_span(&ran.err), "no word is told");
    assert_forgotten(&sample, &before, &sound);
    readers_find_a_gap(&sample);
    rebuilding_gives_nothing_back(&sample, &before, &sound);
    let again = sample.run(&["forget", SPAN_TEXT, "--yes"]);
    assert!(again.code == 1 && again.err.contains("nothing was recorded or said"), "{}", again.err);
}

fn readers_find_a_gap(sample: &Sample) {
    let gaps = sample.run(&["gaps", "2026-11-23", "--json"]).json();
    let told: Vec<_> = gaps.iter().map(|gap| (gap["track"].as_str(), gap["cause"].as_str())).collect();
    assert_eq!(told, [(Some("loopback"), Some("forgotten")), (Some("mic"), Some("forgotten"))]);
    assert_eq!(
        (gaps[0]["start"].as_str(), gaps[0]["end"].as_str()),
        (Some("2026-11-23T09:15:39.500Z"), Some("2026-11-23T09:15:43.500Z"))
    );
    for query in ["zanzibar", "kestrels", "\"postpone kestrels\"", "quick*"] {
        let ran = sample.run(&["search", query, "--json"]);
        assert!(!is_of_span(&ran.out), "{query}: {}", ran.out);
    }
    // The one after it follows on the one before it now: no phrase goes across what was forgotten.
    assert_eq!(sample.run(&["search", "\"until December phoenix again\"", "--json"]).json().len(), 1);
    let show = sample.run(&["show", SPAN_TEXT]);
    assert_eq!(show.code, 1, "{}", show.out);
    let clip = sample.path("clip.wav");
    let play = sample.run(&["play", "2026-11-23T09:15:40Z", "--for", "3s", "--to", clip.to_str().unwrap()]);
    assert!(play.code == 1 && play.err.contains("there is no sound") && !clip.exists(), "{}", play.err);
    // No pass hears it again, a new one neither.
    let scan = Archive::open(&sample.home()).scan().unwrap();
    assert_eq!(scan.faults, []);
    let backlog = Backlog::of(scan.segments, |_| Ok::<_, std::io::Error>(SpanSet::new())).unwrap();
    let gone = Span::new(at(SPAN.0), at(SPAN.1));
    assert!(backlog.tracks.iter().all(|track| track.left.within(&gone).is_empty() && track.left.iter().count() == 2));
    // Sound for it isn't taken in either.
    let wav = fixture("days/standup.mic.wav");
    let import = ["import", wav.to_str().unwrap(), "--track", "mic", "--at", "2026-11-23T09:13:30Z"];
    let ran = sample.run(&import);
    assert!(ran.code == 4 && ran.err.contains("was forgotten"), "{}", ran.err);
}

fn rebuilding_gives_nothing_back(sample: &Sample, before: &Sample, sound: &[Vec<u8>]) {
    for name in ["archive.sqlite3", "archive.sqlite3-wal", "archive.sqlite3-shm"] {
        fs::remove_file(sample.home().root().join(name)).ok();
    }
    fs::remove_dir_all(sample.home().index()).unwrap();
    let ran = sample.run(&["rebuild"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_forgotten(sample, before, sound);
    // A database that is put back has the words again, and so has a file of words: what the folders say outlives both.
    fs::copy(before.home().database(), sample.home().database()).unwrap();
    for path in files_below(&before.home().audio(), ".jsonl") {
        fs::copy(&path, sample.home().root().join(path.strip_prefix(before.home().root()).unwrap())).unwrap();
    }
    assert!(!found(sample, sound).is_empty());
    let ran = sample.run(&["rebuild", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_forgotten(sample, before, sound);
}

#[test]
fn from_the_moment_it_is_asked_for_nobody_is_given_anything_of_it() {
    let sample = day();
    let sound = sound(&sample);
    let forgetting = archive::Forgetting::new(&Span::new(at(SPAN.0), at(SPAN.1)), None, at(1_000.0));
    // The line alone, as one leaves it who is killed right behind it.
    ForgottenLog::open(&Archive::open(&sample.home())).ask(&forgetting).unwrap();
    assert!(!found(&sample, &sound).is_empty());
    let clip = sample.path("clip.wav");
    let play = sample.run(&["play", "2026-11-23T09:15:40Z", "--for", "3s", "--to", clip.to_str().unwrap()]);
    assert_eq!(play.code, 1, "{}", play.err);
    // Whoever comes next finishes it, whatever else they were asked for.
    let other = sample.run(&["forget", "2026-11-20", "--yes"]);
    assert_eq!(other.code, 1, "{}", other.err);
    assert_forgotten(&sample, &day(), &sound);
}

#[test]
fn one_track_alone_can_be_forgotten() {
    let (sample, before) = (day(), day());
    let ran = sample.run(&["forget", SPAN_TEXT, "--track", "loopback", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let gone = |line: &String| line.contains("Marmalade");
    let rest: Vec<String> = export(&before).into_iter().filter(|line| !gone(line)).collect();
    assert_eq!(export(&sample), rest);
    let [loopback, mic] = wavs(&sample).try_into().unwrap();
    let [loopback_before, mic_before] = wavs(&before).try_into().unwrap();
    assert_eq!(fs::read(mic).unwrap(), fs::read(mic_before).unwrap());
    assert_ne!(fs::read(loopback).unwrap(), fs::read(loopback_before).unwrap());
    let gaps = sample.run(&["gaps", "2026-11-23", "--json"]).json();
    assert_eq!(gaps.iter().map(|gap| gap["track"].as_str().unwrap()).collect::<Vec<_>>(), ["loopback"]);
}

#[test]
fn a_day_that_is_forgotten_leaves_no_sound_file_behind() {
    let sample = day();
    let ran = sample.run(&["forget", "2026-11-23", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(wavs(&sample), Vec::<PathBuf>::new());
    assert_eq!(rows(&sample), Vec::<String>::new());
    assert_eq!(sample.run(&["show", "2026-11-23"]).code, 1);
    assert_eq!(sample.run(&["gaps", "2026-11-23", "--json"]).json().len(), 2);
}

#[test]
fn a_forget_that_is_killed_anywhere_is_finished_by_whoever_comes_next() {
    let kills = count("HEARSAY_FORGET_KILLS", KILLS);
    let whole = written();
    let sound = sound(&whole);
    let calm = copy(&whole);
    let started = Instant::now();
    assert_eq!(calm.run(&["forget", SPAN_TEXT, "--yes"]).code, 0);
    let undisturbed = started.elapsed();
    let (mut killed, mut asked, mut left, mut chance) = (0, 0, BTreeSet::new(), Chance::new(0xF0_49E7));
    while killed < kills {
        let sample = copy(&whole);
        let mut command = sample.command(&["forget", SPAN_TEXT, "--yes"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let micros = chance.below(u64::try_from(undisturbed.as_micros()).unwrap());
        std::thread::sleep(Duration::from_micros(micros));
        if child.try_wait().unwrap().is_some() {
            continue;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        left.insert(format!("{:?}", found(&sample, &sound)));
        if pending(&sample) == 0 && ForgottenLog::open(&Archive::open(&sample.home())).all().unwrap().all.is_empty() {
            assert_eq!(rows(&sample), rows(&whole), "nothing goes before it is said that it is to");
            assert_eq!(sample.run(&["forget", SPAN_TEXT, "--yes"]).code, 0);
        } else {
            asked += 1;
            let next: &[&str] =
                if killed % 2 == 0 { &["rebuild", "--yes"] } else { &["forget", "2026-11-20", "--yes"] };
            let ran: Ran = sample.run(next);
            assert!([0, 1].contains(&ran.code), "{}", ran.err);
        }
        assert_forgotten(&sample, &whole, &sound);
        assert_eq!(notes(&sample), ["tell Monica"]);
    }
    println!("{killed} kills within {undisturbed:?}, {asked} after it was asked for; left behind: {left:#?}");
}

#[test]
fn what_a_recorder_left_behind_that_died_is_forgotten_too() {
    let sample = Sample::empty();
    sample.home().ensure().unwrap();
    let archive = Archive::open(&sample.home());
    let session = Session::start(at(0.0), 5_000_000);
    let settings = WriterSettings::default();
    let mut mic = TrackWriter::new(&archive, &session, TrackName::mic(), Side::Said, SampleRate::SPEECH, settings);
    let block: Vec<i16> = (1..=16_000).collect();
    for second in 0..20 {
        mic.place(&block, 5_000_000 + second * 1_000_000).unwrap();
    }
    drop(mic);
    assert_eq!(files_below(&sample.home().audio(), ".part").len(), 1);
    let ran = sample.run(&["forget", "2026-11-23T09:15:05Z..2026-11-23T09:15:08Z", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let [path] = wavs(&sample).try_into().unwrap();
    let frames = frames(&path);
    let silent = |second: usize| frames[second * 16_000..(second + 1) * 16_000].iter().all(|frame| *frame == 0);
    assert_eq!((0..20).filter(|second| silent(*second)).collect::<Vec<_>>(), [5, 6, 7]);
    assert_eq!(frames.len(), 20 * 16_000);
}
