use anyhow::{Context, ensure};
use std::process::Command;

/// Counts of the soak run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often the worker is killed while it transcribes the sample day
    #[arg(long, default_value_t = 200)]
    kills: u32,
}

/// Each test reads its count from the environment and prints what it did.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo)
        .args(["test", "--release", "--package", "hearsay", "--test", "day", "--", "--nocapture", "killed"])
        .env("HEARSAY_KILLS", args.kills.to_string())
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "the soak failed, see above");
    Ok(())
}
