//! `hearsay gaps`: out of the recorder's journals, so it works where no worker ever ran.

use crate::context::Context;
use crate::output::{self, Out};
use anyhow::Result;
use archive::{Archive, GapCause, GapRow, Journal, Row};
use home::Exit;
use std::io::Write;
use timeline::{Span, TrackName, WallTime};

/// Which gaps to list.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct GapsArgs {
    /// today, yesterday, 2026-11-22, last 2h, all [default: today]
    #[arg(value_name = "SPAN")]
    span: Vec<String>,
    /// With the times at which nothing was played
    #[arg(long)]
    all: bool,
    /// One JSON object per gap
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay gaps
  hearsay gaps 2026-11-23 --all";

/// Time without sound on one track.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
struct Gap {
    track: TrackName,
    start: WallTime,
    end: WallTime,
    cause: GapCause,
    /// At the track's rate.
    frames: u64,
}

/// A day's journal may tell of what began the day before.
const DAY_MICROS: i64 = 86_400_000_000;

/// Lists them.
pub(crate) fn run(args: &GapsArgs, context: &Context) -> Result<Exit> {
    let span = if args.span.is_empty() { context.span(&["today".to_owned()])? } else { context.span(&args.span)? };
    let archive = Archive::open(&context.home);
    let mut rows = Vec::new();
    let day = |time: WallTime| time.utc().format("%Y-%m-%d").to_string();
    let (first, last) = (day(span.start.plus_micros(-DAY_MICROS)), day(span.end.plus_micros(DAY_MICROS)));
    for day in archive.days()?.into_iter().filter(|day| (&first..=&last).contains(&day)) {
        let found = Journal::open(&archive).rows(&day)?;
        rows.extend(found.rows);
        for fault in found.faults {
            output::note(&fault.to_string());
        }
    }
    let mut gaps = gaps(&rows);
    gaps.retain(|gap| Span::new(gap.from, gap.to).overlaps(&span) && (args.all || gap.cause != GapCause::Idle));
    let mut out = Out::stdout();
    for gap in &gaps {
        if args.json { out.json(&json(gap))? } else { print(&mut out, gap)? }
    }
    out.flush()?;
    if gaps.is_empty() {
        output::say(if rows.is_empty() { "nothing was recorded then" } else { "no gaps" });
    }
    Ok(Exit::Done)
}

/// The gaps of a journal's rows, in the order of time.
fn gaps(rows: &[Row]) -> Vec<&GapRow> {
    let mut gaps: Vec<&GapRow> =
        rows.iter().filter_map(|row| if let Row::Gap(gap) = row { Some(gap) } else { None }).collect();
    gaps.sort_by(|a, b| (a.from, &a.track).cmp(&(b.from, &b.track)));
    gaps
}

fn json(gap: &GapRow) -> Gap {
    Gap { track: gap.track.clone(), start: gap.from, end: gap.to, cause: gap.cause, frames: gap.frames }
}

fn print(out: &mut Out, gap: &GapRow) -> Result<()> {
    let cause = match gap.cause {
        GapCause::Stalled => "the device delivered nothing",
        GapCause::DeviceLost => "the device was gone",
        GapCause::Reopened => "the device was opened again",
        GapCause::Overrun => "sound came faster than it could be taken",
        GapCause::Suspended => "the machine slept",
        GapCause::Disk => "nothing could be written",
        GapCause::Crash => "the recorder had died",
        GapCause::Paused => "paused",
        GapCause::Idle => "nothing was played",
    };
    let length = output::seconds(gap.to.micros_since(gap.from));
    writeln!(out, "{}  {:8}  {length:8.1} s  {cause}", output::local(gap.from), gap.track.as_str())?;
    Ok(())
}
