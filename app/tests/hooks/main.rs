//! Hooks: programs that the worker runs when something happens.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../day/home.rs"]
mod home;

use crate::home::{TestHome, model};
use ::home::Home;
use archive::{Archive, GapCause, GapRow, Journal, Row};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Stdio;
use testkit::{Killed, wait_until};
use timeline::{Clock, SystemClock, TrackName};

/// A home with these hooks, and one side of a conversation.
fn home_with(hooks: &str) -> TestHome {
    let home = TestHome::configured(&format!("[work]\nmodel = '{}'\n[hooks]\n{hooks}\n", model().display()));
    let wav = testkit::fixture("days/standup.mic.wav");
    let ran = home.hearsay(&["import", wav.to_str().unwrap(), "--track", "mic", "--at", "2026-11-23T09:15:00Z"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    home
}

/// A hook that keeps what it is given in a file of the home, where it is run.
fn keeping(event: &str) -> String {
    format!("{event} = [\"sh\", \"-c\", \"cat >> kept.jsonl\"]")
}

fn kept(home: &TestHome) -> Vec<Value> {
    let text = std::fs::read_to_string(home.path().join("kept.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[test]
fn each_utterance_is_told_once_as_show_prints_it() {
    let home = home_with(&keeping("utterance"));
    let ran = home.work_once();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let mut told = kept(&home);
    told.sort_by_key(|row| row["start"].as_str().unwrap().to_owned());
    for row in &mut told {
        assert_eq!(row.as_object_mut().unwrap().remove("event"), Some(json!("utterance")));
    }
    let shown = home.hearsay(&["show", "all", "--json"]).stdout;
    let shown: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(shown.len() > 10);
    assert_eq!(told, shown);
    assert_eq!(home.work_once().code, Some(0));
    assert_eq!(kept(&home).len(), shown.len(), "what was there before isn't told again");
}

#[test]
fn lost_sound_and_lost_devices_are_told_while_the_worker_waits() {
    let home = home_with(&format!("{}\n{}", keeping("gap"), keeping("device_lost")));
    let journal = Journal::open(&Archive::open(&Home::at(home.path())));
    let (track, session) = (TrackName::mic(), "test".to_owned());
    let gap = |cause: GapCause| {
        let (at, session) = (SystemClock.wall(), session.clone());
        let (from, to) = (at.plus_micros(-3_000_000), at.plus_micros(-1_000_000));
        Row::Gap(GapRow { at, session, track: track.clone(), cause, from, to, frame: 0, frames: 32_000, written: true })
    };
    let lost = || Row::DeviceLost {
        at: SystemClock.wall(),
        session: session.clone(),
        track: track.clone(),
        device: "a headset".to_owned(),
        reason: "unplugged".to_owned(),
    };
    journal.append(&gap(GapCause::Crash)).unwrap();
    let _worker = Killed(home.worker().stderr(Stdio::null()).spawn().unwrap());
    // Once there are words, what was in the journal before has been read.
    home.wait_for("postpone");
    for row in [gap(GapCause::Stalled), gap(GapCause::Idle), gap(GapCause::Paused), lost()] {
        journal.append(&row).unwrap();
    }
    wait_until("both", || kept(&home).len() >= 2);
    let mut told = kept(&home);
    told.sort_by_key(|row| row["event"].as_str().unwrap().to_owned());
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&told[0]["event"], &told[0]["device"]), (&json!("device_lost"), &json!("a headset")));
    assert_eq!((&told[0]["track"], &told[0]["reason"]), (&json!("mic"), &json!("unplugged")));
    assert_eq!(
        (&told[1]["event"], &told[1]["cause"], &told[1]["frames"]),
        (&json!("gap"), &json!("stalled"), &json!(32_000))
    );
}

#[test]
fn a_hook_that_fails_is_told_of_once_without_a_word_and_costs_nothing() {
    for (hook, told) in [
        ("[\"/no/such/program\"]", "it can't be started"),
        ("[\"sh\", \"-c\", \"cat >&2; exit 7\"]", "it ended with exit status: 7"),
    ] {
        let home = home_with(&format!("utterance = {hook}"));
        let ran = home.work_once();
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.stderr.matches(told).count(), 1, "{}", ran.stderr);
        assert!(!ran.stderr.to_lowercase().contains("phoenix"), "{}", ran.stderr);
        assert_eq!(home.hearsay(&["search", "postpone"]).code, Some(0));
    }
}

#[test]
fn a_hook_that_never_ends_is_ended_and_holds_nothing_up() {
    let home = home_with("utterance = [\"sh\", \"-c\", \"echo $$ >> pids; exec sleep 100000\"]");
    let ran = home.work_once();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("it was ended after 30 s"), "{}", ran.stderr);
    let pids = std::fs::read_to_string(home.path().join("pids")).unwrap();
    assert!(!pids.is_empty());
    for pid in pids.lines() {
        let left = std::fs::read_to_string(PathBuf::from("/proc").join(pid).join("comm")).unwrap_or_default();
        assert_ne!(left.trim(), "sleep", "{pid} is still there");
    }
}

#[test]
fn a_hook_that_runs_does_not_keep_a_worker_that_is_told_to_end() {
    let home = home_with("utterance = [\"sh\", \"-c\", \"echo $$ >> pids; exec sleep 100000\"]");
    let mut worker = home.worker().stderr(Stdio::null()).spawn().unwrap();
    wait_until("a program that runs", || home.path().join("pids").exists());
    let pid = rustix::process::Pid::from_child(&worker);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let told = SystemClock.boot_micros();
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    let took = SystemClock.boot_micros() - told;
    // What it does by itself is let programs have half a minute.
    assert!(took < 20_000_000, "it took {took} us");
    let pids = std::fs::read_to_string(home.path().join("pids")).unwrap();
    for pid in pids.lines() {
        let left = std::fs::read_to_string(PathBuf::from("/proc").join(pid).join("comm")).unwrap_or_default();
        assert_ne!(left.trim(), "sleep", "{pid} is still there");
    }
}
