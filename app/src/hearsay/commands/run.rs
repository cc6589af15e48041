//! `hearsay run`: the recorder and the worker, kept running.

use crate::commands::retain;
use crate::context::Context;
use crate::failure::Failure;
use crate::first_run::{self, Said};
use crate::supervise::{self, Flags};
use anyhow::{Context as _, Result};
use home::{Exit, Lock};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What is said here goes before the configuration.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct RunArgs {
    /// The microphone: default, none, an id, or a part of its name
    #[arg(long, value_name = "NAME")]
    mic: Option<String>,
    /// What is heard: default (what the default output plays), all, none, an id, or a part of its name
    #[arg(long, value_name = "NAME")]
    loopback: Option<String>,
    /// The model: the name of an installed one, or a file
    #[arg(long, value_name = "NAME|FILE")]
    model: Option<String>,
    /// Ask nothing, also the first time: whoever is recorded has agreed
    #[arg(long)]
    yes: bool,
}

const HELP: &str = "\
Examples:
  hearsay run                     until Ctrl-C, which ends both in good order
  hearsay run --yes --mic USB --loopback all --model base.en

The first time, on a terminal, it asks whether you want it, which devices and which model, and writes config.toml.

What dies is started again: at once, then ever more rarely, at last every 30 s.
`hearsay service install` has the system do it from login on.
Exit codes: 0 stopped · 2 usage · 3 one of the two had to be killed · 4 failed, or not agreed to";

/// A recorder whose supervisor was killed needs a moment to finish its files.
const LEAVING: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs both until SIGINT or SIGTERM.
pub(crate) fn run(args: &RunArgs, context: &Context) -> Result<Exit> {
    let (mic, loopback, model) = (args.mic.clone(), args.loopback.clone(), args.model.clone());
    let said = Said { mic, loopback, model, source: None };
    // A wrong configuration is one line now, and not one of each child.
    if !first_run::may_record(context, args.yes, &said)? {
        return Ok(Exit::Failed);
    }
    retain::offer(context);
    context.home.ensure()?;
    wait_for_the_recorder_before(context)?;
    let stop = stop_flag().context("cannot listen to signals")?;
    #[cfg(target_os = "linux")]
    show_in_tray(context, &stop);
    supervise::run(context, &flags(&said), &stop)
}

/// What is handed on to the two.
fn flags(said: &Said) -> Flags {
    let given = |flags: &[(&str, &Option<String>)]| {
        let given = flags.iter().filter_map(|(flag, value)| Some(format!("{flag}={}", value.as_deref()?)));
        given.map(Into::into).collect()
    };
    Flags {
        recorder: given(&[("--mic", &said.mic), ("--loopback", &said.loopback)]),
        worker: given(&[("--model", &said.model)]),
    }
}

/// Where there is a session to show it in. It ends with the process.
#[cfg(target_os = "linux")]
fn show_in_tray(context: &Context, stop: &Arc<AtomicBool>) {
    let (context, stop) = (context.clone(), Arc::clone(stop));
    let show = move || {
        if let Err(error) = crate::tray::run(&context, crate::tray::Duty::Recording, &stop) {
            tracing::info!("no icon in the tray: {error:#}");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("hs-tray".into()).spawn(show) {
        tracing::warn!("no icon in the tray: {error}");
    }
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
pub(super) fn stop_flag() -> std::io::Result<Arc<AtomicBool>> {
    const INTERRUPTED: i32 = 130;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // In this order: the first signal finds the flag down and raises it, the second finds it up.
        signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}
