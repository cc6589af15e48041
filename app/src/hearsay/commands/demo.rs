//! `hearsay demo`: the whole way with the sample day, in a home of its own, checked against what is known to have
//! been said.

use super::import::{Plan, bar, import_one};
use super::sibling;
use crate::context::Context;
use crate::failure::Failure;
use crate::library::{Hit, Library, SearchOptions};
use crate::output::{self, Out};
use crate::reference::{self, Sentence, has_word};
use anyhow::{Context as _, Result};
use archive::Archive;
use home::{Exit, Home};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use timeline::{TrackName, WallTime};

/// Where the sample day is, and what to do at the end.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct DemoArgs {
    /// The folder with the sample day and its model [default: fixtures, beside the sources or the executable]
    #[arg(long, value_name = "DIR")]
    fixtures: Option<PathBuf>,
    /// Open the viewer at the end, terminal or not
    #[arg(long, conflicts_with = "no_view")]
    view: bool,
    /// Don't open the viewer
    #[arg(long)]
    no_view: bool,
}

const HELP: &str = "\
Examples:
  hearsay demo
  hearsay demo --no-view --home demo-home

Without --home a fresh folder is made among the temporary ones. Your own home is never touched.";

/// The conversations of the sample day and when they began.
const DAY: [(&str, &str); 2] = [("standup", "2026-11-23T09:15:00Z"), ("call", "2026-11-23T14:30:00Z")];
/// What is searched for: something said, something heard, and two words that both sides used.
const QUERIES: [&str; 4] = ["phoenix", "agenda", "budget", "summit"];
/// How far an utterance may begin from where the reference has its sentence.
const TOLERANCE_MICROS: i64 = 500_000;

/// Goes the whole way.
pub(crate) fn run(args: &DemoArgs, context: &Context) -> Result<Exit> {
    let fixtures = fixtures(args.fixtures.as_deref())?;
    let home = fresh_home(context)?;
    let context = Context { home, config_file: None, ..context.clone() };
    step(1, "copying the sample day: two conversations, both sides of each");
    let sentences = import_day(&fixtures, &context.home)?;
    step(2, "transcribing it with the bundled model");
    transcribe(&fixtures, &context)?;
    step(3, "searching");
    let wrong = search_all(&context.home, &sentences)?;
    if wrong > 0 {
        return Err(Failure::new(format!("{wrong} of {} searches don't agree with the reference", QUERIES.len()))
            .hint(format!("what was made is in {}", context.home.root().display()))
            .into());
    }
    output::say("\nevery hit agrees with the reference in word, side and time (within 0.5 s)");
    view(args, &context)
}

fn step(number: u32, what: &str) {
    output::say(&format!("\n[{number}/3] {what}"));
}

/// The folder that was named, or `fixtures` in or beside a folder above the executable or the current one.
fn fixtures(named: Option<&Path>) -> Result<PathBuf> {
    let has_day = |folder: &Path| folder.join("days").is_dir() && folder.join("models").is_dir();
    if let Some(named) = named {
        return if has_day(named) { Ok(named.to_owned()) } else { Err(no_fixtures(&named.display().to_string())) };
    }
    let me = std::env::current_exe().context("cannot tell where this program lies")?;
    let here = std::env::current_dir().unwrap_or_default();
    let above = me.ancestors().skip(1).chain(here.ancestors());
    above
        .flat_map(|folder| [folder.join("fixtures"), folder.join("share/hearsay/fixtures")])
        .find(|folder| has_day(folder))
        .ok_or_else(|| no_fixtures("any `fixtures` folder beside the executable"))
}

fn no_fixtures(place: &str) -> anyhow::Error {
    Failure::new(format!("the sample day isn't in {place}"))
        .hint("--fixtures DIR names the folder with `days` and `models`")
        .into()
}

/// `--home`, which must be empty, or a new folder among the temporary ones.
fn fresh_home(context: &Context) -> Result<Home> {
    let home = if context.home_named {
        context.home.clone()
    } else {
        let name = format!("hearsay-demo-{}-{}", context.now.compact(), std::process::id());
        Home::at(&std::env::temp_dir().join(name))
    };
    let empty = std::fs::read_dir(home.root()).map_or(true, |mut entries| entries.next().is_none());
    if !empty {
        return Err(Failure::usage(format!("{} isn't empty", home.root().display()))
            .hint("the demo wants a new folder, or none: it then makes one")
            .into());
    }
    home.ensure()?;
    // Goes before the user's own configuration, which is about other models.
    let mut config = home::files::create_new(&home.config_file()).context("cannot write the demo's configuration")?;
    config.write_all(b"# The demo runs with the defaults.\n")?;
    Ok(home)
}

