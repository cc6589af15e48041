//! `hearsay compare`.

use super::retranscribe::pass_name;
use crate::context::Context;
use crate::differences::{Counts, Difference, Kind, mean};
use crate::failure::Failure;
use crate::library::Library;
use crate::output::Out;
use crate::versions;
use anyhow::Result;
use home::Exit;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use store::{PassSummary, Store, Word};
use timeline::{Span, SpanSet, TrackName, WallTime};
use unicode_width::UnicodeWidthStr;

/// Which passes, and where.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct CompareArgs {
    /// The pass on the left, as `hearsay passes` names it
    #[arg(value_name = "PASS")]
    left: String,
    /// The pass on the right
    #[arg(value_name = "PASS")]
    right: String,
    /// today, 2026-11-22, 2026-10..2026-11, all
    #[arg(required = true, value_name = "SPAN")]
    span: Vec<String>,
    /// Only on this track
    #[arg(long, value_name = "TRACK")]
    track: Option<String>,
    /// One JSON object per difference, and one with the counts
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay compare 1a2b3c4d 5e6f7a8b yesterday
  hearsay compare 1a2b3c4d 5e6f7a8b 2026-11-23T09:00..10:00 --json

Each line is a place where the words differ, with the mean probability of either side; capitals and punctuation don't count. Only sound that both passes have
dealt with is compared. Exit code 1: there is none, or there is no difference.";

/// A row of `compare --json`.
#[derive(Serialize)]
struct Row<'a> {
    track: &'a TrackName,
    start: WallTime,
    end: WallTime,
    kind: Kind,
    left: Vec<WordRow<'a>>,
    right: Vec<WordRow<'a>>,
}

#[derive(Serialize)]
struct WordRow<'a> {
    text: &'a str,
    p: f32,
}

/// Prints where they differ.
pub(crate) fn run(args: &CompareArgs, context: &Context) -> Result<Exit> {
    let span = context.span(&args.span)?;
    if let Some(why) = Library::open(&context.home)?.no_transcript()? {
        return Err(Failure::not_found("there is no pass yet").hint(why).into());
    }
    let only = args.track.as_deref().map(TrackName::new).transpose();
    let only = only.map_err(|error| Failure::usage(error.to_string()))?;
    let store = Store::open_read_only(&context.home.database())?;
    let passes = store.passes()?;
    let (left, right) = (named(&passes, &args.left)?, named(&passes, &args.right)?);
    let mut common = versions::common(&store, left.pass.key, right.pass.key, &span)?;
    common.retain(|(track, _)| only.as_ref().is_none_or(|only| only == track));
    let mut out = Out::stdout();
    let mut counts = Counts::default();
    for day in days(common.iter().map(|(_, common)| common)) {
        let (found, of_day) = versions::differ(&store, (left.pass.key, right.pass.key), &common, &day)?;
        counts.add(&of_day);
        for (track, difference) in &found {
            if args.json { out.json(&row(track, difference))? } else { print(&mut out, track, difference)? }
        }
    }
    let compared = common.iter().any(|(_, common)| !common.is_empty());
    if args.json {
        out.json(&counts)?;
    } else if compared {
        let Counts { same, changed, new, lost, .. } = counts;
        writeln!(
            out,
            "{same} words are the same, {changed} changed, {new} only on the right, {lost} only on the left"
        )?;
    }
    out.flush()?;
    if !compared {
        let message = format!(
            "there is no sound in that span that both {} and {} have dealt with",
            left.pass.name, right.pass.name
        );
        return Err(Failure::not_found(message).hint("`hearsay passes` says what each covers").into());
    }
    Ok(if counts.differ() { Exit::Done } else { Exit::NothingFound })
}

/// The days (UTC) with any of these spans in them, so that ten years are compared a day at a time.
fn days<'a>(spans: impl Iterator<Item = &'a SpanSet>) -> Vec<Span> {
    const DAY_MICROS: i64 = 86_400_000_000;
    let of = |time: WallTime| time.as_micros().div_euclid(DAY_MICROS);
    let days: BTreeSet<i64> =
        spans.flat_map(SpanSet::iter).flat_map(|span| of(span.start)..=of(span.end.plus_micros(-1))).collect();
    let day = |day: i64| WallTime::from_micros(day * DAY_MICROS);
    days.into_iter().map(|it| Span::new(day(it), day(it + 1))).collect()
}

fn named<'a>(passes: &'a [PassSummary], typed: &str) -> Result<&'a PassSummary> {
    let name = pass_name(typed)?;
    Ok(passes
        .iter()
        .find(|known| known.pass.name == name)
        .ok_or_else(|| Failure::not_found(format!("there is no pass {name}")).hint("`hearsay passes` lists them"))?)
}

fn row<'a>(track: &'a TrackName, difference: &'a Difference) -> Row<'a> {
    let words = |words: &'a [Word]| words.iter().map(|word| WordRow { text: word.text.trim(), p: word.p }).collect();
    let Difference { span, kind, left, right } = difference;
    Row { track, start: span.start, end: span.end, kind: *kind, left: words(left), right: words(right) }
}

/// `09:15:12  mic        the cat (0.61)      the bat (0.94)`.
fn print(out: &mut Out, track: &TrackName, difference: &Difference) -> Result<()> {
    let column = out.width.saturating_sub(WIDTH_BEFORE) / 2;
    let side = |words: &[Word]| -> String {
        let text: Vec<&str> = words.iter().map(|word| word.text.trim()).collect();
        match mean(words) {
            Some(p) => format!("{} ({p:.2})", text.join(" ")),
            None => "-".to_owned(),
        }
    };
    let (left, right) = (side(&difference.left), side(&difference.right));
    let padding = " ".repeat(column.saturating_sub(left.width()).max(2));
    let time = difference.span.start.local().format("%Y-%m-%d %H:%M:%S");
    Ok(writeln!(out, "{time}  {:10}  {left}{padding}{right}", track.as_str())?)
}

/// The time, the track and the spaces behind them.
const WIDTH_BEFORE: usize = 33;
