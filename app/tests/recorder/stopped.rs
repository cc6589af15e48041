use crate::recording::{end, end_of, now, read_ramp, segments, signal, start, wait_for_sound};
use rustix::process::Signal;
use std::time::{Duration, Instant};
use testkit::{Chance, Rig, Sink, count, files_below};

/// How long a recorder may take to end.
const EXIT: Duration = Duration::from_secs(1);
/// What the device hasn't handed over when the signal comes: its fragment of 40 ms, and the server's own block.
const IN_THE_DEVICE_MICROS: i64 = 100_000;

#[test]
fn a_stop_in_the_middle_of_a_block_loses_nothing_and_takes_less_than_a_second() {
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let _playing = [Sink::MicFeed, Sink::Speakers].map(|sink| rig.play_ramp(sink).unwrap());
    let stops = count("HEARSAY_RECORDER_STOPS", 20);
    let mut chance = Chance::new(20);
    let (mut slowest, mut latest) = (Duration::ZERO, 0);
    for round in 1..=stops {
        let home = dir.path().join(round.to_string());
        let mut recorder = start(&rig, &home, &[]);
        wait_for_sound(&home, 150);
        std::thread::sleep(Duration::from_millis(chance.below(200)));
        let (stopped_at, since) = (now(), Instant::now());
        signal(&recorder.0, if round % 2 == 0 { Signal::INT } else { Signal::TERM });
        let (status, err) = end(&mut recorder.0);
        slowest = slowest.max(since.elapsed());
        assert!(status.success(), "round {round}: {status}: {err}");
        assert!(files_below(&home.join("audio"), ".part").is_empty());
        for track in ["mic", "loopback"] {
            let segments = segments(&home, track);
            assert_eq!(segments.len(), 1, "{segments:?}");
            let (samples, ramp) = read_ramp(&segments[0].path);
            assert!(samples.len() - ramp.last < 100, "round {round}: {track}: {ramp:?} of {}", samples.len());
            let missing = stopped_at.micros_since(end_of(&segments[0].path, samples.len()));
            assert!(missing <= IN_THE_DEVICE_MICROS, "round {round}: {track} ends {missing} us before the signal");
            latest = latest.max(missing);
        }
        std::fs::remove_dir_all(&home).unwrap();
    }
    assert!(slowest <= EXIT, "a recorder took {slowest:?} to end");
    eprintln!(
        "{stops} stops: 0 frames lost, the last one at most {} ms before the signal; the slowest took {} ms",
        latest / 1_000,
        slowest.as_millis()
    );
}
