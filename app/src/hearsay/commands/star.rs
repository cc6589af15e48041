//! `hearsay star`.

use super::note::Marking;
use crate::context::Context;
use crate::output;
use crate::remarks::{self, Kind, Target};
use anyhow::Result;
use home::Exit;

/// What is starred.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct StarArgs {
    /// An utterance's id, as `hearsay search` prints it; or a span: today, 2026-11-23T09:15..09:20
    #[arg(value_name = "ID|SPAN")]
    what: String,
    /// Take the star away; also by the id that `hearsay marks` prints
    #[arg(long)]
    remove: bool,
}

const HELP: &str = "\
Examples:
  hearsay star 20261123T091512.340Z-mic-3fa29c1b
  hearsay star 2026-11-23T09:15..09:20
  hearsay star 20261123T091512.340Z-mic-3fa29c1b --remove
  hearsay search is:starred

A star is of a moment: it stays where it is when that is transcribed again. `hearsay marks` lists them.";

/// Puts a star there, or takes it away.
pub(crate) fn run(args: &StarArgs, context: &Context) -> Result<Exit> {
    if args.remove {
        return Marking::read(&args.what, context)?.remove(Kind::Star, context);
    }
    let is_new = remarks::star(&context.home, &Target::read(&args.what, context)?, context.now)?;
    super::note::follow(context)?;
    output::say(if is_new { "starred" } else { "it has a star" });
    Ok(Exit::Done)
}
