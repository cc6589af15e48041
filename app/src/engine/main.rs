//! `hearsay-engine MODEL [--stand-back]`: recognises windows of sound that come on standard input (see `speech::wire`).
//!
//! Started by `hearsay-work`, never by hand. Standard output carries frames of the pipe and nothing else; the log goes to
//! standard error. It ends when its input does, which is also how it notices that its worker is gone.

use std::ffi::OsString;
use std::io::{self, BufReader, BufWriter};
use std::path::Path;
use std::process::ExitCode;

/// Recognition yields to everything a person does on the machine.
const NICE: i32 = 10;
/// Transcribing old days again yields to the recognition of what is said now, too.
const NICE_STANDING_BACK: i32 = 19;

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HEARSAY_LOG").unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    let mut arguments = std::env::args_os().skip(1);
    let niceness = match (arguments.len(), arguments.nth(1)) {
        (1, None) => NICE,
        (2, Some(flag)) if flag == "--stand-back" => NICE_STANDING_BACK,
        _ => {
            tracing::error!("usage: hearsay-engine MODEL [--stand-back] (hearsay-work starts it)");
            return home::Exit::Usage.into();
        }
    };
    let Some(model) = std::env::args_os().nth(1) else { return home::Exit::Usage.into() };
    run(&model, niceness)
}

fn run(model: &OsString, niceness: i32) -> ExitCode {
    #[cfg(unix)]
    if let Err(error) = rustix::process::nice(niceness) {
        tracing::debug!(%error, "the engine runs at normal priority");
    }
    let input = BufReader::new(io::stdin());
    let output = BufWriter::new(io::stdout().lock());
    // A window in the middle of its computation is stopped by nothing else, and nobody waits for it any more.
    match engine::serve(input, output, Path::new(model), || std::process::exit(0)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            home::Exit::Failed.into()
        }
    }
}
