//! The line at the bottom: what the recorder and the worker are doing.

use super::meter_ui::meter_ui;
use super::state::{Action, Health, Readiness};
use super::style::{self, Palette};
use crate::status::{self, CampaignStatus, RecorderStatus, TrackState, TrackStatus, WorkerStatus};
use eframe::egui::{Align, Color32, Layout, Link, RichText, Sense, Ui, Vec2, vec2};
use timeline::TrackName;

const METER: Vec2 = vec2(46.0, 6.0);
/// Warnings that are shown; `hearsay status` has them all.
const WARNINGS: usize = 3;
/// A line of this width has room for the devices' names.
const ROOMY: f32 = 860.0;

/// The line at the bottom, and above it what the user should know and do.
pub(crate) fn status_ui(ui: &mut Ui, health: &Health) -> Option<Action> {
    let palette = Palette::of(ui);
    for warning in health.status.iter().flat_map(|status| &status.recorder.warnings).take(WARNINGS) {
        ui.label(RichText::new(warning).font(style::small()).color(palette.error));
    }
    let mut action = None;
    ui.horizontal(|ui| {
        if let Some(error) = &health.error {
            say(ui, error, palette.error);
            return;
        }
        let Some(status) = &health.status else { return say(ui, "Looking at the archive", palette.weak) };
        recorder_ui(ui, &status.recorder, &palette);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let nothing = health.readiness == Readiness::NoSound;
            let text = if nothing { "Nothing to transcribe".to_owned() } else { worker(&status.worker) };
            if status.worker.campaigns.is_empty() {
                return say(ui, text, palette.weak);
            }
            let link = Link::new(RichText::new(text).font(style::small()));
            if ui.add(link).on_hover_text("What waits to be transcribed again").clicked() {
                action = Some(Action::ShowQueue);
            }
        });
    });
    action
}

fn say(ui: &mut Ui, text: impl Into<String>, color: Color32) {
    ui.label(RichText::new(text).font(style::small()).color(color));
}

/// What the recorder does, and the colour of it.
pub(super) fn recording(recorder: &RecorderStatus, palette: &Palette) -> (Color32, String) {
    match (recorder.running, recorder.paused, recorder.paused_until) {
        (false, ..) => (palette.weak, "Not recording".to_owned()),
        (true, true, Some(until)) => (palette.said, format!("Paused until {}", super::text::clock(until))),
        (true, true, None) => (palette.said, "Paused".to_owned()),
        (true, false, _) => (palette.good, "Recording".to_owned()),
    }
}

fn recorder_ui(ui: &mut Ui, recorder: &RecorderStatus, palette: &Palette) {
    let (color, text) = recording(recorder, palette);
    let roomy = ui.available_width() > ROOMY;
    let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
    if recorder.running {
        ui.painter().circle_filled(dot.center(), 4.0, color);
    } else {
        ui.painter().circle_stroke(dot.center(), 4.0, (1.0, color));
    }
    say(ui, text, if recorder.running { palette.text } else { palette.weak });
    for track in &recorder.tracks {
        ui.add_space(8.0);
        track_ui(ui, track, palette, roomy);
    }
}

fn track_ui(ui: &mut Ui, track: &TrackStatus, palette: &Palette, roomy: bool) {
    let side = TrackName::new(&track.track).ok().and_then(|name| name.usual_side());
    let color = side.map_or(palette.both, |side| palette.side(side));
    say(ui, track.track.as_str(), color);
    meter_ui(ui, METER, track.level_db, color).on_hover_text(details(track));
    let ink = match track.state {
        TrackState::Silent | TrackState::Stalled | TrackState::NoDevice | TrackState::Disk => palette.error,
        TrackState::Recording | TrackState::Idle | TrackState::Muted | TrackState::Paused => palette.weak,
    };
    let text = match track.state {
        // Where the line is short, the device is told under the pointer.
        TrackState::Recording if !roomy => return,
        TrackState::Recording => shortened(device(track)),
        // All of it is paused, and said so already.
        TrackState::Paused => return,
        TrackState::Silent => "silent".to_owned(),
        state => status::doing(state).to_owned(),
    };
    ui.label(RichText::new(text).font(style::small()).color(ink)).on_hover_text(details(track));
}

fn device(track: &TrackStatus) -> &str {
    track.device.as_deref().unwrap_or("no device")
}

/// Devices have long names, the line is short.
fn shortened(device: &str) -> String {
    const MOST: usize = 22;
    if device.chars().count() <= MOST {
        device.to_owned()
    } else {
        device.chars().take(MOST - 3).chain("...".chars()).collect()
    }
}

fn details(track: &TrackStatus) -> String {
    let level = track.level_db.map_or_else(|| "no level".to_owned(), |db| format!("{db:.0} dB"));
    let age =
        track.last_frame_age_s.map_or_else(|| "no frame yet".to_owned(), |age| format!("last frame {age:.1} s ago"));
    let gaps = status::gaps(track.gaps_today, track.gaps_today_s);
    format!("{}: {}\n{level}, {age}, {gaps} today", device(track), status::doing(track.state))
}

