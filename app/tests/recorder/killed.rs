use crate::recording::{end_of, now, read_ramp, start, stop, wait_for_sound};
use std::collections::BTreeMap;
use std::time::Duration;
use testkit::{Chance, Rig, Sink, count, files_below, wait_until};

/// What a kill may cost: from the device to the disk a frame takes no longer.
const LOSS_MICROS: i64 = 250_000;

#[test]
fn a_kill_at_any_moment_costs_a_quarter_of_a_second_and_no_file() {
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let home = dir.path().join("home");
    let _playing = [Sink::MicFeed, Sink::Speakers].map(|sink| rig.play_ramp(sink).unwrap());
    let kills = count("HEARSAY_RECORDER_KILLS", 10);
    let mut chance = Chance::new(4);
    let (mut losses, mut heard) = (Vec::new(), BTreeMap::new());
    for round in 1..=kills {
        let mut recorder = start(&rig, &home, &[]);
        // It finishes first what the one before left behind.
        wait_until("the repair", || files_below(&home.join("audio"), ".wav").len() == heard.len());
        wait_for_sound(&home, 200);
        std::thread::sleep(Duration::from_millis(chance.below(700)));
        let killed_at = now();
        recorder.0.kill().unwrap();
        recorder.0.wait().unwrap();
        let parts = files_below(&home.join("audio"), ".part");
        assert_eq!(parts.len(), 2, "round {round}");
        for part in parts {
            let (samples, ramp) = read_ramp(&part);
            let lost = killed_at.micros_since(end_of(&part, samples.len()));
            assert!(lost <= LOSS_MICROS, "round {round}: {lost} us lost of {}", part.display());
            assert!(samples.len() - ramp.last < 100, "round {round}: {ramp:?} ends early in {}", part.display());
            losses.push(lost);
            heard.insert(part.with_extension(""), samples);
        }
    }
    let recorder = start(&rig, &home, &[]);
    wait_until("the repair", || files_below(&home.join("audio"), ".wav").len() == heard.len());
    wait_for_sound(&home, 200);
    stop(recorder);
    assert_eq!(files_below(&home.join("audio"), ".wav").len(), heard.len() + 2);
    assert!(files_below(&home.join("audio"), ".part").is_empty());
    let mut more = 0;
    for (path, before) in &heard {
        // What was behind the last header counts too, so there may be more than there was.
        let (after, _) = read_ramp(path);
        assert_eq!(&after[..before.len()], before, "{}", path.display());
        more += after.len() - before.len();
    }
    let (most, mean) = (losses.iter().max().unwrap(), losses.iter().sum::<i64>() / i64::from(2 * kills));
    eprintln!(
        "{kills} kills: lost {} ms at most, {} ms on average; 0 wrong frames, 0 unreadable files; the repair found {more} frames more",
        most / 1_000,
        mean / 1_000
    );
}
