//! `hearsay play`.

use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use crate::output;
use crate::player::{self, Ears};
use crate::sound::{Clip, Tape};
use anyhow::Result;
use archive::Archive;
use home::{Exit, Home};
use std::path::{Path, PathBuf};
use timeline::{Span, UtteranceId};

/// What to play, and where to.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct PlayArgs {
    /// An utterance's id, as `hearsay search` prints it, or a time
    #[arg(required = true, value_name = "ID|TIME")]
    what: Vec<String>,
    /// How long: 10s, 5m [default: the utterance, or 30s from a time on]
    #[arg(long = "for", value_name = "LENGTH")]
    length: Option<String>,
    /// Cut it out into a stereo WAV file instead: said left, heard right
    #[arg(long, value_name = "FILE.wav")]
    to: Option<PathBuf>,
    /// Only what you said
    #[arg(long, conflicts_with = "heard")]
    said: bool,
    /// Only what you heard
    #[arg(long)]
    heard: bool,
    /// Leave out what nobody is heard in for longer than 1.5 s
    #[arg(long, conflicts_with = "to")]
    skip_silence: bool,
}

const HELP: &str = "\
Examples:
  hearsay play 20261123T091512.340Z-mic-3fa29c1b
  hearsay play 2026-11-23T09:15 --for 2m
  hearsay play yesterday 14:05 --for 30s --to clip.wav";

/// What is played from a time on where no length is given.
const DEFAULT_MICROS: i64 = 30_000_000;
/// Around an utterance, so that its first sound isn't cut.
const MARGIN_MICROS: i64 = 250_000;
/// The longest clip that is cut out: a day of both sides is 5.5 GB.
const MAX_CLIP_MICROS: i64 = 12 * 3_600_000_000;

/// Plays it, or cuts it out.
pub(crate) fn run(args: &PlayArgs, context: &Context) -> Result<Exit> {
    let span = span(args, context)?;
    let ears = match (args.said, args.heard) {
        (true, _) => Ears::Said,
        (_, true) => Ears::Heard,
        _ => Ears::Mix,
    };
    if let Some(failure) = taken_away(&span, context)? {
        return Err(failure.into());
    }
    match &args.to {
        Some(path) => cut(path, span, ears, context),
        None => player::play_to_end(&context.home, span, ears, args.skip_silence),
    }
}

fn span(args: &PlayArgs, context: &Context) -> Result<Span> {
    let what = args.what.join(" ");
    let length = args.length.as_deref().map(|length| length_micros(length, context)).transpose()?;
    let Ok(id) = what.parse::<UtteranceId>() else {
        let start = timeline::parse_time(&what, context.now)?;
        return Ok(Span::new(start, start.plus_micros(length.unwrap_or(DEFAULT_MICROS))));
    };
    let utterance = Library::open(&context.home)?
        .by_id(&id)?
        .ok_or_else(|| Failure::not_found(format!("there is no utterance {id}")).hint("`hearsay search` prints ids"))?;
    Ok(match length {
        Some(length) => Span::new(utterance.span.start, utterance.span.start.plus_micros(length)),
        None => utterance.span.widened(MARGIN_MICROS),
    })
}

/// `10s`, `5m`: read as `last 10s` is.
fn length_micros(length: &str, context: &Context) -> Result<i64> {
    let micros = timeline::parse_span(&format!("last {length}"), context.now).map_or(0, |span| span.len_micros());
    if micros == 0 {
        return Err(Failure::usage(format!("cannot read {length:?} as a length")).hint("for example 10s or 5m").into());
    }
    Ok(micros)
}

fn cut(path: &Path, span: Span, ears: Ears, context: &Context) -> Result<Exit> {
    cut_out(&context.home, path, span, ears)?;
    output::say(&format!(
        "wrote {} ({:.1} s, said left, heard right)",
        path.display(),
        output::seconds(span.len_micros())
    ));
    Ok(Exit::Done)
}

/// Writes a span into a stereo WAV file that must not exist yet: said left, heard right.
pub(crate) fn cut_out(home: &Home, path: &Path, span: Span, ears: Ears) -> Result<()> {
    if span.len_micros() > MAX_CLIP_MICROS {
        return Err(Failure::usage(format!("a clip has at most {}", output::duration(MAX_CLIP_MICROS))).into());
    }
    let mut clip = Clip::read(&Archive::open(home), &span)?;
    match ears {
        Ears::Mix => {}
        Ears::Said => clip.heard.fill(0),
        Ears::Heard => clip.said.fill(0),
    }
    if clip.is_silent() {
        return Err(nothing_there(span).into());
    }
    clip.write_wav(path).map_err(|error| match error.root_cause().downcast_ref::<std::io::Error>() {
        Some(cause) => super::export::cannot_create(path, cause),
        None => error,
    })
}

/// Where a rule took all the sound of a span away, there is nothing to look for.
fn taken_away(span: &Span, context: &Context) -> Result<Option<Failure>> {
    let archive = Archive::open(&context.home);
    let retired = archive.retired(span)?;
    let Some(last) = retired.last() else { return Ok(None) };
    if Tape::open(&archive, span)?.sound().iter().any(|sound| sound.overlaps(span)) {
        return Ok(None);
    }
    let day = last.at.local().format("%Y-%m-%d");
    let what = format!("the sound at {} was taken away on {day} by the rule {}", output::local(span.start), last.rule);
    Ok(Some(Failure::not_found(what).hint("its words are kept: `hearsay show` and `hearsay search` have them")))
}

fn nothing_there(span: Span) -> Failure {
    Failure::not_found(format!("there is no sound at {}", output::local(span.start)))
        .hint("`hearsay gaps` tells when there is none, and why")
}
