//! Checkpoints in which anything may stand: each is converted or refused, nothing panics, and no length in them makes room for itself.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't read its fixture has failed")]

use cap::Cap;
use convert::{Kind, Model};
use std::alloc::System;
use std::fs;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Whatever is asked for beyond the limit ends the test.
#[global_allocator]
static COUNTED: Cap<System> = Cap::new(System, usize::MAX);

/// More than converting any of the small checkpoints needs, and far less than what a length of 32 bits could ask for.
const LIMIT: usize = 16 << 20;
/// Mutations of each file.
const CASES: u64 = 500;

/// xorshift64*: the same cases every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(most.max(1)).unwrap()).unwrap()
    }
}

/// Flips bits, cuts, writes huge lengths, doubles and drops stretches: mostly where lengths stand, which is `near`.
fn mutate(good: &[u8], near: &std::ops::Range<usize>, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=dice.below(3) {
        let at = if dice.below(4) > 0 { near.start + dice.below(near.len()) } else { dice.below(bytes.len()) };
        let at = at.min(bytes.len().saturating_sub(9));
        match dice.below(7) {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            2 => bytes.truncate(at + 9),
            3 => {
                let huge = [u64::MAX, 1 << 62, 1 << 40, u64::from(u32::MAX), 1 << 31, 0][dice.below(6)];
                let len = [2, 4, 8][dice.below(3)];
                bytes[at..at + len].copy_from_slice(&huge.to_le_bytes()[..len]);
            }
            4 => {
                let until = at + dice.below(40).min(bytes.len() - at);
                drop(bytes.drain(at..until));
            }
            5 => {
                let until = at + dice.below(40).min(bytes.len() - at);
                let twice = bytes[at..until].to_vec();
                bytes.splice(at..at, twice);
            }
            // A digit for a digit, where numbers are text.
            _ => bytes[at] = b"0123456789-e.\"[]{},"[dice.below(19)],
        }
        if bytes.len() < 16 {
            break;
        }
    }
    bytes
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn put(path: &Path, bytes: &[u8]) {
    home::files::create_or_truncate(path).unwrap().write_all(bytes).unwrap();
}

/// Converts what may be anything; whether it became a model.
fn survives(from: &Path, out: &Path) -> bool {
    let model = Model::open(from);
    let written = model.and_then(|model| model.write(out, Kind::Q5_1, &mut |_| ControlFlow::Continue(())));
    assert!(!out.exists());
    written.is_ok()
}

/// Where in a file lengths stand.
fn places(dir: &Path) -> Vec<(PathBuf, std::ops::Range<usize>, PathBuf)> {
    let folder = dir.join("hf");
    home::files::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(data("hf")).unwrap() {
        let entry = entry.unwrap();
        put(&folder.join(entry.file_name()), &fs::read(entry.path()).unwrap());
    }
    let mut ggml = Vec::new();
    let packed = fs::read(data("reference-f16.bin.gz")).unwrap();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut ggml).unwrap();
    put(&dir.join("ggml.bin"), &ggml);
    let pt = fs::read(data("openai.pt")).unwrap();
    put(&dir.join("openai.pt"), &pt);
    let header = |name: &str| {
        8 + usize::try_from(u64::from_le_bytes(fs::read(folder.join(name)).unwrap()[..8].try_into().unwrap())).unwrap()
    };
    let (first, second) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    let words = 56 + 80 * 201 * 4;
    let directory = pt.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    vec![
        (folder.join(first), 0..header(first), folder.clone()),
        (folder.join(second), 0..header(second), folder.clone()),
        (folder.join("config.json"), 0..390, folder.clone()),
        (folder.join("vocab.json"), 0..2_900, folder.clone()),
        (folder.join("model.safetensors.index.json"), 0..5_000, folder),
        (dir.join("openai.pt"), 0..9_000, dir.join("openai.pt")),
        (dir.join("openai.pt"), directory..pt.len(), dir.join("openai.pt")),
        (dir.join("ggml.bin"), 0..56, dir.join("ggml.bin")),
        (dir.join("ggml.bin"), words..words + 3_000, dir.join("ggml.bin")),
    ]
}

#[test]
fn whatever_stands_in_a_checkpoint_is_converted_or_refused_within_bounded_memory() {
    // Every model that is finished is synced: that costs nothing in memory.
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let out = dir.path().join("out.bin");
    let places = places(dir.path());
    let (mut dice, mut converted, mut refused) = (Dice(7), 0_u64, 0_u64);
    COUNTED.set_limit(LIMIT).unwrap();
    for (file, near, opened) in places {
        let good = fs::read(&file).unwrap();
        assert!(survives(&opened, &out), "{}", file.display());
        for _ in 0..CASES {
            put(&file, &mutate(&good, &near, &mut dice));
            if survives(&opened, &out) { converted += 1 } else { refused += 1 }
        }
        put(&file, &good);
    }
    println!("{refused} refused, {converted} converted; {} MB at most", COUNTED.max_allocated() >> 20);
    assert!(refused > 9 * CASES / 2, "most of this is damage");
    assert!(COUNTED.max_allocated() < LIMIT);
}
