//! The small checkpoints of `tests/data`; `scripts/make_reference.py` makes them.

use convert::{ConvertError, Kind, Model, Report};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The independent converter's file.
pub(crate) fn reference(kind: Kind) -> Vec<u8> {
    let packed = fs::read(path(&format!("reference-{kind}.bin.gz"))).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// What the independent converter says of each kind.
pub(crate) fn sums() -> Value {
    serde_json::from_slice(&fs::read(path("reference.json")).unwrap()).unwrap()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

pub(crate) fn put(path: &Path, bytes: &[u8]) {
    home::files::create_or_truncate(path).unwrap().write_all(bytes).unwrap();
}

/// Converts into a folder of its own, which must hold the model and nothing else afterwards.
pub(crate) fn convert(from: &Path, kind: Kind) -> Result<(Vec<u8>, Report), ConvertError> {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("model.bin");
    let written = Model::open(from).and_then(|model| model.write(&name, kind, &mut |_| ControlFlow::Continue(())));
    let kept = written.and_then(|(draft, report)| draft.keep().map(|path| (fs::read(path).unwrap(), report)));
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, usize::from(kept.is_ok()), "nothing half is left");
    kept
}

/// A copy of the folder of Hugging Face, to be damaged.
pub(crate) fn folder() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(path("hf")).unwrap() {
        let entry = entry.unwrap();
        put(&copy.path().join(entry.file_name()), &fs::read(entry.path()).unwrap());
    }
    copy
}

/// Changes a JSON file of a folder.
pub(crate) fn edit(folder: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.join(file);
    let mut value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    put(&path, &serde_json::to_vec(&value).unwrap());
}

/// A tensor of a ggml file: its name and its bytes, with everything that stands before them.
pub(crate) fn tensors(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let number = |at: usize| usize::try_from(u32::from_le_bytes(file[at..at + 4].try_into().unwrap())).unwrap();
    let mut at = 56 + number(48) * number(52) * 4;
    let count = number(at);
    at += 4;
    for _ in 0..count {
        at += 4 + number(at);
    }
    let mut tensors = Vec::new();
    while at < file.len() {
        let (dims, name_len, kind) = (number(at), number(at + 4), number(at + 8));
        let len: usize = (0..dims).map(|dim| number(at + 12 + 4 * dim)).product();
        let bytes = match kind {
            0 => len * 4,
            _ => len * 2,
        };
        let name = at + 12 + 4 * dims;
        let until = name + name_len + bytes;
        tensors.push((
            String::from_utf8(file[name..name + name_len].to_vec()).unwrap(),
            file[name + name_len..until].to_vec(),
        ));
        at = until;
    }
    tensors
}
