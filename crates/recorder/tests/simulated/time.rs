use crate::sim::{S, STEP, Sim};
use archive::Row;
use capture::control::{Request, TrackState};
use timeline::Clock;

#[test]
fn a_loopback_that_was_idle_for_days_when_the_recorder_died_has_no_hole() {
    let mut sim = Sim::recording(100);
    sim.run(60 * S);
    sim.source.with("loopback", |plug| plug.dead = true);
    // Journals of whole days without a row of it.
    sim.run(60 * 3_600 * S);
    sim.crash();
    sim.start();
    sim.run(60 * S);
    sim.stop_without_a_hole();
}

#[test]
fn after_an_idle_hour_a_tone_lies_within_twenty_milliseconds() {
    let mut sim = Sim::with_drift(1_000, 30, -30);
    sim.start();
    sim.run(60 * S);
    sim.source.with("loopback", |plug| plug.dead = true);
    sim.run(3_600 * S);
    assert_eq!(sim.status().tracks[1].state, TrackState::Idle);
    assert_eq!(sim.status().tracks[1].gaps_today, 0);
    sim.source.with("loopback", |plug| plug.dead = false);
    sim.run(60 * S);
    sim.stop();
    let loopback = sim.verdict("loopback");
    loopback.assert_sound(20_000);
    assert_eq!(loopback.gaps.keys().copied().collect::<Vec<_>>(), ["idle"]);
    assert!(sim.verdict("mic").gaps.is_empty());
    println!("off by at most {} µs after an idle hour", loopback.off);
}

#[test]
fn eight_hours_of_drift_leave_the_tracks_within_twenty_milliseconds() {
    let mut sim = Sim::with_drift(200, 100, -100);
    sim.start();
    sim.run(8 * 3_600 * S);
    sim.stop();
    let (mic, loopback) = (sim.verdict("mic"), sim.verdict("loopback"));
    mic.assert_sound(10_000);
    loopback.assert_sound(10_000);
    assert_eq!((mic.gaps.len(), loopback.gaps.len()), (0, 0));
    println!("after 8 h at +100 and -100 ppm: off by at most {} and {} µs", mic.off, loopback.off);
}

#[test]
fn a_night_of_sleep_is_one_gap_and_nothing_is_stretched() {
    let mut sim = Sim::recording(1_000);
    sim.run(60 * S);
    sim.sleep(8 * 3_600 * S);
    sim.run(60 * S);
    sim.stop();
    for track in ["mic", "loopback"] {
        let verdict = sim.verdict(track);
        verdict.assert_sound(20_000);
        assert_eq!(verdict.gaps.iter().collect::<Vec<_>>(), [(&"suspended", &1)], "{track}");
    }
    assert_eq!(sim.source.with("mic", |plug| plug.opened), 1, "a sleep is no stall");
}

#[test]
fn a_clock_that_is_set_back_gives_the_tracks_another_name_until_it_has_caught_up() {
    let mut sim = Sim::recording(1_000);
    sim.run(600 * S);
    sim.clock.step_wall(-300 * S);
    sim.run(120 * S);
    let aliased = sim.archive().tracks().unwrap();
    assert_eq!(
        aliased.iter().map(timeline::TrackName::as_str).collect::<Vec<_>>(),
        ["loopback", "loopback-2", "mic", "mic-2"]
    );
    // Set back once more: the second name is taken as well.
    sim.clock.step_wall(-60 * S);
    sim.run(600 * S);
    sim.clock.step_wall(3_600 * S);
    sim.run(60 * S);
    sim.ask(&Request::Rotate);
    sim.run(60 * S);
    let now = sim.clock.wall();
    sim.stop();
    for track in ["mic", "loopback"] {
        let verdict = sim.verdict(track);
        verdict.assert_sound(20_000);
        assert_eq!(verdict.told, 0, "{verdict:#?}");
    }
    let last = sim.archive().scan().unwrap().segments.into_iter().rfind(|it| it.name.track.as_str() == "mic");
    assert!(now.micros_since(last.unwrap().span.end) < 2 * STEP, "the clock has caught up");
}

#[test]
fn a_clock_that_was_set_before_a_recorder_died_or_after_moves_no_gap() {
    for (before, after) in [(1, 0), (-1, 0), (0, 1), (0, -1), (0, 3_600), (0, -3_600), (2, -2), (0, -172_800)] {
        let mut sim = Sim::recording(1_000);
        sim.run(60 * S);
        sim.clock.step_wall(before * S);
        sim.run(4 * S);
        // The last of it is on its way to the disk when the recorder dies.
        sim.deliver(STEP);
        let died = sim.now();
        sim.crash();
        sim.clock.step_wall(after * S);
        sim.deliver(30 * S);
        sim.start();
        sim.run(60 * S);
        // It has told of that; what comes later has no part in it.
        sim.stop();
        sim.start();
        sim.run(10 * S);
        sim.deliver(STEP);
        sim.crash();
        sim.start();
        sim.run(10 * S);
        sim.stop();
        for track in ["mic", "loopback"] {
            let verdict = sim.verdict(track);
            verdict.assert_sound(20_000);
            let gaps = sim.gaps(track);
            assert_eq!(gaps.len(), 2, "set by {before} s and {after} s: {gaps:?}");
            let (from, to) = (gaps[0].1 - died + STEP, gaps[0].2 - died - 30 * S);
            assert!(
                from.abs() <= 20_000 && (0..=STEP + 20_000).contains(&to),
                "{before} s, {after} s: {from} and {to}"
            );
            assert!(gaps[1].2 - gaps[1].1 <= 2 * STEP, "{before} s, {after} s: {gaps:?}");
        }
    }
}

#[test]
fn after_a_reboot_or_an_older_recorder_the_wall_clock_says_how_long_a_gap_is() {
    for reboot in [true, false] {
        let mut sim = Sim::recording(1_000);
        sim.run(60 * S);
        let died = sim.clock.wall();
        sim.crash();
        if reboot {
            sim.clock.reboot();
        } else {
            sim.forget_boots();
        }
        sim.source.sleep(sim.now());
        sim.deliver(30 * S);
        sim.start();
        sim.run(60 * S);
        sim.stop();
        let gaps: Vec<_> =
            sim.rows().into_iter().filter_map(|row| if let Row::Gap(it) = row { Some(it) } else { None }).collect();
        assert_eq!(gaps.len(), 2, "{gaps:?}");
        for gap in gaps {
            assert!(gap.from.micros_since(died).abs() <= 20_000, "{gap:?}");
        }
    }
}
