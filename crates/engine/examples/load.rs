//! What loading a model takes: `cargo xtask bench load` runs this in release.
//!
//! Arguments: model files. Each way of loading is a process of its own, so that its memory is its own: our engine at the first load, at later ones with what is
//! packed in memory and on the disk alone, and without a place to pack it; then whisper.cpp. Beside them how long it takes to read the packed file.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measurement that breaks off has failed"
)]

use engine::{Batched, Kept, WhisperCpp};
use speech::models;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Each is measured so often; the middle one counts, of the first load the only one.
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, way, model, folder, sha256] = arguments.as_slice()
        && flag == "--way"
    {
        return one(way, Path::new(model), Path::new(folder), sha256);
    }
    println!(
        "{:34} {:>8} {:>10} {:>10} {:>10}",
        "s, s of processor, MiB at most", "time", "processor", "memory", "its own"
    );
    for model in &arguments {
        let folder = tempfile::tempdir().unwrap();
        let models = folder.path().to_str().unwrap();
        let sha256 = models::checksum(folder.path(), Path::new(model)).unwrap();
        let packed = models::packed(folder.path(), &sha256);
        println!("\n{}, {} MB", Path::new(model).file_name().unwrap().display(), megabytes(Path::new(model)));
        let run = |way: &str, prepare: &dyn Fn()| {
            let mut rounds: Vec<Cost> = (0..if way == "first" { 1 } else { ROUNDS })
                .map(|_| {
                    prepare();
                    spawned(&["--way", way, model, models, &sha256])
                })
                .collect();
            rounds.sort_by(|a, b| a[0].total_cmp(&b[0]));
            rounds[rounds.len() / 2]
        };
        let print = |what: &str, [time, processor, memory, own]: Cost| {
            println!("{what:34} {time:8.3} {processor:10.3} {memory:10.0} {own:10.0}");
        };
        print("hearsay, nowhere to pack it", run("unkept", &|| ()));
        print("hearsay, first load", run("first", &|| ()));
        println!("{:34} {} MB", "  packed", megabytes(&packed));
        print("hearsay, later", run("kept", &|| ()));
        print("hearsay, later, from the disk", run("kept", &|| out_of_memory(&packed)));
        print("  reading the packed file", run("read", &|| ()));
        print("  reading it from the disk", run("read", &|| out_of_memory(&packed)));
        print("whisper.cpp", run("whisper.cpp", &|| ()));
        print("whisper.cpp, from the disk", run("whisper.cpp", &|| out_of_memory(Path::new(model))));
    }
}

/// Seconds, seconds of processor, MiB at most, of which its own: not a file's.
type Cost = [f64; 4];

fn spawned(arguments: &[&str]) -> Cost {
    let output = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

/// Loads in one way, and prints what it took.
fn one(way: &str, model: &Path, folder: &Path, sha256: &str) {
    let began = Instant::now();
    let loaded: Box<dyn std::any::Any> = match way {
        "unkept" => Box::new(Batched::open(model).unwrap()),
        "first" | "kept" => {
            let kept = Kept { models: folder.to_owned(), sha256: sha256.to_owned(), checked: true };
            Box::new(Batched::kept(model, &kept).unwrap())
        }
        "read" => Box::new(read(&models::packed(folder, sha256))),
        _ => Box::new(WhisperCpp::open(model, &models::inspect(model).unwrap()).unwrap()),
    };
    let time = began.elapsed().as_secs_f64();
    let (most, own) = memory();
    println!("{time} {} {most} {own}", processor_s());
    drop(loaded);
}

/// Reads a file as a copy does.
fn read(path: &PathBuf) -> usize {
    let (mut file, mut bytes, mut all) = (File::open(path).unwrap(), vec![0; 1 << 20], 0);
    loop {
        match file.read(&mut bytes).unwrap() {
            0 => return all,
            some => all += some,
        }
    }
}

/// Has the system forget what it holds of a file.
fn out_of_memory(path: &Path) {
    let file = File::open(path).unwrap();
    file.sync_all().unwrap();
    #[cfg(target_os = "linux")]
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
}

/// The most that the process had in memory, and what of it is no file's now, in MiB.
fn memory() -> (f64, f64) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let value = |name: &str| -> f64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_024.0
    };
    (value("VmHWM:"), value("RssAnon:"))
}

fn megabytes(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len() / 1_000_000
}

/// User and system time of this process; ticks of 10 ms, as Linux has them everywhere.
fn processor_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}
