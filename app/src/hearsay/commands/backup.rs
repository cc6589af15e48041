//! `hearsay backup`: a copy of everything, made while recording goes on.

use crate::context::Context;
use crate::failure::Failure;
use crate::steps::Steps;
use crate::{interrupt, output};
use anyhow::Result;
use home::Exit;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use worker::WorkerError;
use worker::backup::{self, Copied};

/// Where to.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct BackupArgs {
    /// The folder of the copy: a new one, or that of an earlier copy, which is brought up to date
    #[arg(value_name = "DIR")]
    to: PathBuf,
    /// Copy the speech models as well
    #[arg(long)]
    models: bool,
}

const HELP: &str = "\
Example:
  hearsay backup /media/disk/hearsay

Sound, journals, words, pins and configuration are copied, and one state of the database; models only with --models. The recorder and the worker go on meanwhile. Done again, it copies
what is new. What has gone from the archive stays in the copy; so does what you forget later, until you forget it there too: hearsay forget … --home DIR.

The copy is an archive itself: `hearsay --home DIR` opens it, `hearsay --home DIR check --read-audio` reads all of it, and `hearsay --home DIR rebuild` makes its index.

Exit codes: 0 done, 1 there is no archive, 3 broken off, or a file couldn't be read or is damaged, 4 failed";

/// Copies.
pub(crate) fn run(args: &BackupArgs, context: &Context) -> Result<Exit> {
    let home = &context.home;
    if !home.audio().is_dir() {
        let message = format!("there is no archive in {}", home.root().display());
        return Err(Failure::not_found(message).into());
    }
    let to = std::path::absolute(&args.to)?;
    let (stop, bar) = (interrupt::stop_flag()?, Steps::bytes());
    let copied = backup::backup(home, &to, args.models, &mut |copying| {
        bar.show("copying", copying.done, copying.of);
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.done();
    let Copied { files, bytes, unchanged, database, faults, broken_off } =
        copied.map_err(|error| explained(error, &to))?;
    let done = format!("{files} files with {} copied to {}, {unchanged} were there", output::size(bytes), to.display());
    for fault in &faults {
        output::say(&fault.to_string());
    }
    if broken_off {
        output::say(&format!("broken off: {done}; do it again to go on"));
        return Ok(Exit::Partly);
    }
    output::say(&if database { format!("{done}, and the database") } else { done });
    Ok(if faults.is_empty() { Exit::Done } else { Exit::Partly })
}

fn explained(error: WorkerError, to: &std::path::Path) -> anyhow::Error {
    let (message, hint) = match &error {
        WorkerError::SecondWorker { .. } => (
            format!("a worker or another backup is at work in {}", to.display()),
            "a copy that is worked in is no backup any more; name another folder, or stop it",
        ),
        WorkerError::Inside { .. } => (home::one_line(&error), "name a folder elsewhere, best on another disk"),
        WorkerError::Another { .. } => (
            home::one_line(&error),
            "name another folder; or move its archive.sqlite3 away, if its words aren't needed",
        ),
        _ => return error.into(),
    };
    Failure::new(message).hint(hint).into()
}
