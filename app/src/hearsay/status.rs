//! What the recorder and the worker are doing, gathered from the recorder's socket, the locks, the database and
//! the archive's folder. Its serialised form is the contract of `hearsay status --json`.

use crate::output::seconds;
use anyhow::Result;
use archive::Archive;
use capture::control::{self, ControlError, Request};
pub(crate) use capture::control::{RecorderStatus, TrackState, TrackStatus};
use home::{Home, Lock};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use store::{CampaignState, PROVISIONAL, PassSummary, Store};
use timeline::{Clock as _, PassName, SpanSet, SystemClock, TrackName};

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
    /// How long it would last where everything is packed as FLAC.
    pub(crate) disk_days_left_as_flac: Option<f64>,
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
    /// How much speech that sound holds, if it is like what the main pass has dealt with so far.
    pub(crate) speech_left_s: Option<f64>,
    /// How long the worker needs for it at that speed.
    pub(crate) finish_in_s: Option<f64>,
    /// What keeps the running worker from writing words as they are said; `null`: nothing does.
    pub(crate) live_fault: Option<String>,
    /// What `hearsay retranscribe` has queued and isn't done, in the order of the queue.
    pub(crate) campaigns: Vec<CampaignStatus>,
}

/// Another pass over old days that isn't done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CampaignStatus {
    pub(crate) pass: PassName,
    pub(crate) model: String,
    /// `waiting` or `running`.
    pub(crate) state: &'static str,
    /// What it waits for.
    pub(crate) reason: Option<String>,
    /// The sound that it is to cover, and what is left of it.
    pub(crate) sound_s: f64,
    pub(crate) left_s: f64,
}

impl WorkerStatus {
    fn new(running: bool, backlog_s: f64, speed_x: Option<f64>, passes: &[PassSummary]) -> Self {
        let speech_left_s = speech_share(passes).map(|share| (backlog_s * share * 10.0).round() / 10.0);
        let finish_in_s = speed_x.filter(|speed| *speed > 0.0).map(|speed| (backlog_s / speed * 10.0).round() / 10.0);
        Self { running, backlog_s, speed_x, speech_left_s, finish_in_s, live_fault: None, campaigns: Vec::new() }
    }
}

/// How much of the sound is speech, by what the passes have dealt with; `None` before a minute of it.
#[expect(clippy::cast_precision_loss, reason = "a share of microseconds")]
fn speech_share(passes: &[PassSummary]) -> Option<f64> {
    const ENOUGH_MICROS: i64 = 60_000_000;
    let most = main_passes(passes).max_by_key(|summary| summary.covered_micros)?;
    (most.covered_micros >= ENOUGH_MICROS).then(|| most.speech_micros as f64 / most.covered_micros as f64)
}

/// What was written while it was said, or corrected, waits for the main pass all the same, and a translation needs what it translates.
fn main_passes(passes: &[PassSummary]) -> impl Iterator<Item = &PassSummary> {
    let is_main = |pass: &store::Pass| pass.rank > PROVISIONAL && !pass.translation && !pass.is_by_hand();
    passes.iter().filter(move |summary| is_main(&summary.pass))
}

/// Two tracks of 16-bit samples at 16 kHz, for a day.
const BYTES_A_DAY: f64 = 2.0 * 2.0 * 16_000.0 * 86_400.0;

/// What a FLAC is of its WAV: speech with a room around it, measured by `cargo xtask bench flac`.
const FLAC_SHARE: f64 = 0.48;

#[expect(clippy::cast_precision_loss, reason = "a number of days, to a tenth")]
fn days(bytes: u64, a_day: f64) -> f64 {
    (bytes as f64 / a_day * 10.0).round() / 10.0
}

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
pub(crate) fn gather(home: &Home, store: Option<&Store>, known: &mut KnownSound) -> Result<Status> {
    let state = store.map(Store::worker).transpose()?.flatten();
    let passes = store.map(Store::passes).transpose()?.unwrap_or_default();
    let disk_free_bytes = free_bytes(home);
    let (running, speed_x) = (Lock::is_held(&home.worker_lock()), state.map(|state| state.speed_x));
    let sound = known.sound(home)?;
    let backlog_s = seconds(backlog_micros(&sound, store, &passes)?);
    let campaigns = store.map(|store| campaigns(store, running, &sound, &passes)).transpose()?.unwrap_or_default();
    // One that has ended says nothing of the next.
    let live_fault = store.filter(|_| running).map(Store::live_fault).transpose()?.flatten();
    Ok(Status {
        recorder: recorder(home),
        worker: WorkerStatus { live_fault, campaigns, ..WorkerStatus::new(running, backlog_s, speed_x, &passes) },
        disk_free_bytes,
        disk_days_left: disk_free_bytes.map(|bytes| days(bytes, BYTES_A_DAY)),
        disk_days_left_as_flac: disk_free_bytes.map(|bytes| days(bytes, BYTES_A_DAY * FLAC_SHARE)),
        home: home.root().display().to_string(),
    })
}

/// What the recorder says of itself; one that is there and doesn't answer is running all the same.
pub(crate) fn recorder(home: &Home) -> RecorderStatus {
    match control::ask(home, &Request::Status) {
        Ok(status) => status,
        Err(ControlError::NotRunning) => RecorderStatus::stopped(),
        Err(error) => {
            tracing::warn!("{error}");
            RecorderStatus { running: Lock::is_held(&home.recorder_lock()), ..RecorderStatus::stopped() }
        }
    }
}

