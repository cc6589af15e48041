//! `hearsay forget`: what was recorded and said in a span goes, for good.

use crate::ask;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, Out};
use anyhow::Result;
use archive::{Archive, Forgetting, PlayedLog};
use capture::control::{self, ControlError, Request};
use home::{Exit, Lock};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use timeline::{Clock, Span, SystemClock, TrackName, WallTime};
use worker::{Erasing, Forget, Left, WorkerError, WouldForget};

/// What to forget.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ForgetArgs {
    /// today, 2026-11-22, 2026-11-22T14:00..15:30, all
    #[arg(required_unless_present = "last", value_name = "SPAN")]
    span: Vec<String>,
    /// The time up to now: 90s, 10m, 2h
    #[arg(long, value_name = "LENGTH", conflicts_with = "span")]
    last: Option<String>,
    /// Only of this track; can be given again
    #[arg(long = "track", value_name = "NAME", value_parser = track)]
    tracks: Vec<TrackName>,
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// What goes as one JSON object
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay forget --last 10m
  hearsay forget 2026-11-22T14:00..14:20 --dry-run
  hearsay forget 2026-11-22 --track mic

It can't be undone. The sound goes, the words of all passes, and every word of it in the index and in the files beside the \
sound, what you corrected and your stars and notes; what reaches beyond the span goes whole. Databases that a rebuild has set aside go too, for nobody knows \
what they hold. The span stays as a gap that `hearsay gaps` lists as forgotten.

Clips that you cut out with `play --to` and texts that you exported are your own files and stay, and so does what a backup, a \
snapshot of the file system or the spare blocks of an SSD hold.

Killed in the middle, it is finished by the worker, or by the next `forget` or `rebuild`. While it is recording, the segments \
so far are finished first.

Exit codes: 0 done, 1 there is nothing in that span, 2 nobody to ask and no --yes, 3 something of it is still to go, 4 failed or not agreed to";

/// How long a worker may take that does it itself.
const WORKER_PATIENCE_MICROS: i64 = 120_000_000;
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long the recorder may take to finish what grows, and sound to get from its device to the file; where nothing plays none comes.
const ROTATE_PATIENCE_MICROS: i64 = 5_000_000;
const ON_ITS_WAY_MICROS: i64 = 1_000_000;

/// What goes, for machines.
#[derive(Debug, serde::Serialize)]
struct Row {
    start: WallTime,
    end: WallTime,
    tracks: Vec<TrackRow>,
    utterances: Vec<PassRow>,
    stars: usize,
    notes: usize,
    set_aside: Vec<PathBuf>,
    /// `would_go`, `gone`, or `partly` where something is still to go.
    outcome: &'static str,
}

/// The sound of a track.
#[derive(Debug, Default, serde::Serialize)]
struct TrackRow {
    track: String,
    sound_s: f64,
    /// Segments whose files go.
    segments: usize,
    /// Segments that keep other sound.
    segments_partly: usize,
}

/// The words of a pass.
#[derive(Debug, serde::Serialize)]
struct PassRow {
    pass: String,
    model: String,
    utterances: u64,
    /// Of those, the ones that reach beyond the span.
    partly: u64,
}

/// Says what goes, asks, and lets it go.
pub(crate) fn run(args: &ForgetArgs, context: &Context) -> Result<Exit> {
    let forget = Forget::at(&context.home);
    let forgetting = Forgetting::new(&span(args, context)?, tracks(args), context.now);
    if forgetting.span.is_empty() {
        return nothing(&forget, args, context);
    }
    let would = forget.look(&forgetting)?;
    if would.is_nothing() {
        return nothing(&forget, args, context);
    }
    let mut row = row(&forgetting, &would);
    for line in plan(&row) {
        output::say(&line);
    }
    for fault in &would.faults {
        output::note(&fault.to_string());
    }
    for note in played(&forgetting, context)? {
        output::note(&note);
    }
    if args.dry_run {
        output::say("nothing was changed");
        return tell(args, &row, Exit::Done);
    }
    if !args.yes && !ask::agreed("that may go for good")? {
        output::say("nothing was changed");
        return Ok(Exit::Failed);
    }
    forget.ask(&forgetting)?;
    rotate(&forget, &forgetting, context)?;
    let exit = finish(&forget, &forgetting, context)?;
    row.outcome = if exit == Exit::Done { "gone" } else { "partly" };
    tell(args, &row, exit)
}

