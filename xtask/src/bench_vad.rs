//! What the voice detector costs: both backends over the sample day, on one core.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};
use speech::{FRAME, RATE, Vad, VadChoice};
use std::io::Write;
use std::path::PathBuf;

/// How often.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often everything is heard; the median round counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
}

const TRACKS: [&str; 4] = ["standup.mic", "standup.loopback", "call.mic", "call.loopback"];
/// Seconds of sound a second of one core has to deal with, at least.
const PROMISED: f64 = 150.0;

pub(crate) fn run(args: &Args) -> Result<()> {
    let tracks = TRACKS.iter().map(|name| frames(name)).collect::<Result<Vec<_>>>()?;
    let sound_s = seconds_in(tracks.iter().map(Vec::len).sum());
    let library = fetched();
    let mut out = std::io::stdout();
    let build = if cfg!(debug_assertions) { "dev" } else { "release" };
    writeln!(out, "{sound_s:.0} s of sound, processor time, median of {} rounds, build: {build}\n", args.rounds)?;
    writeln!(out, "{:8}  {:>11}  {:>16}  {:>9}", "detector", "x real time", "slowest, fastest", ">= 150")?;
    for (name, choice) in [("builtin", VadChoice::Builtin), ("onnx", VadChoice::Onnx)] {
        let mut vad = match Vad::open(choice, library.as_deref()) {
            Ok(vad) => vad,
            Err(error) => {
                writeln!(out, "{name:8}  not measured: {error}")?;
                continue;
            }
        };
        let mut speeds =
            (0..args.rounds).map(|_| Ok(sound_s / round(&mut vad, &tracks)?)).collect::<Result<Vec<_>>>()?;
        speeds.sort_by(f64::total_cmp);
        let at = |index: usize| speeds.get(index).copied().unwrap_or(0.0);
        let (slowest, median, fastest) = (at(0), at(speeds.len() / 2), at(speeds.len() - 1));
        let kept = if median >= PROMISED { "yes" } else { "no" };
        writeln!(out, "{name:8}  {median:>11.0}  {:>16}  {kept:>9}", format!("{slowest:.0}, {fastest:.0}"))?;
    }
    Ok(())
}

/// Seconds of processor time, of all threads together, that hearing every track once takes.
fn round(vad: &mut Vad, tracks: &[Vec<[f32; FRAME]>]) -> Result<f64> {
    let mut probabilities = Vec::new();
    let began = processor_s();
    for track in tracks {
        vad.reset();
        vad.probabilities(track, &mut probabilities)?;
        std::hint::black_box(&probabilities);
    }
    Ok(processor_s() - began)
}

fn processor_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "minutes, in nanoseconds")]
    let seconds = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    seconds
}

fn seconds_in(frames: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "minutes of sound")]
    let seconds = (frames * FRAME) as f64 / RATE as f64;
    seconds
}

/// A track of the sample day; what is left behind its last whole frame is not heard.
fn frames(name: &str) -> Result<Vec<[f32; FRAME]>> {
    let path = testkit::fixture(&format!("days/{name}.wav"));
    let context = || format!("cannot read {}", path.display());
    let mut reader = hound::WavReader::open(&path).with_context(context)?;
    let samples: Vec<f32> = reader
        .samples::<i16>()
        .map(|sample| Ok(f32::from(sample?) / 32_768.0))
        .collect::<Result<_, hound::Error>>()
        .with_context(context)?;
    Ok(samples.as_chunks::<FRAME>().0.to_vec())
}

/// Where `./dev setup` puts ONNX Runtime: beside the folder of the profile that this program lies in. One that the environment
/// names goes before it.
fn fetched() -> Option<PathBuf> {
    let me = std::env::current_exe().ok()?;
    let library = me.parent()?.parent()?.join("onnxruntime/libonnxruntime.so");
    library.exists().then_some(library)
}
