//! `hearsay retain`: the rules on how long sound is kept, carried out now, and the spans that no rule may touch.

mod pins;

use crate::ask::agreed;
use crate::context::Context;
use crate::interrupt;
use crate::output::{self, Out};
use crate::steps::Steps;
use anyhow::Result;
use home::{Exit, Lock, LockError, RetentionConfig};
use speech::models;
use std::io::Write;
use std::sync::atomic::Ordering;
use store::Store;
use worker::PassPlan;
use worker::retention::{self, Retained, Retaining, Retention, Rule, Tally};

/// What is done with what is old.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct RetainArgs {
    #[command(subcommand)]
    what: Option<pins::What>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Don't ask before sound is taken away
    #[arg(long)]
    yes: bool,
    /// One JSON object per rule
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay retain --dry-run                what the rules would do now
  hearsay retain                          do it; Ctrl-C breaks it off, and everything is whole
  hearsay retain pin 2026-11-23           no rule may touch that day
  hearsay retain unpin 2026-11-23
  hearsay retain pins

Without a rule everything stays as it is, forever. Rules are lines in config.toml:
  [retention]
  flac_after = \"7d\"           older sound becomes FLAC: the same to the bit, in half the room
  text_only_after = \"365d\"    older sound is taken away, its words stay
  silence_after = \"30d\"       what holds no word is taken away
  max_size = \"200GB\"          where all sound is larger, the oldest is taken away

A file becomes FLAC only after its FLAC was read back and compared. Sound is never taken away before it was transcribed. `hearsay run` and
`hearsay work` keep the rules by themselves, once a day while there is nothing to transcribe.

Exit codes: 0 done, 2 nobody to ask and no --yes, 3 done, but a file had to be left as it is, 4 failed or not agreed to";

/// The two lines that are offered wherever somebody begins.
pub(crate) const OFFER: &str = "all sound stays as WAV, forever; half the room, the same sound: `[retention]` and `flac_after = \"7d\"` in config.toml";

/// Offers FLAC where a home is begun that has no rule yet.
pub(crate) fn offer(context: &Context) {
    let has_no_rule = context.config().is_ok_and(|(config, _)| config.retention.is_empty());
    if has_no_rule && !context.home.audio().is_dir() {
        output::note(OFFER);
    }
}

/// A rule's share for machines.
#[derive(Debug, serde::Serialize)]
struct Row {
    rule: &'static str,
    dry_run: bool,
    segments: u64,
    seconds: f64,
    bytes_before: u64,
    bytes_after: u64,
}

/// Keeps the rules, or says what they would do.
pub(crate) fn run(args: &RetainArgs, context: &Context) -> Result<Exit> {
    if let Some(what) = &args.what {
        return pins::run(what, context);
    }
    let rules = context.config()?.0.retention;
    if rules.is_empty() {
        output::say("no rule is set: everything stays as it is, forever");
        output::hint(&format!(
            "for the same sound in half the room: {} in {}",
            "`[retention]` and `flac_after = \"7d\"`",
            context.home.config_file().display()
        ));
        return Ok(Exit::Done);
    }
    if args.dry_run {
        let steps = open(context, rules)?.plan(context.now)?;
        print(args, &Retained::expected(&steps))?;
        return Ok(Exit::Done);
    }
    context.home.ensure()?;
    let _lock = match Lock::acquire(&context.home.worker_lock()) {
        Ok(lock) => lock,
        Err(LockError::Held { .. }) => return ask_the_worker(context),
        Err(error) => return Err(error.into()),
    };
    let retention = open(context, rules)?;
    let expected = Retained::expected(&retention.plan(context.now)?);
    if expected.rules.keys().any(|rule| rule.removes()) && !args.yes {
        for line in lines(&expected, true) {
            output::say(&line);
        }
        if !agreed("that sound may be taken away")? {
            output::say("nothing was changed");
            return Ok(Exit::Failed);
        }
    }
    let (stop, bar) = (interrupt::stop_flag()?, Steps::bytes());
    let mut show = |at: Retaining| bar.show("keeping the rules", at.done, at.total);
    let retained = retention.carry_out(context.now, &|| stop.load(Ordering::Relaxed), &mut show);
    bar.done();
    let retained = retained?;
    for fault in &retained.faults {
        output::say(&fault.to_string());
    }
    print(args, &retained)?;
    if retained.stopped {
        output::say("broken off; everything is whole, and the rest is done the next time");
        return Ok(Exit::Partly);
    }
    retention::set_due(&context.home, context.now.plus_micros(DAY_MICROS))?;
    Ok(if retained.faults.is_empty() { Exit::Done } else { Exit::Partly })
}

