//! CPU-seconds per window, by part.
//!
//! ```text
//! cargo run --release -p whisper --example bench -- MODEL WAV [SLOTS [BEAMS]]
//! ```
//!
//! With `EXACT=1` in f32, with `WORDS=1` timed. The recording (16 kHz, mono, 16 bit) is cut into windows of 30 s. `HEARSAY_ISA=portable|avx2|avxvnni|avx512|amx` holds the kernels to a set of instructions.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

use kernels::Isa;
use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::env;
use std::error::Error;
use std::rc::Rc;
use whisper::{Backend, Batch, Cpu, Decode, Mel, Model, Numbers, Row, Scores, Window};

/// CPU-seconds of this process.
#[expect(clippy::cast_precision_loss, reason = "seconds with nine digits")]
fn now() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// A backend and what its calls cost.
struct Watched<'a> {
    cpu: Cpu<'a>,
    spent: Rc<Spent>,
}

#[derive(Default)]
struct Spent {
    encode: Cell<f64>,
    step: Cell<f64>,
    steps: Cell<u32>,
    rows: Cell<usize>,
}

impl Backend for Watched<'_> {
    fn slots(&self) -> usize {
        self.cpu.slots()
    }

    fn encode(&mut self, windows: &[(usize, &Mel)]) {
        let began = now();
        self.cpu.encode(windows);
        self.spent.encode.set(self.spent.encode.get() + now() - began);
    }

    fn step(&mut self, rows: &[Row<'_>], scores: &mut Scores) {
        let began = now();
        self.cpu.step(rows, scores);
        self.spent.step.set(self.spent.step.get() + now() - began);
        self.spent.steps.set(self.spent.steps.get() + 1);
        self.spent.rows.set(self.spent.rows.get() + rows.len());
    }

    fn looks(&self, slot: usize, line: u16) -> &[f32] {
        self.cpu.looks(slot, line)
    }

    fn heads(&self) -> usize {
        self.cpu.heads()
    }

    fn look_bytes(&self) -> usize {
        self.cpu.look_bytes()
    }

    fn forget(&mut self, slot: usize) {
        self.cpu.forget(slot);
    }

    fn isa(&self) -> Isa {
        self.cpu.isa()
    }
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
    println!("load                {:8.3} s", now() - began);
    let windows = samples.chunks(model.mels().samples());
    let count = windows.len() as f64;
    let began = now();
    let mels: Vec<Mel> = windows.map(|window| model.mels().mel(window)).collect();
    let mel_cost = now() - began;

    let mut cpu = Cpu::new(&model, slots);
    let began = now();
    for mel in &mels {
        cpu.features(mel);
    }
    let encoder = now() - began;

    let spent = Rc::new(Spent::default());
    let mut batch = Batch::new(Watched { cpu, spent: Rc::clone(&spent) }, &model);
    for (id, mel) in (0..).zip(mels) {
        batch.push(Window { id, mel, decode: Decode { beams, words, ..Decode::default() } })?;
    }
    let began = now();
    let mut heard = batch.finish().into_iter().collect::<Result<Vec<_>, _>>()?;
    let all = now() - began;
    heard.sort_by_key(|heard| heard.id);
    let tokens: usize = heard.iter().map(|heard| heard.tokens.len()).sum();
    let step = spent.step.get();
    let rest = all - spent.encode.get() - step;

    println!("instructions        {}, {numbers:?}", model.isa().level());
    println!(
        "windows             {count} ({slots} slots, {beams} beams), {tokens} tokens, {} steps, {} rows",
        spent.steps.get(),
        spent.rows.get()
    );
    println!("per window: mel     {:8.4} s", mel_cost / count);
    println!("  encoder           {:8.4} s", encoder / count);
    println!("  cross keys/values {:8.4} s", (spent.encode.get() - encoder) / count);
    println!("  decoder           {:8.4} s ({:.3} ms per token)", step / count, step * 1e3 / tokens.max(1) as f64);
    println!("  rules and search  {:8.4} s", rest / count);
    println!("  sum               {:8.4} s", (mel_cost + all) / count);
    if env::var_os("SHOW").is_some() {
        for heard in heard {
            println!("{}", model.vocabulary().text(heard.tokens.iter().map(|scored| scored.token)));
        }
    }
    Ok(())
}
