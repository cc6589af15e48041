//! How long it takes from the order until the first frame is with the device, with nothing of the files in memory.
//!
//! A stalled machine would break a limit, so none is held here: `cargo xtask bench play` prints what it takes.

use super::super::{Output, Player};
use archive::packing::{Packed, pack};
use archive::{Archive, import};
use home::Home;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use timeline::{Clock as _, Side, Span, SystemClock, TrackName, WallTime};

/// How often it starts, and how many segments of five minutes each track has.
fn count(name: &str, usual: u32) -> u32 {
    std::env::var(name).map_or(usual, |count| count.parse().unwrap())
}

fn start() -> WallTime {
    WallTime::parse_rfc3339("2026-11-23T08:00:00Z").unwrap()
}

const SEGMENT_MICROS: i64 = 300_000_000;

/// Both tracks, in segments as a recorder cuts them, made of the sample's conversation twice over.
fn fill(home: &Home, folder: &Path, segments: u32) {
    home.ensure().unwrap();
    let archive = Archive::open(home);
    for (track, side) in [(TrackName::mic(), Side::Said), (TrackName::loopback(), Side::Heard)] {
        let fixture = testkit::fixture(&format!("days/standup.{track}.wav"));
        let mut reader = hound::WavReader::open(fixture).unwrap();
        let (spec, samples) = (reader.spec(), reader.samples::<i16>().map(Result::unwrap).collect::<Vec<i16>>());
        let wav = folder.join(format!("{track}.wav"));
        let mut writer = hound::WavWriter::create(&wav, spec).unwrap();
        for sample in samples.iter().cycle().take(300 * 16_000) {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
        for segment in 0..i64::from(segments) {
            let at = start().plus_micros(segment * SEGMENT_MICROS);
            import::import(&archive, &wav, &track, side, at, &mut |_| {}).unwrap();
        }
    }
}

/// Takes every file of sound out of memory; the disk has them.
fn forget_pages(archive: &Archive) {
    for segment in archive.scan().unwrap().segments {
        let file = std::fs::File::open(&segment.path).unwrap();
        #[cfg(target_os = "linux")]
        {
            rustix::fs::fsync(&file).unwrap();
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        }
        drop(file);
    }
}

/// Microseconds from the order to the first frame that the device has, each from a place of its own.
fn starts(home: &Home, archive: &Archive, times: u32, segments: u32) -> Vec<i64> {
    let mut took = Vec::new();
    for i in 0..times {
        // The device is open, as it is while somebody clicks around.
        let player = Player::start(home, Output::Silent, || {}).unwrap();
        player.play(start());
        heard(&player);
        player.pause();
        let step = i64::from(segments) * SEGMENT_MICROS / i64::from(times + 1);
        let to = start().plus_micros(step * i64::from(i + 1) + 1_234_567);
        forget_pages(archive);
        let ordered = SystemClock.boot_micros();
        player.play(to);
        heard(&player);
        took.push(SystemClock.boot_micros() - ordered);
        assert_eq!(player.playback().error, None);
    }
    took.sort_unstable();
    took
}

/// Waits for the first frame of the latest order.
fn heard(player: &Player) {
    let place = Arc::clone(&player.desk.place);
    for _ in 0..600_000 {
        if place.last().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_micros(100));
    }
    panic!("nothing was heard: {:?}", player.playback());
}

#[test]
fn starts_from_any_place_of_wav_and_flac_with_nothing_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(&folder.path().join("home"));
    let (times, segments) = (count("HEARSAY_PLAY_STARTS", 4), count("HEARSAY_PLAY_SEGMENTS", 2));
    fill(&home, folder.path(), segments);
    let archive = Archive::open(&home);
    for form in ["WAV", "FLAC"] {
        if form == "FLAC" {
            for segment in archive
                .segments(&TrackName::mic(), &Span::ALL)
                .unwrap()
                .iter()
                .chain(&archive.segments(&TrackName::loopback(), &Span::ALL).unwrap())
            {
                assert!(matches!(pack(segment, &|| false).unwrap(), Packed::Packed { .. }));
            }
        }
        let took = starts(&home, &archive, times, segments);
        let of = |share: usize| took[(took.len() - 1) * share / 100] / 1_000;
        println!(
            "{form}: from the order to the first frame {} ms (p50), {} ms (p95), {} ms at most, of {times} places in {segments} segments of each track",
            of(50),
            of(95),
            of(100)
        );
    }
}
