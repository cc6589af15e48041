//! `hearsay gaps`, and how much was recorded: out of the recorder's journals and what was forgotten, so it works where no worker ever ran.

use crate::context::Context;
use crate::contract;
use crate::ledger::{self, CoverageRow};
use crate::output::{self, Out};
use anyhow::Result;
use archive::{Archive, GapCause, GapRow, Row};
use home::Exit;
use std::io::Write;
use timeline::Span;

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
    /// Only how much was recorded, a line per track
    #[arg(long, conflicts_with = "all")]
    coverage: bool,
    /// One JSON object per gap; with --coverage, per track
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay gaps
  hearsay gaps yesterday --coverage
  hearsay gaps 2026-11-23 --all";

/// Lists them, and says how much of the time was recorded.
pub(crate) fn run(args: &GapsArgs, context: &Context) -> Result<Exit> {
    let span = if args.span.is_empty() { context.span(&["today".to_owned()])? } else { context.span(&args.span)? };
    let found = ledger::rows(&Archive::open(&context.home), &span)?;
    for fault in &found.faults {
        output::note(&fault.to_string());
    }
    let coverage = archive::coverage(&found.rows, &span);
    let mut gaps = gaps(&found.rows);
    gaps.retain(|gap| Span::new(gap.from, gap.to).overlaps(&span) && (args.all || gap.cause != GapCause::Idle));
    if args.coverage {
        gaps.clear();
    }
    let mut out = Out::stdout();
    for gap in &gaps {
        if args.json { out.json(&contract::GapRow::from(*gap))? } else { print(&mut out, gap)? }
    }
    for track in &coverage {
        match (args.json, args.coverage) {
            (true, true) => out.json(&CoverageRow::from(track))?,
            // Who reads gaps gets gaps.
            (true, false) => {}
            (false, _) => writeln!(out, "{:10} {}", track.track.as_str(), ledger::coverage_line(track))?,
        }
    }
    out.flush()?;
    if gaps.is_empty() && coverage.is_empty() {
        output::say("nothing was recorded then");
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

fn print(out: &mut Out, gap: &GapRow) -> Result<()> {
    let cause = ledger::because(gap.cause);
    let length = output::seconds(gap.to.micros_since(gap.from));
    writeln!(out, "{}  {:8}  {length:8.1} s  {cause}", output::local(gap.from), gap.track.as_str())?;
    Ok(())
}
