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

/// Flips bits of one byte at a time and opens the model; whether each is refused.
fn flipped(flips: impl Iterator<Item = (usize, u8)>, mut opened: impl FnMut(&Model)) -> Vec<bool> {
    let (_folder, path, bytes) = copy();
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    let mut refused = Vec::new();
    for (at, flip) in flips {
        overwrite(&mut file, at, &[bytes[at] ^ flip]);
        refused.push(match Model::open(&path, Numbers::Exact) {
            Ok(model) => {
                opened(&model);
                false
            }
            Err(error) => {
                assert!(matches!(error, Error::Broken { .. }), "{error}");
                true
            }
        });
        overwrite(&mut file, at, &bytes[at..=at]);
    }
    Model::open(&path, Numbers::Exact).unwrap();
    refused
}

#[test]
fn a_flipped_byte_of_the_header_or_of_a_tensors_head_is_refused() {
    let (_folder, _path, bytes) = copy();
    let start = tensors(&bytes);
    let header: Vec<(usize, u8)> = (0..56).flat_map(|at| [(at, 0xff), (at, 0x80), (at, 1)]).collect();
    // The file's number format says what it is called; the tensors say for themselves what they hold. So any up to 9,999 will do.
    let will_do = |(at, flip)| at == 44 || (at, flip) == (45, 1);
    let refused = flipped(header.iter().copied(), |_| {});
    for (flip, refused) in header.into_iter().zip(refused) {
        assert_eq!(refused, !will_do(flip), "{flip:?}");
    }
    let refused = flipped((start..start + 40).map(|at| (at, 0x41)), |_| {});
    assert_eq!(refused, [true; 40]);
}

#[test]
fn a_flipped_byte_of_a_token_is_refused_or_another_text() {
    let (_folder, _path, bytes) = copy();
    let (first, end) = (56 + 4 * 80 * 201 + 4, tensors(&bytes));
    let texts = |model: &Model| -> Vec<Vec<u8>> {
        (0..model.vocabulary().end()).map(|token| model.vocabulary().bytes(token).to_vec()).collect()
    };
    let whole = texts(model());
    let mut others = 0;
    let refused = flipped(places(100, end - first).map(|at| (first + at, 0x5a)), |model| {
        let changed = texts(model).iter().zip(&whole).filter(|(got, want)| got != want).count();
        assert_eq!(changed, 1, "one token has another text");
        others += 1;
        // What is suppressed is looked up among the tokens.
        let mut batch = Batch::new(Same { score: 0.5, good_steps: 0, look_bytes: 0 }, model);
        batch.push(Window { id: 1, mel: model.mels().mel(&[]), decode: ways().remove(0) }).unwrap();
        assert_eq!(batch.finish().pop().unwrap().unwrap().tokens.len(), 4);
    });
    // A length takes four of about ten bytes, and shifts all that follows.
    assert!(others > 20 && refused.iter().filter(|refused| **refused).count() > 20, "{others} of 100");
}

#[test]
fn a_flipped_byte_of_a_weight_is_refused_or_decodes_to_an_end() {
    let (_folder, _path, bytes) = copy();
    let start = tensors(&bytes);
    let mel = model().mels().mel(&goldens().cases[0].samples());
    let weights = places(10, bytes.len() - start).map(|at| (start + at, 0xff));
    // The low byte of a scale, the high one with all its bits (no number), and the sign of a float.
    let table = payload(&bytes, "decoder.token_embedding.weight");
    let chosen =
        [(table, 0x80), (table + 1, bytes[table + 1] ^ 0x7f), (payload(&bytes, "decoder.ln.weight") + 3, 0x80)];
    let mut decoded = 0;
    let refused = flipped(weights.chain(chosen), |model| {
        let mut batch = Batch::new(Cpu::new(model, 1), model);
        batch.push(Window { id: 1, mel: mel.clone(), decode: Decode { most_tokens: 3, ..Decode::default() } }).unwrap();
        let done = batch.finish();
        assert!(matches!(done[..], [Ok(_) | Err(Error::NoNumbers { window: 1 })]), "{done:?}");
        decoded += 1;
    });
    assert_eq!(refused[10..], [false, true, false]);
    assert_eq!(decoded, refused.iter().filter(|refused| !**refused).count());
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
