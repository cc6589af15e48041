//! `hearsay tray`: the icon in the system's tray, for those whose recorder is a service.

use crate::context::Context;
use crate::failure::Failure;
use crate::tray::{self, Duty};
use anyhow::Result;
use home::Exit;

/// Nothing to say beside what every command understands.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct TrayArgs {}

const HELP: &str = "\
Example:
  hearsay tray &

A disc: it records; bars: paused; a ring: it doesn't; an exclamation mark: something is wrong. Its menu pauses and opens the viewer.
`hearsay run` shows the same by itself. Panels that know no StatusNotifierItem (GNOME without its AppIndicator extension) show none.";

/// Shows it until SIGINT, SIGTERM, or its menu's last line.
pub(crate) fn run(_args: &TrayArgs, context: &Context) -> Result<Exit> {
    let stop = super::run::stop_flag()?;
    tray::run(context, Duty::Showing, &stop).map_err(|error| {
        Failure::new(home::one_line(error.as_ref()))
            .hint("start it in a desktop's session; `hearsay status` says the same in text")
    })?;
    Ok(Exit::Done)
}
