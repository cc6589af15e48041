//! `hearsay retranscribe` and `hearsay cancel`.

mod follow;
mod only;

use super::sibling;
use crate::again::Again;
use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use crate::output::{self, Out};
use anyhow::Result;
use home::{Exit, Lock};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use store::{Store, Terms, When};
use timeline::{PassName, TrackName};
use worker::Wanted;

/// What is transcribed again, with what, and when.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
#[expect(clippy::struct_excessive_bools, reason = "flags")]
pub(crate) struct RetranscribeArgs {
    /// today, 2026-11-22, 2026-10..2026-11, all
    #[arg(required = true, value_name = "SPAN")]
    span: Vec<String>,
    /// The model: the name of an installed one, or a file
    #[arg(long, value_name = "NAME|FILE")]
    model: String,
    /// Only this track; more than once for several
    #[arg(long, value_name = "TRACK")]
    track: Vec<String>,
    /// Only utterances that a search for this finds
    #[arg(long = "where", value_name = "QUERY")]
    only: Option<String>,
    /// Whenever there is no new sound, only while the machine is idle, or only at night
    #[arg(long, value_enum, default_value_t = Due::Now)]
    when: Due,
    /// Only at these hours; `--when night` alone is 22:00..07:00
    #[arg(long, value_name = "FROM..TO", value_parser = hours)]
    hours: Option<(u16, u16)>,
    /// At most so many threads [default: `threads` below `[work]`]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Only say how much there is to do and how long it takes
    #[arg(long)]
    dry_run: bool,
    /// Where no worker runs, do it now, and wait
    #[arg(long)]
    now: bool,
    /// Queue it and return; the worker does it
    #[arg(long, conflicts_with = "now")]
    queue: bool,
    /// One JSON object: what there is to do
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay retranscribe 2026-10 --model large-v3-turbo --dry-run
  hearsay retranscribe yesterday --model small.en
  hearsay retranscribe all --model large-v3 --where 'conf:<0.6 lang:de' --when night

The words of other passes are kept. Where the new one found words, it is what you read if its model is larger; `hearsay prefer` chooses otherwise, `hearsay compare`
shows the differences. The worker does it while there is no new sound; on a terminal this command shows how far it is, and Ctrl-C only stops showing.

Exit codes: 0 done or queued, 1 nothing to do, 2 usage, 3 the campaign failed or was cancelled, 4 failed, nothing changed.";

/// When a campaign may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Due {
    Now,
    Idle,
    Night,
}

/// Which pass's campaigns end.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hearsay cancel 1a2b3c4d\n\nWhat the pass has transcribed so far stays. `hearsay passes` lists them."
)]
pub(crate) struct CancelArgs {
    /// The pass, as `hearsay passes` names it
    #[arg(value_name = "PASS")]
    pass: String,
}

/// The hours of `--when night`, in minutes of the day.
const NIGHT: (u16, u16) = (22 * 60, 7 * 60);

/// The row of `retranscribe --json`.
#[derive(serde::Serialize)]
struct Estimate<'a> {
    pass: &'a PassName,
    model: &'a str,
    sound_s: f64,
    speech_s: f64,
    windows: u64,
    /// About how long it takes; `null` where this machine never did anything like it.
    takes_s: Option<f64>,
    queued: bool,
}

