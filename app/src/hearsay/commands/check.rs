//! `hearsay check`: whether everything is as it was left. Changes nothing.

use crate::context::Context;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::{self, Out};
use crate::steps::Steps;
use anyhow::Result;
use home::Exit;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use worker::check::{self, Checked, Checking, Share};

/// What to look at.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct CheckArgs {
    /// Read sound to its end as well, and compare its checksums; a share of it, another one each day, with =PERCENT
    #[arg(long, value_name = "PERCENT", num_args = 0..=1, require_equals = true, default_missing_value = "100%", value_parser = percent)]
    pub(crate) read_audio: Option<u8>,
    /// One JSON object per fault
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay check
  hearsay check --read-audio       reads every segment to its end
  hearsay check --read-audio=5%    reads a twentieth of them; after twenty days, all

It names everything that is wrong in a line each, with what to do, and changes nothing: files that others may read, segments, journals,
words beside the sound that say something else than the database, words whose sound is gone, the database, the index.
`hearsay repair` mends what can be mended.

Exit codes: 0 all is well, 1 there is no archive, 3 something isn't, 4 it couldn't be looked at";

fn percent(text: &str) -> Result<u8, String> {
    let number: u8 = text.trim_end_matches('%').parse().map_err(|_| "a share such as 5% is needed".to_owned())?;
    if (1..=100).contains(&number) { Ok(number) } else { Err("a share lies between 1% and 100%".to_owned()) }
}

/// Looks and prints.
pub(crate) fn run(args: &CheckArgs, context: &Context) -> Result<Exit> {
    let (checked, whole) = look(args.read_audio, context)?;
    let mut out = Out::stdout();
    for fault in &checked.faults {
        if args.json { out.json(fault)? } else { writeln!(out, "{fault}")? }
    }
    out.flush()?;
    let Checked { segments, read, words, faults } = &checked;
    let heard = if *read > 0 { format!(", {read} of them read to their end") } else { String::new() };
    let found = match faults.len() {
        0 => "all is well".to_owned(),
        1 => "1 fault".to_owned(),
        faults => format!("{faults} faults"),
    };
    let counted = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let segments = counted(*segments, "segment", "segments");
    let words = counted(*words, "file of words", "files of words");
    output::say(&format!("{segments}{heard}, {words}, database, index: {found}"));
    if !whole {
        output::note("it was broken off: not all was looked at");
    }
    Ok(if faults.is_empty() && whole { Exit::Done } else { Exit::Partly })
}

/// What is there, and whether all of it was looked at.
///
/// # Errors
/// Where there is no home, or what stops the check.
pub(crate) fn look(read_audio: Option<u8>, context: &Context) -> Result<(Checked, bool)> {
    let home = &context.home;
    if !home.root().is_dir() {
        let message = format!("there is no archive in {}", home.root().display());
        return Err(Failure::not_found(message).hint("`hearsay record` or `hearsay import` begins one").into());
    }
    let stop = interrupt::stop_flag()?;
    let (bar, mut whole) = (Steps::counted(), true);
    let share = read_audio.map(|percent| Share::new(percent, context.now));
    let checked = check::check(home, share, &mut |step| {
        match step {
            Checking::Sound { done, of } => bar.show("segments", done as u64, of as u64),
            Checking::Database => bar.show("database", 0, 1),
            Checking::Words { done, of } => bar.show("files of words", done as u64, of as u64),
            Checking::Index => bar.show("index", 0, 1),
        }
        if stop.load(Ordering::Relaxed) {
            whole = false;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    bar.done();
    Ok((checked?, whole))
}