/// Copies the conversations to where they belong, and gives what is known of them.
fn import_day(fixtures: &Path, home: &Home) -> Result<Vec<Sentence>> {
    let (archive, days) = (Archive::open(home), fixtures.join("days"));
    let progress = bar(2 * DAY.len());
    let mut sentences = Vec::new();
    for (name, start) in DAY {
        let at = WallTime::parse_rfc3339(start)?;
        for track in [TrackName::mic(), TrackName::loopback()] {
            let file = days.join(format!("{name}.{track}.flac"));
            let side = track.usual_side().unwrap_or(timeline::Side::Both);
            import_one(&archive, &Plan { file, track, side, at }, &progress)?;
            progress.inc(1);
        }
        sentences.extend(reference::read(&days.join(format!("{name}.tsv")), at)?);
    }
    progress.finish_and_clear();
    let sound: i64 = archive.scan()?.segments.iter().map(|segment| segment.span.len_micros()).sum();
    output::say(&format!("{} of sound are in {}", output::duration(sound), home.root().display()));
    Ok(sentences)
}

fn transcribe(fixtures: &Path, context: &Context) -> Result<()> {
    let mut command = sibling::command("hearsay-work", context)?;
    command.arg("--once").arg("--model").arg(fixtures.join("models/fixture-q8.bin"));
    let status = command.status().context("cannot start hearsay-work")?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("transcribing ended with {status}")).into())
}

/// Prints what is found, and says how many searches don't agree with the reference.
fn search_all(home: &Home, sentences: &[Sentence]) -> Result<usize> {
    let mut library = Library::open(home)?;
    let (mut out, mut wrong) = (Out::stdout(), 0);
    for query in QUERIES {
        let found = library.search(query, &SearchOptions::default())?;
        let known = sentences.iter().filter(|sentence| has_word(&sentence.text, query)).count();
        writeln!(out, "\nhearsay search {query}")?;
        let mut agrees = !found.hits.is_empty();
        for hit in &found.hits {
            let (when, side) = (output::local(hit.utterance.span.start), hit.utterance.side.as_str());
            let text = out.highlighted(&hit.utterance.text, &hit.highlights);
            let away = micros_from_reference(hit, query, sentences).filter(|away| *away <= TOLERANCE_MICROS);
            agrees &= away.is_some();
            let verdict = match away {
                Some(away) => format!("({:.2} s from the reference)", output::seconds(away)),
                None => "(WRONG: the reference has no such word there)".to_owned(),
            };
            writeln!(out, "  {when}  {side:5}  {text}  {}", out.dim(&verdict))?;
        }
        wrong += usize::from(!agrees);
        let took = out.dim(&format!("{} of {known} in {:.1} ms", found.hits.len(), found.took.as_secs_f64() * 1e3));
        writeln!(out, "  {took}")?;
    }
    out.flush()?;
    Ok(wrong)
}

/// How far a hit begins from the nearest sentence that has the word on that side; `None` where none has.
fn micros_from_reference(hit: &Hit, word: &str, sentences: &[Sentence]) -> Option<i64> {
    let utterance = &hit.utterance;
    sentences
        .iter()
        .filter(|sentence| sentence.side == utterance.side && has_word(&sentence.text, word))
        .map(|sentence| utterance.span.start.micros_since(sentence.span.start).abs())
        .min()
}

/// Opens the viewer where there is a display and somebody to look at it, else says how.
fn view(args: &DemoArgs, context: &Context) -> Result<Exit> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let display = cfg!(not(target_os = "linux")) || set("DISPLAY") || set("WAYLAND_DISPLAY");
    if args.view || (!args.no_view && display && std::io::stdin().is_terminal()) {
        return crate::viewer::run(context);
    }
    let home = context.home.root().display();
    // As it was typed, so that it can be typed again.
    let hearsay = std::env::args_os().next().unwrap_or_else(|| "hearsay".into());
    let hearsay = hearsay.display();
    output::say(&format!("look at it:  {hearsay} --home {home}"));
    output::say(&format!("read it:     {hearsay} --home {home} show 2026-11-23"));
    Ok(Exit::Done)
}
