use crate::sim::{S, STEP, Sim};
use capture::control::TrackState;

fn set(sim: &Sim, free: Result<u64, String>) {
    *sim.free.lock().unwrap() = free;
}

#[test]
fn a_full_disk_stops_the_recording_and_room_lets_it_go_on() {
    let mut sim = Sim::recording(1_000);
    sim.run(60 * S);
    set(&sim, Ok(1_000_000_000));
    sim.run(5 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::Recording);
    assert_eq!(sim.status().warnings.len(), 1);
    set(&sim, Ok(100_000_000));
    sim.run(30 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::Disk);
    set(&sim, Ok(250_000_000));
    sim.run(30 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::Disk, "not before there is a little more");
    set(&sim, Ok(5_000_000_000));
    sim.run(5 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::Recording);
    assert!(sim.status().warnings.is_empty());
    sim.run(30 * S);
    sim.stop();
    for track in ["mic", "loopback"] {
        let verdict = sim.verdict(track);
        verdict.assert_sound(20_000);
        assert_eq!(verdict.gaps.iter().collect::<Vec<_>>(), [(&"disk", &1)], "{track}");
    }
    assert_eq!(sim.told.lock().unwrap().len(), 2, "low, and full");
}

#[test]
fn a_home_that_is_taken_away_is_survived_and_used_again_once_it_is_back() {
    let mut sim = Sim::recording(1_000);
    sim.run(60 * S);
    let (home, away) = (sim.root().join("home"), sim.root().join("away"));
    std::fs::rename(&home, &away).unwrap();
    set(&sim, Err("it is gone".into()));
    sim.run(30 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::Disk);
    std::fs::rename(&away, &home).unwrap();
    set(&sim, Ok(5_000_000_000));
    sim.run(5 * S);
    assert_eq!(sim.status().tracks[0].state, TrackState::Recording);
    sim.run(STEP * 40);
    sim.stop();
    for track in ["mic", "loopback"] {
        let verdict = sim.verdict(track);
        verdict.assert_sound(20_000);
        assert_eq!(verdict.gaps.keys().copied().collect::<Vec<_>>(), ["disk"], "{track}");
    }
}
