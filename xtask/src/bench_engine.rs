//! What recognising a window costs: whisper.cpp by how the processor is used, our own Whisper by part. The measuring is an example of the crates `engine` and `whisper`, so
//! that this program needn't link whisper.cpp.

use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// With which models.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Model files, e.g. one in f16, `q8_0` and `q5_1` [default: the sample day's]
    #[arg(value_name = "FILE")]
    models: Vec<PathBuf>,
    /// What is recognised: 16 kHz, mono, 16 bit [default: the sample day's call]
    #[arg(long, value_name = "WAV")]
    sound: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let sound = args.sound.clone().unwrap_or_else(|| testkit::fixture("days/call.loopback.wav"));
    let usual = [testkit::fixture("models/fixture-q8.bin")];
    let models = if args.models.is_empty() { &usual } else { args.models.as_slice() };
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    example(&cargo, "engine", "arrangements", |command| command.arg(&sound).args(models))?;
    for model in models {
        example(&cargo, "whisper", "bench", |command| command.arg(model).arg(&sound))?;
    }
    Ok(())
}

fn example(cargo: &str, package: &str, name: &str, with: impl Fn(&mut Command) -> &mut Command) -> Result<()> {
    let mut command = Command::new(cargo);
    command.args(["run", "--release", "--locked", "--package", package, "--example", name, "--"]);
    let status = with(&mut command).status().context("cannot start cargo")?;
    ensure!(status.success(), "the measurement ended with {status}");
    Ok(())
}
