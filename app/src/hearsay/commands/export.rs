//! `hearsay export`.

mod quickwit;

use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use crate::output::{self, Out};
use crate::rows::ExportRow;
use crate::subtitles::{self, one_line, voice};
use anyhow::{Context as _, Result};
use home::Exit;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use store::{State, Utterance};
use timeline::{Span, WallTime};

/// What to write, and how.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ExportArgs {
    /// today, yesterday, 2026-11-22, 2026-11-22T14:00..15:30, last 2h, all
    #[arg(required = true, value_name = "SPAN")]
    span: Vec<String>,
    /// The form
    #[arg(long, value_enum)]
    format: Format,
    /// Write into this file, which must not exist yet, instead of to stdout
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// With what is hidden as well: phantom phrases, echoes, sounds
    #[arg(long)]
    hidden: bool,
    /// Whose archive it is: a field of every row, where several lie in one index (quickwit only)
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Write the configuration of the index into this file, which must not exist yet (quickwit only)
    #[arg(long, value_name = "FILE")]
    index_config: Option<PathBuf>,
}

const HELP: &str = "\
Examples:
  hearsay export 2026-11-23 --format md
  hearsay export 2026-11-23T09:15..09:30 --format srt --to standup.srt
  hearsay export all --format jsonl | jq -r .text
  hearsay export all --format quickwit --owner ann --to ann.ndjson --index-config hearsay.yaml
  quickwit index create --index-config hearsay.yaml
  quickwit index ingest --index hearsay --input-path ann.ndjson

The times of subtitles count from the start of the span, as the sound that
`hearsay play TIME --for … --to FILE.wav` cuts out does.";

/// What words can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Text, an utterance per line
    Txt,
    /// Subtitles (.srt)
    Srt,
    /// Subtitles with voices (.vtt)
    Vtt,
    /// One JSON object per utterance, with its words
    Jsonl,
    /// Markdown, a heading per day
    Md,
    /// One document per utterance for an index of Quickwit, for archives of many people together
    Quickwit,
}

/// Writes the words of a span.
pub(crate) fn run(args: &ExportArgs, context: &Context) -> Result<Exit> {
    if args.format != Format::Quickwit && (args.owner.is_some() || args.index_config.is_some()) {
        return Err(Failure::usage("--owner and --index-config are for --format quickwit").into());
    }
    let span = context.span(&args.span)?;
    let mut library = Library::open(&context.home)?;
    let utterances = if args.hidden { library.everything(span)? } else { library.conversation(span)? };
    if utterances.is_empty() {
        super::show::explain_nothing(&library)?;
        return Ok(Exit::NothingFound);
    }
    if let Some(path) = &args.index_config {
        quickwit::write_index_config(path)?;
    }
    let write_all = |to: &mut dyn Write| match args.format {
        Format::Quickwit => quickwit::write(context, args.owner.as_deref(), to, &utterances),
        format => write(format, to, &utterances, span),
    };
    match &args.to {
        None => {
            let mut out = Out::stdout();
            write_all(&mut out)?;
            out.flush()?;
        }
        Some(path) => {
            write_file(path, write_all)?;
            output::say(&format!("wrote {} utterances to {}", utterances.len(), path.display()));
        }
    }
    Ok(Exit::Done)
}

/// Writes a line for each utterance into a file that must not exist yet.
pub(crate) fn write_text(path: &Path, utterances: &[Utterance], span: Span) -> Result<()> {
    write_file(path, |to| write(Format::Txt, to, utterances, span))
}

fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let file = home::files::create_new(path).map_err(|error| cannot_create(path, &error))?;
    let mut to = BufWriter::new(file);
    write(&mut to).and_then(|()| Ok(to.flush()?)).with_context(|| format!("cannot write {}", path.display()))
}

/// Why a file of the user's choice can't be made.
pub(crate) fn cannot_create(path: &Path, error: &std::io::Error) -> anyhow::Error {
    let failure = Failure::new(format!("cannot write {}: {error}", path.display()));
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => failure.hint("choose another name: no file is overwritten").into(),
        _ => failure.into(),
    }
}

fn write(format: Format, to: &mut dyn Write, utterances: &[Utterance], span: Span) -> Result<()> {
    // A span without a beginning is counted from the first word.
    let first = utterances.first().map_or(span.start, |utterance| utterance.span.start);
    let zero = if span.start == WallTime::MIN { first } else { span.start };
    let mut day = String::new();
    if format == Format::Vtt {
        to.write_all(subtitles::VTT_HEAD.as_bytes())?;
    }
    for (at, utterance) in utterances.iter().enumerate() {
        match format {
            Format::Txt => writeln!(to, "{}", text_line(utterance))?,
            Format::Srt => to.write_all(subtitles::srt_cue(at + 1, utterance, zero).as_bytes())?,
            Format::Vtt => to.write_all(subtitles::vtt_cue(utterance, zero).as_bytes())?,
            Format::Jsonl => {
                serde_json::to_writer(&mut *to, &ExportRow::from(utterance))?;
                to.write_all(b"\n")?;
            }
            Format::Md => {
                let today = utterance.span.start.local().format("%Y-%m-%d").to_string();
                if today != day {
                    let space = if day.is_empty() { "" } else { "\n" };
                    writeln!(to, "{space}## {today}\n")?;
                    day = today;
                }
                writeln!(to, "{}", markdown_line(utterance))?;
            }
            // Written elsewhere.
            Format::Quickwit => {}
        }
    }
    Ok(())
}

fn text_line(utterance: &Utterance) -> String {
    let (when, side) = (output::local(utterance.span.start), utterance.side.as_str());
    format!("{when}  {side:5}  {}{}", one_line(&utterance.text), doubt(utterance))
}

fn markdown_line(utterance: &Utterance) -> String {
    let when = utterance.span.start.local().format("%H:%M:%S");
    let text = escaped_markdown(&one_line(&utterance.text));
    format!("- **{when} {}** {text}{}", voice(utterance.side), doubt(utterance))
}

fn doubt(utterance: &Utterance) -> &'static str {
    if utterance.state == State::Shown { "" } else { " (?)" }
}

/// Text that Markdown would take for marks.
fn escaped_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_taken_for_markdown() {
        assert_eq!(escaped_markdown("2 * 3 < [seven]_"), "2 \\* 3 \\< \\[seven\\]\\_");
    }
}
