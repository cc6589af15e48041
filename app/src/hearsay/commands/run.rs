//! `hearsay run`: the recorder and the worker, kept running.

use crate::commands::retain;
use crate::context::Context;
use crate::failure::Failure;
use crate::supervise;
use anyhow::{Context as _, Result};
use home::{Exit, Lock};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub(crate) const HELP: &str = "\
Example:
  hearsay run                     until Ctrl-C, which ends both in good order

What dies is started again: at once, then ever more rarely, at last every 30 s.
`hearsay service install` has the system do it from login on.
Exit codes: 0 stopped · 2 usage · 3 one of the two had to be killed · 4 failed";

/// A recorder whose supervisor was killed needs a moment to finish its files.
const LEAVING: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs both until SIGINT or SIGTERM.
pub(crate) fn run(context: &Context) -> Result<Exit> {
    // A wrong configuration is one line now, and not one of each child.
    context.config()?;
    retain::offer(context);
    context.home.ensure()?;
    wait_for_the_recorder_before(context)?;
    let stop = stop_flag().context("cannot listen to signals")?;
    supervise::run(context, &stop)
}

/// Of two recorders on a home the second is refused; it would be started again and again.
fn wait_for_the_recorder_before(context: &Context) -> Result<()> {
    let mut waited = Duration::ZERO;
    while Lock::is_held(&context.home.recorder_lock()) {
        if waited >= LEAVING {
            let home = context.home.root().display();
            let refused = Failure::new(format!("a recorder already runs on {home}"));
            return Err(refused.hint("`hearsay status` shows it; end it first, or let it go on").into());
        }
        std::thread::sleep(LOOK_EVERY);
        waited += LOOK_EVERY;
    }
    Ok(())
}

/// SIGINT and SIGTERM end both in good order. A second one ends this process at once, and so, by their closed stdin,
/// the others too.
fn stop_flag() -> std::io::Result<Arc<AtomicBool>> {
    const INTERRUPTED: i32 = 130;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // In this order: the first signal finds the flag down and raises it, the second finds it up.
        signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}
