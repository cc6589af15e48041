//! Damaged model files are refused, or harmless.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "shared by tests that look at different parts")]
mod fixture;

use fixture::model_path;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use whisper::{Error, Model, Numbers};

/// A copy of the model to be damaged.
fn copy() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bin");
    fs::copy(model_path(), &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    (folder, path, bytes)
}

fn overwrite(file: &mut File, at: usize, bytes: &[u8]) {
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.write_all(bytes).unwrap();
}

/// Numbers that look random and are the same each time.
fn places(count: usize, below: usize) -> impl Iterator<Item = usize> {
    (1..=count).map(move |at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) % below)
}

/// Where the tensors begin: behind header, filters and tokens.
fn tensors(bytes: &[u8]) -> usize {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let mut at = 48 + 8 + 4 * number(48) * number(52);
    let count = number(at);
    at += 4;
    for _ in 0..count {
        at += 4 + number(at);
    }
    at
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let (_folder, path, bytes) = copy();
    let mut cuts: Vec<usize> = places(300, bytes.len()).chain([0, 1, 4, 47, 48, bytes.len() - 1]).collect();
    cuts.sort_unstable_by(|a, b| b.cmp(a));
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    for cut in cuts {
        file.set_len(cut as u64).unwrap();
        let error = Model::open(&path, Numbers::Exact).unwrap_err();
        assert!(matches!(error, Error::Broken { .. } | Error::Io { .. }), "{error}");
    }
}

#[test]
fn a_file_with_flipped_bytes_is_refused_or_harmless() {
    let (_folder, path, bytes) = copy();
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    let start = tensors(&bytes);
    let header = (0..56).flat_map(|at| [(at, 0xff), (at, 0x80), (at, 1)]);
    let tokens = places(150, start - 48).map(|at| (48 + at, 0x5a));
    let heads = (start..start + 40).map(|at| (at, 0x41));
    let weights = places(10, bytes.len() - start).map(|at| (start + at, 0xff));
    let mut refused = 0;
    for (at, flip) in header.chain(tokens).chain(heads).chain(weights) {
        overwrite(&mut file, at, &[bytes[at] ^ flip]);
        match Model::open(&path, Numbers::Exact) {
            Ok(_) => {}
            Err(Error::Broken { .. }) => refused += 1,
            Err(error) => panic!("{error}"),
        }
        overwrite(&mut file, at, &bytes[at..=at]);
    }
    assert!(refused > 100, "only {refused} were refused");
    Model::open(&path, Numbers::Exact).unwrap();
}

#[test]
fn other_things_than_models_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bin");
    assert!(matches!(Model::open(&path, Numbers::Exact).unwrap_err(), Error::Io { .. }), "missing");
    assert!(matches!(Model::open(folder.path(), Numbers::Fast).unwrap_err(), Error::Io { .. }), "a folder");
    for (bytes, reason) in [(&b"GGUF, and then some"[..], "does not begin like one"), (&b"lmgg"[..], "ends too early")]
    {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&path).unwrap();
        overwrite(&mut file, 0, bytes);
        let error = Model::open(&path, Numbers::Exact).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
