//! `hearsay search`.

mod per;

use crate::context::Context;
use crate::failure::Failure;
use crate::library::{Found, Hit, Library, MAX_LIMIT, SearchOptions, Sort};
use crate::output::{self, Out};
use crate::remarks;
use crate::rows::SearchRow;
use anyhow::Result;
use home::Exit;
use std::io::Write;
use store::State;
use timeline::{Span, WallTime};

/// What to search for, and where.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct SearchArgs {
    /// Words, "a phrase", -without, pre*, said:word, heard:word (a query that begins with '-' goes after --)
    #[arg(required = true, value_name = "QUERY")]
    query: Vec<String>,
    /// Only what you said
    #[arg(long)]
    said: bool,
    /// Only what you heard
    #[arg(long)]
    heard: bool,
    /// Not before this time or day
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Not after this time or day
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Which hits come first: the latest or the best
    #[arg(long, value_enum, default_value_t = Sort::Time)]
    sort: Sort,
    /// At most so many hits
    #[arg(long, default_value_t = crate::library::DEFAULT_LIMIT, value_name = "N")]
    limit: usize,
    /// Count the hits of each day, month or year instead of listing them
    #[arg(long, value_enum, value_name = "UNIT", conflicts_with_all = ["limit", "sort"])]
    per: Option<per::Per>,
    /// One JSON object per hit, or per count
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay search 'budget meeting'
  hearsay search '\"half past ten\" -lunch' --heard --since yesterday
  hearsay search vacation --per month

Exit code 1 says that nothing was found.";

/// Prints what matches.
pub(crate) fn run(args: &SearchArgs, context: &Context) -> Result<Exit> {
    let query = args.query.join(" ");
    let options = options(args, &query, context.now)?;
    let mut library = Library::open(&context.home)?;
    if let Some(per) = args.per {
        return count(&mut library, &query, &options, per, args.json);
    }
    let found = library.search(&query, &options)?;
    for note in &found.notes {
        output::note(note);
    }
    if found.hits.is_empty() {
        explain_nothing(&mut library)?;
        return Ok(Exit::NothingFound);
    }
    let mut out = Out::stdout();
    if args.json {
        for hit in &found.hits {
            out.json(&SearchRow::hit(hit, found.likeness).with(&hit.utterance, &found.remarks))?;
        }
    } else {
        print(&mut out, &found)?;
    }
    out.flush()?;
    if found.hits.len() == options.limit {
        output::note(&format!("these are the first {}; --limit N shows more", options.limit));
    }
    Ok(Exit::Done)
}

fn count(library: &mut Library, query: &str, options: &SearchOptions, per: per::Per, json: bool) -> Result<Exit> {
    let found = library.days(query, options, &|| false)?.unwrap_or_default();
    for note in &found.notes {
        output::note(note);
    }
    if found.days.is_empty() {
        explain_nothing(library)?;
        return Ok(Exit::NothingFound);
    }
    let mut out = Out::stdout();
    per::print(&mut out, &found.days, per, json)?;
    out.flush()?;
    Ok(Exit::Done)
}

fn options(args: &SearchArgs, query: &str, now: WallTime) -> Result<SearchOptions> {
    check(query, args.limit, "--limit")?;
    Ok(SearchOptions {
        said: args.said,
        heard: args.heard,
        span: span(args.since.as_deref(), args.until.as_deref(), now)?,
        limit: args.limit,
        sort: args.sort,
        typing: false,
    })
}

/// Whether there is something to look for, and a number of hits that can be given.
pub(crate) fn check(query: &str, limit: usize, limit_name: &str) -> Result<()> {
    if query.trim().is_empty() {
        return Err(Failure::usage("there is nothing to search for").hint("for example: hearsay search budget").into());
    }
    if limit == 0 || limit > MAX_LIMIT {
        return Err(Failure::usage(format!("{limit_name} is a number from 1 to {MAX_LIMIT}")).into());
    }
    Ok(())
}

/// `--since` and `--until` as the ends of a span: a day that is named at the end is in it.
pub(crate) fn span(since: Option<&str>, until: Option<&str>, now: WallTime) -> Result<Option<Span>> {
    if since.is_none() && until.is_none() {
        return Ok(None);
    }
    let text = format!("{}..{}", since.unwrap_or_default(), until.unwrap_or_default());
    Ok(Some(timeline::parse_span(&text, now)?))
}

/// Nobody should wonder whether it was never said or only not transcribed yet.
fn explain_nothing(library: &mut Library) -> Result<()> {
    output::say("nothing found");
    if let Some(why) = why_nothing(library)? {
        output::hint(&why);
    }
    Ok(())
}

/// What may not be found yet, where there is a transcript; why there is none is told otherwise.
pub(crate) fn why_nothing(library: &mut Library) -> Result<Option<String>> {
    if library.nothing_because()?.is_some() {
        return Ok(None);
    }
    let worker = library.status()?.worker;
    if worker.backlog_s < 1.0 {
        return Ok(None);
    }
    let waiting = output::duration_of(worker.backlog_s);
    let advice = if worker.running { "the worker is at it" } else { "run `hearsay work`" };
    Ok(Some(format!("{waiting} of sound isn't transcribed yet: {advice}")))
}

fn print(out: &mut Out, found: &Found) -> Result<()> {
    for Hit { utterance, highlights, .. } in &found.hits {
        let text = out.highlighted(&utterance.text, highlights);
        let doubt = match (utterance.state, &utterance.reason) {
            (State::Shown, _) => String::new(),
            (state, Some(reason)) => format!(" ({state}: {reason})"),
            (state, None) => format!(" ({state})"),
        };
        let behind = remarks::behind(utterance, &found.remarks);
        let id = out.dim(&format!("[{}]", utterance.id));
        writeln!(
            out,
            "{}  {:5}  {text}{doubt}{behind}  {id}",
            output::local(utterance.span.start),
            utterance.side.as_str()
        )?;
    }
    Ok(())
}
