//! `hearsay marks`.

use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use crate::output::{self, Out};
use crate::remarks::STAR;
use anyhow::Result;
use home::Exit;
use serde::Serialize;
use std::io::Write;
use store::{MAX_UTTERANCE_MICROS, Remark};
use timeline::{Span, TrackName, WallTime};

/// Which stars and notes.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct MarksArgs {
    /// today, 2026-11-22, 2026-10..2026-11 [default: all]
    #[arg(value_name = "SPAN")]
    span: Vec<String>,
    /// One JSON object per star or note
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay marks
  hearsay marks 2026-11 --json

Each line is a star or a note, with the words of its moment and its own id, by which `hearsay star` and `hearsay note` `--remove` it.
Exit code 1: there is none.";

/// A row of `marks --json`.
#[derive(Serialize)]
struct Row<'a> {
    mark: String,
    kind: &'static str,
    track: Option<&'a TrackName>,
    start: WallTime,
    end: WallTime,
    made: WallTime,
    note: Option<&'a str>,
    /// What was said there; `null` for spans of more than ten minutes.
    text: Option<String>,
}

/// Lists them.
pub(crate) fn run(args: &MarksArgs, context: &Context) -> Result<Exit> {
    let span = if args.span.is_empty() { Span::ALL } else { context.span(&args.span)? };
    let mut library = Library::open(&context.home)?;
    if let Some(why) = library.no_transcript()? {
        return Err(Failure::not_found("there is nothing marked yet").hint(why).into());
    }
    let remarks = library.remarks(&span)?;
    let mut out = Out::stdout();
    for remark in &remarks {
        let text = words(&mut library, remark)?;
        if args.json { out.json(&row(remark, text))? } else { print(&mut out, remark, text)? }
    }
    out.flush()?;
    if remarks.is_empty() {
        output::say("nothing is marked in that span");
        return Ok(Exit::NothingFound);
    }
    Ok(Exit::Done)
}

/// What was said there.
fn words(library: &mut Library, remark: &Remark) -> Result<Option<String>> {
    if remark.span.len_micros() > MAX_UTTERANCE_MICROS {
        return Ok(None);
    }
    let mut said = library.conversation(remark.span)?;
    said.retain(|utterance| remark.is_of(&utterance.track, &utterance.span));
    let texts: Vec<String> = said.into_iter().map(|utterance| utterance.text).collect();
    Ok(Some(texts.join(" ")))
}

fn row(remark: &Remark, text: Option<String>) -> Row<'_> {
    let Remark { mark, track, span, note, made } = remark;
    Row {
        mark: format!("{mark:016x}"),
        kind: if note.is_some() { "note" } else { "star" },
        track: track.as_ref(),
        start: span.start,
        end: span.end,
        made: *made,
        note: note.as_deref(),
        text,
    }
}

/// `2026-11-23 09:15:04  note: call back #todo  We meet Anna at noon.  [90ab12cd34ef5678]`.
fn print(out: &mut Out, remark: &Remark, text: Option<String>) -> Result<()> {
    let what = remark.note.as_ref().map_or_else(|| STAR.to_owned(), |note| format!("note: {note}"));
    let text = text.unwrap_or_else(|| format!("until {}", output::local(remark.span.end)));
    let id = out.dim(&format!("[{:016x}]", remark.mark));
    Ok(writeln!(out, "{}  {what}  {text}  {id}", output::local(remark.span.start))?)
}
