//! What is compared: each a program, run over all the files in a process of its own.

use super::cost::{Cost, measure};
use super::recording::Recording;
use super::tools::Tools;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Command, Stdio};

/// How one is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The archive, the worker and the engine, as a user has them.
    Hearsay {
        /// What recognises: `hearsay` or `whisper-rs`.
        engine: &'static str,
        /// 0: greedy.
        beams: u32,
    },
    /// whisper.cpp's own program.
    WhisperCli {
        /// With its voice detector.
        vad: bool,
        /// Greedy, without fallback to higher temperatures and without text from before; else as shipped: 5 beams, with both.
        greedy: bool,
    },
    /// faster-whisper, always with its voice detector.
    FasterWhisper {
        /// The arithmetic.
        compute: &'static str,
        /// Through `BatchedInferencePipeline`.
        batched: bool,
        /// As [`Kind::WhisperCli`]'s.
        greedy: bool,
    },
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct System {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How it is run.
    pub(crate) kind: Kind,
}

const fn system(name: &'static str, kind: Kind) -> System {
    System { name, kind }
}

const fn faster_whisper(name: &'static str, compute: &'static str, batched: bool, greedy: bool) -> System {
    System { name, kind: Kind::FasterWhisper { compute, batched, greedy } }
}

/// All of them.
pub(crate) const SYSTEMS: [System; 13] = [
    system("hearsay", Kind::Hearsay { engine: "hearsay", beams: 0 }),
    system("hearsay, 5 beams", Kind::Hearsay { engine: "hearsay", beams: 5 }),
    system("hearsay on whisper.cpp", Kind::Hearsay { engine: "whisper-rs", beams: 0 }),
    system("hearsay on whisper.cpp, 5 beams", Kind::Hearsay { engine: "whisper-rs", beams: 5 }),
    system("whisper-cli as shipped", Kind::WhisperCli { vad: false, greedy: false }),
    system("whisper-cli --vad", Kind::WhisperCli { vad: true, greedy: false }),
    system("whisper-cli --vad, greedy", Kind::WhisperCli { vad: true, greedy: true }),
    faster_whisper("faster-whisper int8", "int8", false, false),
    faster_whisper("faster-whisper int8, batched", "int8", true, false),
    faster_whisper("faster-whisper int8, batched, greedy", "int8", true, true),
    faster_whisper("faster-whisper f32", "float32", false, false),
    faster_whisper("faster-whisper f32, batched", "float32", true, false),
    faster_whisper("faster-whisper f32, batched, greedy", "float32", true, true),
];

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// What it cost.
    pub(crate) cost: Cost,
    /// The text of each file.
    pub(crate) texts: Vec<String>,
}

const BATCH: &str = "8";

impl System {
    /// Whether its beams are 5.
    pub(crate) fn searches(self) -> bool {
        match self.kind {
            Kind::Hearsay { beams, .. } => beams > 0,
            Kind::WhisperCli { greedy, .. } | Kind::FasterWhisper { greedy, .. } => !greedy,
        }
    }

    /// Why it can't be run; `None`: it can.
    pub(crate) fn lacks(self, tools: &Tools) -> Option<&'static str> {
        match self.kind {
            Kind::WhisperCli { .. } if tools.whisper_cli.is_none() => Some("--whisper-cli PATH"),
            Kind::WhisperCli { vad: true, .. } if tools.vad_model.is_none() => Some("--vad-model FILE"),
            Kind::FasterWhisper { .. } if tools.python.is_none() => Some("--python PATH"),
            Kind::FasterWhisper { .. } if tools.hf.is_none() => Some("--hf DIR"),
            _ => None,
        }
    }

    /// Brings the model into the form in which the system computes with it, where that is kept, so that no measured run pays
    /// for it: hearsay packs it while it transcribes the `trial`; faster-whisper has a program for it.
    ///
    /// # Errors
    /// Where it fails.
    pub(crate) fn prepare(self, tools: &Tools, trial: &[Recording], folder: &Path) -> Result<()> {
        match self.kind {
            Kind::Hearsay { .. } if !tools.hearsay_models().is_dir() => {
                hearsay(tools, trial, ("hearsay", 0), 1, folder)?;
            }
            Kind::FasterWhisper { compute, .. } => {
                tools.faster_whisper(compute)?;
            }
            Kind::Hearsay { .. } | Kind::WhisperCli { .. } => {}
        }
        Ok(())
    }

    /// Transcribes the recordings in an empty folder.
    ///
    /// # Errors
    /// Where it fails.
    pub(crate) fn run(self, tools: &Tools, recordings: &[Recording], threads: u32, folder: &Path) -> Result<Outcome> {
        match self.kind {
            Kind::Hearsay { engine, beams } => hearsay(tools, recordings, (engine, beams), threads, folder),
            Kind::WhisperCli { vad, greedy } => whisper_cli(tools, recordings, vad, greedy, threads, folder),
            Kind::FasterWhisper { compute, batched, greedy } => {
                let mut command = tools.faster_whisper(compute)?;
                command.args(["--compute-type", compute, "--threads", &threads.to_string()]);
                if batched {
                    command.args(["--batch-size", BATCH]);
                }
                if greedy {
                    command.arg("--greedy");
                }
                let out = folder.join("texts.json");
                command.arg("--out").arg(&out).args(recordings.iter().map(|recording| &recording.path));
                let cost = measure(quiet(&mut command))?;
                let found: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&out)?)?;
                let texts = found.get("texts").cloned().unwrap_or_default();
                Ok(Outcome { cost, texts: serde_json::from_value(texts).context("not the texts of files")? })
            }
        }
    }
}

