//! What the user writes about what was said, by the real program in the small home of the sample.

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

use sample::{Sample, pass, utterance, window};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use store::State;
use timeline::TrackName;

const HEARD: &str = "We decided to postpone Phoenix until December.";
const SAID: &str = "We decided to postpone the Phoenix until November.";

fn found(sample: &Sample, query: &str) -> Vec<Value> {
    sample.run(&["search", query, "--json"]).json()
}

/// The id of the only hit.
fn id(sample: &Sample, query: &str) -> String {
    let found = found(sample, query);
    assert_eq!(found.len(), 1, "{query}: {found:?}");
    found[0]["id"].as_str().unwrap().to_owned()
}

fn text(row: &Value) -> &str {
    row["text"].as_str().unwrap()
}

fn export(sample: &Sample) -> String {
    let ran = sample.run(&["export", "all", "--format", "jsonl", "--hidden"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out
}

/// Runs a command that has to do what it is asked for.
fn does(sample: &Sample, arguments: &[&str]) {
    let ran = sample.run(arguments);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{arguments:?}: {}", ran.err);
}

/// What `check` names, but for the sound of the phone, of which the sample has only words.
fn faults(sample: &Sample) -> Vec<String> {
    let named = sample.run(&["check", "--json"]).json();
    named.iter().map(ToString::to_string).filter(|fault| !fault.contains("no sound of phone")).collect()
}

/// Takes the database and the index away.
fn lose(sample: &Sample) {
    for name in ["archive.sqlite3", "archive.sqlite3-wal", "archive.sqlite3-shm"] {
        std::fs::remove_file(sample.home().root().join(name)).ok();
    }
    std::fs::remove_dir_all(sample.home().index()).unwrap();
}

#[test]
fn a_correction_is_what_is_read_and_found_until_it_is_taken_back() {
    let sample = Sample::day();
    let (heard, before) = (id(&sample, "december"), export(&sample));
    does(&sample, &["correct", &heard, SAID]);

    let hits = found(&sample, "november");
    assert_eq!((text(&hits[0]), &hits[0]["corrected"]), (SAID, &Value::Bool(true)));
    assert_eq!(hits[0]["p"], 1.0);
    assert!(found(&sample, "december").is_empty());
    assert_eq!(id(&sample, "december pass:all"), heard, "what was heard is kept, and found by who asks for it");
    assert_eq!(text(&found(&sample, "model:you")[0]), SAID);
    let shown = sample.run(&["show", "all", "--json"]).json();
    let texts: Vec<&str> = shown.iter().map(text).collect();
    assert!(texts.contains(&SAID) && !texts.contains(&HEARD), "{texts:?}");
    assert_eq!(shown.iter().filter(|row| !row["corrected"].is_null()).count(), 1);
    assert!(sample.run(&["search", "november"]).out.contains("(corrected)"));
    assert!(sample.run(&["show", "all"]).out.contains("(corrected)"));

    // Words that were heard keep their times.
    let words = |export: &str, text: &str| -> Vec<(String, String)> {
        let rows = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let row = rows.into_iter().find(|row| row["text"] == text).unwrap();
        let words = row["words"].as_array().unwrap().iter();
        words.map(|word| (word["text"].as_str().unwrap().to_owned(), word["start"].to_string())).collect()
    };
    let (was, is) = (words(&before, HEARD), words(&export(&sample), SAID));
    assert_eq!(is[..4], was[..4]);
    assert_eq!(is[4].0, "the");
    assert_eq!((&is[5], &is[6]), (&was[4], &was[5]));
    assert_eq!(is[7].1, was[6].1, "and so does one in the place of another");

    // It lies beside the sound like any other words.
    let own = hits[0]["id"].as_str().unwrap();
    let pass = own.rsplit('-').next().unwrap();
    let files = testkit::files_below(&sample.home().audio(), &format!("words.{pass}.jsonl"));
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);

    // A pass for who compares, and none to prefer or to measure by.
    let passes = sample.run(&["passes"]).out;
    assert!(passes.starts_with(&format!("{pass}  you, what you corrected  2026-11-23")), "{passes}");
    let first = heard.rsplit('-').next().unwrap();
    let compared = sample.run(&["compare", first, pass, "all", "--json"]).json();
    assert_eq!((&compared.last().unwrap()["changed"], &compared.last().unwrap()["new"]), (&1.into(), &1.into()));
    let preferred = sample.run(&["prefer", pass, "all"]);
    assert!(preferred.code == 2 && preferred.err.contains("hearsay correct"), "{}", preferred.err);
    let prefers_heard = sample.run(&["prefer", first, "all"]);
    assert_eq!(prefers_heard.code, 0, "{}", prefers_heard.err);
    assert_eq!(found(&sample, "november").len(), 1, "no choice goes before it");
    does(&sample, &["prefer", "--undo"]);

    // By either id; and then it is as it was.
    does(&sample, &["correct", own, "Nothing", "of", "the", "kind."]);
    assert_eq!(text(&found(&sample, "kind")[0]), "Nothing of the kind.");
    does(&sample, &["correct", &heard, "--undo"]);
    assert_eq!(export(&sample), before);
    assert_eq!(id(&sample, "december"), heard);
    let again = sample.run(&["correct", &heard, "--undo"]);
    assert_eq!(again.code, 1, "{}", again.err);
}

#[test]
fn nobody_spoke_is_a_correction_too() {
    let sample = Sample::day();
    let before = export(&sample);
    let phantom = id(&sample, "watching is:hidden");
    does(&sample, &["correct", &phantom, "Thank you for washing."]);
    assert_eq!(id(&sample, "washing").rsplit('-').next(), Some("71d90ab0"), "what was hidden is shown");
    let other = id(&sample, "password");
    does(&sample, &["correct", &other, ""]);
    assert!(found(&sample, "password").is_empty());
    let shown = sample.run(&["show", "all", "--json"]).json();
    assert!(shown.iter().all(|row| !text(row).contains("password") && !text(row).is_empty()));
    let hidden = found(&sample, "is:hidden model:you");
    assert_eq!((hidden.len(), hidden[0]["reason"].as_str()), (1, Some("corrected: nobody spoke")));
    does(&sample, &["correct", &other, "--undo"]);
    does(&sample, &["correct", &phantom, "--undo"]);
    assert_eq!(export(&sample), before);
}

#[test]
fn a_correction_outlives_the_database_and_a_better_model() {
    let sample = Sample::day();
    let heard = id(&sample, "december");
    does(&sample, &["rebuild", "--yes"]);
    does(&sample, &["correct", &heard, SAID]);
    let mut store = sample.store();
    let larger = pass(&store, "larger", 1, 9);
    let again = vec![utterance(4.22, 7.275, "We delighted to postpone Phoenix until Remember.", State::Shown)];
    store.commit_window(&window(larger, &TrackName::mic(), (4.0, 8.0), again)).unwrap();
    worker::follow_up(&sample.home(), &mut store).unwrap();
    drop(store);
    assert_eq!(text(&found(&sample, "november")[0]), SAID);
    let not_read = sample.run(&["correct", &heard, "--undo"]);
    assert_eq!(not_read.code, 0, "the correction stands where it was heard: {}", not_read.err);
    let refused = sample.run(&["correct", &heard, SAID]);
    assert!(refused.code == 1 && refused.err.contains("isn't what is read"), "{}", refused.err);
    does(&sample, &["correct", &id(&sample, "delighted"), SAID]);
    let before = export(&sample);

    lose(&sample);
    does(&sample, &["rebuild", "--yes"]);
    assert_eq!(export(&sample), before);
    assert_eq!(faults(&sample), [] as [String; 0]);
}

#[test]
fn what_is_typed_wrong_is_told() {
    let sample = Sample::day();
    let heard = id(&sample, "december");
    for (arguments, code, says) in [
        (vec!["correct", "20261123T091512.340Z-mic-00000000", "x"], 1, "hearsay search"),
        (vec!["correct", "yesterday", "x"], 2, "hearsay search"),
        (vec!["correct", &heard], 2, "TEXT"),
        (vec!["correct", &heard, "x", "--undo"], 2, "--undo"),
    ] {
        let ran = sample.run(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{arguments:?}: {}", ran.err);
    }
    let nothing = Sample::empty().run(&["correct", &heard, "x"]);
    assert!(nothing.code == 1 && nothing.err.contains("hearsay work"), "{}", nothing.err);
}

#[test]
fn stars_and_notes_are_told_found_listed_and_taken_away() {
    let sample = Sample::day();
    let (december, agenda) = (id(&sample, "december"), id(&sample, "\"next item\""));
    does(&sample, &["star", &december]);
    does(&sample, &["star", &december]);
    does(&sample, &["note", &december, "move the #Deadline, tell Monica"]);
    does(&sample, &["note", "2026-11-23T09:15:08Z..2026-11-23T09:15:19Z", "the agenda part"]);

    assert_eq!(id(&sample, "is:starred"), december);
    assert_eq!(id(&sample, "note:deadlines"), december, "in any form of the word");
    assert_eq!(id(&sample, "note:#deadline"), december);
    assert!(found(&sample, "note:#monica").is_empty() && found(&sample, "monica is:starred").is_empty());
    let agenda_part = found(&sample, "note:agenda");
    assert_eq!(agenda_part.len(), 3, "whatever was said within the span, on every track: {agenda_part:?}");
    assert!(agenda_part.iter().any(|row| row["id"] == agenda.as_str()));
    let hit = &found(&sample, "december")[0];
    assert_eq!((&hit["starred"], &hit["notes"][0]), (&true.into(), &"move the #Deadline, tell Monica".into()));
    let shown = sample.run(&["show", "all", "--json"]).json();
    assert_eq!(shown.iter().filter(|row| row["starred"] == true).count(), 1);
    assert_eq!(shown.iter().filter(|row| !row["notes"].is_null()).count(), 4);
    assert!(shown.iter().all(|row| row["corrected"].is_null()));
    let lines = sample.run(&["show", "all"]).out;
    assert!(lines.contains('\u{2605}') && lines.contains("#Deadline,"), "{lines}");

    let marks = sample.run(&["marks", "--json"]).json();
    let kinds: Vec<_> = marks.iter().map(|row| (row["kind"].as_str().unwrap(), row["track"].as_str())).collect();
    assert_eq!(kinds, [("star", Some("mic")), ("note", Some("mic")), ("note", None)]);
    assert_eq!(marks[0]["text"], HEARD);
    assert!(sample.run(&["marks", "2026-11-23T09:15:20Z..2026-11-23T09:16Z"]).code == 1);
    let listed = sample.run(&["marks"]).out;
    assert!(
        listed.contains("note: the agenda part") && listed.contains(marks[2]["mark"].as_str().unwrap()),
        "{listed}"
    );
    let path = sample.home().marks_file();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    // Another note takes its place; each goes by what it is on or by its own id.
    does(&sample, &["note", &december, "done"]);
    assert!(found(&sample, "note:#deadline").is_empty() && id(&sample, "note:done") == december);
    does(&sample, &["note", &december, "--remove"]);
    does(&sample, &["star", &december, "--remove"]);
    does(&sample, &["note", marks[2]["mark"].as_str().unwrap(), "--remove"]);
    assert!(found(&sample, "has:note").is_empty() && found(&sample, "is:starred").is_empty());
    assert_eq!(sample.run(&["marks"]).code, 1);
    for (arguments, code, says) in [
        (vec!["star", &december, "--remove"], 1, "hearsay marks"),
        (vec!["note", &december], 2, "TEXT"),
        (vec!["note", &december, " "], 2, "--remove"),
        (vec!["star", "all"], 2, "from when to when"),
        (vec!["star", "20261123T091512.340Z-mic-00000000"], 1, "hearsay search"),
    ] {
        let ran = sample.run(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{arguments:?}: {}", ran.err);
    }
    let nothing = Sample::empty();
    assert_eq!(nothing.run(&["star", "today"]).code, 1);
    assert!(!nothing.home().database().exists(), "none is made for it");
}

#[test]
fn what_the_user_wrote_outlives_the_database_and_another_transcription_and_a_changed_byte_is_named() {
    let sample = Sample::day();
    let december = id(&sample, "december");
    does(&sample, &["rebuild", "--yes"]);
    does(&sample, &["star", &december]);
    does(&sample, &["note", &december, "call Anna #todo"]);
    let mut store = sample.store();
    let larger = pass(&store, "larger", 1, 9);
    // The same in two pieces, a little apart.
    let again = vec![
        utterance(4.1, 6.2, "We delighted to postpone", State::Shown),
        utterance(6.3, 7.4, "Phoenix until Remember.", State::Shown),
    ];
    store.commit_window(&window(larger, &TrackName::mic(), (4.0, 8.0), again)).unwrap();
    worker::follow_up(&sample.home(), &mut store).unwrap();
    drop(store);
    assert_eq!(found(&sample, "note:#todo").len(), 2);
    does(&sample, &["correct", &id(&sample, "delighted"), "We decided to postpone"]);
    let marks = |sample: &Sample| sample.run(&["marks", "--json"]).out;
    let show = |sample: &Sample| sample.run(&["show", "all", "--json"]).out;
    let before = (export(&sample), marks(&sample), show(&sample));

    lose(&sample);
    does(&sample, &["rebuild", "--yes"]);
    assert_eq!((export(&sample), marks(&sample), show(&sample)), before);
    assert_eq!((found(&sample, "note:#todo").len(), found(&sample, "is:starred is:corrected").len()), (2, 1));
    assert_eq!(faults(&sample), [] as [String; 0]);

    // A file that is lost is written anew, and a changed byte is named.
    std::fs::rename(sample.home().marks_file(), sample.path("away")).unwrap();
    does(&sample, &["rebuild", "--yes"]);
    assert_eq!(marks(&sample), before.1);
    let mut bytes = std::fs::read(sample.home().marks_file()).unwrap();
    bytes[60] ^= 1;
    std::fs::write(sample.home().marks_file(), bytes).unwrap();
    let faults = faults(&sample);
    assert!(faults.len() == 1 && faults[0].contains("marks.jsonl"), "{faults:?}");
    let rebuilt = sample.run(&["rebuild", "--yes"]);
    assert!(rebuilt.code == 3 && rebuilt.err.contains("marks.jsonl"), "{}", rebuilt.err);
    assert_eq!(marks(&sample), before.1, "what may have stood in that line is kept");
    let copy = sample.path("copy");
    let backup = sample.run(&["backup", copy.to_str().unwrap()]);
    assert_eq!(backup.code, 0, "{}", backup.err);
    assert!(copy.join("marks.jsonl").exists());
}