#[expect(clippy::cast_possible_truncation, reason = "a backlog in microseconds")]
fn worker(worker: &WorkerStatus) -> String {
    let speed = worker.speed_x.filter(|speed| *speed > 0.0).map(|speed| format!(" at {speed:.1} x real time"));
    let backlog = super::text::length((worker.backlog_s * 1e6) as i64);
    match (worker.running, worker.backlog_s >= 1.0) {
        (true, true) => format!("Transcribing{}, {backlog} to go", speed.unwrap_or_default()),
        (true, false) if !worker.campaigns.is_empty() => again(&worker.campaigns),
        (true, false) => "All transcribed".to_owned(),
        (false, true) => format!("{backlog} not transcribed, the worker is not running"),
        (false, false) if !worker.campaigns.is_empty() => {
            format!("{}, the worker is not running", again(&worker.campaigns))
        }
        (false, false) => "All transcribed, the worker is not running".to_owned(),
    }
}

/// `Again with large-v3: 40 %`, and how many more wait behind it.
#[expect(clippy::cast_possible_truncation, reason = "a percentage")]
fn again(campaigns: &[CampaignStatus]) -> String {
    let running = campaigns.iter().find(|campaign| campaign.state == "running").or(campaigns.first());
    let Some(CampaignStatus { model, reason, sound_s, left_s, .. }) = running else { return String::new() };
    let done = if *sound_s > 0.0 { 100.0 * (1.0 - left_s / sound_s) } else { 0.0 };
    let what = match reason {
        Some(reason) => format!("Again with {model}: {reason}"),
        None => format!("Again with {model}: {} %", done as i64),
    };
    if campaigns.len() > 1 { format!("{what}, {} more", campaigns.len() - 1) } else { what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_is_described_as_it_is() {
        let state =
            |running, backlog_s, speed_x| WorkerStatus { running, backlog_s, speed_x, ..WorkerStatus::default() };
        assert_eq!(worker(&state(true, 125.0, Some(14.2))), "Transcribing at 14.2 x real time, 2 min 5 s to go");
        assert_eq!(worker(&state(true, 0.0, Some(14.2))), "All transcribed");
        assert_eq!(worker(&state(false, 60.0, None)), "1 min not transcribed, the worker is not running");
        let campaign = CampaignStatus {
            pass: timeline::PassName::new("1a2b3c4d").unwrap(),
            model: "large-v3".to_owned(),
            state: "running",
            reason: None,
            sound_s: 1_000.0,
            left_s: 600.0,
        };
        let with = |campaigns: Vec<CampaignStatus>| WorkerStatus { campaigns, ..state(true, 0.0, None) };
        assert_eq!(worker(&with(vec![campaign.clone()])), "Again with large-v3: 40 %");
        let stopped = WorkerStatus { running: false, ..with(vec![campaign.clone()]) };
        assert_eq!(worker(&stopped), "Again with large-v3: 40 %, the worker is not running");
        let waiting =
            CampaignStatus { state: "waiting", reason: Some("it waits for its hours".to_owned()), ..campaign };
        let both = vec![waiting.clone(), waiting];
        assert_eq!(worker(&with(both)), "Again with large-v3: it waits for its hours, 1 more");
    }

    #[test]
    fn warnings_and_states_stand_in_the_line() {
        use egui_kittest::kittest::Queryable as _;
        let track = |track: &str, state| TrackStatus {
            track: track.into(),
            state,
            device: Some("Webcam".into()),
            muted: state == TrackState::Muted,
            level_db: None,
            last_frame_age_s: Some(4.0),
            written_today_s: 60.0,
            gaps_today: 1,
            gaps_today_s: 0.8,
        };
        let recorder = RecorderStatus {
            running: true,
            tracks: vec![track("mic", TrackState::Stalled), track("loopback", TrackState::Idle)],
            warnings: vec!["Sound plays on HDMI, which isn't recorded".into()],
            ..RecorderStatus::stopped()
        };
        let worker = WorkerStatus::default();
        let status = status::Status {
            recorder,
            worker,
            disk_free_bytes: None,
            disk_days_left: None,
            disk_days_left_as_flac: None,
            home: String::new(),
        };
        let health = Health { status: Some(status), readiness: Readiness::Ready, error: None };
        let mut window = egui_kittest::Harness::builder()
            .with_size((900.0, 80.0))
            .build_ui(move |ui: &mut Ui| drop(status_ui(ui, &health)));
        window.run();
        for label in
            ["Sound plays on HDMI, which isn't recorded", "the device delivers nothing", "nothing plays", "Recording"]
        {
            window.get_by_label(label);
        }
    }

    #[test]
    fn long_device_names_are_shortened_by_characters() {
        assert_eq!(shortened("Speakers"), "Speakers");
        assert_eq!(shortened("Größere Lautsprecher im Wohnzimmer").chars().count(), 22);
    }
}
