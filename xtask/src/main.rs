//! `cargo xtask`: what takes too long for every run of the tests.

mod soak;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Long-running checks of hearsay
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", after_help = "Example:\n  cargo xtask soak")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the tests that have a long count with it, in release
    Soak(soak::Args),
}

fn main() -> ExitCode {
    let Task::Soak(args) = Args::parse().task;
    match soak::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is a program's main")]
            {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
