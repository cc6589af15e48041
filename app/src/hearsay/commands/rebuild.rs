//! `hearsay rebuild`: the index anew from the database, and the database, where it is lost, of the words beside the sound.

use crate::context::Context;
use crate::failure::Failure;
use crate::steps::Steps;
use crate::{ask, output};
use anyhow::Result;
use home::Exit;
use worker::{Database, Rebuild, Rebuilding, Rebuilt, WorkerError};

/// What may be done.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct RebuildArgs {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Don't ask before something is replaced
    #[arg(long)]
    yes: bool,
}

const HELP: &str = "\
Examples:
  hearsay rebuild --dry-run     say what is missing or damaged
  hearsay rebuild

Where the database (archive.sqlite3) is whole, the index is made anew from it, and what the words.*.jsonl beside the sound
have lost is written there again. Where it is missing or damaged, it is made of those files: every word of every pass, under the same ids. A damaged one is set aside as
archive.sqlite3.damaged-TIME and never deleted. It can be stopped at any moment: done again, it finishes.

Exit codes: 0 done, 1 there is nothing to make it of, 2 nobody to ask and no --yes, 3 done, but a line or a file couldn't be used,
4 failed or not agreed to";

/// Makes them.
pub(crate) fn run(args: &RebuildArgs, context: &Context) -> Result<Exit> {
    let home = &context.home;
    if !home.root().is_dir() {
        return Err(nothing(context).into());
    }
    let rebuild = match Rebuild::look(home) {
        Err(WorkerError::SecondWorker { .. }) => return Err(worker_at_work(context).into()),
        looked => looked?,
    };
    if rebuild.database == Database::Missing && rebuild.files.is_empty() {
        return Err(nothing(context).into());
    }
    for line in plan(&rebuild) {
        output::say(&line);
    }
    if args.dry_run {
        return Ok(Exit::Done);
    }
    let replaces = rebuild.index || matches!(rebuild.database, Database::Damaged { .. });
    if replaces && !args.yes && !ask::agreed("that may be replaced")? {
        output::say("nothing was changed");
        return Ok(Exit::Failed);
    }
    let bar = Steps::counted();
    let rebuilt = rebuild.run(context.now, &mut |step| show(&bar, step));
    bar.done();
    Ok(tell(&rebuilt?))
}

/// What can't be done beside a worker.
pub(crate) fn worker_at_work(context: &Context) -> Failure {
    Failure::new(format!("a worker is at work in {}", context.home.root().display()))
        .hint("stop it (`hearsay run`, `hearsay work` or the service), then do this again")
}

fn nothing(context: &Context) -> Failure {
    let message = format!(
        "there is neither a database nor are there words beside the sound in {}",
        context.home.root().display()
    );
    Failure::not_found(message).hint("`hearsay work` makes words of what was recorded or imported")
}

/// What will be done.
fn plan(rebuild: &Rebuild) -> Vec<String> {
    let files = match rebuild.files.len() {
        0 => "nothing, for there are no words beside the sound: everything is transcribed again".to_owned(),
        1 => "1 file of words".to_owned(),
        files => format!("{files} files of words"),
    };
    let mut lines = match &rebuild.database {
        Database::Whole => vec!["the database is whole and stays as it is".to_owned()],
        Database::Missing => vec![format!("the database is missing: it is made of {files}")],
        Database::Damaged { why } => vec![
            home::one_line(&Failure::new(why.as_str())),
            format!("it is set aside as archive.sqlite3.damaged-TIME, and a new one is made of {files}"),
        ],
    };
    lines.push(format!("the index is made {}of the database", if rebuild.index { "anew " } else { "" }));
    lines
}

/// Shows how far it is.
pub(crate) fn show(bar: &Steps, step: Rebuilding) {
    match step {
        Rebuilding::Files { done, of } => bar.show("files of words", done as u64, of as u64),
        Rebuilding::Indexed { done, of } => bar.show("utterances in the index", done as u64, of),
    }
}

/// What was made.
pub(crate) fn tell(rebuilt: &Rebuilt) -> Exit {
    for fault in &rebuilt.faults {
        output::say(&fault.to_string());
    }
    if let Some(path) = &rebuilt.set_aside {
        output::say(&format!("the old database lies in {}", path.display()));
    }
    if rebuilt.stretches > 0 {
        output::say(&format!("put back {} utterances in {} stretches", rebuilt.utterances, rebuilt.stretches));
    }
    if rebuilt.unwritten > 0 {
        output::say(&format!(
            "{} files of words beside the sound can't be written; mend that, and the worker writes what they lack",
            rebuilt.unwritten
        ));
    } else if rebuilt.stated > 0 {
        output::say(&format!("stretches that the words beside the sound lacked and have again: {}", rebuilt.stated));
    }
    output::say("the index is made");
    if rebuilt.faults.is_empty() && rebuilt.unwritten == 0 { Exit::Done } else { Exit::Partly }
}
