//! `hearsay`: the commands and the viewer. It reads what the recorder and the worker have written and never
//! waits for either; what it prints on stdout is data, everything else goes to stderr.

mod again;
mod alignment;
mod ask;
mod cli;
mod columns;
mod commands;
#[path = "../consent.rs"]
mod consent;
mod context;
#[path = "../contract/mod.rs"]
mod contract;
mod corrections;
mod differences;
mod doctor;
#[cfg(test)]
mod documented;
mod erasing;
mod failure;
mod first_run;
mod interrupt;
mod ledger;
mod level;
mod library;
mod output;
mod player;
mod reference;
mod remarks;
mod rows;
mod serve;
mod service;
mod settings;
mod sound;
mod sound_files;
mod status;
mod steps;
mod subtitles;
mod supervise;
#[cfg(target_os = "linux")]
mod tray;
mod versions;
mod viewer;
mod when;
mod whole_cli;

use clap::Parser;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    start_logging(cli.global.verbose);
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => failure::report(&error).into(),
    }
}

/// Warnings on stderr; more with `-v`, `-vv`, or by `HEARSAY_LOG` as tracing's filters are written.
fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    // What winit finds odd about a display is nothing that anyone could act on.
    let usual = || EnvFilter::new(format!("{level},winit=error"));
    let mut filter = EnvFilter::try_from_env("HEARSAY_LOG").unwrap_or_else(|_| usual());
    // The SDK logs what it is asked and what it answers, which is what was said.
    if let Ok(off) = "rmcp=off".parse() {
        filter = filter.add_directive(off);
    }
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
