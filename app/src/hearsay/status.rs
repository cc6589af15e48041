//! What the recorder and the worker are doing, gathered from the recorder's socket, the locks, the database and
//! the archive's folder. Its serialised form is the contract of `hearsay status --json`.

use crate::output::seconds;
use anyhow::Result;
use archive::Archive;
use capture::control::{self, ControlError, Request};
pub(crate) use capture::control::{RecorderStatus, TrackState, TrackStatus};
use home::{Home, Lock};
use serde::Serialize;
use store::Store;
use timeline::{SpanSet, TrackName};

/// Everything at a glance.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Status {
    /// The recorder.
    pub(crate) recorder: RecorderStatus,
    /// The worker.
    pub(crate) worker: WorkerStatus,
    /// Room left on the home's disk.
    pub(crate) disk_free_bytes: Option<u64>,
    /// How long it lasts where both sides are recorded round the clock.
    pub(crate) disk_days_left: Option<f64>,
    /// The home.
    pub(crate) home: String,
}

/// The worker.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct WorkerStatus {
    /// Whether one is at work.
    pub(crate) running: bool,
    /// Finished sound that no pass has dealt with, all tracks together.
    pub(crate) backlog_s: f64,
    /// How fast it last was, as × real time.
    pub(crate) speed_x: Option<f64>,
}

/// Two tracks of 16-bit samples at 16 kHz, for a day.
const BYTES_A_DAY: f64 = 2.0 * 2.0 * 16_000.0 * 86_400.0;

/// What a track is doing, in a word or a few.
pub(crate) const fn doing(state: TrackState) -> &'static str {
    match state {
        TrackState::Recording => "recording",
        TrackState::Idle => "nothing plays",
        TrackState::Muted => "muted",
        TrackState::Silent => "silent: not muted, and only digital silence comes",
        TrackState::Stalled => "the device delivers nothing",
        TrackState::NoDevice => "no device",
        TrackState::Disk => "cannot be written",
        TrackState::Paused => "paused",
    }
}

/// `no gaps`, `1 gap (0.8 s)`, `2 gaps (12 min)`.
pub(crate) fn gaps(count: u32, seconds: f64) -> String {
    let length = if seconds < 60.0 { format!("{seconds:.1} s") } else { crate::output::duration_of(seconds) };
    match count {
        0 => "no gaps".to_owned(),
        1 => format!("1 gap ({length})"),
        _ => format!("{count} gaps ({length})"),
    }
}

/// Asks everybody.
pub(crate) fn gather(home: &Home, store: Option<&Store>) -> Result<Status> {
    let state = store.map(Store::worker).transpose()?.flatten();
    let disk_free_bytes = free_bytes(home);
    Ok(Status {
        recorder: recorder(home),
        worker: WorkerStatus {
            running: Lock::is_held(&home.worker_lock()),
            backlog_s: seconds(backlog_micros(home, store)?),
            speed_x: state.map(|state| state.speed_x),
        },
        disk_free_bytes,
        #[allow(clippy::cast_precision_loss, reason = "a number of days, to a tenth")]
        disk_days_left: disk_free_bytes.map(|bytes| (bytes as f64 / BYTES_A_DAY * 10.0).round() / 10.0),
        home: home.root().display().to_string(),
    })
}

/// What the recorder says of itself; one that is there and doesn't answer is running all the same.
fn recorder(home: &Home) -> RecorderStatus {
    match control::ask(home, &Request::Status) {
        Ok(status) => status,
        Err(ControlError::NotRunning) => RecorderStatus::stopped(),
        Err(error) => {
            tracing::warn!("{error}");
            RecorderStatus { running: Lock::is_held(&home.recorder_lock()), ..RecorderStatus::stopped() }
        }
    }
}

/// Sound that no pass has dealt with. What is being recorded at this moment isn't counted.
fn backlog_micros(home: &Home, store: Option<&Store>) -> Result<i64> {
    let mut sound: std::collections::BTreeMap<TrackName, SpanSet> = std::collections::BTreeMap::new();
    for segment in Archive::open(home).scan()?.segments {
        if !segment.part {
            sound.entry(segment.name.track).or_default().insert(segment.span);
        }
    }
    let passes = store.map(Store::passes).transpose()?.unwrap_or_default();
    let mut left = 0_i64;
    for (track, mut sound) in sound {
        for summary in &passes {
            if let Some(store) = store {
                sound = sound.minus(&store.coverage(summary.pass.key, &track)?);
            }
        }
        left = left.saturating_add(sound.len_micros());
    }
    Ok(left)
}

/// Room for the user on the disk of the home, or of the nearest folder above it that exists.
fn free_bytes(home: &Home) -> Option<u64> {
    let folder = home.root().ancestors().find(|folder| folder.exists())?;
    free_bytes_of(folder)
}

#[cfg(unix)]
fn free_bytes_of(folder: &std::path::Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes_of(_folder: &std::path::Path) -> Option<u64> {
    None
}
