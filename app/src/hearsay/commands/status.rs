//! `hearsay status`.

use crate::commands::retain;
use crate::context::Context;
use crate::ledger::{self, CoverageRow};
use crate::library::Library;
use crate::output::{self, Out};
use crate::status::{self, CampaignStatus, Status, TrackState, TrackStatus, WorkerStatus};
use anyhow::Result;
use archive::{Archive, Coverage};
use capture::control::RecorderStatus;
use home::{Exit, RetentionConfig};
use std::io::Write;

/// How to tell.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct StatusArgs {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay status
  hearsay status --json | jq .worker.backlog_s";

/// What `--json` prints.
#[derive(serde::Serialize)]
pub(crate) struct All {
    #[serde(flatten)]
    status: Status,
    /// How much of the local day was recorded, by track.
    today: Vec<CoverageRow>,
}

/// Tells it.
pub(crate) fn run(args: &StatusArgs, context: &Context) -> Result<Exit> {
    let mut out = Out::stdout();
    if args.json {
        out.json(&all(context)?)?;
    } else {
        let (status, today) = gather(context)?;
        let rules = context.config().map(|(config, _)| config.retention).unwrap_or_default();
        print(&mut out, &status, &today, &rules)?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Everything, for machines.
pub(crate) fn all(context: &Context) -> Result<All> {
    let (status, today) = gather(context)?;
    Ok(All { status, today: today.iter().map(CoverageRow::from).collect() })
}

fn gather(context: &Context) -> Result<(Status, Vec<Coverage>)> {
    let status = Library::open(&context.home)?.status()?;
    let span = context.span(&["today".to_owned()])?;
    let today = archive::coverage(&ledger::rows(&Archive::open(&context.home), &span)?.rows, &span);
    Ok((status, today))
}

fn print(out: &mut Out, status: &Status, today: &[Coverage], rules: &RetentionConfig) -> Result<()> {
    recorder(out, &status.recorder)?;
    for (n, track) in today.iter().enumerate() {
        let title = if n == 0 { "today" } else { "" };
        writeln!(out, "{title:10} {:9} {}", track.track.as_str(), ledger::coverage_line(track))?;
    }
    writeln!(out, "worker     {}", worker(&status.worker))?;
    for (n, campaign) in status.worker.campaigns.iter().enumerate() {
        let title = if n == 0 { "again" } else { "" };
        writeln!(out, "{title:10} {}", self::campaign(campaign))?;
    }
    if let Some(fault) = &status.worker.live_fault {
        // A hint stands on a line of its own.
        writeln!(out, "live       no words as they are said: {}", fault.replace('\n', "\n           "))?;
    }
    if let (Some(bytes), Some(days)) = (status.disk_free_bytes, status.disk_days_left) {
        let packed = status.disk_days_left_as_flac.map(|days| format!(", {days} as FLAC")).unwrap_or_default();
        writeln!(out, "disk       {} free: {days} days of recording round the clock{packed}", output::size(bytes))?;
    }
    writeln!(out, "keeping    {}", keeping(rules))?;
    writeln!(out, "home       {}", status.home)?;
    Ok(())
}

/// What becomes of old sound.
fn keeping(rules: &RetentionConfig) -> String {
    let RetentionConfig { flac_after, text_only_after, silence_after, max_size } = rules;
    let told = [
        flac_after.map(|after| format!("FLAC after {after}")),
        silence_after.map(|after| format!("nothing without a word after {after}")),
        text_only_after.map(|after| format!("only words after {after}")),
        max_size.map(|size| format!("at most {size} of sound")),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    if told.is_empty() { retain::OFFER.to_owned() } else { told.join(", ") }
}

fn recorder(out: &mut Out, recorder: &RecorderStatus) -> Result<()> {
    let state = match (recorder.running, recorder.paused, recorder.paused_until) {
        (false, ..) => "not running: `hearsay run` starts it".to_owned(),
        (true, true, Some(until)) => format!("paused until {}", output::local(until)),
        (true, true, None) => "paused".to_owned(),
        (true, false, _) => "recording".to_owned(),
    };
    writeln!(out, "recorder   {state}")?;
    for track in &recorder.tracks {
        writeln!(out, "  {:9}{}", track.track, self::track(track))?;
    }
    for warning in &recorder.warnings {
        writeln!(out, "warning    {warning}")?;
    }
    Ok(())
}

/// `1a2b3c4d (large-v3): running, 3 h 05 min of 12 h 40 min of sound left`.
fn campaign(campaign: &CampaignStatus) -> String {
    let CampaignStatus { pass, model, state, reason, sound_s, left_s } = campaign;
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let (left, of) = (output::duration_of(*left_s), output::duration_of(*sound_s));
    format!("{pass} ({model}) {state}{reason}, {left} of {of} of sound left")
}

/// Device, state, level, what was written today and what is missing of it.
fn track(track: &TrackStatus) -> String {
    let mut parts = vec![track.device.clone().unwrap_or_else(|| "no device open".to_owned())];
    parts.push(status::doing(track.state).to_owned());
    if let (TrackState::Recording, Some(level)) = (track.state, track.level_db) {
        parts.push(format!("{level:.0} dB"));
    }
    // A loopback that has nothing to deliver is no news; a track that stands still is.
    if let (TrackState::Recording | TrackState::Stalled, Some(age @ 2.0..)) = (track.state, track.last_frame_age_s) {
        parts.push(format!("last sound {age:.0} s ago"));
    }
    parts.push(format!("{} today", output::duration_of(track.written_today_s)));
    parts.push(status::gaps(track.gaps_today, track.gaps_today_s));
    parts.join(", ")
}

fn worker(worker: &WorkerStatus) -> String {
    let waiting = output::duration_of(worker.backlog_s);
    let speed = worker.speed_x.map(|speed| format!(", {speed:.1} × real time")).unwrap_or_default();
    match (worker.running, worker.backlog_s >= 1.0) {
        (true, true) => format!("transcribing, {waiting} of sound left{}{speed}{}", speech(worker), finish(worker)),
        (true, false) => format!("running, everything is transcribed{speed}"),
        (false, true) => {
            format!("not running, {waiting} of sound left{}: `hearsay work` transcribes it", speech(worker))
        }
        (false, false) => "not running, everything is transcribed".to_owned(),
    }
}

fn speech(worker: &WorkerStatus) -> String {
    let speech = worker.speech_left_s.filter(|speech| *speech >= 1.0);
    speech.map(|speech| format!(" (about {} of speech)", output::duration_of(speech))).unwrap_or_default()
}

fn finish(worker: &WorkerStatus) -> String {
    worker.finish_in_s.map(|left| format!(", {} to go", output::duration_of(left))).unwrap_or_default()
}
