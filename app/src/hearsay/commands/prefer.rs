//! `hearsay prefer`.

use super::retranscribe::pass_name;
use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use crate::output;
use anyhow::Result;
use archive::{Choice, Choices};
use home::{Exit, Lock, LockError};
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
    let said = if args.undo { undo(args, context, &choices)? } else { choose(args, context, &choices)? };
    let mut store = Store::open(&context.home.database())?;
    if let Some(fault) = keep_choices(&context.home, &mut store)? {
        output::note(&fault.to_string());
    }
    match Lock::acquire(&context.home.worker_lock()) {
        Ok(_lock) => {
            Follower::open(&context.home.index())?.catch_up(&store)?;
        }
        // The worker lets the index follow.
        Err(LockError::Held { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    output::say(&said);
    Ok(Exit::Done)
}

/// Writes the choice down, for each track whose words the pass has there; what is to be said once it stands.
fn choose(args: &PreferArgs, context: &Context, choices: &Choices) -> Result<String> {
    let pass = pass_name(args.pass.as_deref().unwrap_or_default())?;
    if args.span.is_empty() {
        return Err(Failure::usage("from when to when?").hint("for example: hearsay prefer PASS yesterday").into());
    }
    let span = context.span(&args.span)?;
    let only = track(args)?;
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
    let mut chosen = Vec::new();
    for (track, _) in store.tracks()?.into_iter().filter(|(track, _)| only.as_ref().is_none_or(|only| only == track)) {
        if store.found_words(&pass, &track, &span)? {
            // No sentence is cut in two, or both halves would be read, one from either pass.
            let span = store.widened_to_silence(&track, &span)?;
            chosen.push(Choice::new(&pass, Some(track), span, context.now));
        }
    }
    if chosen.is_empty() {
        return Err(Failure::not_found(format!("pass {pass} has no words in that span"))
            .hint("`hearsay retranscribe` transcribes it with that model")
            .into());
    }
    for choice in &chosen {
        choices.add(choice)?;
    }
    let tracks: Vec<&str> = chosen.iter().filter_map(|choice| choice.track.as_ref()).map(TrackName::as_str).collect();
    Ok(format!("{pass} ({}) is what you read there: {}", known.pass.model, tracks.join(", ")))
}

/// Takes the last choice back that fits, on all tracks that it was made for.
fn undo(args: &PreferArgs, context: &Context, choices: &Choices) -> Result<String> {
    let pass = args.pass.as_deref().map(pass_name).transpose()?;
    let span = if args.span.is_empty() { None } else { Some(context.span(&args.span)?) };
    let track = track(args)?;
    let standing = choices.read()?.standing;
    let is_it = |choice: &&Choice| {
        pass.as_ref().is_none_or(|pass| choice.pass == *pass)
            && span.is_none_or(|span| choice.span.overlaps(&span))
            && (track.is_none() || choice.track == track)
    };
    let Some(last) = standing.iter().rev().find(is_it) else {
        return Err(Failure::not_found("there is no such choice to take back").into());
    };
    for choice in standing.iter().filter(|choice| choice.at == last.at && choice.pass == last.pass && is_it(choice)) {
        choices.undo(choice.mark, context.now)?;
    }
    let (from, to) = (output::local(last.span.start), output::local(last.span.end));
    Ok(format!("{} isn't preferred any more from {from} to {to}", last.pass))
}

fn track(args: &PreferArgs) -> Result<Option<TrackName>> {
    let track = args.track.as_deref().map(TrackName::new).transpose();
    Ok(track.map_err(|error| Failure::usage(error.to_string()))?)
}
