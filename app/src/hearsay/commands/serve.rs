//! `hearsay serve`.

use crate::context::Context;
use crate::interrupt;
use crate::output;
use crate::serve::{self, Server, Token};
use anyhow::Result;
use home::Exit;

/// Where to answer.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ServeArgs {
    /// The port of 127.0.0.1 to listen on; 0 takes one that is free
    #[arg(long, default_value_t = 7729, value_name = "PORT")]
    port: u16,
    /// Speak MCP over stdin and stdout instead, for a client that starts this command itself
    #[arg(long, conflicts_with = "port")]
    stdio: bool,
}

const HELP: &str = "\
Examples:
  hearsay serve
  curl -H \"Authorization: Bearer $(cat HOME/serve.token)\" 'http://127.0.0.1:7729/v1/search?query=budget'
  hearsay serve --stdio

Answers programs of this machine until Ctrl-C, and only reads. Paths: /v1/search, /v1/show, /v1/export,
/v1/status and /v1/passes, whose answers are those of the commands with --json, and the files of sound that
hold each line; and /mcp for the Model Context Protocol with the tools search, read and status.

Whoever asks needs the token in serve.token in the home. Whoever may read that file may read everything
that was said.";

/// Answers until Ctrl-C.
pub(crate) fn run(args: &ServeArgs, context: &Context) -> Result<Exit> {
    let stop = interrupt::stop_flag()?;
    if args.stdio {
        serve::over_stdio(context, &stop)?;
        return Ok(Exit::Done);
    }
    let token = Token::of(&context.home)?;
    output::say(&format!("the token lies in {}", token.path().display()));
    let server = Server::listen(args.port, token)?;
    output::say(&format!("answers this machine on http://{} until Ctrl-C", server.address()));
    server.run(context, &stop)?;
    Ok(Exit::Done)
}
