//! `hearsay note`.

use crate::context::Context;
use crate::failure::Failure;
use crate::remarks::{self, Kind, Target};
use crate::{output, versions};
use anyhow::Result;
use home::Exit;

/// What is noted.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct NoteArgs {
    /// An utterance's id, as `hearsay search` prints it; or a span: today, 2026-11-23T09:15..09:20
    #[arg(value_name = "ID|SPAN")]
    what: String,
    /// What it says; a #word in it is a tag
    #[arg(value_name = "TEXT", required_unless_present = "remove")]
    text: Vec<String>,
    /// Take the note away; also by the id that `hearsay marks` prints
    #[arg(long, conflicts_with = "text")]
    remove: bool,
}

const HELP: &str = "\
Examples:
  hearsay note 20261123T091512.340Z-mic-3fa29c1b 'call Anna back #todo'
  hearsay note 2026-11-23 'first day of the conference'
  hearsay note 20261123T091512.340Z-mic-3fa29c1b --remove
  hearsay search note:#todo

A note is of a moment: it stays where it is when that is transcribed again. Another note on the same takes its place. `hearsay marks` lists them.";

/// Notes something, or takes a note away.
pub(crate) fn run(args: &NoteArgs, context: &Context) -> Result<Exit> {
    if args.remove {
        return Marking::read(&args.what, context)?.remove(Kind::Note, context);
    }
    remarks::note(&context.home, &Target::read(&args.what, context)?, &args.text.join(" "), context.now)?;
    follow(context)?;
    output::say("noted");
    Ok(Exit::Done)
}

/// Has the database and the index follow the file of marks.
pub(super) fn follow(context: &Context) -> Result<()> {
    if let Some(fault) = versions::follow(&context.home)? {
        output::note(&fault);
    }
    Ok(())
}

/// What a star or a note is taken away by.
pub(super) enum Marking {
    /// What it is on.
    On(Target),
    /// Its own id.
    Id(u64),
}

impl Marking {
    pub(super) fn read(typed: &str, context: &Context) -> Result<Self> {
        let id = if typed.len() == 16 { u64::from_str_radix(typed, 16).ok() } else { None };
        Ok(match id {
            Some(id) => Self::Id(id),
            None => Self::On(Target::read(typed, context)?),
        })
    }

    pub(super) fn remove(&self, kind: Kind, context: &Context) -> Result<Exit> {
        let any = match self {
            Self::On(target) => remarks::remove(&context.home, kind, target, context.now)?,
            Self::Id(mark) => remarks::remove_one(&context.home, kind, *mark, context.now)?,
        };
        let what = if kind == Kind::Star { "star" } else { "note" };
        if !any {
            return Err(Failure::not_found(format!("there is no {what} there"))
                .hint("`hearsay marks` lists them")
                .into());
        }
        follow(context)?;
        output::say(&format!("the {what} is taken away"));
        Ok(Exit::Done)
    }
}
