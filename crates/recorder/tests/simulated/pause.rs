use crate::sim::{S, Sim};
use capture::control::{Request, TrackState};
use timeline::Clock;

#[test]
fn a_pause_lets_go_of_the_devices_and_survives_a_crash_and_a_restart() {
    let mut sim = Sim::recording(1_000);
    sim.run(60 * S);
    let status = sim.ask(&Request::Pause { minutes: Some(10) });
    assert!(status.paused && status.tracks.iter().all(|track| track.state == TrackState::Paused));
    sim.run(60 * S);
    sim.crash();
    sim.deliver(60 * S);
    sim.start();
    assert!(sim.status().paused && sim.status().tracks[0].device.is_none());
    sim.run(60 * S);
    sim.stop();
    sim.deliver(60 * S);
    sim.start();
    sim.run(340 * S);
    assert!(sim.status().paused);
    assert_eq!(sim.source.with("mic", |plug| plug.opened), 1, "no device was opened");
    sim.run(60 * S);
    assert!(!sim.status().paused);
    sim.stop();
    for track in ["mic", "loopback"] {
        let verdict = sim.verdict(track);
        verdict.assert_sound(20_000);
        assert_eq!(verdict.losses(), 0, "{verdict:#?}");
        assert!(verdict.gaps["paused"] > 0);
    }
}

#[test]
fn recorders_that_die_one_after_another_in_one_pause_leave_no_hole() {
    for set_back in [0, 3_600 * S] {
        let mut sim = Sim::recording(1_000);
        sim.run(60 * S);
        sim.ask(&Request::Pause { minutes: Some(10) });
        sim.run(10 * S);
        sim.stop();
        sim.clock.step_wall(-set_back);
        for _ in 0..3 {
            sim.start();
            sim.run(30 * S);
            sim.crash();
            sim.deliver(10 * S);
        }
        // It is over in the meantime.
        sim.deliver(600 * S + set_back);
        sim.start();
        sim.run(60 * S);
        sim.stop_without_a_hole();
    }
}

#[test]
fn a_loopback_that_is_idle_after_a_pause_in_which_recorders_died_has_no_hole() {
    let mut sim = Sim::recording(1_000);
    sim.source.with("loopback", |plug| plug.dead = true);
    sim.run(60 * S);
    sim.ask(&Request::Pause { minutes: Some(5) });
    // The session that begins is one of the pause.
    sim.clock.step_wall(5 * S);
    sim.run(60 * S);
    for _ in 0..3 {
        sim.crash();
        sim.deliver(10 * S);
        sim.start();
        sim.run(60 * S);
    }
    sim.run(120 * S);
    assert!(!sim.status().paused);
    sim.crash();
    sim.start();
    sim.run(60 * S);
    sim.stop_without_a_hole();
}

#[test]
fn a_recorder_that_dies_after_a_pause_before_a_device_is_there_leaves_no_hole() {
    let mut sim = Sim::recording(1_000);
    sim.run(60 * S);
    sim.ask(&Request::Pause { minutes: None });
    sim.stop();
    sim.start();
    sim.source.unplug("mic");
    sim.run(10 * S);
    sim.ask(&Request::Pause { minutes: Some(10) });
    sim.run(10 * S);
    sim.ask(&Request::Resume);
    sim.run(60 * S);
    sim.crash();
    sim.source.plug_back("mic");
    sim.start();
    sim.run(60 * S);
    sim.stop_without_a_hole();
}

#[test]
fn a_pause_lasts_as_long_as_was_asked_for_however_the_clock_is_set() {
    for step in [-3_600, -1, 1, 3_600] {
        for restarts in [false, true] {
            let mut sim = Sim::recording(1_000);
            sim.run(60 * S);
            sim.ask(&Request::Pause { minutes: Some(10) });
            sim.run(60 * S);
            sim.clock.step_wall(step * S);
            sim.run(60 * S);
            let left = sim.status().paused_until.unwrap().micros_since(sim.clock.wall());
            assert!((left - 480 * S).abs() <= 2 * S, "{step} s: {left} µs left");
            if restarts {
                sim.crash();
                sim.start();
            }
            sim.run(479 * S);
            assert!(sim.status().paused, "{step} s, {restarts}");
            sim.run(2 * S);
            assert!(!sim.status().paused, "{step} s, {restarts}");
            sim.run(60 * S);
            sim.stop();
            for track in ["mic", "loopback"] {
                let verdict = sim.verdict(track);
                verdict.assert_sound(20_000);
                assert_eq!(verdict.losses(), 0, "{step} s, {restarts}: {verdict:#?}");
            }
        }
    }
}

#[test]
fn what_a_recorder_that_died_left_is_a_gap_up_to_the_first_new_frame() {
    let mut sim = Sim::recording(1_000);
    sim.run(60 * S);
    sim.crash();
    sim.deliver(30 * S);
    sim.start();
    sim.run(60 * S);
    sim.stop();
    sim.start();
    sim.run(60 * S);
    sim.stop();
    for track in ["mic", "loopback"] {
        let verdict = sim.verdict(track);
        verdict.assert_sound(20_000);
        assert_eq!(verdict.gaps.iter().collect::<Vec<_>>(), [(&"crash", &1)], "{track}");
    }
}
