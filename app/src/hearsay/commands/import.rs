//! `hearsay import`: recordings from elsewhere are copied into the archive; they themselves are never changed.

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, Out};
use crate::when::{self, Named};
use anyhow::{Context as _, Result};
use archive::Archive;
use archive::import::{Imported, import};
use home::Exit;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use timeline::{Side, Span, TrackName, WallTime};

/// What to copy, and where on the timeline it belongs.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ImportArgs {
    /// WAV, FLAC, MP3, M4A (AAC, ALAC) or Ogg Vorbis files, or folders that are looked through for them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The track [default: by the file's name (NAME.mic.wav) or the side; else import]
    #[arg(long, value_name = "NAME")]
    track: Option<TrackName>,
    /// Whose words it carries [default: by the track; else both]
    #[arg(long, value_parser = side, value_name = "said|heard|both")]
    side: Option<Side>,
    /// When the recording began [default: by the file's name, else by when the file was last changed]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// One JSON object per file
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay import 2026-11-23_09-15-00.wav
  hearsay import ~/dictaphone --track phone --side both
  hearsay import talk.wav --at '2026-11-23 14:30' --side heard

Files are copied and converted to 16 kHz, never moved. What is there already is not copied again.";

fn side(text: &str) -> Result<Side, String> {
    Side::parse(text).ok_or_else(|| "said, heard or both".to_owned())
}

/// One file and where it goes.
pub(crate) struct Plan {
    /// The file.
    pub(crate) file: PathBuf,
    /// Its track.
    pub(crate) track: TrackName,
    /// Its side.
    pub(crate) side: Side,
    /// When its first frame was.
    pub(crate) at: WallTime,
}

/// A row of `import --json`.
#[derive(serde::Serialize)]
struct ImportRow<'a> {
    file: String,
    outcome: &'static str,
    track: Option<&'a TrackName>,
    side: Option<Side>,
    start: Option<WallTime>,
    end: Option<WallTime>,
    reason: Option<String>,
}

/// What happened so far.
#[derive(Default)]
struct Tally {
    copied: usize,
    there: usize,
    failed: usize,
    micros: i64,
}

/// Copies them; one that can't be copied doesn't stop the others.
pub(crate) fn run(args: &ImportArgs, context: &Context) -> Result<Exit> {
    let at = args.at.as_deref().map(|at| timeline::parse_time(at, context.now)).transpose()?;
    check_side(args)?;
    let files = recordings(&args.paths);
    if files.is_empty() {
        return Err(Failure::not_found("there is no .wav, .flac, .mp3, .m4a or .ogg file in there").into());
    }
    context.home.ensure()?;
    let archive = Archive::open(&context.home);
    let bar = bar(files.len());
    let (mut out, mut tally) = (Out::stdout(), Tally::default());
    for file in files {
        let plan = plan(&file, args, at);
        let result = plan
            .as_ref()
            .map_err(|error| home::one_line(error.as_ref()))
            .and_then(|plan| import_one(&archive, plan, &bar).map_err(|error| home::one_line(error.as_ref())));
        tally.count(&result);
        bar.suspend(|| tell(&file, &result));
        if args.json {
            out.json(&row(&file, plan.as_ref().ok(), &result))?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    out.flush()?;
    tally.tell();
    Ok(match (tally.copied + tally.there, tally.failed) {
        (_, 0) => Exit::Done,
        (0, _) => Exit::Failed,
        _ => Exit::Partly,
    })
}

/// `mic` and `loopback` have their sides; nobody should find their own words among the heard ones.
fn check_side(args: &ImportArgs) -> Result<()> {
    let usual = args.track.as_ref().and_then(TrackName::usual_side);
    match (usual, args.side) {
        (Some(usual), Some(side)) if usual != side => {
            let track = args.track.as_ref().map(TrackName::as_str).unwrap_or_default();
            Err(Failure::usage(format!("the track {track} is what was {usual}, not {side}"))
                .hint("choose another track: --track NAME")
                .into())
        }
        _ => Ok(()),
    }
}

/// The files that are named, and all sound files in the folders that are, in order.
fn recordings(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { walk(path, &mut files) } else { files.push(path.clone()) }
    }
    files
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return output::error(&format!("cannot list {}: {error}", folder.display())),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        // A link to a folder above would never end.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, files);
        } else if path.is_file() && path.extension().is_some_and(is_sound) {
            files.push(path);
        }
    }
}

