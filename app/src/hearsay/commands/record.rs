//! `hearsay record`: the recorder takes over, once whoever sits at the terminal has agreed.

use super::{retain, sibling};
use crate::context::Context;
use crate::first_run::{self, Said};
use crate::whole_cli;
use anyhow::Result;
use home::{Exit, Home};

/// Asks the first time, then becomes the recorder.
pub(crate) fn run(args: &sibling::SiblingArgs, context: &Context) -> Result<Exit> {
    // What can't be read is the recorder's to answer, and so is `--help`.
    if let Some(typed) = whole_cli::recorder(&args.arguments) {
        let mut context = context.clone();
        if let Some(home) = &typed.home {
            context.home = Home::resolve(Some(home))?;
        }
        context.config_file = typed.config.or(context.config_file);
        let said = Said { mic: typed.mic, loopback: typed.loopback, source: typed.source, model: None };
        if !first_run::may_record(&context, typed.yes, &said)? {
            return Ok(Exit::Failed);
        }
        retain::offer(&context);
    }
    sibling::run("hearsay-record", args, context)
}
