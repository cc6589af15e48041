//! What the archive promises, tried on real files.
#![expect(
    clippy::disallowed_methods,
    reason = "tests damage files on purpose, which is what these methods are good at"
)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "test figures are small"
)]

mod clocks;
mod damaged;
mod drifting;
mod forgetting;
mod importing;
mod killed;
mod ledger;
mod packing;
mod reading;
mod refused;
mod sums;
mod writing;

use crate::{Archive, Session, TrackWriter, WriterSettings};
use home::Home;
use std::path::Path;
use timeline::{SampleRate, Side, TrackName, WallTime};

/// A home of its own for a test.
struct Place {
    dir: tempfile::TempDir,
    archive: Archive,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(&Home::at(dir.path()));
    Place { dir, archive }
}

impl Place {
    fn day(&self) -> std::path::PathBuf {
        let folder = self.archive.day_folder("2026-11-23");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }
}

fn time(text: &str) -> WallTime {
    WallTime::parse_rfc3339(text).unwrap()
}

/// The boot clock at the start of the test sessions.
const BOOT: i64 = 77_000_000;

fn session() -> Session {
    Session::start(time("2026-11-23T09:14:58.5Z"), BOOT)
}

fn writer(archive: &Archive, session: &Session, track: TrackName, hz: u32, minutes: u32) -> TrackWriter {
    let side = track.usual_side().unwrap_or(Side::Both);
    let settings = WriterSettings { segment_minutes: minutes, sync_every_s: 3_600 };
    TrackWriter::new(archive, session, track, side, SampleRate::new(hz).unwrap(), settings)
}

/// A track whose every frame tells its index.
fn ramp(first: u64, frames: usize) -> Vec<i16> {
    (first..first + frames as u64).map(|frame| (frame % 32_768) as i16).collect()
}

/// What an independent reader finds in a file.
fn hound_samples(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!((reader.spec().channels, reader.spec().bits_per_sample), (1, 16));
    reader.samples::<i16>().map(Result::unwrap).collect()
}

/// All files below a folder, in order.
fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// A WAV file as another program would write it.
fn wav(spec: hound::WavSpec, frames: usize, value: impl Fn(usize, u16) -> f64) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    let full = 2_f64.powi(i32::from(spec.bits_per_sample) - 1);
    for frame in 0..frames {
        for channel in 0..spec.channels {
            let value = value(frame, channel);
            match spec.sample_format {
                hound::SampleFormat::Float => writer.write_sample(value as f32).unwrap(),
                hound::SampleFormat::Int => writer.write_sample((value * full).round() as i32).unwrap(),
            }
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

const fn spec(
    channels: u16,
    sample_rate: u32,
    bits_per_sample: u16,
    sample_format: hound::SampleFormat,
) -> hound::WavSpec {
    hound::WavSpec { channels, sample_rate, bits_per_sample, sample_format }
}

/// 16 kHz, mono, 16 bits.
const SPEECH: hound::WavSpec = spec(1, 16_000, 16, hound::SampleFormat::Int);

/// A file of whole 16-bit values.
fn ramp_wav(frames: usize) -> Vec<u8> {
    wav(SPEECH, frames, |frame, _| (frame % 32_768) as f64 / 32_768.0)
}
