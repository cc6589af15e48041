//! `hearsay doctor`.

use crate::context::Context;
use crate::doctor::{self, Verdict};
use crate::output::Out;
use anyhow::Result;
use home::Exit;
use std::io::Write;

/// How to tell.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct DoctorArgs {
    /// One JSON object per finding
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay doctor
  hearsay doctor --json | jq 'select(.verdict != \"good\")'

Exit codes: 0 all is well, whatever could be better · 3 something doesn't work";

/// Looks at everything and tells it.
pub(crate) fn run(args: &DoctorArgs, context: &Context) -> Result<Exit> {
    let findings = doctor::examine(context);
    let mut out = Out::stdout();
    for finding in &findings {
        if args.json {
            out.json(finding)?;
            continue;
        }
        let mark = match finding.verdict {
            Verdict::Good => "good",
            Verdict::Note => "note",
            Verdict::Bad => "BAD ",
        };
        writeln!(out, "{mark}  {:13}  {}", finding.topic, finding.text)?;
        if let Some(advice) = &finding.advice {
            let advice = out.dim(&format!("-> {advice}"));
            writeln!(out, "{:21}{advice}", "")?;
        }
    }
    out.flush()?;
    let bad = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    Ok(if bad { Exit::Partly } else { Exit::Done })
}
