use crate::recording::{RATE, rows, segments, start, stop, wait_for_sound};
use archive::Row;
use std::path::Path;
use testkit::sound::find;
use testkit::{Chance, Rig, Sink, busy_cores, count, read_by_all};

/// How far the tracks may lie apart.
const APART_MICROS: i64 = 20_000;
/// Where a window may lie off the place that the first one gives, to be found and shown.
const AROUND: usize = 4_800;

/// A stereo file of noise is played, its channels recorded as two tracks.
#[test]
fn a_machine_without_time_loses_no_frame_and_keeps_the_tracks_together() {
    let seconds = count("HEARSAY_LOAD_SECONDS", 30) as usize;
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    rig.split_speakers().unwrap();
    let home = dir.path().join("home");
    let mut chance = Chance::new(7);
    let channels = [(); 2].map(|()| noise(&mut chance, seconds * RATE as usize));
    let wav = dir.path().join("noise.wav");
    write_stereo(&wav, &channels);

    let _busy = busy_cores().unwrap();
    let recorder = start(&rig, &home, &["--mic", "left", "--loopback", "right"]);
    wait_for_sound(&home, 500);
    rig.play(&wav, Sink::Speakers).unwrap().0.wait().unwrap();
    let err = stop(recorder);
    let starts = ["mic", "loopback"].map(|track| {
        let segments = segments(&home, track);
        assert_eq!(segments.len(), 1, "{segments:?} {err}");
        let (recorded, _) = read_by_all(&segments[0].path).unwrap();
        let at = place(&channels[usize::from(track == "loopback")], &recorded);
        segments[0].span.start.plus_micros(i64::try_from(at).unwrap() * 1_000_000 / i64::from(RATE))
    });
    let apart = starts[0].micros_since(starts[1]);
    assert!(apart.abs() <= APART_MICROS, "the tracks lie {apart} us apart");
    let rows = rows(&home);
    assert!(!rows.iter().any(|row| matches!(row, Row::Gap(_))), "{rows:?}");
    eprintln!("{seconds} s with every core busy: 0 frames missing in any second, the tracks {apart} us apart");
}

/// Where the sound begins; every second of it must lie there.
fn place(played: &[i16], recorded: &[i16]) -> usize {
    let (played, recorded) = (as_f32(played), as_f32(recorded));
    let second = RATE as usize;
    // The first second lies in the first five.
    let end = recorded.len().min(6 * second);
    let first = find(&played[..second], &recorded[..end]).unwrap();
    assert!(first.alike > 0.999, "{first:?}");
    for (number, window) in played.chunks_exact(second).enumerate() {
        let from = (first.at + number * second).saturating_sub(AROUND);
        let end = (from + second + 2 * AROUND).min(recorded.len());
        let found = find(window, &recorded[from..end]).unwrap();
        let off = (from + found.at).abs_diff(first.at + number * second);
        assert!(off == 0 && found.alike > 0.999, "second {number} lies {off} frames off: {found:?}");
    }
    first.at
}

fn as_f32(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|sample| f32::from(*sample) / 32768.0).collect()
}

fn noise(chance: &mut Chance, frames: usize) -> Vec<i16> {
    (0..frames).map(|_| i16::try_from(chance.below(20_000)).unwrap() - 10_000).collect()
}

fn write_stereo(path: &Path, channels: &[Vec<i16>; 2]) {
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 2, sample_rate: RATE, bits_per_sample: 16, sample_format };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for (left, right) in channels[0].iter().zip(&channels[1]) {
        writer.write_sample(*left).unwrap();
        writer.write_sample(*right).unwrap();
    }
    writer.finalize().unwrap();
}
