//! How many words are wrong, by engine, numbers and model: `cargo xtask bench accuracy` runs this in release.
//!
//! Arguments: a WAV file (16 kHz, mono, 16 bit), a list of its windows (start and end in samples, what is said, parted by tabs), how each is decoded
//! (beams, then the temperature of the second try), then model files. Every system hears every window; differences to our exact numbers are given with the
//! interval in which 95 % of 10,000 draws of as many windows lie (paired bootstrap).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a measurement that breaks off has failed"
)]

use engine::WhisperCpp;
use speech::{Decoding, models};
use std::path::Path;
use testkit::{Chance, WordErrors};
use whisper::{Batch, Cpu, Decode, Model, Numbers, Window};

const DRAWS: usize = 10_000;
const SLOTS: usize = 8;

/// A window's sound and what is said in it.
struct Said {
    sound: Vec<f32>,
    text: String,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("WAV WINDOWS BEAMS RETRY MODEL…");
    let (wav, list, beams, retry) = (next(), next(), next().parse().unwrap(), next().parse().unwrap());
    let windows = windows(&wav, &list);
    let seconds: f64 = windows.iter().map(|said| said.sound.len() as f64 / 16_000.0).sum();
    println!("{} windows, {:.2} h, {beams} beams, second try at {retry}", windows.len(), seconds / 3_600.0);
    println!(
        "{:28} {:22} {:>7} {:>22} {:>28}",
        "model", "system", "wrong", "less exact, 95 %", "worst window: words more"
    );
    for model in arguments {
        let name = Path::new(&model).file_name().unwrap().to_string_lossy().into_owned();
        let decode = Decode { beams, retry, ..Decode::default() };
        let exact = errors(&windows, &ours(&model, Numbers::Exact, &windows, &decode));
        let fast = errors(&windows, &ours(&model, Numbers::Fast, &windows, &decode));
        let other = errors(&windows, &whisper_cpp(&model, &windows, beams));
        for (system, errors) in [("exact", &exact), ("fast", &fast), ("whisper.cpp", &other)] {
            print(&name, system, errors, &exact);
        }
    }
}

fn windows(wav: &str, list: &str) -> Vec<Said> {
    let mut reader = hound::WavReader::open(wav).unwrap();
    let sound: Vec<f32> = reader.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect();
    let list = std::fs::read_to_string(list).unwrap();
    let said = |line: &str| {
        let mut columns = line.splitn(3, '\t');
        let mut at = || columns.next().unwrap().parse::<usize>().unwrap();
        let (start, end) = (at(), at());
        Said { sound: sound[start..end].to_vec(), text: columns.next().unwrap().to_owned() }
    };
    list.lines().map(said).collect()
}

/// The texts of all windows.
fn ours(model: &str, numbers: Numbers, windows: &[Said], decode: &Decode) -> Vec<String> {
    let model = Model::open(model.as_ref(), numbers).unwrap();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let part = |windows: &[Said]| -> Vec<String> {
        let mut batch = Batch::new(Cpu::new(&model, SLOTS), &model);
        for (id, said) in (0..).zip(windows) {
            batch.push(Window { id, mel: model.mels().mel(&said.sound), decode: decode.clone() }).unwrap();
        }
        let mut heard: Vec<_> = batch.finish().into_iter().map(Result::unwrap).collect();
        heard.sort_by_key(|heard| heard.id);
        heard.iter().map(|heard| model.vocabulary().text(heard.tokens.iter().map(|scored| scored.token))).collect()
    };
    std::thread::scope(|scope| {
        let parts = windows.chunks(windows.len().div_ceil(cores));
        let threads: Vec<_> = parts.map(|windows| scope.spawn(move || part(windows))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn whisper_cpp(model: &str, windows: &[Said], beams: usize) -> Vec<String> {
    let path = Path::new(model);
    let first = WhisperCpp::open(path, &models::inspect(path).unwrap()).unwrap();
    let beam_size = if beams > 1 { u32::try_from(beams).unwrap() } else { 0 };
    let decoding = Decoding { threads: 1, beam_size, ..Decoding::default() };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let parts = windows.chunks(windows.len().div_ceil(cores));
        let threads: Vec<_> = parts
            .map(|windows| {
                let (mut engine, decoding) = (first.beside().unwrap(), decoding.clone());
                scope.spawn(move || {
                    let text = |said: &Said| -> String {
                        let words = engine.recognise(&said.sound, &decoding).unwrap().words;
                        words.into_iter().map(|word| word.text).collect()
                    };
                    windows.iter().map(text).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn errors(windows: &[Said], texts: &[String]) -> Vec<WordErrors> {
    windows.iter().zip(texts).map(|(said, text)| WordErrors::between(&said.text, text)).collect()
}

fn percent<'a>(errors: impl Iterator<Item = &'a WordErrors>) -> f64 {
    let mut all = WordErrors::default();
    errors.for_each(|errors| all += *errors);
    all.percent()
}

fn print(model: &str, system: &str, errors: &[WordErrors], exact: &[WordErrors]) {
    let mut chance = Chance::new(1);
    let mut differences: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let draw = || chance.below(errors.len() as u64);
            let drawn: Vec<usize> = std::iter::repeat_with(draw).take(errors.len()).map(|at| at as usize).collect();
            let of = |errors: &[WordErrors]| percent(drawn.iter().map(|at| &errors[*at]));
            of(errors) - of(exact)
        })
        .collect();
    differences.sort_by(f64::total_cmp);
    let (all, less) = (percent(errors.iter()), percent(errors.iter()) - percent(exact.iter()));
    let interval =
        format!("{less:+.2} ({:+.2} to {:+.2})", differences[DRAWS / 40], differences[DRAWS - DRAWS / 40 - 1]);
    let more = |at: &usize| errors[*at].errors as i64 - exact[*at].errors as i64;
    let worst = (0..errors.len()).max_by_key(more).unwrap();
    let worst = format!("{:+} of {} in the {}th", more(&worst), errors[worst].words, worst + 1);
    println!("{model:28} {system:22} {all:6.2} % {interval:>22} {worst:>28}");
}
