//! `hearsay repair`: mends what `hearsay check` names, where there is only one way to.

use super::check;
use crate::context::Context;
use crate::failure::Failure;
use crate::steps::Steps;
use crate::{ask, interrupt, output};
use anyhow::Result;
use archive::verify;
use home::Exit;
use std::path::PathBuf;
use worker::WorkerError;
use worker::repair::{self, Plan, Repaired};

/// What may be done.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct RepairArgs {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Don't ask before something is changed
    #[arg(long)]
    yes: bool,
    /// Look for damaged headers by headers alone, without reading sound to its end
    #[arg(long)]
    fast: bool,
    /// Take these segments as they are from now on: their checksum becomes that of what they hold
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["fast", "dry_run"])]
    accept: Vec<PathBuf>,
}

const HELP: &str = "\
Examples:
  hearsay repair --dry-run
  hearsay repair
  hearsay repair --accept audio/2026/2026-11-23/20261123T091500.000Z.mic.wav

It looks as `hearsay check --read-audio` does, and then: takes files from other users, gives a segment whose header has a damaged byte
the one header back that its checksum belongs to, finishes segments that a recorder left behind, gives words beside the sound back what
they have lost, and makes a damaged database or index anew (see `hearsay rebuild`). What it can't mend it names. It deletes nothing; sound itself can only be put back from a copy.

Exit codes: 0 done or nothing to do, 1 there is no archive, 2 nobody to ask and no --yes, 3 something is left, 4 failed or not agreed to";

/// Looks, asks and mends.
pub(crate) fn run(args: &RepairArgs, context: &Context) -> Result<Exit> {
    if !args.accept.is_empty() {
        return accept(&args.accept);
    }
    let (checked, whole) = check::look((!args.fast).then_some(100), context)?;
    if !whole {
        return Err(Failure::new("it was broken off, and nothing was changed").into());
    }
    interrupt::end_again()?;
    let plan = Plan::of(&context.home, &checked.faults);
    for fault in &checked.faults {
        output::say(&fault.to_string());
    }
    if plan.is_empty() {
        let left = checked.faults.is_empty();
        output::say(if left { "all is well" } else { "there is nothing here that can be mended" });
        return Ok(if left { Exit::Done } else { Exit::Partly });
    }
    for line in lines(&plan) {
        output::say(&line);
    }
    if args.dry_run {
        return Ok(Exit::Done);
    }
    if !args.yes && !ask::agreed("that may be changed")? {
        output::say("nothing was changed");
        return Ok(Exit::Failed);
    }
    let bar = Steps::counted();
    let repaired = repair::run(&context.home, &plan, context.now, &mut |step| super::rebuild::show(&bar, step));
    bar.done();
    let repaired = match repaired {
        Err(WorkerError::SecondWorker { .. }) => {
            return Err(super::rebuild::worker_at_work(context).into());
        }
        other => other?,
    };
    let done = tell(&repaired);
    // What is left is named, whatever was expected.
    let (again, _) = check::look(None, context)?;
    for fault in &again.faults {
        output::say(&format!("still {fault}"));
    }
    Ok(if done && again.faults.is_empty() { Exit::Done } else { Exit::Partly })
}

/// What will be done.
fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if !plan.modes.is_empty() {
        lines.push(format!("files and folders that only you will be able to read: {}", plan.modes.len()));
    }
    if !plan.segments.is_empty() {
        lines.push(format!("segments whose header is looked for: {}", plan.segments.len()));
    }
    if plan.database {
        lines.push("the database is set aside and made anew of the words beside the sound".to_owned());
    } else {
        if plan.words {
            lines.push("the words beside the sound are given back what they lack".to_owned());
        }
        if plan.words || plan.index {
            lines.push("the index is made anew of the database".to_owned());
        }
    }
    lines
}

/// Whether all of it worked.
fn tell(repaired: &Repaired) -> bool {
    let Repaired { headers, adopted, left, rebuilt, faults } = repaired;
    for path in headers {
        output::say(&format!("{}: its header is right again", path.display()));
    }
    for path in adopted {
        output::say(&format!("{}: was left behind by a recorder, and is finished", path.display()));
    }
    for path in left {
        output::say(&format!("{}: can't be mended; put it back from a copy, or --accept it as it is", path.display()));
    }
    for fault in faults {
        output::say(&fault.to_string());
    }
    let rebuilt = rebuilt.as_ref().is_none_or(|rebuilt| super::rebuild::tell(rebuilt) == Exit::Done);
    left.is_empty() && faults.is_empty() && rebuilt
}

/// Takes files as they are.
fn accept(paths: &[PathBuf]) -> Result<Exit> {
    for path in paths {
        if !verify::accept(path)? {
            let message = format!("{} is no segment whose header can be read", path.display());
            return Err(Failure::new(message).hint("`hearsay repair` looks for its header").into());
        }
        output::say(&format!("{}: taken as it is", path.display()));
    }
    Ok(Exit::Done)
}
