//! `hearsay-engine MODEL --engine NAME [--stand-back]`: recognises windows of sound that come on standard input (see `speech::wire`).
//!
//! Started by `hearsay-work`, never by hand. Standard output carries frames of the pipe and nothing else; the log goes to
//! standard error. It ends when its input does, which is also how it notices that its worker is gone.

use engine::Asked;
use std::io::{self, BufReader, BufWriter};
use std::process::ExitCode;

/// Recognition yields to everything a person does on the machine.
const NICE: i32 = 10;
/// Transcribing old days again yields to the recognition of what is said now, too.
const NICE_STANDING_BACK: i32 = 19;

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HEARSAY_LOG").unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    let Some(asked) = Asked::of(std::env::args_os().skip(1)) else {
        tracing::error!(
            "usage: hearsay-engine MODEL --engine hearsay|whisper-rs [--stand-back] [--models DIR --sha256 HEX [--checked]] (hearsay-work starts it)"
        );
        return home::Exit::Usage.into();
    };
    // Some threads compute: one that panics must not leave the others behind as if nothing had happened.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::abort();
    }));
    run(&asked)
}

fn run(asked: &Asked) -> ExitCode {
    #[cfg(unix)]
    if let Err(error) = rustix::process::nice(if asked.stands_back { NICE_STANDING_BACK } else { NICE }) {
        tracing::debug!(%error, "the engine runs at normal priority");
    }
    let input = BufReader::new(io::stdin());
    let output = BufWriter::new(io::stdout());
    // A window in the middle of its computation is stopped by nothing else, and nobody waits for it any more.
    match engine::serve(input, output, asked, || std::process::exit(0)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            home::Exit::Failed.into()
        }
    }
}
