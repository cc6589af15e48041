//! `hearsay correct`.

use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use crate::{corrections, output};
use anyhow::Result;
use home::Exit;
use timeline::UtteranceId;

/// What was said instead.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct CorrectArgs {
    /// An utterance's id, as `hearsay search` prints it
    #[arg(value_name = "ID")]
    id: String,
    /// What was said; '' where nobody spoke
    #[arg(value_name = "TEXT", required_unless_present = "undo")]
    text: Vec<String>,
    /// Take the correction back
    #[arg(long, conflicts_with = "text")]
    undo: bool,
}

const HELP: &str = "\
Examples:
  hearsay correct 20261123T091512.340Z-mic-3fa29c1b 'We meet Anna at noon.'
  hearsay correct 20261123T091512.340Z-mic-3fa29c1b ''      # nobody spoke: it is hidden
  hearsay correct 20261123T091512.340Z-mic-3fa29c1b --undo

What you write is read and searched before what any model heard there, also one that transcribes it later; what they heard is kept. Correcting again replaces only
what you wrote.";

/// Corrects an utterance, or takes that back.
pub(crate) fn run(args: &CorrectArgs, context: &Context) -> Result<Exit> {
    let id: UtteranceId = args.id.parse().map_err(|_| {
        Failure::usage(format!("{:?} is no utterance's id", args.id)).hint("`hearsay search` prints ids")
    })?;
    if let Some(why) = Library::open(&context.home)?.no_transcript()? {
        return Err(Failure::not_found(format!("there is no utterance {id}")).hint(why).into());
    }
    let (said, fault) = if args.undo {
        let fault = corrections::take_back(&context.home, &id)?;
        ("taken back: what was heard is read again".to_owned(), fault)
    } else {
        let (own, fault) = corrections::correct(&context.home, &id, &args.text.join(" "), context.now)?;
        (format!("corrected as {own}; `hearsay correct {own} --undo` takes it back"), fault)
    };
    if let Some(fault) = fault {
        output::note(&fault);
    }
    output::say(&said);
    Ok(Exit::Done)
}
