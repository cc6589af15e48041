//! `hearsay-work`: makes words of the sound in the archive. Parses, sets up logging, runs, maps the error to an
//! exit code; what it does is the crate `worker`.

mod cli;
#[path = "../contract/mod.rs"]
mod contract;
mod hooks;
mod report;
mod run;
mod source;

use clap::Parser;
use home::Exit;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        // Who started it may be gone, and the pipe with it: that a line can't be written is no reason to fail.
        .log_internal_errors(false)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("HEARSAY_LOG").unwrap_or_else(|_| args.log_level().into()),
        )
        .init();
    match run::run(&args) {
        Ok(exit) => exit.into(),
        Err(error) => {
            report::error(&error);
            Exit::Failed.into()
        }
    }
}
