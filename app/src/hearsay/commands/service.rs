//! `hearsay service`: has systemd record and transcribe from login on.

use super::sibling;
use crate::context::Context;
use crate::failure::Failure;
use crate::first_run::{self, Said};
use crate::output::{self, Out};
use crate::service::{self, RECORD, Setup, Systemctl, Told, UnitFile, WORK};
use anyhow::Result;
use home::{Exit, Lock};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ServiceArgs {
    #[command(subcommand)]
    action: Action,
}

const HELP: &str = "\
Examples:
  hearsay service install --dry-run     print the units
  hearsay service install               record and transcribe from login on, now too
  hearsay service remove

The first time, on a terminal, it asks as `hearsay run` does.
The Debian package brings both units: there, `systemctl --user enable --now hearsay-record hearsay-work` is enough.

Both are units of your own systemd: hearsay-record.service, started again within a second whatever ends it, and
hearsay-work.service, which takes only what nobody else wants of processor and disk. The recording stays as it is
when they are removed. Logs: journalctl --user -u hearsay-record -u hearsay-work";

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write the units, and start them now and at every login
    #[command(after_help = "Example:\n  hearsay service install")]
    Install {
        /// Only print the units
        #[arg(long)]
        dry_run: bool,
        /// Ask nothing, also the first time: whoever is recorded has agreed
        #[arg(long)]
        yes: bool,
    },
    /// Stop the services and take the units away
    #[command(after_help = "Example:\n  hearsay service remove")]
    Remove {
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
    },
    /// Print a unit as a package for every user of a machine wants it
    #[command(after_help = "Example:\n  hearsay service print hearsay-record.service --executables /usr/bin")]
    Print {
        /// hearsay-record.service or hearsay-work.service
        #[arg(value_name = "UNIT", value_parser = [RECORD, WORK])]
        unit: String,
        /// Where the executables will lie [default: where they are]
        #[arg(long, value_name = "DIR")]
        executables: Option<PathBuf>,
    },
}

/// Does it.
pub(crate) fn run(args: &ServiceArgs, context: &Context) -> Result<Exit> {
    if cfg!(not(target_os = "linux")) {
        return Err(Failure::new("services are systemd's, which this system doesn't have")
            .hint("start `hearsay run` at login by the system's own means")
            .into());
    }
    match &args.action {
        Action::Install { dry_run, yes } => {
            let folder = folder()?;
            // A service with a configuration that can't be used would only fail.
            context.config()?;
            if !dry_run && !first_run::may_record(context, *yes, &Said::default())? {
                return Ok(Exit::Failed);
            }
            install(&folder, *dry_run, context)
        }
        Action::Remove { dry_run } => remove(&folder()?, *dry_run),
        Action::Print { unit, executables } => print(unit, executables.as_deref()),
    }
}

fn folder() -> Result<PathBuf> {
    Ok(service::folder()
        .ok_or_else(|| Failure::usage("no folder for units: neither XDG_CONFIG_HOME nor HOME is set"))?)
}

/// Of no user in particular: with the home and the configuration of whoever starts it.
fn print(unit: &str, executables: Option<&Path>) -> Result<Exit> {
    let executables = match executables {
        Some(folder) => folder.to_owned(),
        None => folder_of_executables()?,
    };
    let setup = Setup { executables, home: None, config: None };
    let text = if unit == RECORD { service::recorder(&setup)? } else { service::worker(&setup)? };
    let mut out = Out::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Done)
}

