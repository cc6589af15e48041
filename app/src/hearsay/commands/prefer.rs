//! `hearsay prefer`.

use super::retranscribe::pass_name;
use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use crate::output;
use anyhow::Result;
use archive::{Choice, Choices};
use home::{Exit, Lock};
use store::Store;
use timeline::TrackName;
use worker::{Follower, keep_choices};

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
    let choices = Choices::open(&context.home);
    if args.undo {
        undo(args, context, &choices)?;
    } else {
        choose(args, context, &choices)?;
    }
    let mut store = Store::open(&context.home.database())?;
    if let Some(fault) = keep_choices(&context.home, &mut store)? {
        output::note(&fault.to_string());
    }
    // A worker that lives lets the index follow by itself.
    if let Ok(_lock) = Lock::acquire(&context.home.worker_lock()) {
        Follower::open(&context.home.index())?.catch_up(&store)?;
    }
    Ok(Exit::Done)
}

fn choose(args: &PreferArgs, context: &Context, choices: &Choices) -> Result<()> {
    let pass = pass_name(args.pass.as_deref().unwrap_or_default())?;
    if args.span.is_empty() {
        return Err(Failure::usage("from when to when?").hint("for example: hearsay prefer PASS yesterday").into());
    }
    let span = context.span(&args.span)?;
    let track = track(args)?;
    let store = Store::open_read_only(&context.home.database())?;
    let passes = store.passes()?;
    let Some(known) = passes.iter().find(|known| known.pass.name == pass) else {
        return Err(Failure::not_found(format!("there is no pass {pass}")).hint("`hearsay passes` lists them").into());
    };
    if known.pass.translation {
        return Err(Failure::usage("a translation never speaks in the place of what was said")
            .hint("`hearsay show --translated` reads it")
            .into());
    }
    if known.spans.within(&span).is_empty() {
        return Err(Failure::not_found(format!("pass {pass} has nothing in that span"))
            .hint("`hearsay retranscribe` transcribes it with that model")
            .into());
    }
    choices.add(&Choice::new(&pass, track, span, context.now))?;
    output::say(&format!("{pass} ({}) is what you read there", known.pass.model));
    Ok(())
}

fn undo(args: &PreferArgs, context: &Context, choices: &Choices) -> Result<()> {
    let pass = args.pass.as_deref().map(pass_name).transpose()?;
    let span = if args.span.is_empty() { None } else { Some(context.span(&args.span)?) };
    let track = track(args)?;
    let (standing, _) = choices.read()?;
    let is_it = |choice: &&Choice| {
        pass.as_ref().is_none_or(|pass| choice.pass == *pass)
            && span.is_none_or(|span| choice.span.overlaps(&span))
            && (track.is_none() || choice.track == track)
    };
    let Some(last) = standing.iter().rev().find(is_it) else {
        return Err(Failure::not_found("there is no such choice to take back").into());
    };
    choices.undo(last.mark, context.now)?;
    let (from, to) = (output::local(last.span.start), output::local(last.span.end));
    output::say(&format!("{} isn't preferred any more from {from} to {to}", last.pass));
    Ok(())
}

fn track(args: &PreferArgs) -> Result<Option<TrackName>> {
    let track = args.track.as_deref().map(TrackName::new).transpose();
    Ok(track.map_err(|error| Failure::usage(error.to_string()))?)
}
