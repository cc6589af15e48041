//! What loading a model takes. The measuring is an example of the crate `engine`, so that this program needn't link whisper.cpp.

use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// Which models.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Model files [default: the sample day's]
    #[arg(value_name = "FILE")]
    models: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let usual = [testkit::fixture("models/fixture-q8.bin")];
    let models = if args.models.is_empty() { &usual } else { args.models.as_slice() };
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let example = ["run", "--release", "--locked", "--package", "engine", "--example", "load", "--"];
    let status = Command::new(cargo).args(example).args(models).status().context("cannot start cargo")?;
    ensure!(status.success(), "the measurement ended with {status}");
    Ok(())
}
