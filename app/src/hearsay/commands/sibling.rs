//! `record` and `work`: the executables beside this one take over.

use crate::context::Context;
use crate::failure::Failure;
use anyhow::{Context as _, Result};
use home::Exit;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// What is handed on as it is, `--help` included.
#[derive(Debug, clap::Args)]
pub(crate) struct SiblingArgs {
    /// See `--help` of the command
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    pub(super) arguments: Vec<OsString>,
}

/// Becomes the other executable; where that can't be, waits for it and ends as it ended.
pub(crate) fn run(name: &str, args: &SiblingArgs, context: &Context) -> Result<Exit> {
    let mut command = command(name, context)?;
    command.args(&args.arguments);
    replace(command, name)
}

/// The executable of that name beside this one, with the home, the configuration and the verbosity of this run.
pub(crate) fn command(name: &str, context: &Context) -> Result<Command> {
    let mut command = Command::new(path(name)?);
    // Help and errors say `hearsay work`: what people type.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, name.replacen('-', " ", 1));
    command.env("HEARSAY_HOME", context.home.root());
    if context.verbose > 0 && std::env::var_os("HEARSAY_LOG").is_none() {
        command.env("HEARSAY_LOG", if context.verbose == 1 { "info" } else { "debug" });
    }
    if let Some(config) = &context.config_file {
        command.arg("--config").arg(config);
    }
    Ok(command)
}

/// Where the executable of that name lies: beside this one.
pub(crate) fn path(name: &str) -> Result<PathBuf> {
    let me = std::env::current_exe().context("cannot tell where this program lies")?;
    let folder = me.parent().unwrap_or(&me);
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if path.is_file() {
        return Ok(path);
    }
    Err(Failure::new(format!("{} is missing", path.display()))
        .hint("the executables of hearsay belong in one folder: build or install them together, e.g. by `cargo build --release`")
        .into())
}

#[cfg(unix)]
fn replace(mut command: Command, name: &str) -> Result<Exit> {
    // Signals and the exit code are the sibling's own: there is no process in between that could lose them.
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    Err(error).with_context(|| format!("cannot start {name}"))
}

#[cfg(not(unix))]
fn replace(mut command: Command, name: &str) -> Result<Exit> {
    let status = command.status().with_context(|| format!("cannot start {name}"))?;
    std::process::exit(status.code().unwrap_or(Exit::Failed as i32))
}