fn span(args: &ForgetArgs, context: &Context) -> Result<Span> {
    match &args.last {
        Some(length) => context.span(&[format!("last {length}")]),
        None => context.span(&args.span),
    }
}

fn tracks(args: &ForgetArgs) -> Option<Vec<TrackName>> {
    (!args.tracks.is_empty()).then(|| args.tracks.clone())
}

fn track(name: &str) -> Result<TrackName, String> {
    TrackName::new(name).map_err(|error| home::one_line(&error))
}

/// There is nothing in the span; but what an earlier run that was killed has left is done all the same.
fn nothing(forget: &Forget, args: &ForgetArgs, context: &Context) -> Result<Exit> {
    if !args.dry_run && context.home.root().is_dir() {
        match forget.finish(SystemClock.wall(), &mut |_| ()) {
            Ok(_) | Err(WorkerError::SecondWorker { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::not_found("nothing was recorded or said in that span").into())
}

fn row(forgetting: &Forgetting, would: &WouldForget) -> Row {
    let mut tracks: BTreeMap<&TrackName, TrackRow> = BTreeMap::new();
    for touched in &would.segments {
        let name = &touched.segment.name.track;
        let row = tracks.entry(name).or_insert_with(|| TrackRow { track: name.to_string(), ..TrackRow::default() });
        row.sound_s += output::seconds(touched.micros);
        row.segments += usize::from(touched.whole);
        row.segments_partly += usize::from(!touched.whole);
    }
    let utterances = would.utterances.iter().map(|goes| PassRow {
        pass: goes.pass.to_string(),
        model: goes.model.clone(),
        utterances: goes.utterances,
        partly: goes.partly,
    });
    Row {
        start: forgetting.span.start,
        end: forgetting.span.end,
        tracks: tracks.into_values().collect(),
        utterances: utterances.collect(),
        stars: would.remarks.iter().filter(|remark| remark.note.is_none()).count(),
        notes: would.remarks.iter().filter(|remark| remark.note.is_some()).count(),
        set_aside: would.set_aside.clone(),
        outcome: "would_go",
    }
}

/// When hearsay played of it: what was heard then may have been recorded again, and lies at that time.
fn played(forgetting: &Forgetting, context: &Context) -> Result<Vec<String>> {
    let since = Span::new(forgetting.span.start, context.now);
    let log = PlayedLog::open(&Archive::open(&context.home)).within(&since)?;
    let of_it = log.iter().filter(|played| Span::new(played.from, played.to).overlaps(&forgetting.span));
    let note = |played: &archive::Played| {
        let length = output::duration(played.end.micros_since(played.at));
        format!(
            "it was played at {} for {length}: what was recorded of that is forgotten by that time",
            output::local(played.at)
        )
    };
    Ok(of_it.filter(|played| !forgetting.span.contains(played.at)).map(note).collect())
}

/// What will go, in lines.
fn plan(row: &Row) -> Vec<String> {
    let mut lines = Vec::new();
    for TrackRow { track, sound_s, segments, segments_partly } in &row.tracks {
        let files = match (segments, segments_partly) {
            (whole, 0) => format!("{whole} whole segments"),
            (0, partly) => format!("in parts of {partly} segments"),
            (whole, partly) => format!("{whole} whole segments and parts of {partly}"),
        };
        lines.push(format!("{track}: {sound_s:.1} s of sound, {files}"));
    }
    for PassRow { pass, model, utterances, partly } in &row.utterances {
        let whole =
            if *partly > 0 { format!(", {partly} of them reach beyond the span and go whole") } else { String::new() };
        lines.push(format!("pass {pass} ({model}): {utterances} utterances{whole}"));
    }
    for (count, what) in [(row.stars, "stars"), (row.notes, "notes")].into_iter().filter(|(count, _)| *count > 0) {
        lines.push(format!("{what}: {count}"));
    }
    lines.extend(row.set_aside.iter().map(|path| format!("a database that was set aside: {}", path.display())));
    lines
}

/// Has the recorder finish what grows in the span: it alone writes such a file.
///
/// What was captured last is still on its way when it is asked for. So this waits until it was written, or else the next segment would
/// begin with it.
fn rotate(forget: &Forget, forgetting: &Forgetting, context: &Context) -> Result<()> {
    let began = SystemClock.boot_micros();
    let mut asked = None;
    loop {
        let growing = forget.growing(forgetting)?;
        let now = SystemClock.boot_micros();
        if growing.is_empty() || now - began > ROTATE_PATIENCE_MICROS {
            return Ok(());
        }
        let is_written = growing.iter().all(|segment| segment.span.end >= forgetting.span.end);
        if (is_written && asked.is_none()) || now - asked.unwrap_or(began) > ON_ITS_WAY_MICROS {
            asked = Some(now);
            match control::ask(&context.home, &Request::Rotate) {
                Ok(_) => {}
                // What a recorder left that died is finished with the rest.
                Err(ControlError::NotRunning) => return Ok(()),
                Err(error) => {
                    output::note(&home::one_line(&error));
                    return Ok(());
                }
            }
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Does the rest, or waits for a worker to do it.
fn finish(forget: &Forget, forgetting: &Forgetting, context: &Context) -> Result<Exit> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    let began = SystemClock.boot_micros();
    let left = loop {
        match forget.finish(SystemClock.wall(), &mut |step| bar.set_message(doing(step))) {
            Ok(left) => break Some(left),
            Err(WorkerError::SecondWorker { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        bar.set_message("the worker does it");
        if !forget.is_pending(forgetting)? {
            break Some(Left::default());
        }
        if SystemClock.boot_micros() - began > WORKER_PATIENCE_MICROS {
            break None;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    bar.finish_and_clear();
    let Some(left) = left else {
        output::note("it is hidden from every reader; the worker takes the rest off the disk when it comes to it");
        return Ok(Exit::Partly);
    };
    for line in rest(&left, Lock::is_held(&context.home.worker_lock())) {
        output::note(&line);
    }
    Ok(if left.is_nothing() { Exit::Done } else { Exit::Partly })
}

/// What is still to go, and what was taken out with it.
fn rest(left: &Left, worker: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let who = if worker { "the worker" } else { "the next `hearsay work`, `forget` or `rebuild`" };
    for path in &left.growing {
        lines.push(format!(
            "{} is being recorded and can't be finished now: its sound is hidden, and {who} takes it off the disk once it is finished",
            path.display()
        ));
    }
    lines.extend(left.faults.iter().map(ToString::to_string));
    if left.wal {
        lines.push(format!(
            "somebody reads the database all the time: words may lie in its write-ahead log until {who} can empty that"
        ));
    }
    if left.unreadable_lines > 0 {
        let lines_gone = left.unreadable_lines;
        lines.push(format!(
            "lines of words, stars and notes that nobody could read and that went as well: {lines_gone}"
        ));
    }
    lines
}

fn doing(step: Erasing) -> &'static str {
    match step {
        Erasing::Words => "the words",
        Erasing::Sound => "the sound",
        Erasing::Index => "the index",
        Erasing::PlainWords => "the words beside the sound",
    }
}

fn tell(args: &ForgetArgs, row: &Row, exit: Exit) -> Result<Exit> {
    if args.json {
        let mut out = Out::stdout();
        out.json(row)?;
        out.flush()?;
    }
    if row.outcome == "gone" {
        output::say("forgotten");
    }
    Ok(exit)
}

const TEMPLATE: &str = "{spinner} forgetting: {msg}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_drawn() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }
}
