//! Passes listed, compared and chosen, by the real program in the small home of the sample.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test's helpers may fail, and write files of any kind"
)]
#![allow(dead_code, reason = "the sample has more than these tests need")]

mod sample;

use sample::{SECONDS, Sample, pass, utterance, window};
use serde_json::{Value, json};
use store::{State, WindowRow};
use timeline::{Span, TrackName};

/// What a larger model heard on the microphone and the loopback.
#[rustfmt::skip]
const HEARD_AGAIN: &[(&str, f64, f64, &str)] = &[
    ("mic", 1.5, 3.29, "I think we are out of time."),
    ("mic", 4.22, 7.275, "We have decided to postpone Phoenix until november."),
    ("loopback", 8.042, 10.592, "The next item on the agenda is the Agenda"),
    ("mic", 9.5, 11.25, "Phoenix and budget again?"),
    ("loopback", 12.0, 18.75, "Action item for Monica, update the letter on Friday and tell everybody who was here what we decided about it."),
    ("mic", 26.0, 27.0, "Goodbye."),
];

/// The sample with a second pass over its first 28 seconds; the names of both.
fn with_two_passes() -> (Sample, String, String) {
    let sample = Sample::day();
    let mut store = sample.store();
    let first = store.passes().unwrap()[0].pass.name.to_string();
    let pass = pass(&store, "larger", 1, 9);
    for track in [TrackName::mic(), TrackName::loopback()] {
        let heard = HEARD_AGAIN.iter().filter(|heard| heard.0 == track.as_str());
        let heard = heard.map(|&(_, from, to, text)| utterance(from, to, text, State::Shown)).collect();
        let row = window(pass, &track, (0.0, 28.0), heard);
        store.commit_window(&WindowRow { compute_micros: 5_000_000, ..row }).unwrap();
    }
    worker::Follower::open(&sample.home().index()).unwrap().catch_up(&store).unwrap();
    let second = store.pass(pass).unwrap().unwrap().name.to_string();
    (sample, first, second)
}

fn texts(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["text"].as_str().unwrap()).collect()
}

