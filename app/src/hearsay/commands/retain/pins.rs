//! `hearsay retain pin`, `unpin` and `pins`.

use crate::context::Context;
use crate::output::{self, Out};
use anyhow::Result;
use archive::Pins;
use home::Exit;
use std::io::Write;
use timeline::WallTime;

/// What is done with pins.
#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// No rule may touch a span
    #[command(after_help = "Example:\n  hearsay retain pin 2026-11-23T14:00..15:30")]
    Pin(SpanArgs),
    /// The rules hold for a span again
    #[command(after_help = "Example:\n  hearsay retain unpin 2026-11-23")]
    Unpin(SpanArgs),
    /// List what is pinned
    #[command(after_help = "Example:\n  hearsay retain pins --json")]
    Pins {
        /// One JSON object per span
        #[arg(long)]
        json: bool,
    },
}

/// Which span.
#[derive(Debug, clap::Args)]
pub(super) struct SpanArgs {
    /// today, yesterday, 2026-11-22, 2026-11-22T14:00..15:30, last 2h, all
    #[arg(required = true, value_name = "SPAN")]
    span: Vec<String>,
}

#[derive(serde::Serialize)]
struct Row {
    start: WallTime,
    end: WallTime,
}

pub(super) fn run(what: &What, context: &Context) -> Result<Exit> {
    match what {
        What::Pin(args) => set(args, true, context),
        What::Unpin(args) => set(args, false, context),
        What::Pins { json } => list(*json, context),
    }
}

fn set(args: &SpanArgs, pinned: bool, context: &Context) -> Result<Exit> {
    let span = context.span(&args.span)?;
    context.home.ensure()?;
    Pins::open(&context.home).set(&span, pinned, context.now)?;
    let (from, to) = (output::local(span.start), output::local(span.end));
    output::say(&format!("{from} to {to}: {}", if pinned { "no rule touches it" } else { "the rules hold" }));
    Ok(Exit::Done)
}

fn list(json: bool, context: &Context) -> Result<Exit> {
    let pinned = Pins::open(&context.home).read()?;
    let mut out = Out::stdout();
    for span in pinned.iter() {
        if json {
            out.json(&Row { start: span.start, end: span.end })?;
        } else {
            writeln!(out, "{}  {}", output::local(span.start), output::local(span.end))?;
        }
    }
    out.flush()?;
    if pinned.is_empty() {
        output::say("nothing is pinned");
        return Ok(Exit::NothingFound);
    }
    Ok(Exit::Done)
}
