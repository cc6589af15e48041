//! hearsay beside other programs that do the same, with the same model, on the same sound, in the same run.

mod cost;
mod day;
mod recording;
pub(crate) mod sentences;
mod system;
mod table;
mod tools;

use anyhow::{Context, Result, ensure};
use cost::{Cost, median};
use day::Day;
use recording::Recording;
use sentences::Sentence;
use std::io::Write;
use std::path::{Path, PathBuf};
use system::{Outcome, SYSTEMS, System};
use table::Row;
use testkit::WordErrors;
use tools::Tools;

/// What is compared, on which sound.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// whisper.cpp's whisper-cli, of the version that hearsay-engine is built with
    #[arg(long, value_name = "PATH")]
    whisper_cli: Option<PathBuf>,
    /// The voice detector for its --vad, e.g. models/for-tests-silero-v6.2.0-ggml.bin of its sources
    #[arg(long, value_name = "FILE")]
    vad_model: Option<PathBuf>,
    /// A Python that has the package faster-whisper
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// The model, an English-only one: a ggml file [default: the sample day's]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// The same weights as a Hugging Face folder, for faster-whisper
    #[arg(long, value_name = "DIR")]
    hf: Option<PathBuf>,
    /// A folder with sentences: NAME.tsv (`start_s`, `end_s`, `text`) beside NAME.ogg [default: the sample day's]
    #[arg(long, value_name = "DIR")]
    speech: Option<PathBuf>,
    /// How long the synthetic day is, in hours: two tracks, a quarter of it speech
    #[arg(long, value_name = "H", default_value_t = 16.0)]
    hours: f64,
    /// Only twenty minutes of that day, in stretches of two with as much and as little said in them: for large models
    #[arg(long)]
    slice: bool,
    /// The slice's length in minutes
    #[arg(long, value_name = "MIN", default_value_t = 20.0, requires = "slice")]
    slice_minutes: f64,
    /// The day's seed
    #[arg(long, default_value_t = 5)]
    seed: u64,
    /// Threads of every system [default: for each what costs it the least processor time, 1 or all cores, on the first minutes]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Runs of each system, one after the other, every second time in reverse order; medians are printed
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeat: u32,
    /// Only the system of this name, or those whose names contain this; may be given several times
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// The folder with hearsay's executables [default: built now, in release]
    #[arg(long, value_name = "DIR")]
    hearsay: Option<PathBuf>,
    /// Where the sound is written, 3.7 GB twice for the whole day [default: a temporary folder]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

const HELP: &str = "\
Example:
  cargo xtask compare --whisper-cli whisper.cpp/build/bin/whisper-cli \\
    --vad-model whisper.cpp/models/for-tests-silero-v6.2.0-ggml.bin --python venv/bin/python --hf model-hf --hours 1

What isn't named is left out. Models are converted, quantised or packed before anything is measured. The main figure is processor time: it is the same whatever else the machine does.";

/// A file is an hour: what a program that reads files whole can hold.
const FILE_S: f64 = 3_600.0;
/// What the number of threads is tried on, in minutes.
const TRIAL_MIN: f64 = 4.0;

pub(crate) fn run(args: &Args) -> Result<()> {
    ensure!(args.hours > 0.05 && args.hours <= 16.0, "a day has between 0.05 and 16 hours");
    let temporary = match &args.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let speech = args.speech.clone().unwrap_or_else(|| testkit::fixture("days"));
    let sentences = sentences::read(&speech)?;
    let day = Day::plan(&sentences, args.hours * 3_600.0, FILE_S, args.seed);
    let sound = if args.slice { day.slice(&sentences, args.slice_minutes * 60.0) } else { day.clone() };
    let recordings = recorded(&sound, &sentences, temporary.path(), "day")?;
    let trial = recorded(&sound.slice(&sentences, TRIAL_MIN * 60.0), &sentences, temporary.path(), "trial")?;
    let tools = tools(args, temporary.path())?;
    let systems = systems(args, &tools)?;
    let bench = Bench { tools, trial, recordings, folder: temporary.path() };
    let speech_s = sound.speech_s(&sentences);
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:.2} h of two tracks, {:.1} min of speech in {} sentences; model {}\n",
        sound.length_s / 3_600.0,
        speech_s / 60.0,
        sound.spoken.len(),
        bench.tools.model.file_name().unwrap_or_default().to_string_lossy()
    )?;
    let rows = bench.measure_all(&systems, args)?;
    out.write_all(table::markdown(&rows, speech_s).as_bytes())?;
    Ok(())
}

