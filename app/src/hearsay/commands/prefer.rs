//! `hearsay prefer`.

use super::retranscribe::pass_name;
use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use crate::{output, versions};
use anyhow::Result;
use home::Exit;
use timeline::TrackName;

/// Which pass is read where.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct PreferArgs {
    /// The pass, as `hearsay passes` names it
    #[arg(value_name = "PASS", required_unless_present = "undo")]
    pass: Option<String>,
    /// today, 2026-11-22, 2026-10..2026-11, all
    #[arg(value_name = "SPAN")]
    span: Vec<String>,
    /// Only on this track
    #[arg(long, value_name = "TRACK")]
    track: Option<String>,
    /// Take the last such choice back; without PASS, the last of all
    #[arg(long)]
    undo: bool,
}

const HELP: &str = "\
Examples:
  hearsay prefer 1a2b3c4d yesterday
  hearsay prefer 1a2b3c4d 2026-11-23T09:00..10:00 --track mic
  hearsay prefer --undo

Where the pass found words they are what you read and search, whatever ranks higher; elsewhere nothing changes. No pass is changed by it.";

/// Chooses, or takes a choice back.
pub(crate) fn run(args: &PreferArgs, context: &Context) -> Result<Exit> {
    if let Some(why) = Library::open(&context.home)?.no_transcript()? {
        return Err(Failure::not_found("there is no pass yet").hint(why).into());
    }
    let said = if args.undo { undo(args, context)? } else { choose(args, context)? };
    if let Some(fault) = versions::follow(&context.home)? {
        output::note(&fault);
    }
    output::say(&said);
    Ok(Exit::Done)
}

/// Writes the choice down; what is to be said once it stands.
fn choose(args: &PreferArgs, context: &Context) -> Result<String> {
    let pass = pass_name(args.pass.as_deref().unwrap_or_default())?;
    if args.span.is_empty() {
        return Err(Failure::usage("from when to when?").hint("for example: hearsay prefer PASS yesterday").into());
    }
    let span = context.span(&args.span)?;
    let (model, tracks) = versions::prefer(&context.home, &pass, track(args)?.as_ref(), &span, context.now)?;
    let tracks: Vec<&str> = tracks.iter().map(TrackName::as_str).collect();
    Ok(format!("{pass} ({model}) is what you read there: {}", tracks.join(", ")))
}

fn undo(args: &PreferArgs, context: &Context) -> Result<String> {
    let pass = args.pass.as_deref().map(pass_name).transpose()?;
    let span = if args.span.is_empty() { None } else { Some(context.span(&args.span)?) };
    let (pass, span) = versions::undo(&context.home, pass.as_ref(), track(args)?.as_ref(), span.as_ref(), context.now)?;
    let (from, to) = (output::local(span.start), output::local(span.end));
    Ok(format!("{pass} isn't preferred any more from {from} to {to}"))
}

fn track(args: &PreferArgs) -> Result<Option<TrackName>> {
    let track = args.track.as_deref().map(TrackName::new).transpose();
    Ok(track.map_err(|error| Failure::usage(error.to_string()))?)
}
