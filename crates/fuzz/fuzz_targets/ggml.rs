//! A model file that holds anything: it is refused, or loaded in full and asked for a token.
//!
//! The mel filters, 80 × 201 numbers which every file begins with, aren't part of the input: a seed would be 64 KB of zeros. They are put in behind the first
//! 56 bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;
use whisper::{Batch, Cpu, Decode, Error, Model, Numbers, Window};

/// Bytes in front of the filters: magic, shape, and how many filters there are.
const HEAD: usize = 56;
const FILTERS: usize = 4 * 80 * 201;

static PLACE: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let file = dir.path().join("ggml.bin");
    (dir, file)
});

fuzz_target!(|bytes: &[u8]| {
    let (_dir, file) = &*PLACE;
    let (head, rest) = bytes.split_at(bytes.len().min(HEAD));
    let filters = if rest.is_empty() { Vec::new() } else { vec![0; FILTERS] };
    std::fs::write(file, [head, &filters, rest].concat()).unwrap();
    let model = match Model::open(file, Numbers::Exact) {
        Ok(model) => model,
        Err(Error::Broken { .. }) => return,
        // An empty file can't be mapped.
        Err(Error::Io { .. }) if bytes.is_empty() => return,
        Err(error) => panic!("{error}"),
    };
    let mut batch = Batch::new(Cpu::new(&model, 1), &model);
    let decode = Decode { most_tokens: 1, ..Decode::default() };
    batch.push(Window { id: 1, mel: model.mels().mel(&[]), decode }).unwrap();
    assert!(matches!(batch.finish()[..], [Ok(_) | Err(Error::NoNumbers { window: 1 })]));
});
