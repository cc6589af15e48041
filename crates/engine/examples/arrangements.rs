//! How the processor is best used, measured: `cargo xtask bench engine` runs this in release.
//!
//! Arguments: a WAV file (16 kHz, mono, 16 bit), then model files. The sound is cut into full windows; every arrangement recognises all of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a measurement that breaks off has failed"
)]

use engine::WhisperCpp;
use speech::{Decoding, RATE, models};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// One way to use the processor.
#[derive(Clone, Copy)]
struct Arrangement {
    name: &'static str,
    states: usize,
    threads: u32,
    flash_attention: bool,
    beams: u32,
}

const fn arrangement(name: &'static str, states: usize, threads: u32) -> Arrangement {
    Arrangement { name, states, threads, flash_attention: false, beams: 0 }
}

const ALL: [Arrangement; 5] = [
    arrangement("1 state x 1 thread", 1, 1),
    arrangement("1 state x 2 threads", 1, 2),
    arrangement("2 states x 1 thread", 2, 1),
    Arrangement { flash_attention: true, ..arrangement("1 x 1, flash attention, no word times", 1, 1) },
    Arrangement { beams: 5, ..arrangement("1 x 1, 5 beams", 1, 1) },
];
/// Each is measured so often, in turn; the run with the middle processor time counts.
const ROUNDS: usize = 3;
const WINDOW: usize = 28 * RATE;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wav = arguments.next().expect("a WAV file, then models");
    let mut reader = hound::WavReader::open(wav).unwrap();
    let sound: Vec<f32> = reader.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect();
    let windows: Vec<&[f32]> = sound.chunks(WINDOW).filter(|window| window.len() > WINDOW / 2).collect();
    println!("{} windows; s of processor and s of time for a window, words in all", windows.len());
    for model in arguments {
        println!("\n{}", Path::new(&model).file_name().unwrap_or_default().display());
        let mut runs = vec![Vec::new(); ALL.len()];
        for _ in 0..ROUNDS {
            for (arrangement, runs) in ALL.iter().zip(&mut runs) {
                runs.push(measure(Path::new(&model), *arrangement, &windows));
            }
        }
        for (arrangement, mut runs) in ALL.iter().zip(runs) {
            runs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (cpu_s, wall_s, words) = runs[runs.len() / 2];
            println!("{:40} {cpu_s:7.3} {wall_s:7.3} {words:6}", arrangement.name);
        }
    }
}

/// Seconds of processor and of time for a window, and how many words were found in all of them.
fn measure(model: &Path, arrangement: Arrangement, windows: &[&[f32]]) -> (f64, f64, usize) {
    let first = WhisperCpp::open_with(model, &models::inspect(model).unwrap(), arrangement.flash_attention).unwrap();
    let mut states: Vec<WhisperCpp> = (1..arrangement.states).map(|_| first.beside().unwrap()).collect();
    states.push(first);
    let decoding = Decoding {
        language: Some("en".to_owned()),
        threads: arrangement.threads,
        beam_size: arrangement.beams,
        ..Decoding::default()
    };
    let (next, words) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (cpu, began) = (processor_s(), Instant::now());
    std::thread::scope(|scope| {
        for state in &mut states {
            scope.spawn(|| {
                while let Some(window) = windows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let recognised = state.recognise(window, &decoding).unwrap();
                    words.fetch_add(recognised.words.len(), Ordering::Relaxed);
                }
            });
        }
    });
    let count = windows.len() as f64;
    ((processor_s() - cpu) / count, began.elapsed().as_secs_f64() / count, words.into_inner())
}

/// User and system time of this process; ticks of 10 ms, as Linux has them everywhere.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}
