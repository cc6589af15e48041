//! `hearsay show`.

use crate::columns;
use crate::context::Context;
use crate::library::Library;
use crate::output::{self, Out};
use crate::rows::SearchRow;
use anyhow::Result;
use home::Exit;
use std::io::Write;

/// What to read.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ShowArgs {
    /// today, yesterday, 2026-11-22, 2026-11-22T14:00..15:30, last 2h
    #[arg(required = true, value_name = "SPAN")]
    span: Vec<String>,
    /// In English where it was translated (`translate = true` below `[work]`)
    #[arg(long)]
    translated: bool,
    /// One JSON object per utterance
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay show today
  hearsay show 2026-11-23T09:00..09:30
  hearsay show last 2h";

/// Prints the conversation in two columns.
pub(crate) fn run(args: &ShowArgs, context: &Context) -> Result<Exit> {
    let span = context.span(&args.span)?;
    let mut library = Library::open(&context.home)?;
    let utterances = if args.translated { library.translated(span)? } else { library.conversation(span)? };
    if utterances.is_empty() {
        explain_nothing(&library)?;
        return Ok(Exit::NothingFound);
    }
    let remarks = library.remarks_of(&utterances)?;
    let mut out = Out::stdout();
    if args.json {
        for utterance in &utterances {
            out.json(&SearchRow::utterance(utterance).with(utterance, &remarks))?;
        }
    } else {
        for line in columns::lay_out(&utterances, &remarks, out.width) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Says why a span is empty.
pub(crate) fn explain_nothing(library: &Library) -> Result<()> {
    output::say("nothing was said or heard in that span");
    if let Some(why) = library.no_transcript()? {
        output::hint(why);
    }
    Ok(())
}
