//! How many words are wrong, by engine, numbers and model. The measuring is an example of the crate `engine`, so that this program needn't link whisper.cpp.
//!
//! Sentences are put one behind the other into windows, as the worker packs speech, once as they are and once in the noise of a room.

use crate::compare::sentences::{self, RATE, Sentence};
use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::Noise;

/// Which models hear what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Model files, e.g. one in f16, `q8_0` and `q5_1` [default: the sample day's]
    #[arg(value_name = "FILE")]
    models: Vec<PathBuf>,
    /// Sentences with their texts: NAME.tsv (`start_s`, `end_s`, text) beside NAME.ogg, .wav or .flac
    #[arg(long, value_name = "DIR")]
    speech: PathBuf,
    /// Beams of the search
    #[arg(long, value_name = "N", default_value_t = 1)]
    beams: u32,
    /// Temperature of the second try; 0: none. whisper.cpp has none
    #[arg(long, value_name = "T", default_value_t = 0.0)]
    retry: f32,
    /// So many windows at most
    #[arg(long, value_name = "N")]
    windows: Option<usize>,
}

/// Silence between two sentences, in samples: 0.3 s.
const BETWEEN: usize = 4_800;
/// Samples of a window at most: 28 s.
const MOST: usize = 448_000;

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut windows = packed(&sentences::read(&args.speech)?);
    windows.extend(in_noise(&windows));
    windows.truncate(args.windows.unwrap_or(usize::MAX));
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let (wav, list) = (folder.path().join("windows.wav"), folder.path().join("windows.tsv"));
    write(&windows, &wav, &list)?;
    let usual = [testkit::fixture("models/fixture-q8.bin")];
    let models = if args.models.is_empty() { &usual } else { args.models.as_slice() };
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let example = ["run", "--release", "--locked", "--package", "engine", "--example", "accuracy", "--"];
    let how = [args.beams.to_string(), args.retry.to_string()];
    let mut command = Command::new(cargo);
    command.args(example).arg(wav).arg(list).args(how).args(models);
    let status = command.status().context("cannot start cargo")?;
    ensure!(status.success(), "the measurement ended with {status}");
    Ok(())
}

fn packed(sentences: &[Sentence]) -> Vec<Sentence> {
    let mut windows: Vec<Sentence> = Vec::new();
    for Sentence { text, sound } in sentences {
        match windows.last_mut().filter(|window| window.sound.len() + BETWEEN + sound.len() <= MOST) {
            Some(window) => {
                window.sound.resize(window.sound.len() + BETWEEN, 0.0);
                window.sound.extend(sound);
                window.text = format!("{} {text}", window.text);
            }
            None => windows.push(Sentence { text: text.clone(), sound: sound.iter().copied().take(MOST).collect() }),
        }
    }
    windows
}

fn in_noise(windows: &[Sentence]) -> Vec<Sentence> {
    let noisy = |(seed, window): (u64, &Sentence)| {
        let noise = Noise::LoudRoom.frames(window.sound.len(), seed);
        let sound = window.sound.iter().zip(noise).map(|(speech, noise)| speech + noise).collect();
        Sentence { text: window.text.clone(), sound }
    };
    (1..).zip(windows).map(noisy).collect()
}

/// One file of all windows, and where each lies in it.
fn write(windows: &[Sentence], wav: &Path, list: &Path) -> Result<()> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(wav, spec)?;
    let (mut lines, mut at) = (String::new(), 0);
    for Sentence { text, sound } in windows {
        for sample in sound {
            #[expect(clippy::cast_possible_truncation, reason = "limited to what fits")]
            writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0) as i16)?;
        }
        writeln!(lines, "{at}\t{}\t{text}", at + sound.len())?;
        at += sound.len();
    }
    writer.finalize()?;
    home::files::create_new(list).and_then(|mut file| std::io::Write::write_all(&mut file, lines.as_bytes()))?;
    Ok(())
}