/// What is looked for in folders. A file that is named is read whatever it is called.
const ENDINGS: [&str; 8] = ["wav", "flac", "mp3", "m4a", "m4b", "aac", "ogg", "oga"];

fn is_sound(ending: &std::ffi::OsStr) -> bool {
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Where a file goes, by what was said on the command line, by its name, and by when it was last changed.
fn plan(file: &Path, args: &ImportArgs, at: Option<WallTime>) -> Result<Plan> {
    let Named { start, track: named } = when::read(&file.file_name().unwrap_or_default().to_string_lossy());
    let track = match (&args.track, args.side) {
        (Some(track), _) => track.clone(),
        (None, Some(Side::Said)) => TrackName::mic(),
        (None, Some(Side::Heard)) => TrackName::loopback(),
        (None, _) => named.map_or_else(|| TrackName::new("import"), Ok)?,
    };
    let side = args.side.or(track.usual_side()).unwrap_or(Side::Both);
    let at = match at.or(start) {
        Some(at) => at,
        None => start_by_change(file)?,
    };
    Ok(Plan { file: file.to_owned(), track, side, at })
}

/// When a file that was last changed at the end of the recording was begun.
fn start_by_change(file: &Path) -> Result<WallTime> {
    let doing = || format!("cannot read {}", file.display());
    let changed = std::fs::metadata(file).and_then(|metadata| metadata.modified()).with_context(doing)?;
    let micros = changed.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let changed = WallTime::from_micros(i64::try_from(micros).unwrap_or(i64::MAX));
    // A file that isn't sound is told of when it is copied.
    let Ok(length) = archive::import::length_micros(file) else { return Ok(changed) };
    let start = changed.plus_micros(-length);
    let name = file.display();
    output::note(&format!(
        "{name} doesn't say when it was recorded; by its last change it began at {}",
        output::local(start)
    ));
    Ok(start)
}

/// Copies one file. The bar shows how far it is in the message.
pub(crate) fn import_one(archive: &Archive, plan: &Plan, bar: &ProgressBar) -> Result<Imported> {
    let name = plan.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let imported = import(archive, &plan.file, &plan.track, plan.side, plan.at, &mut |progress| {
        bar.set_message(format!("{name} {} %", progress.done.saturating_mul(100) / progress.total.max(1)));
    })?;
    Ok(imported)
}

/// A line that says how many of `files` are done.
pub(crate) fn bar(files: usize) -> ProgressBar {
    let bar = ProgressBar::new(files as u64);
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

const TEMPLATE: &str = "copying [{bar:20}] {pos} of {len}  {msg}";

impl Tally {
    fn count(&mut self, result: &Result<Imported, String>) {
        match result {
            Ok(Imported { already_there: true, .. }) => self.there += 1,
            Ok(imported) => {
                self.copied += 1;
                self.micros += span(imported).map_or(0, |span| span.len_micros());
            }
            Err(_) => self.failed += 1,
        }
    }

    fn tell(&self) {
        let there = if self.there > 0 { format!(", {} there already", self.there) } else { String::new() };
        let failed = if self.failed > 0 { format!(", {} not copied", self.failed) } else { String::new() };
        output::say(&format!("{} copied ({}){there}{failed}", self.copied, output::duration(self.micros)));
        if self.copied > 0 {
            output::say("`hearsay work` transcribes it");
        }
    }
}

fn span(imported: &Imported) -> Option<Span> {
    Some(Span::new(imported.segments.first()?.span.start, imported.segments.last()?.span.end))
}

fn tell(file: &Path, result: &Result<Imported, String>) {
    match result {
        Ok(imported) => {
            if let Some(warning) = &imported.warning {
                output::note(warning);
            }
            if imported.already_there {
                output::note(&format!("{} is there already", file.display()));
            }
        }
        Err(error) => output::error(error),
    }
}

fn row<'a>(file: &Path, plan: Option<&'a Plan>, result: &Result<Imported, String>) -> ImportRow<'a> {
    let (outcome, reason) = match result {
        Ok(imported) if imported.already_there => ("already_there", None),
        Ok(imported) => ("copied", imported.warning.clone()),
        Err(error) => ("failed", Some(error.clone())),
    };
    let span = result.as_ref().ok().and_then(span);
    ImportRow {
        file: file.display().to_string(),
        outcome,
        track: plan.map(|plan| &plan.track),
        side: plan.map(|plan| plan.side),
        start: span.map(|span| span.start).or(plan.map(|plan| plan.at)),
        end: span.map(|span| span.end),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_drawn() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }
}
