//! What `hearsay forget` and the viewer do to let a span go.

use crate::output;
use anyhow::Result;
use archive::Forgetting;
use capture::control::{self, ControlError, Request};
use home::{Home, Lock};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use timeline::{Clock, SystemClock, TrackName, WallTime};
use worker::{Erasing, Forget, Left, WorkerError, WouldForget};

/// How long a worker may take that does it itself.
const WORKER_PATIENCE_MICROS: i64 = 120_000_000;
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long the recorder may take to finish what grows, and sound to get from its device to the file; where nothing plays none comes.
const ROTATE_PATIENCE_MICROS: i64 = 5_000_000;
const ON_ITS_WAY_MICROS: i64 = 1_000_000;

/// What goes, for machines.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Row {
    pub(crate) start: WallTime,
    pub(crate) end: WallTime,
    pub(crate) tracks: Vec<TrackRow>,
    pub(crate) utterances: Vec<PassRow>,
    pub(crate) stars: usize,
    pub(crate) notes: usize,
    pub(crate) set_aside: Vec<PathBuf>,
    /// `would_go`, `gone`, or `partly` where something is still to go.
    pub(crate) outcome: &'static str,
}

/// The sound of a track.
#[derive(Debug, Default, serde::Serialize)]
pub(crate) struct TrackRow {
    pub(crate) track: String,
    pub(crate) sound_s: f64,
    /// Segments whose files go.
    pub(crate) segments: usize,
    /// Segments that keep other sound.
    pub(crate) segments_partly: usize,
}

/// The words of a pass.
#[derive(Debug, serde::Serialize)]
pub(crate) struct PassRow {
    pub(crate) pass: String,
    pub(crate) model: String,
    pub(crate) utterances: u64,
    /// Of those, the ones that reach beyond the span.
    pub(crate) partly: u64,
}

/// What goes.
pub(crate) fn row(forgetting: &Forgetting, would: &WouldForget) -> Row {
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

/// What will go, in lines.
pub(crate) fn plan(row: &Row) -> Vec<String> {
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
fn rotate(home: &Home, forget: &Forget, forgetting: &Forgetting, notes: &mut Vec<String>) -> Result<()> {
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
            match control::ask(home, &Request::Rotate) {
                Ok(_) => {}
                // What a recorder left that died is finished with the rest.
                Err(ControlError::NotRunning) => return Ok(()),
                Err(error) => {
                    notes.push(home::one_line(&error));
                    return Ok(());
                }
            }
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Has what was [asked for](Forget::ask) go, or waits for a worker to do it; whether all of it is gone. `doing` is told what it is at, `notes` what its user
/// should know.
///
/// # Errors
/// As [`Forget::finish`].
pub(crate) fn carry_out(
    home: &Home,
    forget: &Forget,
    forgetting: &Forgetting,
    doing: &mut dyn FnMut(&'static str),
    notes: &mut Vec<String>,
) -> Result<bool> {
    rotate(home, forget, forgetting, notes)?;
    let began = SystemClock.boot_micros();
    let left = loop {
        match forget.finish(SystemClock.wall(), &mut |step| doing(name(step))) {
            Ok(left) => break left,
            Err(WorkerError::SecondWorker { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        doing("the worker does it");
        if !forget.is_pending(forgetting)? {
            break Left::default();
        }
        if SystemClock.boot_micros() - began > WORKER_PATIENCE_MICROS {
            notes.push(
                "it is hidden from every reader; the worker takes the rest off the disk when it comes to it".to_owned(),
            );
            return Ok(false);
        }
        std::thread::sleep(LOOK_EVERY);
    };
    notes.extend(rest(&left, Lock::is_held(&home.worker_lock())));
    Ok(left.is_nothing())
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

fn name(step: Erasing) -> &'static str {
    match step {
        Erasing::Words => "the words",
        Erasing::Sound => "the sound",
        Erasing::Index => "the index",
        Erasing::PlainWords => "the words beside the sound",
    }
}
