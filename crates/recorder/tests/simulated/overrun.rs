use crate::sim::{S, STEP, Sim};
use archive::Row;

/// The writer does nothing for so many seconds while devices go on; frames lost, of the microphone.
fn stalled_for(seconds: i64) -> (u64, u64) {
    let mut sim = Sim::recording(1_000);
    sim.run(60 * S);
    for _ in 0..seconds * S / STEP {
        sim.deliver(STEP);
    }
    sim.run(60 * S);
    sim.stop();
    for track in ["mic", "loopback"] {
        sim.verdict(track).assert_sound(5_000);
    }
    let mic = sim.verdict("mic");
    let rows = sim.rows();
    let told = rows.iter().map(|row| match row {
        Row::Gap(gap) if gap.track.as_str() == "mic" => {
            assert_eq!(gap.cause.as_str(), "overrun");
            gap.frames
        }
        _ => 0,
    });
    (mic.told, told.sum())
}

#[test]
fn a_writer_that_stalls_for_five_seconds_loses_nothing() {
    assert_eq!(stalled_for(5), (0, 0));
}

#[test]
fn an_overrun_is_counted_to_the_frame_and_moves_nothing_after_it() {
    let (lost, told) = stalled_for(15);
    assert_eq!(lost, told);
    assert!(lost > 0);
    println!("{lost} frames lost in a stall of 15 s, and as many told");
}
