//! The commands, one file each.

pub(crate) mod ask_recorder;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod correct;
pub(crate) mod demo;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod forget;
pub(crate) mod gaps;
pub(crate) mod import;
pub(crate) mod live;
pub(crate) mod man;
pub(crate) mod marks;
pub(crate) mod models;
pub(crate) mod note;
pub(crate) mod passes;
pub(crate) mod play;
pub(crate) mod prefer;
pub(crate) mod rebuild;
pub(crate) mod record;
pub(crate) mod repair;
pub(crate) mod retain;
pub(crate) mod retranscribe;
pub(crate) mod run;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod show;
pub(crate) mod sibling;
pub(crate) mod star;
pub(crate) mod status;
#[cfg(target_os = "linux")]
pub(crate) mod tray;
pub(crate) mod view;

use crate::cli::{Cli, Command};
use crate::context::Context;
use anyhow::Result;
use home::Exit;

/// Runs what the command line asks for.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    let context = Context::new(cli.global)?;
    match cli.command {
        None => crate::viewer::run(&context),
        Some(Command::Run(args)) => run::run(&args, &context),
        Some(Command::Record(args)) => record::run(&args, &context),
        Some(Command::Pause(args)) => ask_recorder::pause(&args, &context),
        Some(Command::Resume) => ask_recorder::resume(&context),
        Some(Command::Rotate) => ask_recorder::rotate(&context),
        Some(Command::Work(args)) => sibling::run("hearsay-work", &args, &context),
        Some(Command::Devices(args)) => devices::run(&args, &context),
        Some(Command::Import(args)) => import::run(&args, &context),
        Some(Command::Search(args)) => search::run(&args, &context),
        Some(Command::Live(args)) => live::run(&args, &context),
        Some(Command::Show(args)) => show::run(&args, &context),
        Some(Command::Play(args)) => play::run(&args, &context),
        Some(Command::Export(args)) => export::run(&args, &context),
        Some(Command::Retranscribe(args)) => retranscribe::run(&args, &context),
        Some(Command::Cancel(args)) => retranscribe::cancel(&args, &context),
        Some(Command::Passes(args)) => passes::run(&args, &context),
        Some(Command::Compare(args)) => compare::run(&args, &context),
        Some(Command::Prefer(args)) => prefer::run(&args, &context),
        Some(Command::Correct(args)) => correct::run(&args, &context),
        Some(Command::Star(args)) => star::run(&args, &context),
        Some(Command::Note(args)) => note::run(&args, &context),
        Some(Command::Marks(args)) => marks::run(&args, &context),
        #[cfg(target_os = "linux")]
        Some(Command::Tray(args)) => tray::run(&args, &context),
        Some(Command::Status(args)) => status::run(&args, &context),
        Some(Command::Gaps(args)) => gaps::run(&args, &context),
        Some(Command::Forget(args)) => forget::run(&args, &context),
        Some(Command::Retain(args)) => retain::run(&args, &context),
        Some(Command::Rebuild(args)) => rebuild::run(&args, &context),
        Some(Command::Check(args)) => check::run(&args, &context),
        Some(Command::Repair(args)) => repair::run(&args, &context),
        Some(Command::Backup(args)) => backup::run(&args, &context),
        Some(Command::Service(args)) => service::run(&args, &context),
        Some(Command::Doctor(args)) => doctor::run(&args, &context),
        Some(Command::Serve(args)) => serve::run(&args, &context),
        Some(Command::Models(args)) => models::run(&args, &context),
        Some(Command::Bench(args)) => bench::run(&args, &context),
        Some(Command::Config(args)) => config::run(&args, &context),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(&args),
        Some(Command::Demo(args)) => demo::run(&args, &context),
        Some(Command::View(args)) => view::run(args, &context),
    }
}