#[test]
fn compare_lists_exactly_where_two_passes_differ() {
    let (sample, first, second) = with_two_passes();
    let ran = sample.run(&["compare", &first, &second, "all"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let golden = testkit::fixture("export/compare.txt");
    if std::env::var_os("HEARSAY_WRITE_GOLDENS").is_some() {
        std::fs::write(&golden, &ran.out).unwrap();
    }
    assert_eq!(ran.out, std::fs::read_to_string(golden).unwrap());

    let rows = sample.run(&["compare", &first, &second, "all", "--json"]).json();
    let (counts, rows) = rows.split_last().unwrap();
    let words = |row: &Value, side: &str| -> Vec<String> {
        row[side].as_array().unwrap().iter().map(|word| word["text"].as_str().unwrap().to_owned()).collect()
    };
    let kinds: Vec<&str> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    let lefts: usize = rows.iter().map(|row| words(row, "left").len()).sum();
    let rights: usize = rows.iter().map(|row| words(row, "right").len()).sum();
    let number = |name: &str| usize::try_from(counts[name].as_u64().unwrap()).unwrap();
    assert_eq!(lefts, number("changed") + number("lost"), "{rows:?}");
    assert_eq!(rights, number("changed") + number("new"));
    for kind in ["changed", "new", "lost"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert!(rows.iter().all(|row| row["track"] != "phone"), "only one of them heard that track");

    let same = sample.run(&["compare", &first, &first, "all"]);
    assert_eq!(same.code, 1, "{}", same.out);
    let nowhere = sample.run(&["compare", &first, &second, "2020"]);
    assert!(nowhere.code == 1 && nowhere.err.contains("hint:"), "{}", nowhere.err);
    let unknown = sample.run(&["compare", &first, "00000000", "all"]);
    assert!(unknown.code == 1 && unknown.err.contains("hearsay passes"), "{}", unknown.err);
    assert_eq!(sample.run(&["compare", &first, "best", "all"]).code, 2);
}

#[test]
fn prefer_and_undo_change_what_is_read_and_found_and_nothing_else() {
    let (sample, first, second) = with_two_passes();
    let show = |sample: &Sample| sample.run(&["show", "all", "--json"]).json();
    let best = show(&sample);
    assert!(texts(&best).contains(&"We have decided to postpone Phoenix until november."));
    let found = |query: &str| sample.run(&["search", query, "--json"]).json();
    assert_eq!(texts(&found("november")).len(), 1);
    assert!(found("december").is_empty());
    // What the larger one didn't hear is there, and is told apart.
    let doubtful = found("password");
    assert_eq!(
        (doubtful[0]["state"].as_str(), doubtful[0]["reason"].as_str()),
        (Some("doubtful"), Some(format!("not heard by {second}").as_str()))
    );
    // Both versions can be searched.
    assert_eq!(found(&format!("december pass:{first}")).len(), 1);
    assert_eq!(found("december pass:all").len(), 1);
    assert!(found(&format!("december pass:{second}")).is_empty());
    assert_eq!(found("postpone pass:all").len(), 2);

    let plain = |sample: &Sample| {
        let store = sample.store();
        let passes = store.passes().unwrap();
        let of_pass = |key| format!("{:?}", store.of_pass(key, &Span::ALL).unwrap());
        passes.iter().map(|summary| of_pass(summary.pass.key)).collect::<Vec<_>>()
    };
    let before = plain(&sample);
    let ran = sample.run(&["prefer", &first, "2026-11-23T09:15:00..09:15:08"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let preferred = show(&sample);
    assert!(texts(&preferred).contains(&"We decided to postpone Phoenix until December."));
    assert!(texts(&preferred).contains(&"Phoenix and budget again?"), "elsewhere nothing changes");
    assert_eq!(found("december").len(), 1);
    assert!(found("november").is_empty());
    assert_eq!(plain(&sample), before, "no pass is changed");

    // The choice outlives the database.
    for name in ["archive.sqlite3", "archive.sqlite3-wal", "archive.sqlite3-shm"] {
        let path = sample.home().root().join(name);
        if name.ends_with("sqlite3") {
            worker_states_words(&sample);
        }
        std::fs::remove_file(path).ok();
    }
    let rebuilt = sample.run(&["rebuild", "--yes"]);
    assert_eq!(rebuilt.code, 0, "{}", rebuilt.err);
    assert_eq!(show(&sample), preferred);

    let undone = sample.run(&["prefer", "--undo"]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(show(&sample), best);
    assert_eq!((found("november").len(), found("december").len()), (1, 0));
    let again = sample.run(&["prefer", "--undo"]);
    assert_eq!(again.code, 1, "{}", again.err);
    for (arguments, code) in [
        (vec!["prefer", "00000000", "all"], 1),
        (vec!["prefer", &first], 2),
        (vec!["prefer", &first, "2020"], 1),
        (vec!["prefer", "x", "all"], 2),
    ] {
        assert_eq!(sample.run(&arguments).code, code, "{arguments:?}");
    }
}

/// Has the words written beside the sound, as a worker does.
fn worker_states_words(sample: &Sample) {
    let rebuilt = sample.run(&["rebuild", "--yes"]);
    assert_eq!(rebuilt.code, 0, "{}", rebuilt.err);
}

#[test]
fn passes_say_what_they_cover_and_how_sure_they_were() {
    let (sample, first, second) = with_two_passes();
    let rows = sample.run(&["passes", "--json"]).json();
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [second.as_str(), first.as_str()], "the best first");
    for field in ["model", "model_sha256", "engine", "spans", "speech_s", "speed_x", "created"] {
        assert!(rows.iter().all(|row| !row[field].is_null()), "{field}: {rows:?}");
    }
    assert_eq!(rows[0]["speed_x"], json!(2.0));
    assert!((rows[0]["p"].as_f64().unwrap() - 0.9).abs() < 1e-6);
    let lines = sample.run(&["passes"]).out;
    assert!(lines.contains("larger") && lines.contains("2.0 x") && lines.lines().count() == 2, "{lines}");
    assert_eq!(Sample::empty().run(&["passes"]).code, 1);
    let seconds = f64::from(SECONDS);
    assert!(rows[1]["sound_s"].as_f64().unwrap() >= seconds);
}

#[test]
fn retranscribe_says_what_is_wrong_before_it_queues_anything() {
    let sample = Sample::day();
    for (arguments, code, says) in [
        (vec!["retranscribe", "all"], 2, "--model"),
        (vec!["retranscribe", "all", "--model", "no-such-model"], 4, "no-such-model"),
        (vec!["retranscribe", "sometime", "--model", "base"], 2, "hint:"),
        (vec!["retranscribe", "all", "--model", "base", "--hours", "25..26"], 2, "22:00..07:00"),
        (vec!["cancel", "00000000"], 1, "hearsay passes"),
    ] {
        let ran = sample.run(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{arguments:?}: {}", ran.err);
    }
    assert!(sample.store().campaigns().unwrap().is_empty());
    let nothing = Sample::empty().run(&["retranscribe", "all", "--model", "base"]);
    assert!(nothing.code == 1 && nothing.err.contains("hearsay work"), "{}", nothing.err);
}