/// Import and work, both counted; what reads the words out again is not. The home is a new one, but for the models as
/// hearsay keeps them from run to run.
fn hearsay(
    tools: &Tools,
    recordings: &[Recording],
    (engine, beams): (&str, u32),
    threads: u32,
    folder: &Path,
) -> Result<Outcome> {
    let home = folder.join("home");
    home::files::create_dir_all(&home)?;
    let (kept, models) = (tools.hearsay_models(), home.join("models"));
    if kept.is_dir() {
        std::fs::rename(&kept, &models).context("cannot move the models in")?;
    }
    let config = folder.join("config.toml");
    write(&config, &format!("[work]\nengine = \"{engine}\"\nbeam_size = {beams}\nthreads = {threads}\n"))?;
    let command = |name: &str| {
        let mut command = Command::new(tools.hearsay.join(name));
        command.env("HEARSAY_HOME", &home).env("TZ", "UTC");
        command
    };
    let import = measure(quiet(command("hearsay").arg("import").args(recordings.iter().map(|file| &file.path))))?;
    let mut work = command("hearsay-work");
    let work = measure(quiet(work.arg("--once").arg("--model").arg(&tools.model).arg("--config").arg(&config)))?;
    std::fs::rename(&models, &kept).context("cannot move the models out")?;
    let mut export = command("hearsay");
    let output = export.args(["export", "all", "--format", "jsonl"]).output().context("cannot start hearsay")?;
    ensure!(matches!(output.status.code(), Some(0 | 1)), "hearsay export ended with {}", output.status);
    let mut texts = vec![String::new(); recordings.len()];
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let field = |name: &str| row.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        // A file of its track that began before, and none later.
        let mut of_track = recordings.iter().zip(&mut texts).filter(|(file, _)| file.track == field("track"));
        let own = of_track.by_ref().take_while(|(file, _)| file.start.as_str() <= field("start")).last();
        if let Some((_, text)) = own {
            text.push(' ');
            text.push_str(field("text"));
        }
    }
    Ok(Outcome { cost: import + work, texts })
}

fn whisper_cli(
    tools: &Tools,
    recordings: &[Recording],
    vad: bool,
    greedy: bool,
    threads: u32,
    folder: &Path,
) -> Result<Outcome> {
    let program = tools.whisper_cli.as_ref().context("no whisper-cli")?;
    let mut command = Command::new(program);
    command.arg("-m").arg(&tools.model).args(["-t", &threads.to_string(), "-l", "en", "-np", "-otxt"]);
    if let Some(model) = tools.vad_model.as_ref().filter(|_| vad) {
        command.arg("--vad").arg("-vm").arg(model);
    }
    if greedy {
        command.args(["-bs", "1", "-bo", "1", "-nf", "-mc", "0"]);
    }
    let outs: Vec<_> = (0..recordings.len()).map(|number| folder.join(number.to_string())).collect();
    for (recording, out) in recordings.iter().zip(&outs) {
        command.arg("-f").arg(&recording.path).arg("-of").arg(out);
    }
    let cost = measure(quiet(&mut command))?;
    // A file in which it finds no speech gives none.
    let read = |out: &std::path::PathBuf| std::fs::read_to_string(out.with_extension("txt")).unwrap_or_default();
    Ok(Outcome { cost, texts: outs.iter().map(read).collect() })
}

/// Says nothing, and its threads don't spin while they wait for each other: on a machine that does something else too, that
/// would be counted against it. Every system gets this.
fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).env("OMP_WAIT_POLICY", "passive")
}

/// Writes a new file.
///
/// # Errors
/// Where it is there already or can't be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    std::io::Write::write_all(&mut home::files::create_new(path)?, text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}
