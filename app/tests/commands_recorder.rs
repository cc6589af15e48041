//! What the commands tell of the recorder: its gaps, how it is, its devices, and whether all is well.
#![cfg(target_os = "linux")]
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

use archive::{Archive, GapCause, GapRow, Journal, Row};
use sample::{Ran, Sample, at};
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::{Killed, Rig, Sink, fixture};
use timeline::TrackName;

/// The day's journal of a recorder that ran for an hour from the sample's start, with a gap, an idle time and a pause on
/// the microphone.
fn record_an_hour(sample: &Sample) {
    sample.home().ensure().unwrap();
    let archive = Archive::open(&sample.home());
    let journal = Journal::open(&archive);
    let (session, track) = ("s".to_owned(), TrackName::mic());
    let anchor = |seconds: f64| Row::Anchor {
        at: at(seconds),
        session: session.clone(),
        track: track.clone(),
        frame: 0,
        boot_us: 0,
        wall_us: at(seconds).as_micros(),
    };
    let gap = |cause, from: f64, to: f64| {
        let (session, track) = (session.clone(), track.clone());
        let (from, to) = (at(from), at(to));
        Row::Gap(GapRow { at: to, session, track, cause, from, to, frame: 0, frames: 8_000, written: true })
    };
    let closed = Row::Closed { at: at(3_600.0), session: session.clone(), track: track.clone(), frame: 0 };
    for row in [
        anchor(0.0),
        gap(GapCause::DeviceLost, 60.0, 60.5),
        gap(GapCause::Idle, 100.0, 200.0),
        gap(GapCause::Paused, 1_000.0, 1_600.0),
        anchor(3_590.0),
        closed,
    ] {
        journal.append(&row).unwrap();
    }
}

#[test]
fn gaps_are_listed_with_cause_and_length_and_how_much_was_recorded() {
    let sample = Sample::empty();
    record_an_hour(&sample);
    let ran = sample.run(&["gaps", "2026-11-23"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out.lines().collect::<Vec<_>>(),
        [
            "2026-11-23 09:16:00  mic            0.5 s  the device was gone",
            "2026-11-23 09:31:40  mic          600.0 s  paused",
            "mic        49 m 59 s of 50 m 00 s, 1 gap, 0.5 s, paused for 10 m 00 s",
        ]
    );
    let ran = sample.run(&["gaps", "2026-11-23", "--all", "--json"]);
    let causes: Vec<_> = ran.json().iter().map(|gap| gap["cause"].as_str().unwrap().to_owned()).collect();
    assert_eq!(causes, ["device_lost", "idle", "paused"]);
    let [mic] = sample.run(&["gaps", "2026-11-23", "--coverage", "--json"]).json().try_into().unwrap();
    assert_eq!(
        mic,
        json!({"track": "mic", "wanted_s": 3000.0, "recorded_s": 2999.5, "gaps": 1, "gaps_s": 0.5, "paused_s": 600.0, "forgotten_s": 0.0})
    );
    let ran = sample.run(&["gaps", "2026-11-20"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "nothing was recorded then\n"));
}

/// The program in a rig as well as in the sample's home.
fn run_in(rig: &Rig, sample: &Sample, arguments: &[&str]) -> Ran {
    let mut command = sample.command(arguments);
    command.envs(rig.env()).output().unwrap().into()
}

#[test]
fn status_says_of_every_track_device_state_level_and_what_was_written_today() {
    let (rig, sample) = (Rig::start().unwrap(), Sample::empty());
    let mut recorder = Command::new(env!("CARGO_BIN_EXE_hearsay-record"));
    recorder.envs(rig.env()).env("HEARSAY_HOME", sample.home().root()).env("HOME", sample.folder.path());
    // Digital silence would be told of as such.
    let _said = rig.play(&fixture("days/standup.mic.wav"), Sink::MicFeed).unwrap();
    let _recorder = Killed(recorder.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let mut told = Ran { code: 0, out: String::new(), err: String::new() };
    for _ in 0..300 {
        told = run_in(&rig, &sample, &["status"]);
        if told.out.contains("\ntoday ") && told.out.contains("  loopback Monitor of Speakers, recording, ") {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(told.out.starts_with("recorder   recording\n  mic      VirtualMic, "), "{}", told.out);
    let mic = told.out.lines().nth(1).unwrap();
    assert!(mic.contains(" s today, ") && mic.contains(" gap"), "{mic}");
    assert!(told.out.lines().any(|line| line.starts_with("today ") && line.contains(" s of ")), "{}", told.out);
    let [status] = run_in(&rig, &sample, &["status", "--json"]).json().try_into().unwrap();
    assert_eq!(status["recorder"]["tracks"][0]["device"], json!("VirtualMic"));
    assert!(status["today"][0]["recorded_s"].as_f64().is_some(), "{status}");

    let doctor = run_in(&rig, &sample, &["doctor"]);
    assert!(doctor.out.contains("good  sound server   pulse answers: 1 microphone, 2 outputs"), "{}", doctor.out);
    assert!(doctor.out.contains("note  model") && doctor.out.contains("hearsay models get base.en"), "{}", doctor.out);
    assert!(doctor.out.contains("good  privacy        only you can read"), "{}", doctor.out);
}

#[test]
fn a_bluetooth_microphone_is_said_to_be_one_and_is_not_the_default() {
    let (rig, sample) = (Rig::start().unwrap(), Sample::empty());
    let headset = [
        "load-module",
        "module-remap-source",
        "source_name=bluez_headset",
        "master=mic_feed.monitor",
        "source_properties=device.description=Headset",
    ];
    rig.pactl(&headset).unwrap();
    rig.pactl(&["set-default-source", "bluez_headset"]).unwrap();
    let devices = run_in(&rig, &sample, &["devices", "--json"]).json();
    let of = |name: &str| {
        devices.iter().find(|device| device["name"] == json!(name)).unwrap_or_else(|| panic!("{devices:?}"))
    };
    assert_eq!((&of("Headset")["bluetooth"], &of("Headset")["default"]), (&json!(true), &json!(false)));
    assert_eq!((&of("VirtualMic")["bluetooth"], &of("VirtualMic")["default"]), (&json!(false), &json!(true)));
    let told = run_in(&rig, &sample, &["devices"]).out;
    assert!(told.lines().any(|line| line.contains("Headset") && line.contains("call quality")), "{told}");
}

#[test]
fn a_doctor_who_finds_something_bad_says_what_to_do_and_exits_with_3() {
    let sample = Sample::empty();
    let ran = sample.run(&["doctor", "--json"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    let server = ran.json().into_iter().find(|finding| finding["topic"] == json!("sound server")).unwrap();
    assert_eq!(server["verdict"], json!("bad"));
    assert!(ran.json().iter().all(|it| it["verdict"] == json!("good") || it["advice"].is_string()), "{}", ran.out);
    assert!(!sample.home().root().exists(), "looking makes nothing");
}
