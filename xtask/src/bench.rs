use crate::{bench_accuracy, bench_engine, bench_flac, bench_load, bench_play, bench_recorder, bench_vad};
use clap::Subcommand;

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Processor time and memory of the recorder, both tracks at 48 kHz in stereo
    Recorder(bench_recorder::Args),
    /// Processor time of a window: by threads, states, flash attention, beams and the model's arithmetic, and of our own Whisper by part
    Engine(bench_engine::Args),
    /// Words that are wrong, by engine, numbers and model
    Accuracy(bench_accuracy::Args),
    /// Time and memory of loading a model, the first time and later, beside whisper.cpp
    Load(bench_load::Args),
    /// Processor time of the voice detector, with ONNX Runtime and without
    Vad(bench_vad::Args),
    /// What FLAC saves, and what packing and reading it cost
    Flac(bench_flac::Args),
    /// How long it takes from a click until something is heard, of WAV and of FLAC
    Play(bench_play::Args),
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.what {
        What::Recorder(args) => bench_recorder::run(args),
        What::Engine(args) => bench_engine::run(args),
        What::Accuracy(args) => bench_accuracy::run(args),
        What::Load(args) => bench_load::run(args),
        What::Vad(args) => bench_vad::run(args),
        What::Flac(args) => bench_flac::run(args),
        What::Play(args) => bench_play::run(args),
    }
}
