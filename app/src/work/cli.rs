use clap::Parser;
use std::path::PathBuf;

/// Transcribe what was recorded, and go on as more comes
#[derive(Debug, Parser)]
#[command(
    name = "hearsay work",
    version,
    after_help = "Examples:\n  hearsay work                      transcribe, then wait for more\n  hearsay work --once --model base.en\n\nExit codes: 0 done, 2 usage, 3 partly done (a file or a window was left out), 4 failed"
)]
pub(crate) struct Args {
    /// Do what is there, then stop
    #[arg(long)]
    pub(crate) once: bool,
    /// The model: the name of an installed one, or a file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) model: Option<String>,
    #[arg(
        long,
        value_name = "DIR",
        help = "Where everything is kept [default: $HEARSAY_HOME, else hearsay in your data folder]"
    )]
    pub(crate) home: Option<PathBuf>,
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// End in good order when stdin closes; say less: `hearsay run` watches
    #[arg(long, hide = true)]
    pub(crate) supervised: bool,
    /// Say more; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Args {
    pub(crate) fn log_level(&self) -> &'static str {
        match self.verbose {
            0 => "warn",
            1 => "info",
            _ => "debug",
        }
    }
}
