//! `hearsay models convert` and `quantize`: checkpoints and models to models.

use crate::failure::Failure;
use crate::interrupt;
use crate::output::{self, Out};
use crate::steps::Steps;
use anyhow::{Context as _, Result};
use convert::{ConvertError, Kind, Model, Report};
use home::Exit;
use speech::models;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

pub(super) const TYPE_HELP: &str = "What it is made of: f32, f16, q8_0, q5_1, q5_0 or q4_0";
pub(super) const SMALLER_HELP: &str = "What the smaller one is made of: q8_0, q5_1, q5_0 or q4_0";

pub(super) const CONVERT_HELP: &str = "\
Examples:
  hearsay models convert ~/Downloads/whisper-small-german --out ggml-small-german.bin
  hearsay models convert ~/.cache/whisper/base.en.pt --out ggml-base.en-q8_0.bin --type q8_0

A folder is a Whisper as Hugging Face lays it out: config.json, vocab.json or tokenizer.json, and model.safetensors (or its parts, or pytorch_model.bin);
fine-tuned and distilled ones included. Nothing in a checkpoint is ever run. f16 is what OpenAI's models are; for the smaller types see `quantize`.
`hearsay models add DIR` converts to where models lie.";

pub(super) const QUANTIZE_HELP: &str = "\
Examples:
  hearsay models quantize small.en --type q8_0 --out ggml-small.en-q8_0.bin
  hearsay models quantize ggml-mine.bin --type q5_1 --out ggml-mine-q5_1.bin --json | jq .worst

What it costs is said as the error of the weights: root mean square, relative. Measured on hearsay's own small test model, and the size for base beside f16:

  q8_0  0.58 %  0.55 of the size
  q5_1   3.5 %  0.40
  q5_0   4.3 %  0.37
  q4_0   9.3 %  0.31

How many words that costs on people's speech was not measured; `hearsay retranscribe` and `hearsay compare` show it on your own.";

/// The row of `--json`.
#[derive(serde::Serialize)]
struct Row<'a> {
    file: &'a Path,
    #[serde(rename = "type")]
    kind: &'a str,
    bytes: u64,
    source_bytes: u64,
    sha256: &'a str,
    relative_rms: f64,
    worst: Option<Lost<'a>>,
    tensors: Vec<Lost<'a>>,
}

/// What a tensor lost.
#[derive(Clone, serde::Serialize)]
struct Lost<'a> {
    name: &'a str,
    relative_rms: f64,
}

/// Writes the model and says what became of it.
pub(super) fn run(from: &Path, out: &Path, kind: Kind, json: bool, folder: &Path) -> Result<Exit> {
    let (file, report) = write(from, out, kind)?;
    let sha256 = models::accept(folder, &file)?;
    if json {
        let mut out = Out::stdout();
        out.json(&row(&file, &report, &sha256))?;
        out.flush()?;
    } else {
        say(&file, &report);
        if file.parent() != Some(folder) {
            output::hint(&format!("`hearsay models add {}` brings it to where models lie", out.display()));
        }
    }
    Ok(Exit::Done)
}

/// Writes the model under its name once it is whole and such that the engine may be given it. Ctrl-C leaves nothing.
pub(super) fn write(from: &Path, out: &Path, kind: Kind) -> Result<(PathBuf, Report)> {
    let model = Model::open(from)?;
    model.check_runs()?;
    let (stop, bar) = (interrupt::stop_flag()?, Steps::bytes());
    let written = model.write(&std::path::absolute(out)?, kind, &mut |progress| {
        bar.show("converting", progress.have, progress.of);
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.done();
    let (draft, report) = match written {
        Err(ConvertError::CalledOff) => return Err(Failure::new("broken off; nothing was written").into()),
        written => written?,
    };
    models::inspect(draft.path()).context("what was written is no usable model")?;
    let known = out.file_name().and_then(|name| name.to_str()).and_then(models::known_by_file);
    if let Some(known) = known.filter(|known| models::demand(draft.path(), known.sha256).is_err()) {
        let message = format!("{} is the name of a published model, and this would be another file", known.file());
        return Err(Failure::new(message).hint("choose another name").into());
    }
    Ok((draft.keep()?, report))
}

/// Size and cost, for people.
pub(super) fn say(file: &Path, report: &Report) {
    let (size, source) = (output::size(report.bytes), output::size(report.source_bytes));
    output::say(&format!("written {}: {}, {size}, of {source} of weights", file.display(), report.kind));
    if let Some(worst) = report.worst() {
        let (all, most) = (percent(report.relative_rms), percent(worst.relative_rms));
        output::say(&format!("it costs an error of {all} of the weights, at most {most}: {}", worst.name));
    }
}

fn row<'a>(file: &'a Path, report: &'a Report, sha256: &'a str) -> Row<'a> {
    let lost = |error: &'a convert::TensorError| Lost { name: &error.name, relative_rms: error.relative_rms };
    Row {
        file,
        kind: report.kind.name(),
        bytes: report.bytes,
        source_bytes: report.source_bytes,
        sha256,
        relative_rms: report.relative_rms,
        worst: report.worst().map(lost),
        tensors: report.errors.iter().map(lost).collect(),
    }
}

/// `0.58 %`; three digits where it is less.
fn percent(share: f64) -> String {
    let share = share * 100.0;
    if share < 0.1 { format!("{share:.3} %") } else { format!("{share:.2} %") }
}
