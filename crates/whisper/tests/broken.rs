//! Damaged model files are refused, or harmless; and scores that are no numbers end a window.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "shared by tests that look at different parts")]
mod fixture;

use fixture::{goldens, model, model_path};
use kernels::Isa;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use whisper::{Backend, Batch, Cpu, Decode, Error, Mel, Model, Numbers, Row, Scores, Window};

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

/// Where the numbers of a tensor begin: they lie behind its name.
fn payload(bytes: &[u8], name: &str) -> usize {
    bytes.windows(name.len()).position(|window| window == name.as_bytes()).unwrap() + name.len()
}

#[test]
fn a_weight_that_is_no_number_is_refused_by_its_tensors_name() {
    let (_folder, path, bytes) = copy();
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    // A number of four bytes, the scale of a block in two, and one of a convolution, which is always computed in f32.
    let (nan, infinite) = (f32::NAN.to_le_bytes(), f32::INFINITY.to_le_bytes());
    for (name, bad) in [
        ("decoder.ln.weight", &nan[..]),
        ("encoder.blocks.0.mlp.0.bias", &infinite[..]),
        ("encoder.positional_embedding", &nan[..]),
        ("decoder.token_embedding.weight", &[0, 0x7e][..]),
        ("decoder.blocks.1.cross_attn.key.weight", &[0, 0x7c][..]),
        ("encoder.conv1.weight", &[0, 0xfe][..]),
    ] {
        let at = payload(&bytes, name);
        overwrite(&mut file, at, bad);
        for numbers in [Numbers::Exact, Numbers::Fast] {
            let error = Model::open(&path, numbers).unwrap_err();
            assert!(matches!(error, Error::Broken { .. }), "{error}");
            assert!(error.to_string().ends_with(&format!("its {name} holds what is no number")), "{error}");
        }
        overwrite(&mut file, at, &bytes[at..at + bad.len()]);
    }
    Model::open(&path, Numbers::Exact).unwrap();
}

/// Every way in which tokens are chosen.
fn ways() -> Vec<Decode> {
    let plain = || Decode { most_tokens: 4, ..Decode::default() };
    vec![
        plain(),
        Decode { beams: 5, words: true, ..plain() },
        Decode { timestamps: true, ..plain() },
        Decode { beams: 2, timestamps: true, ..plain() },
        Decode { temperature: 0.8, ..plain() },
        Decode { suppress_blank: false, suppress_non_speech: false, prompt: vec![5, 6], ..plain() },
    ]
}

#[test]
fn weights_too_large_to_add_up_end_each_window() {
    let (_folder, path, bytes) = copy();
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    let at = payload(&bytes, "decoder.ln.weight");
    overwrite(&mut file, at, &3e38_f32.to_le_bytes().repeat(model().shape().width));
    let mel = model().mels().mel(&goldens().cases[0].samples());
    for numbers in [Numbers::Exact, Numbers::Fast] {
        let model = Model::open(&path, numbers).unwrap();
        let mut batch = Batch::new(Cpu::new(&model, 8), &model);
        for (id, decode) in (0..).zip(ways()) {
            batch.push(Window { id, mel: mel.clone(), decode }).unwrap();
        }
        let done = batch.finish();
        assert_eq!(done.len(), ways().len());
        // Rows of bytes that are no numbers become zeros, so fast numbers go on with scores that say nothing.
        let failed = done.iter().filter(|done| matches!(done, Err(Error::NoNumbers { .. }))).count();
        assert_eq!(failed, if numbers == Numbers::Exact { done.len() } else { 0 });
    }
}

/// A backend all of whose scores are one number from some step on.
struct Same {
    score: f32,
    good_steps: usize,
    look_bytes: usize,
}

impl Backend for Same {
    fn slots(&self) -> usize {
        2
    }

    fn encode(&mut self, _windows: &[(usize, &Mel)]) {}

    fn step(&mut self, rows: &[Row<'_>], scores: &mut Scores) {
        let score = if self.good_steps == 0 { self.score } else { 0.5 };
        self.good_steps = self.good_steps.saturating_sub(1);
        let asked = rows.iter().filter(|row| row.scored).count();
        scores.room(asked, model().shape().vocabulary).fill(score);
    }

    fn looks(&self, _slot: usize, _line: u16) -> &[f32] {
        &[]
    }

    fn heads(&self) -> usize {
        0
    }

    fn look_bytes(&self) -> usize {
        self.look_bytes
    }

    fn forget(&mut self, _slot: usize) {}

    fn isa(&self) -> Isa {
        model().isa()
    }
}

#[test]
fn windows_whose_scores_are_no_numbers_end_with_an_error() {
    let mel = model().mels().mel(&[]);
    for score in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for good_steps in 0..3 {
            for decode in ways() {
                let backend = Same { score, good_steps, look_bytes: 0 };
                let mut batch = Batch::new(backend, model());
                for id in 0..3 {
                    batch.push(Window { id, mel: mel.clone(), decode: decode.clone() }).unwrap();
                }
                let done = batch.finish();
                assert_eq!(done.len(), 3);
                for done in done {
                    let error = done.unwrap_err();
                    assert_eq!(
                        error.to_string().split_once(" cannot be decoded").map(|(window, _)| window.len()),
                        Some("window 0".len()),
                        "{error} with {score} from step {good_steps} on"
                    );
                }
                assert!(batch.is_idle());
            }
        }
    }
}

#[test]
fn the_file_is_not_needed_once_the_model_is_loaded() {
    let (_folder, path, _) = copy();
    let cut = Model::open(&path, Numbers::Exact).unwrap();
    // What would read the file behind its end is ended by the system.
    OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    let mel = model().mels().mel(&goldens().cases[6].samples());
    let heard = [&cut, model()].map(|model| {
        let mut batch = Batch::new(Cpu::new(model, 1), model);
        batch.push(Window { id: 1, mel: mel.clone(), decode: Decode::default() }).unwrap();
        batch.finish().pop().unwrap().unwrap()
    });
    assert!(!heard[0].tokens.is_empty());
    assert_eq!(heard[0], heard[1]);
}

#[test]
fn more_tensors_than_the_layers_have_are_refused_before_they_are_listed() {
    let (_folder, path, _) = copy();
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    // One dimension, a name of one byte, f32, of one number. The whole model has just as many as it may have.
    let numbers: Vec<u8> = [1_u32, 1, 0, 1].iter().flat_map(|number| number.to_le_bytes()).collect();
    file.write_all(&[&numbers[..], b"x", &[0; 4]].concat()).unwrap();
    let error = Model::open(&path, Numbers::Exact).unwrap_err().to_string();
    let shape = model().shape();
    let most = 11 + 15 * shape.audio_layers + 24 * shape.text_layers;
    assert!(error.ends_with(&format!("it has more than the {most} tensors of a model with its layers")), "{error}");
}
