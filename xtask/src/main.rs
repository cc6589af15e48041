//! `cargo xtask`: what takes too long for every run of the tests, what is measured instead of tested, and packages.

mod bench;
mod bench_accuracy;
mod bench_engine;
mod bench_flac;
mod bench_load;
mod bench_play;
mod bench_recorder;
mod bench_vad;
mod compare;
mod dist;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod figures;
mod keep;
mod licences;
mod process_usage;
mod scale;
mod soak;
#[cfg(test)]
mod spdx;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Long-running checks, benchmarks and packages of hearsay
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    after_help = "Examples:\n  cargo xtask soak\n  cargo xtask soak simulation\n  cargo xtask bench recorder --for 5m\n  cargo xtask compare --hours 1\n  cargo xtask scale 1000000\n  cargo xtask dist"
)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the tests that have a long count with it, in release
    Soak(soak::Args),
    /// Measure, and print a table
    Bench(bench::Args),
    /// Measure hearsay beside whisper-cli and faster-whisper on a synthetic day
    Compare(Box<compare::Args>),
    /// Search in ten synthetic years, beside SQLite's FTS5
    Scale(scale::Args),
    /// Make a tarball and a Debian package
    Dist(dist::Args),
    /// Keep what a measurement printed, as the source of figures in the README
    Keep(keep::Args),
    /// List what others wrote in it, and under which licences
    Licences(licences::Args),
}

fn main() -> ExitCode {
    let result = match Args::parse().task {
        Task::Soak(args) => soak::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Compare(args) => compare::run(&args),
        Task::Scale(args) => scale::run(&args),
        Task::Dist(args) => dist::run(&args),
        Task::Keep(args) => keep::run(&args),
        Task::Licences(args) => licences::run(&args),
    };
    match result {
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