fn install(folder: &Path, dry_run: bool, context: &Context) -> Result<Exit> {
    let setup = setup(context)?;
    let units = [
        (UnitFile::look(folder, RECORD)?, service::recorder(&setup)?),
        (UnitFile::look(folder, WORK)?, service::worker(&setup)?),
    ];
    if dry_run {
        let mut out = Out::stdout();
        for (file, unit) in &units {
            writeln!(out, "# {}\n{unit}", file.path.display())?;
        }
        out.flush()?;
        return Ok(Exit::Done);
    }
    // All are looked at before the first is written.
    for (file, unit) in &units {
        if file.exists() && !file.is_ours() && !file.says(unit) {
            return Err(foreign(&file.path).into());
        }
    }
    let replaced = units.iter().any(|(file, unit)| file.exists() && !file.says(unit));
    let changed: Vec<&(UnitFile, String)> = units.iter().filter(|(file, unit)| !file.says(unit)).collect();
    for (file, unit) in &changed {
        file.write(unit)?;
        output::say(&format!("wrote {}", file.path.display()));
    }
    if !replaced && Lock::is_held(&context.home.recorder_lock()) && !changed.is_empty() {
        output::note("a recorder runs already; the service takes over when that one ends");
    }
    let mut systemctl = Systemctl::default();
    if !changed.is_empty() {
        systemctl.tell(&["daemon-reload"]);
    }
    let enabled = systemctl.tell(&["enable", "--now", RECORD, WORK]);
    if replaced {
        systemctl.tell(&["try-restart", RECORD, WORK]);
    }
    if enabled == Told::Done && changed.is_empty() {
        output::say("the services are installed; nothing had to be changed");
    } else if enabled == Told::Done {
        output::say("recording and transcribing, now and from every login on; `hearsay status` shows it");
    }
    Ok(conclude(&systemctl))
}

fn remove(folder: &Path, dry_run: bool) -> Result<Exit> {
    let (mut ours, mut kept) = (Vec::new(), Vec::new());
    for name in [RECORD, WORK] {
        let file = UnitFile::look(folder, name)?;
        if file.is_ours() {
            ours.push(file);
        } else if file.exists() {
            kept.push(file);
        }
    }
    for file in &kept {
        output::note(&format!("{} isn't as hearsay wrote it and stays", file.path.display()));
    }
    let partly = if kept.is_empty() { Exit::Done } else { Exit::Partly };
    if ours.is_empty() {
        output::say("there is no service to remove");
        return Ok(partly);
    }
    if dry_run {
        for file in &ours {
            output::say(&format!("would remove {}", file.path.display()));
        }
        return Ok(partly);
    }
    let mut systemctl = Systemctl::default();
    let names: Vec<&str> = ours.iter().map(|file| file.name).collect();
    // Before the units are gone: systemd knows what to stop and which links to take away from them.
    systemctl.tell(&[&["disable", "--now"], names.as_slice()].concat());
    for file in &ours {
        file.remove()?;
        output::say(&format!("removed {}", file.path.display()));
    }
    systemctl.tell(&["daemon-reload"]);
    let told = conclude(&systemctl);
    Ok(if told == Exit::Done { partly } else { told })
}

/// Says what is left to be typed where systemd couldn't be told.
fn conclude(systemctl: &Systemctl) -> Exit {
    let Some(reason) = &systemctl.reason else { return Exit::Done };
    output::note(&format!("systemd could not be told: {reason}"));
    output::hint(&format!("in a session of your own: {}", systemctl.left.join(" && ")));
    Exit::Partly
}

fn setup(context: &Context) -> Result<Setup> {
    let home = context.home.root();
    let executables = folder_of_executables()?;
    // It has to be there as well.
    sibling::path("hearsay-work")?;
    let config = context.config_file.as_deref().map(std::path::absolute).transpose()?;
    Ok(Setup { executables, home: (Some(home) != usual_home().as_deref()).then(|| home.to_owned()), config })
}

fn folder_of_executables() -> Result<PathBuf> {
    Ok(sibling::path("hearsay-record")?.parent().map(Path::to_owned).unwrap_or_default())
}

/// The home of a service that is told nothing: systemd's environment isn't the shell's.
fn usual_home() -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share/hearsay"))
}

fn foreign(path: &Path) -> Failure {
    Failure::new(format!("{} isn't as hearsay wrote it and stays as it is", path.display()))
        .hint("keep changes in a drop-in (`systemctl --user edit`), move the file away, then install again")
}
