use super::*;
use crate::repair;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

const BLOCK: usize = 640;
const FOLDER: &str = "HEARSAY_TEST_KILL_FOLDER";

/// The recorder that is killed: writes a ramp in 40-ms blocks as fast as it can, and tells what its device delivered.
#[test]
#[ignore = "it is started, and killed, by the test below"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let archive = Archive::open(&Home::at(folder.as_ref()));
    let mut mic = writer(&archive, &session(), TrackName::mic(), 16_000, 1);
    let mut out = std::io::stdout();
    for block in 0.. {
        let frame = block * BLOCK as u64;
        writeln!(out, "delivered {}", frame + BLOCK as u64).unwrap();
        out.flush().unwrap();
        mic.place(&ramp(frame, BLOCK), BOOT + SampleRate::SPEECH.micros(frame)).unwrap();
    }
}

#[test]
fn a_recorder_killed_at_any_moment_loses_the_block_in_flight_at_most() {
    let mut random = Random(5);
    let mut worst = 0;
    for kill in 0..10 {
        let place = place();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::killed::child", "--ignored", "--nocapture", "--test-threads=1"])
            .env(FOLDER, place.dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("delivered") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the child ended by itself");
        }
        // A pipe that is full would hold the child up.
        let rest = std::thread::Builder::new()
            .spawn(move || {
                let mut text = String::new();
                lines.read_to_string(&mut text).map(|_| text)
            })
            .unwrap();
        std::thread::sleep(Duration::from_micros(random.below(150_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let text = line + &rest.join().unwrap().unwrap();
        let delivered = text.lines().filter_map(|line| line.split("delivered ").nth(1)?.parse().ok()).max().unwrap();
        let before = check(&place, kill);
        let repaired = repair::left_behind(&place.archive).unwrap();
        assert_eq!(repaired.faults, [], "kill {kill}");
        let kept = check(&place, kill);
        assert!(kept >= before && kept <= delivered, "kill {kill}: {before}, then {kept} of {delivered}");
        worst = worst.max(delivered - before);
        assert!(place.archive.scan().unwrap().segments.iter().all(|segment| !segment.part));
        assert!(repair::left_behind(&place.archive).unwrap().adopted.is_empty(), "a second repair finds nothing");
    }
    println!("10 kills: at most {} ms lost", worst / 16);
    assert!(worst <= BLOCK as u64);
}

/// Every file opens in an independent reader and holds its part of the ramp, and our own reader agrees. Gives the frames.
fn check(place: &Place, kill: u32) -> u64 {
    let scan = place.archive.scan().unwrap();
    assert_eq!(scan.faults, [], "kill {kill}");
    let mut frames = 0;
    for segment in &scan.segments {
        assert_eq!(segment.first_frame, frames, "kill {kill}");
        let samples = hound_samples(&segment.path);
        assert_eq!(samples.len() as u64, segment.frames);
        assert!(samples == ramp(frames, samples.len()), "kill {kill}: wrong frames");
        frames += segment.frames;
    }
    frames
}
