use crate::sim::{S, STEP, Sim};
use archive::Row;
use capture::control::TrackState;
use std::sync::atomic::Ordering::SeqCst;

#[test]
fn a_device_that_vanishes_is_back_within_five_seconds_and_the_other_track_loses_nothing() {
    let mut sim = Sim::recording(1_000);
    sim.run(60 * S);
    let gone = sim.now();
    sim.source.unplug("mic");
    sim.run(30 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::NoDevice);
    assert_eq!(sim.told.lock().unwrap().len(), 1, "one notification");
    assert_eq!(sim.status().warnings.len(), 1);
    let back = sim.now();
    sim.source.plug_back("mic");
    sim.run(60 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::Recording);
    assert!(sim.status().warnings.is_empty());
    sim.stop();
    let (mic, loopback) = (sim.verdict("mic"), sim.verdict("loopback"));
    mic.assert_sound(20_000);
    loopback.assert_sound(5_000);
    assert_eq!((loopback.told, loopback.gaps.len()), (0, 0), "{loopback:#?}");
    let gaps = sim.gaps("mic");
    let [(cause, from, to)] = gaps[..] else { panic!("{gaps:?}") };
    let first = sim.source.with("mic", |plug| plug.runs.iter().find(|run| run.at > back - STEP).unwrap().at);
    assert_eq!(cause, "device_lost");
    assert!((from - gone).abs() <= 50_000 && (to - first).abs() <= 50_000, "{from}..{to} for {gone}..{first}");
    assert!(first - back <= 5 * S);
    println!("back after {} ms; edges off by {} and {} µs", (first - back) / 1_000, from - gone, to - first);
}

#[test]
fn a_microphone_that_delivers_nothing_is_noticed_within_three_seconds_and_opened_again() {
    let mut sim = Sim::recording(1_000);
    sim.run(60 * S);
    let since = sim.now();
    sim.source.with("mic", |plug| plug.dead = true);
    while sim.source.with("mic", |plug| plug.opened) < 2 {
        sim.run(STEP);
        assert!(sim.now() - since <= 4 * S);
    }
    println!("noticed after {} ms", (sim.now() - since) / 1_000);
    sim.source.with("mic", |plug| plug.dead = false);
    sim.run(30 * S);
    sim.stop();
    let mic = sim.verdict("mic");
    mic.assert_sound(20_000);
    assert_eq!(sim.gaps("mic").iter().map(|gap| gap.0).collect::<Vec<_>>(), ["stalled"]);
    assert!(sim.verdict("loopback").gaps.is_empty());
}

#[test]
fn a_muted_microphone_is_left_alone() {
    let mut sim = Sim::recording(1_000);
    sim.run(30 * S);
    sim.source.with("mic", |plug| plug.muted.store(true, SeqCst));
    sim.run(120 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::Muted);
    sim.source.with("mic", |plug| plug.muted.store(false, SeqCst));
    sim.run(30 * S);
    assert_eq!(sim.source.with("mic", |plug| plug.opened), 1);
    assert!(sim.told.lock().unwrap().is_empty());
    sim.stop();
    let muted: Vec<bool> = sim
        .rows()
        .iter()
        .filter_map(|row| if let Row::Muted { muted, .. } = row { Some(*muted) } else { None })
        .collect();
    assert_eq!(muted, [true, false]);
    sim.verdict("mic").assert_sound(5_000);
    assert!(sim.gaps("mic").is_empty());
}

#[test]
fn digital_silence_is_told_once_and_reopened_at_most_once_a_minute() {
    let mut sim = Sim::recording(1_000);
    sim.run(30 * S);
    sim.source.with("mic", |plug| plug.zero = true);
    sim.run(5 * S);
    assert_eq!(sim.source.with("mic", |plug| plug.opened), 2);
    assert_eq!(sim.status().tracks[0].state, TrackState::Silent);
    sim.run(300 * S);
    let opened = sim.source.with("mic", |plug| plug.opened);
    assert!((5..=8).contains(&opened), "opened {opened} times in 5 minutes");
    assert_eq!(sim.told.lock().unwrap().len(), 1, "{:?}", sim.told.lock().unwrap());
    sim.source.with("mic", |plug| plug.zero = false);
    sim.run(10 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::Recording);
    sim.stop();
    sim.verdict("mic").assert_sound(20_000);
    assert!(sim.verdict("mic").gaps.keys().all(|cause| *cause == "reopened"));
    assert!(sim.rows().iter().any(|row| matches!(row, Row::DeviceLost { .. })));
}
