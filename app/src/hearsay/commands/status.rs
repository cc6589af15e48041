//! `hearsay status`.

use crate::context::Context;
use crate::library::Library;
use crate::output::{self, Out};
use crate::status::{Status, WorkerStatus};
use anyhow::Result;
use capture::control::RecorderStatus;
use home::Exit;
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

/// Tells it.
pub(crate) fn run(args: &StatusArgs, context: &Context) -> Result<Exit> {
    let status = Library::open(&context.home)?.status()?;
    let mut out = Out::stdout();
    if args.json {
        out.json(&status)?;
    } else {
        print(&mut out, &status)?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn print(out: &mut Out, status: &Status) -> Result<()> {
    recorder(out, &status.recorder)?;
    writeln!(out, "worker     {}", worker(&status.worker))?;
    if let (Some(bytes), Some(days)) = (status.disk_free_bytes, status.disk_days_left) {
        writeln!(out, "disk       {} free: {days} days of recording round the clock", output::size(bytes))?;
    }
    writeln!(out, "home       {}", status.home)?;
    Ok(())
}

fn recorder(out: &mut Out, recorder: &RecorderStatus) -> Result<()> {
    let state = match (recorder.running, recorder.paused, recorder.paused_until) {
        (false, ..) => "not running: `hearsay record` starts it".to_owned(),
        (true, true, Some(until)) => format!("paused until {}", output::local(until)),
        (true, true, None) => "paused".to_owned(),
        (true, false, _) => "recording".to_owned(),
    };
    writeln!(out, "recorder   {state}")?;
    for track in &recorder.tracks {
        let level = match (track.muted, track.level_db) {
            (true, _) => "muted".to_owned(),
            (false, Some(level)) => format!("{level:.0} dB"),
            (false, None) => "silent".to_owned(),
        };
        let age = track.last_frame_age_s.filter(|age| *age > 2.0);
        let age = age.map(|age| format!(", no sound for {age:.0} s")).unwrap_or_default();
        let gaps = if track.gaps_today > 0 { format!(", {} gaps today", track.gaps_today) } else { String::new() };
        let device = track.device.as_deref().unwrap_or("no device");
        writeln!(out, "           {}: {device}, {level}{age}{gaps}", track.track)?;
    }
    Ok(())
}

fn worker(worker: &WorkerStatus) -> String {
    let waiting = output::duration_of(worker.backlog_s);
    let speed = worker.speed_x.map(|speed| format!(", {speed:.1} × real time")).unwrap_or_default();
    match (worker.running, worker.backlog_s >= 1.0) {
        (true, true) => format!("transcribing, {waiting} of sound left{speed}"),
        (true, false) => format!("running, everything is transcribed{speed}"),
        (false, true) => format!("not running, {waiting} of sound left: `hearsay work` transcribes it"),
        (false, false) => "not running, everything is transcribed".to_owned(),
    }
}
