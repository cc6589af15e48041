//! How long it takes from a click until something is heard. The measuring is a test of the player, so that it measures what the window has.

use anyhow::{Context, Result, ensure};
use std::process::Command;

/// How often, and in how much sound.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often it starts, from another place each time, with nothing of the files in memory
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    starts: u32,
    /// How many segments of five minutes each track has
    #[arg(long, value_name = "N", default_value_t = 36, value_parser = clap::value_parser!(u32).range(1..=288))]
    segments: u32,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let test = [
        "test",
        "--release",
        "--locked",
        "--package",
        "hearsay",
        "--bin",
        "hearsay",
        "--",
        "--nocapture",
        "starts_from_any_place",
    ];
    let counts = [("HEARSAY_PLAY_STARTS", args.starts), ("HEARSAY_PLAY_SEGMENTS", args.segments)];
    let counts = counts.map(|(name, count)| (name, count.to_string()));
    let status = Command::new(cargo).args(test).envs(counts).status().context("cannot start cargo")?;
    ensure!(status.success(), "the measurement ended with {status}");
    Ok(())
}
