//! The commands as scripts see them: the real program in a real home.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod sample;

use sample::{START, Sample, assert_golden, write_wav};
use serde_json::json;
use std::process::Stdio;

#[test]
fn search_prints_an_object_per_hit_with_every_field_of_the_contract() {
    let ran = Sample::day().run(&["search", "agenda", "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let fields = [
        "id", "track", "side", "start", "end", "text", "score", "p", "lang", "pass", "speaker", "state", "reason",
        "match",
    ];
    let places: Vec<usize> = fields.iter().map(|field| ran.out.find(&format!("\"{field}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{}", ran.out);
    let [hit] = ran.json().try_into().unwrap();
    assert_eq!(hit.as_object().unwrap().len(), fields.len());
    assert!(hit["score"].as_f64().unwrap() > 0.0);
    let pass = hit["pass"].as_str().unwrap();
    assert_eq!(hit["id"], json!(format!("20261123T091508.042Z-loopback-{pass}")));
    assert_eq!((&hit["track"], &hit["side"]), (&json!("loopback"), &json!("heard")));
    assert_eq!((&hit["start"], &hit["end"]), (&json!("2026-11-23T09:15:08.042Z"), &json!("2026-11-23T09:15:10.592Z")));
    assert_eq!(hit["text"], "The next item on the agenda is the agenda.");
    assert_eq!((&hit["p"], &hit["lang"], &hit["state"]), (&json!(0.9), &json!("en"), &json!("shown")));
    assert_eq!((&hit["speaker"], &hit["reason"], &hit["match"]), (&json!(null), &json!(null), &json!("words")));
}

#[test]
fn a_misspelled_or_misheard_word_is_found_and_told_apart() {
    for (typed, how, note) in
        [("agneda", "spelling", "that are spelled much like them"), ("ajennta", "sound", "that sound much like them")]
    {
        let ran = Sample::day().run(&["search", typed, "--json"]);
        let hits = ran.json();
        assert_eq!((ran.code, hits.len()), (0, 1), "{typed}: {}", ran.err);
        assert_eq!(hits[0]["match"], json!(how));
        assert!(ran.err.contains(note), "{}", ran.err);
    }
}

#[test]
fn hits_are_counted_per_day_month_or_year() {
    let sample = Sample::day();
    let day = sample.run(&["search", "phoenix", "--per", "day", "--json"]).json();
    let listed = sample.run(&["search", "phoenix", "--json"]).json().len();
    assert_eq!(day.len(), 1, "{day:?}");
    assert_eq!(day[0]["hits"], json!(listed));
    let on = day[0]["on"].as_str().unwrap();
    let found = sample.run(&["search", &format!("phoenix on:{on}"), "--json"]).json().len();
    assert_eq!(found, listed, "what a row names can be searched in");
    let year = sample.run(&["search", "phoenix", "--per", "year"]);
    assert_eq!(year.code, 0, "{}", year.err);
    let words: Vec<&str> = year.out.split_whitespace().collect();
    assert_eq!(words.get(..2), Some([&on[..4], listed.to_string().as_str()].as_slice()), "{}", year.out);
    assert_eq!(sample.run(&["search", "zeppelin", "--per", "month"]).code, 1);
}

#[test]
fn a_search_is_narrowed_by_side_and_time() {
    let sample = Sample::day();
    let texts = |arguments: &[&str]| -> Vec<String> {
        let all = [&["search", "--json"], arguments].concat();
        sample.run(&all).json().iter().map(|hit| hit["text"].as_str().unwrap().to_owned()).collect()
    };
    let (first, second) = ("We decided to postpone Phoenix until December.", "Phoenix & <budget> again?");
    assert_eq!(texts(&["phoenix"]), [second, first]);
    assert_eq!(texts(&["phoenix", "--limit", "1"]), [second]);
    assert_eq!(texts(&["phoenix", "--until", "2026-11-23T09:15:08Z"]), [first]);
    assert_eq!(texts(&["phoenix", "--since", "2026-11-23T09:15:08Z"]), [second]);
    assert_eq!(texts(&["phoenix", "--heard"]), [""; 0]);
    assert_eq!(texts(&["phoenix -budget", "--said"]), [first]);
    assert_eq!(texts(&["password"]), ["The password is in the monitor."]);
    assert_eq!(texts(&["watching"]), [""; 0]);
}

#[test]
fn for_people_a_hit_is_a_line_with_time_side_text_and_id() {
    let ran = Sample::day().run(&["search", "december"]);
    let line = ran.out.strip_suffix("]\n").unwrap().rsplit_once("-mic-").unwrap().0;
    assert_eq!(
        line,
        "2026-11-23 09:15:04  said   We decided to postpone Phoenix until December.  [20261123T091504.220Z"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_the_hit_stands_out() {
    let sample = Sample::day();
    let ran = sample.run_on_terminal("search 'phoenix -budget'");
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("postpone \u{1b}[1;33mPhoenix\u{1b}[22;39m until"), "{:?}", ran.out);
}

#[test]
fn nothing_found_is_exit_code_1_with_a_word_on_why() {
    let sample = Sample::day();
    let ran = sample.run(&["search", "zeppelin"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (1, "", "nothing found\n"));

    let later = sample.path("2026-11-23_12-00-00.wav");
    write_wav(&later, 16_000, 1, 90, 500);
    assert_eq!(sample.run(&["import", later.to_str().unwrap()]).code, 0);
    let ran = sample.run(&["search", "zeppelin"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("1 min of sound isn't transcribed yet: run `hearsay work`"), "{}", ran.err);

    let ran = Sample::empty().run(&["search", "zeppelin"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("no transcript yet: `hearsay work`"), "{}", ran.err);
    let ran = Sample::empty().run(&["show", "today"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("hint: there is no transcript yet"), "{}", ran.err);

    // A worker that found nobody speaking makes a database, and has nothing to index.
    let silent = Sample::empty();
    silent.home().ensure().unwrap();
    drop(store::Store::open(&silent.home().database()).unwrap());
    let ran = silent.run(&["search", "zeppelin"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "nothing found\n"));
}

#[test]
fn an_index_that_is_behind_damaged_or_missing_is_told_of() {
    let sample = Sample::day();
    let mut store = sample.store();
    let (track, pass) = (timeline::TrackName::mic(), store.passes().unwrap()[0].pass.key);
    let span = timeline::Span::new(sample::at(40.0), sample::at(50.0));
    let new = sample::utterance(41.0, 42.0, "Something newer.", store::State::Shown);
    let window = store::WindowRow {
        outcome: store::Outcome::Words,
        utterances: vec![new],
        ..store::WindowRow::nothing(pass, track, span)
    };
    store.commit_window(&window).unwrap();
    let ran = sample.run(&["search", "agenda"]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 1));
    assert!(ran.err.starts_with("note: the index is behind"), "{}", ran.err);

    home::files::create_or_truncate(&sample.home().index().join("2026/meta.json")).unwrap();
    let ran = sample.run(&["search", "agenda"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    assert!(
        ran.err.contains("is damaged") && ran.err.contains("hint: `hearsay work` builds the index anew"),
        "{}",
        ran.err
    );

    std::fs::remove_dir_all(sample.home().index()).unwrap();
    let ran = sample.run(&["search", "agenda"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.starts_with("note: there is no index yet: `hearsay work`"), "{}", ran.err);
}

#[test]
fn a_broken_query_is_read_leniently_with_a_note() {
    let ran = Sample::day().run(&["search", "agenda (\"item", "--json"]);
    assert_eq!((ran.code, ran.json().len()), (0, 1));
    assert!(ran.err.starts_with("note: "), "{}", ran.err);
}

#[test]
fn what_is_typed_wrong_is_exit_code_2_with_a_hint() {
    let sample = Sample::day();
    let config = sample.path("bad.toml");
    home::files::create_new(&config)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"[work]\nbeam = 5\n"))
        .unwrap();
    for (arguments, expected) in [
        (vec!["show", "someday"], "error: cannot read \"someday\" as a span\nhint: times and spans look like"),
        (vec!["search", " "], "error: there is nothing to search for\nhint: for example"),
        (vec!["search", "x", "--limit", "0"], "error: --limit is a number"),
        (vec!["search", "x", "--until", "soon"], "error: cannot read \"soon\" as a time\nhint: "),
        (vec!["play", "09:15", "--for", "long"], "error: cannot read \"long\" as a length\nhint: for example 10s"),
        (vec!["config", "--config", config.to_str().unwrap()], "error: "),
        (
            vec!["import", "x.wav", "--track", "mic", "--side", "heard"],
            "error: the track mic is what was said, not heard\nhint: ",
        ),
        (vec!["export", "today"], "error: "),
        (vec!["sarch"], "error: "),
    ] {
        let ran = sample.run(&arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.starts_with(expected), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let sample = Sample::empty();
    for command in [
        "devices",
        "import",
        "search",
        "show",
        "play",
        "correct",
        "star",
        "note",
        "marks",
        "export",
        "serve",
        "status",
        "gaps",
        "models",
        "models list",
        "models get",
        "models add",
        "models verify",
        "config",
        "completions",
        "demo",
        "record",
        "work",
        "run",
        "pause",
        "resume",
        "rotate",
        "doctor",
        "service",
        "service install",
        "service remove",
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let ran = sample.run(&arguments);
        assert_eq!(ran.code, 0, "{command}: {}", ran.err);
        assert!(
            ran.out.contains("Example") && ran.out.contains(&format!("hearsay {command}")),
            "{command}: {}",
            ran.out
        );
    }
}

#[test]
fn show_and_every_format_of_export_are_as_their_goldens() {
    let sample = Sample::day();
    for (name, arguments) in [
        ("show.txt", vec!["show", "2026-11-23"]),
        ("sample.txt", vec!["export", "2026-11-23T09:15..09:16", "--format", "txt"]),
        ("sample.srt", vec!["export", "2026-11-23T09:15..09:16", "--format", "srt"]),
        ("sample.vtt", vec!["export", "2026-11-23T09:15..09:16", "--format", "vtt"]),
        ("sample.jsonl", vec!["export", "2026-11-23T09:15..09:16", "--format", "jsonl"]),
        ("sample.md", vec!["export", "2026-11-23T09:15..09:16", "--format", "md"]),
        ("sample.quickwit.ndjson", vec!["export", "2026-11-23T09:15..09:16", "--format", "quickwit", "--owner", "ann"]),
    ] {
        let ran = sample.run(&arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{name}");
        assert_golden(name, &ran.out);
    }
    let hidden = sample.run(&["export", "all", "--format", "jsonl", "--hidden"]);
    assert!(hidden.json().iter().any(|row| row["state"] == "hidden"));
}

#[test]
fn the_index_config_maps_every_field_of_the_documents_and_no_other() {
    let sample = Sample::day();
    let arguments =
        ["export", "all", "--format", "quickwit", "--owner", "ann", "--index-config", "index.yaml", "--hidden"];
    let ran = sample.run(&arguments);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let config = std::fs::read_to_string(sample.path("index.yaml")).unwrap();
    let mapped: Vec<&str> = config.lines().filter_map(|line| line.trim().strip_prefix("- name: ")).collect();
    for row in ran.json() {
        for (field, value) in row.as_object().unwrap() {
            assert!(mapped.contains(&field.as_str()), "{field} isn't mapped, and the mode is strict");
            let is_flat = value.as_array().is_none_or(|list| list.iter().all(serde_json::Value::is_string));
            assert!(is_flat && !value.is_object(), "{field}: Quickwit takes no lists of objects");
        }
        for field in mapped.iter().filter(|field| **field != "corrected") {
            assert!(row.get(field).is_some(), "{field} isn't in {row}");
        }
    }
    assert!(config.contains("timestamp_field: start\n") && config.contains("mode: strict\n"));
    assert_eq!(sample.run(&arguments).code, 4, "no file is overwritten");
    assert_eq!(sample.run(&["export", "all", "--format", "md", "--owner", "ann"]).code, 2);
}

#[test]
fn what_is_hidden_is_found_by_who_asks_for_it_with_its_reason() {
    let sample = Sample::day();
    let found = sample.run(&["search", "is:hidden", "--json"]).json();
    assert!(!found.is_empty());
    assert!(found.iter().all(|row| row["state"] == "hidden" && row["reason"].is_string()), "{found:?}");
    let lines = sample.run(&["search", "is:hidden"]).out;
    assert!(lines.contains("(hidden: "), "{lines}");
    let text = found[0]["text"].as_str().unwrap();
    assert!(!sample.run(&["search", text]).out.contains("(hidden: "), "nobody else finds it");
}

#[test]
fn export_writes_a_file_and_overwrites_none() {
    let sample = Sample::day();
    let arguments = ["export", "2026-11-23", "--format", "srt", "--to", "standup.srt"];
    let ran = sample.run(&arguments);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "wrote 7 utterances to standup.srt\n"));
    let before = std::fs::read(sample.path("standup.srt")).unwrap();
    let ran = sample.run(&arguments);
    assert_eq!(ran.code, 4);
    assert!(ran.err.starts_with("error: cannot write standup.srt: ") && ran.err.contains("hint: "), "{}", ran.err);
    assert_eq!(std::fs::read(sample.path("standup.srt")).unwrap(), before);
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let sample = Sample::day();
    for arguments in [vec!["export", "all", "--format", "jsonl"], vec!["search", "agenda"], vec!["show", "all"]] {
        let mut child = sample.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{arguments:?}");
    }
}

#[test]
fn play_cuts_both_sides_out_into_a_stereo_file() {
    let sample = Sample::day();
    let ran = sample.run(&["play", START, "--for", "10s", "--to", "clip.wav"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let mut clip = hound::WavReader::open(sample.path("clip.wav")).unwrap();
    assert_eq!((clip.spec().channels, clip.spec().sample_rate, clip.duration()), (2, 16_000, 160_000));
    let samples: Vec<i16> = clip.samples().map(Result::unwrap).collect();
    assert_eq!(samples[160_000..160_002], [1_000, 2_000], "said left, heard right");

    let ran = sample.run(&["play", START, "--for", "10s", "--to", "clip.wav"]);
    assert_eq!(ran.code, 4, "no file is overwritten");
    assert!(ran.err.starts_with("error: cannot write clip.wav") && ran.err.contains("hint: "), "{}", ran.err);

    let [hit] = sample.run(&["search", "december", "--json"]).json().try_into().unwrap();
    let id = hit["id"].as_str().unwrap();
    assert_eq!(sample.run(&["play", id, "--heard", "--to", "hit.wav"]).code, 0);
    let mut clip = hound::WavReader::open(sample.path("hit.wav")).unwrap();
    assert_eq!(clip.duration(), (7_275 - 4_220 + 500) * 16);
    assert!(clip.samples::<i16>().map(Result::unwrap).step_by(2).all(|said| said == 0));

    let ran = sample.run(&["play", "2026-11-23T12:00Z", "--to", "none.wav"]);
    assert_eq!((ran.code, sample.path("none.wav").exists()), (1, false), "{}", ran.err);
    let ran = sample.run(&["play", "20261123T091504.220Z-mic-00000000", "--to", "none.wav"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
}

#[test]
fn record_and_work_take_over_with_their_own_options_and_exit_codes() {
    let sample = Sample::empty();
    let ran = sample.run(&["work", "--no-such-option"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--no-such-option") && ran.err.contains("hearsay work"), "{}", ran.err);
    let ran = sample.run(&["work", "--once"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("hearsay models get"), "{}", ran.err);
}

#[test]
fn completions_know_the_commands() {
    let ran = Sample::empty().run(&["completions", "bash"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("export") && ran.out.contains("--until"), "{}", ran.out);
}