fn recorded(day: &Day, sentences: &[Sentence], folder: &Path, name: &str) -> Result<Vec<Recording>> {
    let folder = folder.join(name);
    home::files::create_dir_all(&folder)?;
    recording::write(day, sentences, FILE_S, &folder)
}

fn tools(args: &Args, folder: &Path) -> Result<Tools> {
    Ok(Tools {
        hearsay: args.hearsay.clone().map_or_else(tools::build, Ok)?,
        whisper_cli: args.whisper_cli.clone(),
        vad_model: args.vad_model.clone(),
        python: args.python.clone(),
        model: args.model.clone().unwrap_or_else(|| testkit::fixture("models/fixture-q8.bin")),
        hf: args.hf.clone(),
        folder: folder.to_owned(),
    })
}

/// Those that are wanted and can be run; says which can't.
fn systems(args: &Args, tools: &Tools) -> Result<Vec<System>> {
    let is_name = |part: &str| SYSTEMS.iter().any(|system| system.name == part);
    let fits = |name: &str, part: &str| if is_name(part) { name == part } else { name.contains(part) };
    let wanted = |system: &&System| args.only.is_empty() || args.only.iter().any(|part| fits(system.name, part));
    let mut systems = Vec::new();
    for system in SYSTEMS.iter().filter(wanted) {
        match system.lacks(tools) {
            Some(lack) => writeln!(std::io::stderr(), "left out: {} (needs {lack})", system.name)?,
            None => systems.push(*system),
        }
    }
    ensure!(!systems.is_empty(), "there is nothing to run");
    Ok(systems)
}

struct Bench<'a> {
    tools: Tools,
    trial: Vec<Recording>,
    recordings: Vec<Recording>,
    folder: &'a Path,
}

impl Bench<'_> {
    fn measure_all(&self, systems: &[System], args: &Args) -> Result<Vec<Row>> {
        let mut threads = Vec::new();
        for system in systems {
            let folder = tempfile::tempdir_in(self.folder)?;
            system.prepare(&self.tools, &self.trial, folder.path()).with_context(|| system.name)?;
            threads.push(args.threads.map_or_else(|| self.best_threads(*system), Ok)?);
        }
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); systems.len()];
        let mut texts: Vec<Vec<String>> = vec![Vec::new(); systems.len()];
        for round in 0..args.repeat.max(1) {
            let mut order: Vec<usize> = (0..systems.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for at in order {
                let (Some(system), Some(threads)) = (systems.get(at), threads.get(at)) else { continue };
                let outcome = self.run(*system, &self.recordings, *threads)?;
                let Cost { cpu_s, wall_s, .. } = outcome.cost;
                writeln!(std::io::stderr(), "{}: {cpu_s:.1} s of processor, {wall_s:.1} s", system.name)?;
                if let Some(costs) = costs.get_mut(at) {
                    costs.push(outcome.cost);
                }
                if let Some(texts) = texts.get_mut(at) {
                    *texts = outcome.texts;
                }
            }
        }
        let measured = systems.iter().zip(threads).zip(costs.iter().zip(texts));
        Ok(measured.map(|((system, threads), (costs, texts))| self.row(*system, threads, costs, &texts)).collect())
    }

    fn row(&self, system: System, threads: u32, costs: &[Cost], texts: &[String]) -> Row {
        let mut errors = WordErrors::default();
        for (recording, text) in self.recordings.iter().zip(texts) {
            errors += WordErrors::between(&recording.text, text);
        }
        let words = texts.iter().map(|text| testkit::normalise(text).len()).sum();
        Row { name: system.name, searches: system.searches(), threads, cost: median(costs), words, errors }
    }

    /// 1 or all cores: what costs less on the trial.
    fn best_threads(&self, system: System) -> Result<u32> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let cores = u32::try_from(cores).unwrap_or(1);
        let mut best = (f64::INFINITY, 1);
        for threads in [1, cores] {
            let cpu_s = self.run(system, &self.trial, threads)?.cost.cpu_s;
            if cpu_s < best.0 {
                best = (cpu_s, threads);
            }
        }
        Ok(best.1)
    }

    fn run(&self, system: System, recordings: &[Recording], threads: u32) -> Result<Outcome> {
        let folder = tempfile::tempdir_in(self.folder)?;
        system.run(&self.tools, recordings, threads, folder.path()).with_context(|| system.name)
    }
}
