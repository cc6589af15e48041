//! `hearsay gaps`: out of the recorder's journals, so it works where no worker ever ran.

use crate::context::Context;
use crate::output::{self, Out};
use anyhow::Result;
use archive::{Archive, GapRow, Journal, Row};
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
    /// `stalled`, `device_lost`, `paused` or `idle`.
    cause: &'static str,
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
    gaps.retain(|gap| Span::new(gap.start, gap.end).overlaps(&span) && (args.all || gap.cause != "idle"));
    let mut out = Out::stdout();
    for gap in &gaps {
        if args.json { out.json(gap)? } else { print(&mut out, gap)? }
    }
    out.flush()?;
    if gaps.is_empty() {
        output::say(if rows.is_empty() { "nothing was recorded then" } else { "no gaps" });
    }
    Ok(Exit::Done)
}

/// The gaps of a journal's rows, in the order of time, each with its cause.
fn gaps(rows: &[Row]) -> Vec<Gap> {
    let pauses = pauses(rows);
    let mut gaps: Vec<Gap> = rows
        .iter()
        .filter_map(|row| match row {
            Row::Gap(row) => Some(gap(row, cause(row, rows, &pauses))),
            Row::Idle(row) => Some(gap(row, "idle")),
            _ => None,
        })
        .collect();
    gaps.sort_by(|a, b| (a.start, &a.track).cmp(&(b.start, &b.track)));
    gaps
}

fn gap(row: &GapRow, cause: &'static str) -> Gap {
    Gap { track: row.track.clone(), start: row.from, end: row.to, cause, frames: row.frames }
}

fn cause(gap: &GapRow, rows: &[Row], pauses: &[Span]) -> &'static str {
    let span = Span::new(gap.from, gap.to);
    if pauses.iter().any(|pause| pause.overlaps(&span)) {
        return "paused";
    }
    let lost = |row: &Row| {
        // The loss is noticed a moment after the last frame.
        matches!(row, Row::DeviceLost { at, session, track, .. }
            if *session == gap.session && *track == gap.track && gap.from <= *at && *at <= gap.to)
    };
    if rows.iter().any(lost) { "device_lost" } else { "stalled" }
}

/// When the user had the recorder paused; a pause without an end lasts to the end of its session.
fn pauses(rows: &[Row]) -> Vec<Span> {
    let mut pauses: Vec<Span> = Vec::new();
    let mut open: Option<(WallTime, &str)> = None;
    for row in rows {
        match row {
            Row::Paused { at, session, .. } => open = open.or(Some((*at, session))),
            Row::Resumed { at, session } | Row::Closed { at, session, .. } => {
                if let Some((from, _)) = open.take_if(|(_, paused)| *paused == session.as_str()) {
                    pauses.push(Span::new(from, *at));
                }
            }
            _ => {}
        }
    }
    pauses.extend(open.map(|(from, _)| Span::new(from, WallTime::MAX)));
    pauses
}

fn print(out: &mut Out, gap: &Gap) -> Result<()> {
    let cause = match gap.cause {
        "stalled" => "the device delivered nothing",
        "device_lost" => "the device was gone",
        "paused" => "paused",
        _ => "nothing was played",
    };
    let length = output::seconds(gap.end.micros_since(gap.start));
    writeln!(out, "{}  {:8}  {length:8.1} s  {cause}", output::local(gap.start), gap.track.as_str())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> WallTime {
        WallTime::from_millis(1_795_425_300_000 + seconds * 1_000)
    }

    fn row(track: TrackName, from: i64, to: i64) -> GapRow {
        let frames = (to - from).unsigned_abs() * 16_000;
        GapRow { at: at(to), session: "s".into(), track, from: at(from), to: at(to), frame: 0, frames, written: true }
    }

    #[test]
    fn every_gap_has_its_cause() {
        let session = || "s".to_owned();
        let rows = [
            Row::Idle(row(TrackName::loopback(), 50, 60)),
            Row::Gap(row(TrackName::mic(), 10, 12)),
            Row::DeviceLost {
                at: at(21),
                session: session(),
                track: TrackName::mic(),
                device: "usb".into(),
                reason: "gone".into(),
            },
            Row::Gap(row(TrackName::mic(), 20, 30)),
            Row::Paused { at: at(40), session: session(), until: None },
            Row::Gap(row(TrackName::mic(), 40, 45)),
            Row::Resumed { at: at(45), session: session() },
        ];
        let causes: Vec<_> = gaps(&rows).iter().map(|gap| (gap.start, gap.cause, gap.frames)).collect();
        assert_eq!(
            causes,
            [
                (at(10), "stalled", 32_000),
                (at(20), "device_lost", 160_000),
                (at(40), "paused", 80_000),
                (at(50), "idle", 160_000)
            ]
        );
    }
}
