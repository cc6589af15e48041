//! CPU-seconds per window, by part, and the share of what the processor can do at most; then the time that one utterance of 5 s takes, from samples to text with
//! word times.
//!
//! ```text
//! cargo run --release -p whisper --example bench -- MODEL WAV [SLOTS [BEAMS]]
//! ```
//!
//! With `EXACT=1` in f32, with `WORDS=1` timed. The recording (16 kHz, mono, 16 bit) is cut into windows of 30 s. `HEARSAY_ISA=portable|avx2|avxvnni|avx512|amx` holds the kernels to a set of instructions.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

use kernels::{Isa, Width, multiply_in_registers};
use rustix::time::{ClockId, clock_gettime};
use std::env;
use std::error::Error;
use whisper::{Batch, Cpu, Decode, Mel, Model, Numbers, RATE, Shape, Stage, Window};

/// CPU-seconds of this process.
#[expect(clippy::cast_precision_loss, reason = "seconds with nine digits")]
fn now() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

#[expect(clippy::cast_precision_loss, reason = "counts of windows and tokens")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, recording, rest @ ..] = arguments.as_slice() else { return Err("MODEL WAV [SLOTS [BEAMS]]".into()) };
    let number = |at: usize, or: usize| rest.get(at).map_or(Ok(or), |number| number.parse());
    let words = env::var_os("WORDS").is_some();
    let (slots, beams) = (number(0, 16)?, number(1, 1)?);
    let samples: Result<Vec<i16>, _> = hound::WavReader::open(recording)?.samples().collect();
    let samples: Vec<f32> = samples?.into_iter().map(|sample| f32::from(sample) / 32_768.0).collect();

    let began = now();
    let numbers = if env::var_os("EXACT").is_some() { Numbers::Exact } else { Numbers::Fast };
    let model = Model::open(path.as_ref(), numbers)?;
    println!("load                     {:8.3} s", now() - began);
    let windows = samples.chunks(model.mels().samples());
    let count = windows.len() as f64;
    let began = now();
    let mels: Vec<Mel> = windows.map(|window| model.mels().mel(window)).collect();
    let mel = now() - began;

    let mut cpu = Cpu::new(&model, slots);
    cpu.measure(now);
    let mut batch = Batch::new(cpu, &model);
    for (id, mel) in (0..).zip(mels) {
        batch.push(Window { id, mel, decode: Decode { beams, words, ..Decode::default() } })?;
    }
    let began = now();
    let mut heard = batch.finish().into_iter().collect::<Result<Vec<_>, _>>()?;
    let all = now() - began;
    heard.sort_by_key(|heard| heard.id);
    let tokens: usize = heard.iter().map(|heard| heard.tokens.len()).sum();

    println!("instructions             {}, {numbers:?}", model.isa().level());
    println!("windows                  {count} ({slots} slots, {beams} beams), {tokens} tokens");
    println!("per window");
    let line = |name: &str, seconds: f64, note: &str| {
        println!("  {name:22} {:8.4} s {:5.1} %{note}", seconds / count, 100.0 * seconds / (mel + all));
    };
    line("mel", mel, "");
    for part in Stage::ALL {
        let seconds = batch.backend().spent(part);
        line(part.name(), seconds, &share_of_peak(model.isa(), model.shape(), part, seconds / count));
    }
    line("rules and search", all - Stage::ALL.map(|part| batch.backend().spent(part)).iter().sum::<f64>(), "");
    println!("  {:22} {:8.4} s", "sum", (mel + all) / count);
    if env::var_os("SHOW").is_some() {
        for heard in heard {
            println!("{}", model.vocabulary().text(heard.tokens.iter().map(|scored| scored.token)));
        }
    }
    let utterance = samples.get(..5 * RATE).unwrap_or(&samples);
    println!("an utterance of 5 s      {:8.4} s, from samples to text with word times", latency(&model, utterance)?);
    Ok(())
}

/// How much of what registers alone can multiply a part of the encoder does, where that can be said.
#[expect(clippy::cast_precision_loss, reason = "counts of products")]
fn share_of_peak(isa: Isa, shape: &Shape, part: Stage, seconds: f64) -> String {
    let (positions, width) = (shape.audio_context, shape.width);
    let (products, size) = match part {
        Stage::Products => {
            let convolutions = 3 * width * positions * (2 * shape.bands + width);
            (convolutions + shape.audio_layers * 12 * width * width * positions, Width::Bytes)
        }
        Stage::Attention => (shape.audio_layers * 2 * width * positions * positions, Width::Words),
        _ => return String::new(),
    };
    // The fastest of some, so short that little comes in between.
    let rate = |_| {
        let began = now();
        let count = multiply_in_registers(isa, size, 200_000)?;
        Some(count as f64 / (now() - began))
    };
    let Some(peak) = (0..20).filter_map(rate).reduce(f64::max) else { return String::new() };
    let rate = products as f64 / seconds;
    format!("   {:.0} of {:.0} G products/s, {:.0} %", rate * 1e-9, peak * 1e-9, 100.0 * rate / peak)
}

/// The median of some, in CPU-seconds: alone, greedily.
fn latency(model: &Model, utterance: &[f32]) -> Result<f64, Box<dyn Error>> {
    let mut batch = Batch::new(Cpu::new(model, 1), model);
    let mut seconds = Vec::new();
    for id in 0..7 {
        let began = now();
        let decode = Decode { words: true, ..Decode::default() };
        batch.push(Window { id, mel: model.mels().mel(utterance), decode })?;
        for heard in batch.finish() {
            let heard = heard?;
            model.vocabulary().text(heard.tokens.iter().map(|scored| scored.token));
        }
        seconds.push(now() - began);
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds.get(seconds.len() / 2).copied().unwrap_or_default())
}
