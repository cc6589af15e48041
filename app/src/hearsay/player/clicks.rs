//! A recording for tests of playing in step: devices whose clocks run at their own pace, and clicks that sound on either side
//! at known moments.

use archive::{Archive, Session, TrackWriter, WriterSettings};
use timeline::{SampleRate, Side, TrackName, WallTime};

/// When it begins.
pub(crate) const START: &str = "2026-11-23T09:15:00Z";
/// How far off the two devices' clocks are, in parts per million: after an hour they are 0.76 s apart.
const DRIFTS: [(Side, f64); 2] = [(Side::Said, 120.0), (Side::Heard, -90.0)];
/// The boot clock at the start.
const BOOT: i64 = 77_000_000;
/// Frames of a block: 40 ms.
const BLOCK: u64 = 640;

/// A moment after [`START`].
pub(crate) fn at(seconds: f64) -> WallTime {
    #[expect(clippy::cast_possible_truncation, reason = "hours at most")]
    let micros = (seconds * 1e6).round() as i64;
    WallTime::parse_rfc3339(START).unwrap().plus_micros(micros)
}

/// The sound of a side at a moment: said clicks at every whole second, heard in the middle between two. A click takes a
/// millisecond.
#[expect(clippy::cast_possible_truncation, reason = "a sample")]
fn sound(side: Side, t: f64) -> i16 {
    let t = if side == Side::Said { t } else { t - 0.5 };
    let near = t.round();
    if near < 1.0 || (t - near).abs() > 0.003 { 0 } else { ((-((t - near) / 0.000_5).powi(2)).exp() * 20_000.0) as i16 }
}

/// Records so many seconds of both sides, in segments of so many.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "hours at most"
)]
pub(crate) fn record(archive: &Archive, seconds: u32, segment_s: u32) {
    let session = Session::start(at(0.0), BOOT);
    for (side, ppm) in DRIFTS {
        let track = if side == Side::Said { TrackName::mic() } else { TrackName::loopback() };
        let settings = WriterSettings { segment_minutes: 5, sync_every_s: 3_600 };
        let mut writer = TrackWriter::new(archive, &session, track, side, SampleRate::SPEECH, settings);
        let real_hz = 16_000.0 * (1.0 + ppm / 1e6);
        let frames = (f64::from(seconds) * real_hz) as u64;
        let per_segment = u64::from(segment_s) * 16_000;
        for first in (0..frames).step_by(BLOCK as usize) {
            if first > 0 && first % per_segment < BLOCK {
                writer.rotate().unwrap();
            }
            let block: Vec<i16> = (first..first + BLOCK).map(|frame| sound(side, frame as f64 / real_hz)).collect();
            // Blocks come a little late, and never early.
            let uneven = (first / BLOCK % 7) as f64 * 1_000.0;
            writer.place(&block, BOOT + (first as f64 / real_hz * 1e6 + uneven) as i64).unwrap();
        }
        writer.finish().unwrap();
    }
}

/// The samples at which it clicks: the middle of each click.
#[derive(Default)]
pub(crate) struct Clicks {
    pub(crate) found: Vec<usize>,
    at: usize,
    loudest: Option<(usize, f32)>,
}

impl Clicks {
    /// Takes the next sample of a sound with so many a second.
    pub(crate) fn take(&mut self, sample: f32, rate_hz: usize) {
        if sample > 0.25 && self.loudest.is_none_or(|(_, loudest)| sample > loudest) {
            self.loudest = Some((self.at, sample));
        }
        if let Some((at, _)) = self.loudest
            && self.at - at > rate_hz / 100
        {
            self.found.push(at);
            self.loudest = None;
        }
        self.at += 1;
    }
}
