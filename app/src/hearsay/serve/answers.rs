//! The answers, for the API and the tools alike: the rows that the commands print with `--json`, each with the files that hold its sound.

use super::question::{ExportQuestion, ReadQuestion, SearchQuestion};
use crate::commands::{passes, search, status};
use crate::context::Context;
use crate::library::Library;
use crate::rows::{ExportRow, SearchRow};
use crate::sound_files::SoundFiles;
use anyhow::Result;
use serde::Serialize;
use store::Utterance;
use timeline::{Clock, SystemClock};

/// Rows, and what whoever asked should know of them.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// One JSON object each.
    pub(super) rows: Vec<String>,
    /// How the question was read, why there is nothing, what isn't searched yet.
    pub(super) notes: Vec<String>,
}

/// A row with the files that hold its sound, within the home.
#[derive(Serialize)]
struct Cited<T> {
    #[serde(flatten)]
    row: T,
    files: Vec<String>,
}

/// What matches.
pub(super) fn search(context: &Context, question: &SearchQuestion) -> Result<Answer> {
    let options = question.options(SystemClock.wall())?;
    let mut library = Library::open(&context.home)?;
    let found = library.search(&question.query, &options)?;
    let files = SoundFiles::of(&context.home, found.hits.iter().map(|hit| &hit.utterance))?;
    let mut answer = Answer { notes: found.notes, ..Answer::default() };
    for hit in &found.hits {
        let row = SearchRow::hit(hit, found.likeness).with(&hit.utterance, &found.remarks);
        answer.push(&Cited { row, files: files.holding(&hit.utterance) })?;
    }
    if answer.rows.is_empty() {
        answer.notes.push("nothing found".to_owned());
        answer.notes.extend(search::why_nothing(&mut library)?);
    } else if answer.rows.len() == options.limit {
        answer.notes.push(format!("these are the first {}; limit shows more", options.limit));
    }
    Ok(answer)
}

/// The lines of a span, at most so many.
pub(super) fn read(context: &Context, question: &ReadQuestion, usual_limit: usize) -> Result<Answer> {
    let span = timeline::parse_span(&question.span, SystemClock.wall())?;
    let mut library = Library::open(&context.home)?;
    let mut lines = if question.translated { library.translated(span)? } else { library.conversation(span)? };
    let limit = question.limit.unwrap_or(usual_limit);
    let next = lines.get(limit).map(|next| next.span.start);
    lines.truncate(limit);
    let remarks = library.remarks_of(&lines)?;
    let row = |line| SearchRow::utterance(line).with(line, &remarks);
    let mut answer = cited(context, &library, &lines, row)?;
    answer.notes.extend(next.map(|next| format!("these are the first {limit} lines; read on from {next}")));
    Ok(answer)
}

/// The words of a span.
pub(super) fn export(context: &Context, question: &ExportQuestion) -> Result<Answer> {
    let span = timeline::parse_span(&question.span, SystemClock.wall())?;
    let mut library = Library::open(&context.home)?;
    let lines = if question.hidden { library.everything(span)? } else { library.conversation(span)? };
    cited(context, &library, &lines, ExportRow::from)
}

fn cited<'a, T: Serialize>(
    context: &Context,
    library: &Library,
    lines: &'a [Utterance],
    row: impl Fn(&'a Utterance) -> T,
) -> Result<Answer> {
    let files = SoundFiles::of(&context.home, lines.iter())?;
    let mut answer = Answer::default();
    for line in lines {
        answer.push(&Cited { row: row(line), files: files.holding(line) })?;
    }
    if lines.is_empty() {
        answer.notes.push("nothing was said or heard in that span".to_owned());
        answer.notes.extend(library.no_transcript()?.map(ToOwned::to_owned));
    }
    Ok(answer)
}

/// What the recorder and the worker are doing, and how much of today was recorded.
pub(super) fn status(context: &Context) -> Result<Answer> {
    let now = Context { now: SystemClock.wall(), ..context.clone() };
    let mut answer = Answer::default();
    answer.push(&status::all(&now)?)?;
    Ok(answer)
}

/// The passes, the best first.
pub(super) fn passes(context: &Context) -> Result<Answer> {
    let mut answer = Answer::default();
    if let Some(why) = Library::open(&context.home)?.no_transcript()? {
        answer.notes.push(why.to_owned());
        return Ok(answer);
    }
    for listed in &passes::all(context)? {
        answer.push(&passes::row(listed))?;
    }
    Ok(answer)
}

impl Answer {
    fn push(&mut self, row: &impl Serialize) -> Result<()> {
        self.rows.push(serde_json::to_string(row)?);
        Ok(())
    }
}