/// Queues a campaign, and follows it.
pub(crate) fn run(args: &RetranscribeArgs, context: &Context) -> Result<Exit> {
    let span = context.span(&args.span)?;
    let (config, _) = context.config()?;
    let mut library = Library::open(&context.home)?;
    if let Some(why) = library.no_transcript()? {
        return Err(Failure::not_found("nothing was transcribed yet").hint(why).into());
    }
    let tracks = args.track.iter().map(|name| TrackName::new(name)).collect::<Result<Vec<_>, _>>();
    let tracks = tracks.map_err(|error| Failure::usage(error.to_string()))?;
    let only = args.only.as_deref().map(|query| only::found(&mut library, query, &span, &tracks)).transpose()?;
    drop(library);
    let wanted = Wanted { span, tracks, only };
    let again = Again::look(&context.home, &config.work, &args.model, &wanted, context.now)?;
    if again.campaign.is_empty() {
        output::say(match () {
            () if wanted.only.as_ref().is_some_and(BTreeMap::is_empty) => {
                "nothing to do: no utterance there matches --where"
            }
            () if again.begun => "nothing to do: that model has transcribed all sound there is of it",
            () => "nothing to do: there is no such sound",
        });
        return Ok(Exit::NothingFound);
    }
    if args.dry_run {
        tell(args, &again)?;
        return Ok(Exit::Done);
    }
    let when = match args.when {
        Due::Now => When::Now,
        Due::Idle => When::Idle,
        Due::Night => When::Night,
    };
    let hours = args.hours.or((args.when == Due::Night).then_some(NIGHT));
    let terms = Terms { when, hours, threads: args.threads.unwrap_or(0), ..Terms::default() };
    let (pass, key) = again.queue(&context.home, &terms, context.now)?;
    tell(args, &again)?;
    if !Lock::is_held(&context.home.worker_lock()) {
        if args.now {
            let mut worker = sibling::command("hearsay-work", context)?;
            worker.arg("--once");
            let status = worker.status()?;
            let state = follow::tell(context, key)?;
            // A worker that stumbled may have done this all the same.
            return Ok(if state.is_open() && !status.success() { Exit::Partly } else { follow::exit(state) });
        }
        output::say(&format!("queued as pass {pass}"));
        output::hint("no worker is running: `hearsay run` or `hearsay work` does it; --now does it at once");
        return Ok(Exit::Done);
    }
    output::say(&format!("queued as pass {pass}; the worker is at it"));
    if args.queue || !std::io::stderr().is_terminal() { Ok(Exit::Done) } else { follow::until_done(context, key) }
}

/// Ends the campaigns of a pass.
pub(crate) fn cancel(args: &CancelArgs, context: &Context) -> Result<Exit> {
    let pass = pass_name(&args.pass)?;
    if Library::open(&context.home)?.no_transcript()?.is_some() {
        return Err(Failure::not_found("nothing was transcribed yet").into());
    }
    let store = Store::open(&context.home.database())?;
    if store.cancel_campaigns(&pass, context.now)? == 0 {
        return Err(Failure::not_found(format!("pass {pass} has no campaign that could be cancelled"))
            .hint("`hearsay passes` lists the passes")
            .into());
    }
    output::say(&format!("cancelled; what pass {pass} has transcribed stays"));
    Ok(Exit::Done)
}

/// A pass's name as it was typed.
pub(crate) fn pass_name(typed: &str) -> Result<PassName> {
    let name = PassName::new(&typed.to_ascii_lowercase());
    Ok(name.ok_or_else(|| {
        Failure::usage(format!("{typed:?} is no pass's name")).hint("eight digits, as `hearsay passes` lists them")
    })?)
}

fn tell(args: &RetranscribeArgs, again: &Again) -> Result<()> {
    let Again { plan, campaign, takes_s, .. } = again;
    let mut out = Out::stdout();
    if args.json {
        out.json(&Estimate {
            pass: &plan.pass.name(),
            model: &plan.pass.model,
            sound_s: output::seconds(campaign.sound_micros),
            speech_s: output::seconds(campaign.speech_micros),
            windows: campaign.windows,
            takes_s: *takes_s,
            queued: !args.dry_run,
        })?;
    } else {
        let time = takes_s.map_or_else(
            || "nobody knows how long it takes here: `hearsay bench` measures it".to_owned(),
            |seconds| format!("about {} on this machine", output::duration_of(seconds)),
        );
        let (sound, speech) = (output::duration(campaign.sound_micros), output::duration(campaign.speech_micros));
        writeln!(out, "{sound} of sound, about {speech} of speech in {} windows: {time}", campaign.windows)?;
    }
    Ok(out.flush()?)
}

/// `22..7`, `22:30..06:00`.
fn hours(text: &str) -> Result<(u16, u16), String> {
    let minute = |text: &str| -> Option<u16> {
        let (hours, minutes) = text.split_once(':').unwrap_or((text, "0"));
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60 || (hours, minutes) == (24, 0)).then_some(hours * 60 + minutes)
    };
    let (from, to) = text.split_once("..").ok_or("two times, such as 22:00..07:00")?;
    match (minute(from), minute(to)) {
        (Some(from), Some(to)) if from != to => Ok((from, to)),
        _ => Err("two times of the day, such as 22:00..07:00".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_two_times_of_the_day() {
        assert_eq!(hours("22..7"), Ok((1_320, 420)));
        assert_eq!(hours("09:30..24:00"), Ok((570, 1_440)));
        for bad in ["22", "7..7", "25..7", "9:75..10", "..", "now"] {
            assert!(hours(bad).is_err(), "{bad}");
        }
    }
}
