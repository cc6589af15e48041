//! `hearsay forget`: what was recorded and said in a span goes, for good.

use crate::ask;
use crate::context::Context;
use crate::erasing::{self, Row};
use crate::failure::Failure;
use crate::output::{self, Out};
use anyhow::Result;
use archive::{Archive, Forgetting, PlayedLog};
use home::Exit;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::time::Duration;
use timeline::{Clock, Span, SystemClock, TrackName};
use worker::{Forget, WorkerError};

/// What to forget.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ForgetArgs {
    /// today, 2026-11-22, 2026-11-22T14:00..15:30, all
    #[arg(required_unless_present = "last", value_name = "SPAN")]
    span: Vec<String>,
    /// The time up to now: 90s, 10m, 2h
    #[arg(long, value_name = "LENGTH", conflicts_with = "span")]
    last: Option<String>,
    /// Only of this track; can be given again
    #[arg(long = "track", value_name = "NAME", value_parser = track)]
    tracks: Vec<TrackName>,
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// What goes as one JSON object
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay forget --last 10m
  hearsay forget 2026-11-22T14:00..14:20 --dry-run
  hearsay forget 2026-11-22 --track mic

It can't be undone. The sound goes, the words of all passes, and every word of it in the index and in the files beside the \
sound, what you corrected and your stars and notes; what reaches beyond the span goes whole. Databases that a rebuild has set aside go too, for nobody knows \
what they hold. The span stays as a gap that `hearsay gaps` lists as forgotten.

Clips that you cut out with `play --to` and texts that you exported are your own files and stay, and so does what a backup, a \
snapshot of the file system or the spare blocks of an SSD hold.

Killed in the middle, it is finished by the worker, or by the next `forget` or `rebuild`. While it is recording, the segments \
so far are finished first.

Exit codes: 0 done, 1 there is nothing in that span, 2 nobody to ask and no --yes, 3 something of it is still to go, 4 failed or not agreed to";

/// Says what goes, asks, and lets it go.
pub(crate) fn run(args: &ForgetArgs, context: &Context) -> Result<Exit> {
    let forget = Forget::at(&context.home);
    let forgetting = Forgetting::new(&span(args, context)?, tracks(args), context.now);
    if forgetting.span.is_empty() {
        return nothing(&forget, args, context);
    }
    let would = forget.look(&forgetting)?;
    if would.is_nothing() {
        return nothing(&forget, args, context);
    }
    let mut row = erasing::row(&forgetting, &would);
    for line in erasing::plan(&row) {
        output::say(&line);
    }
    for fault in &would.faults {
        output::note(&fault.to_string());
    }
    for note in played(&forgetting, context)? {
        output::note(&note);
    }
    if args.dry_run {
        output::say("nothing was changed");
        return tell(args, &row, Exit::Done);
    }
    if !args.yes && !ask::agreed("that may go for good")? {
        output::say("nothing was changed");
        return Ok(Exit::Failed);
    }
    forget.ask(&forgetting)?;
    let exit = finish(&forget, &forgetting, context)?;
    row.outcome = if exit == Exit::Done { "gone" } else { "partly" };
    tell(args, &row, exit)
}

fn span(args: &ForgetArgs, context: &Context) -> Result<Span> {
    match &args.last {
        Some(length) => context.span(&[format!("last {length}")]),
        None => context.span(&args.span),
    }
}

fn tracks(args: &ForgetArgs) -> Option<Vec<TrackName>> {
    (!args.tracks.is_empty()).then(|| args.tracks.clone())
}

fn track(name: &str) -> Result<TrackName, String> {
    TrackName::new(name).map_err(|error| home::one_line(&error))
}

/// There is nothing in the span; but what an earlier run that was killed has left is done all the same.
fn nothing(forget: &Forget, args: &ForgetArgs, context: &Context) -> Result<Exit> {
    if !args.dry_run && context.home.root().is_dir() {
        match forget.finish(SystemClock.wall(), &mut |_| ()) {
            Ok(_) | Err(WorkerError::SecondWorker { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::not_found("nothing was recorded or said in that span").into())
}

/// When hearsay played of it: what was heard then may have been recorded again, and lies at that time.
fn played(forgetting: &Forgetting, context: &Context) -> Result<Vec<String>> {
    let since = Span::new(forgetting.span.start, context.now);
    let log = PlayedLog::open(&Archive::open(&context.home)).within(&since)?;
    let of_it = log.iter().filter(|played| Span::new(played.from, played.to).overlaps(&forgetting.span));
    let note = |played: &archive::Played| {
        let length = output::duration(played.end.micros_since(played.at));
        format!(
            "it was played at {} for {length}: what was recorded of that is forgotten by that time",
            output::local(played.at)
        )
    };
    Ok(of_it.filter(|played| !forgetting.span.contains(played.at)).map(note).collect())
}

/// Does the rest, with a line that says what it is at.
fn finish(forget: &Forget, forgetting: &Forgetting, context: &Context) -> Result<Exit> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut notes = Vec::new();
    let done = erasing::carry_out(&context.home, forget, forgetting, &mut |doing| bar.set_message(doing), &mut notes);
    bar.finish_and_clear();
    for note in notes {
        output::note(&note);
    }
    Ok(if done? { Exit::Done } else { Exit::Partly })
}

fn tell(args: &ForgetArgs, row: &Row, exit: Exit) -> Result<Exit> {
    if args.json {
        let mut out = Out::stdout();
        out.json(row)?;
        out.flush()?;
    }
    if row.outcome == "gone" {
        output::say("forgotten");
    }
    Ok(exit)
}

const TEMPLATE: &str = "{spinner} forgetting: {msg}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_drawn() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }
}
