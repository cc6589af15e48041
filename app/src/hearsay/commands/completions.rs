//! `hearsay completions`.

use crate::output::Out;
use crate::whole_cli;
use anyhow::Result;
use home::Exit;
use std::io::Write;

/// For which shell.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

const HELP: &str = "\
Examples:
  hearsay completions bash > ~/.local/share/bash-completion/completions/hearsay
  hearsay completions fish > ~/.config/fish/completions/hearsay.fish";

/// Prints the shell's script.
pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut whole_cli::command(), "hearsay", &mut script);
    let mut out = Out::stdout();
    out.write_all(&script)?;
    out.flush()?;
    Ok(Exit::Done)
}
