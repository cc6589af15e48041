//! What a model hears, span by span.
//!
//! ```text
//! cargo run --release -p whisper --example transcribe -- MODEL WAV SPANS
//! ```
//!
//! The recording is 16 kHz, mono, 16 bit. `SPANS` has a line for each window: its start and end in seconds, and what else there may be, parted by
//! tabs. With `EXACT=1` in f32, with `BEAMS=5` by beam search.
#![expect(clippy::print_stdout, reason = "it prints what was said")]

use std::env;
use std::error::Error;
use std::fs;
use whisper::{Batch, Cpu, Decode, Model, Numbers, RATE, Window};

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "seconds of a recording"
)]
fn sample(seconds: &str) -> Result<usize, Box<dyn Error>> {
    Ok((seconds.parse::<f64>()? * RATE as f64) as usize)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, recording, spans] = arguments.as_slice() else { return Err("MODEL WAV SPANS".into()) };
    let numbers = if env::var_os("EXACT").is_some() { Numbers::Exact } else { Numbers::Fast };
    let beams = env::var("BEAMS").map_or(Ok(1), |beams| beams.parse())?;
    let model = Model::open(path.as_ref(), numbers)?;
    let samples: Result<Vec<i16>, _> = hound::WavReader::open(recording)?.samples().collect();
    let samples: Vec<f32> = samples?.into_iter().map(|sample| f32::from(sample) / 32_768.0).collect();
    let mut batch = Batch::new(Cpu::new(&model, 16), &model);
    let mut count = 0;
    for (id, line) in (0..).zip(fs::read_to_string(spans)?.lines()) {
        let mut columns = line.split('\t');
        let (Some(start), Some(end)) = (columns.next(), columns.next()) else { return Err("START\tEND".into()) };
        let span = samples.get(sample(start)?..sample(end)?.min(samples.len())).unwrap_or_default();
        batch.push(Window { id, mel: model.mels().mel(span), decode: Decode { beams, ..Decode::default() } })?;
        count += 1;
    }
    let mut heard = batch.finish().into_iter().collect::<Result<Vec<_>, _>>()?;
    heard.sort_by_key(|heard| heard.id);
    assert_eq!(heard.len(), count, "each window has a result");
    for heard in heard {
        println!("{}", model.vocabulary().text(heard.tokens.iter().map(|scored| scored.token)).trim());
    }
    Ok(())
}