/// The finished sound of each day. Reading the headers of ten years takes minutes, and only the folders of the last days change.
#[derive(Debug, Default)]
pub(crate) struct KnownSound {
    days: BTreeMap<String, DaySound>,
}

/// The sound of a day, as its folder was then.
#[derive(Debug)]
struct DaySound {
    /// When something was put into the folder last, or taken out of it; `None` where that was so short before that more could follow in the same tick
    /// of the file system's clock.
    changed: Option<SystemTime>,
    tracks: BTreeMap<TrackName, SpanSet>,
}

/// Ticks of a file system's clock are no longer than this (FAT's are).
const TICK: Duration = Duration::from_secs(2);

impl KnownSound {
    /// The sound there is, by track. What is being recorded at this moment isn't counted.
    fn sound(&mut self, home: &Home) -> Result<BTreeMap<TrackName, SpanSet>> {
        let archive = Archive::open(home);
        let mut before = std::mem::take(&mut self.days);
        let mut sound: BTreeMap<TrackName, SpanSet> = BTreeMap::new();
        for day in archive.days()? {
            let changed = archive.day_folder(&day).metadata().and_then(|folder| folder.modified()).ok();
            let known = before.remove(&day).filter(|known| known.changed.is_some() && known.changed == changed);
            let known = known.unwrap_or_else(|| day_sound(&archive, &day, changed));
            for (track, spans) in &known.tracks {
                sound.entry(track.clone()).or_default().extend(spans.iter());
            }
            self.days.insert(day, known);
        }
        Ok(sound)
    }
}

fn day_sound(archive: &Archive, day: &str, changed: Option<SystemTime>) -> DaySound {
    let now = SystemTime::from(SystemClock.wall().utc());
    let settled = |changed: &SystemTime| now.duration_since(*changed).is_ok_and(|ago| ago > TICK);
    let mut tracks: BTreeMap<TrackName, SpanSet> = BTreeMap::new();
    for segment in archive.scan_day(day).segments.into_iter().filter(|segment| !segment.part) {
        let of_segment = segment.sound();
        tracks.entry(segment.name.track).or_default().extend(of_segment.iter());
    }
    DaySound { changed: changed.filter(settled), tracks }
}

/// Sound that no pass has dealt with.
fn backlog_micros(sound: &BTreeMap<TrackName, SpanSet>, store: Option<&Store>, passes: &[PassSummary]) -> Result<i64> {
    let mut left = 0_i64;
    for (track, sound) in sound {
        let mut sound = sound.clone();
        for summary in main_passes(passes) {
            if let Some(store) = store {
                sound = sound.minus(&store.coverage(summary.pass.key, track)?);
            }
        }
        left = left.saturating_add(sound.len_micros());
    }
    Ok(left)
}

/// The campaigns that aren't done. One that is said to be running isn't where no worker is.
fn campaigns(
    store: &Store,
    running: bool,
    sound: &BTreeMap<TrackName, SpanSet>,
    passes: &[PassSummary],
) -> Result<Vec<CampaignStatus>> {
    let mut open = Vec::new();
    for campaign in store.open_campaigns()? {
        let (mut all, mut left) = (0, 0);
        for (track, spans) in &store.campaign_spans(campaign.key)? {
            let Some(sound) = sound.get(track) else { continue };
            let wanted = sound.minus(&sound.minus(spans));
            all += wanted.len_micros();
            left += wanted.minus(&store.coverage(campaign.pass, track)?).len_micros();
        }
        let model = passes.iter().find(|known| known.pass.key == campaign.pass).map(|known| known.pass.model.clone());
        let state = if running { campaign.state } else { CampaignState::Waiting };
        open.push(CampaignStatus {
            pass: campaign.name,
            model: model.unwrap_or_default(),
            state: state.as_str(),
            reason: campaign.reason,
            sound_s: seconds(all),
            left_s: seconds(left),
        });
    }
    Ok(open)
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

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::fixture;
    use timeline::{Side, WallTime};

    #[test]
    fn sound_that_comes_or_goes_is_seen_though_the_rest_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"));
        home.ensure().unwrap();
        let archive = Archive::open(&home);
        let import = |day: &str, track: TrackName, side: Side| {
            let at = WallTime::parse_rfc3339(&format!("{day}T09:15:00Z")).unwrap();
            let wav = fixture("days/call.mic.wav");
            archive::import::import(&archive, &wav, &track, side, at, &mut |_| {}).unwrap();
        };
        import("2026-11-21", TrackName::mic(), Side::Said);
        import("2026-11-22", TrackName::mic(), Side::Said);
        let mut known = KnownSound::default();
        let afresh = || KnownSound::default().sound(&home).unwrap();
        let first = known.sound(&home).unwrap();
        assert_eq!(first, afresh());
        assert_eq!(first.len(), 1);
        // A moment later the folders are as old as they look, and what is in them is known.
        std::thread::sleep(TICK + Duration::from_millis(100));
        assert_eq!(known.sound(&home).unwrap(), first);
        assert!(known.days.values().all(|day| day.changed.is_some()), "{known:?}");
        import("2026-11-22", TrackName::loopback(), Side::Heard);
        let more = known.sound(&home).unwrap();
        assert_eq!((more.len(), &more), (2, &afresh()));
        for segment in archive.scan_day("2026-11-21").segments {
            std::fs::rename(&segment.path, folder.path().join(segment.path.file_name().unwrap())).unwrap();
        }
        let less = known.sound(&home).unwrap();
        assert_eq!(less, afresh());
        assert!(less.values().all(|spans| spans.len_micros() < first[&TrackName::mic()].len_micros()));
    }
}
