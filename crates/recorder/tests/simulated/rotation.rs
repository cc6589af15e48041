use crate::sim::{S, STEP, Sim, count};
use capture::control::Request;

#[test]
fn no_frame_is_lost_or_doubled_over_a_thousand_rotations() {
    let rotations = count("HEARSAY_ROTATIONS", 1_000);
    let mut sim = Sim::recording(1_000);
    for n in 0..rotations {
        sim.run(STEP * (1 + n % 5));
        sim.ask(&Request::Rotate);
    }
    sim.run(5 * S);
    sim.stop();
    let segments = sim.archive().scan().unwrap().segments.len();
    for track in ["mic", "loopback"] {
        let verdict = sim.verdict(track);
        verdict.assert_sound(5_000);
        assert_eq!((verdict.told, verdict.gaps.len()), (0, 0), "{verdict:#?}");
        println!("{track}: {} frames over {rotations} rotations, 0 lost, 0 doubled", verdict.written);
    }
    assert!(i64::try_from(segments).unwrap() >= 2 * (rotations - 2), "{segments} segments");
}
