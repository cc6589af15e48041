use crate::recording::{command, end_of, now, read_ramp, segments, start, stop, wait_for_sound};
use std::time::Duration;
use testkit::power_cut::{PowerCut, View};
use testkit::{Chance, Killed, Rig, Sink, count, files_below, wait_until};

/// The configuration syncs every second, and the last frames were on their way as in any kill.
const LOSS_MICROS: i64 = 1_250_000;

#[test]
fn a_power_cut_costs_what_was_not_yet_synced_and_no_file() {
    let rig = Rig::start().unwrap();
    let _playing = [Sink::MicFeed, Sink::Speakers].map(|sink| rig.play_ramp(sink).unwrap());
    let cuts = count("HEARSAY_POWER_CUTS", 3);
    let (mut chance, mut losses) = (Chance::new(6), Vec::new());
    for cut in 1..=cuts {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        // Its root was there before, as a home usually is.
        stop_at_once(&rig, &home);
        let power = PowerCut::prepare(dir.path()).unwrap();
        let mut recorder = Killed(command(&rig, &home, &[]).envs(power.env()).spawn().unwrap());
        wait_for_sound(&home, 1_500);
        std::thread::sleep(Duration::from_millis(chance.below(1_500)));
        let cut_at = now();
        recorder.0.kill().unwrap();
        recorder.0.wait().unwrap();
        for view in [View::Synced, View::NewestHeaders] {
            let after = dir.path().join(format!("{view:?}"));
            power.reconstruct(&home, &after, view).unwrap();
            // The next recorder repairs what is there, and goes on.
            let there = files_below(&after, ".part").len();
            let recorder = start(&rig, &after, &[]);
            wait_until("the repair", || files_below(&after, ".wav").len() >= there);
            wait_for_sound(&after, 100);
            stop(recorder);
            for track in ["mic", "loopback"] {
                let segments = segments(&after, track);
                assert_eq!(segments.len(), 2, "cut {cut}, {view:?}: {track}: {segments:?}");
                let (samples, _) = read_ramp(&segments[0].path);
                let lost = cut_at.micros_since(end_of(&segments[0].path, samples.len()));
                assert!(lost <= LOSS_MICROS, "cut {cut}, {view:?}: {lost} us lost of {track}");
                losses.push(lost / 1_000);
            }
            assert!(files_below(&after, ".part").is_empty());
        }
    }
    let most = losses.iter().max().unwrap();
    eprintln!("{cuts} power cuts, two views each, synced every second: lost {most} ms at most, 0 unreadable files");
}

/// Lets a recorder make the home, but no sound in it.
fn stop_at_once(rig: &Rig, home: &std::path::Path) {
    let mut recorder = start(rig, home, &[]);
    wait_until("the home", || home.is_dir());
    recorder.0.kill().unwrap();
    recorder.0.wait().unwrap();
    std::fs::remove_dir_all(home).unwrap();
    std::fs::create_dir(home).unwrap();
}