const DAY_MICROS: i64 = 86_400_000_000;

/// What the rules would do now, a line each.
///
/// # Errors
/// Where the configuration, the archive or the database can't be read.
pub(crate) fn would(context: &Context) -> Result<Vec<String>> {
    let steps = open(context, context.config()?.0.retention)?.plan(context.now)?;
    Ok(lines(&Retained::expected(&steps), true))
}

/// The rules with the pass that a worker of this configuration would extend, where there is one: what that one hasn't dealt with is kept.
fn open(context: &Context, rules: RetentionConfig) -> Result<Retention> {
    let config = context.config()?.0;
    let pass = models::choose(&context.home.models(), config.work.model.as_deref()).ok().and_then(|model| {
        let name = PassPlan::backlog(&model, &config.work, context.now).pass.name();
        let passes = Store::open_read_only(&context.home.database()).ok()?.passes().ok()?;
        Some(passes.into_iter().find(|summary| summary.pass.name == name)?.pass.key)
    });
    Ok(Retention::open(&context.home, rules, pass)?)
}

/// A worker holds the lock, and does it.
fn ask_the_worker(context: &Context) -> Result<Exit> {
    retention::set_due(&context.home, context.now)?;
    output::say("the worker that is running was asked: it begins as soon as there is nothing to transcribe");
    output::hint("`hearsay retain --dry-run` shows what is left to do");
    Ok(Exit::Done)
}

fn print(args: &RetainArgs, retained: &Retained) -> Result<()> {
    let mut out = Out::stdout();
    if args.json {
        for (rule, tally) in &retained.rules {
            out.json(&Row {
                rule: rule.key(),
                dry_run: args.dry_run,
                segments: tally.segments,
                seconds: output::seconds(tally.micros),
                bytes_before: tally.before,
                bytes_after: tally.after,
            })?;
        }
    } else {
        for line in lines(retained, args.dry_run) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// A line for each rule that does something.
fn lines(retained: &Retained, would: bool) -> Vec<String> {
    if retained.rules.is_empty() {
        return vec!["nothing is old enough: everything stays as it is".to_owned()];
    }
    retained.rules.iter().map(|(rule, tally)| line(*rule, tally, would)).collect()
}

fn line(rule: Rule, tally: &Tally, would: bool) -> String {
    let Tally { segments, micros, before, after } = *tally;
    let files = if segments == 1 { "1 segment".to_owned() } else { format!("{segments} segments") };
    let what = match (rule.removes(), would) {
        (false, true) => format!("would become FLAC: {} to about {}", output::size(before), output::size(after)),
        (false, false) => format!("are FLAC now: {} to {}", output::size(before), output::size(after)),
        (true, true) => format!("would be taken away: {}", output::size(before)),
        (true, false) => format!("are taken away: {}, the words stay", output::size(before)),
    };
    format!("{:16} {files}, {} of sound, {what}", rule.key(), output::duration(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_a_rule_does() {
        let tally = Tally { segments: 12, micros: 3_600_000_000, before: 115_200_000, after: 57_600_000 };
        assert_eq!(
            line(Rule::Flac, &tally, true),
            "flac_after       12 segments, 1 h 00 min of sound, would become FLAC: 116 MB to about 58 MB"
        );
        let one = Tally { segments: 1, after: 0, ..tally };
        let expected = "text_only_after  1 segment, 1 h 00 min of sound, are taken away: 116 MB, the words stay";
        assert_eq!(line(Rule::TextOnly, &one, false), expected);
    }
}
