//! Packed models compute what their files do, and are refused unless they are as they were written.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "shared by tests that look at different parts")]
mod fixture;

use fixture::{goldens, model_in, model_path};
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use whisper::{Batch, Cpu, Decode, Error, Heard, Model, Numbers, Window};

const KEY: &[u8] = &[b'5'; 64];

struct Packed {
    _folder: tempfile::TempDir,
    model: PathBuf,
    file: PathBuf,
}

impl Packed {
    /// A copy of the model, packed.
    fn new(numbers: Numbers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (model, packed) = (folder.path().join("model.bin"), folder.path().join("packed"));
        fs::copy(model_path(), &model).unwrap();
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&packed).unwrap();
        Model::pack(&model, numbers, KEY, (&file, &packed)).unwrap();
        Self { _folder: folder, model, file: packed }
    }

    fn open(&self, numbers: Numbers) -> Result<Model, Error> {
        Model::open_packed(&self.file, &self.model, numbers, KEY)
    }

    fn refused(&self) -> String {
        let error = self.open(Numbers::Fast).unwrap_err();
        assert!(matches!(error, Error::Broken { .. } | Error::Io { .. }), "{error}");
        error.to_string()
    }
}

fn heard(model: &Model) -> Vec<Heard> {
    let mut batch = Batch::new(Cpu::new(model, 2), model);
    for (id, case) in (0..).zip(&goldens().cases[5..7]) {
        let decode = Decode { words: true, ..Decode::default() };
        batch.push(Window { id, mel: model.mels().mel(&case.samples()), decode }).unwrap();
    }
    batch.finish().into_iter().map(Result::unwrap).collect()
}

#[test]
fn a_packed_model_computes_what_its_file_does_bit_by_bit() {
    for numbers in [Numbers::Exact, Numbers::Fast] {
        let packed = Packed::new(numbers);
        let model = packed.open(numbers).unwrap();
        assert_eq!(model.shape(), model_in(numbers).shape());
        let heard = [&model, model_in(numbers)].map(heard);
        assert!(heard[0].iter().any(|heard| heard.tokens.len() > 20), "there is text");
        assert_eq!(heard[0], heard[1]);
    }
}

#[test]
fn a_packed_model_needs_its_file_no_more_than_to_be_there_as_it_was() {
    let packed = Packed::new(Numbers::Fast);
    let before = heard(&packed.open(Numbers::Fast).unwrap());
    // As a disk does it: without a new time of change.
    let modified = fs::metadata(&packed.model).unwrap().modified().unwrap();
    let mut file = OpenOptions::new().write(true).open(&packed.model).unwrap();
    file.write_all(&[0; 4_096]).unwrap();
    file.set_modified(modified).unwrap();
    assert_eq!(heard(&packed.open(Numbers::Fast).unwrap()), before);
    file.set_modified(modified + std::time::Duration::from_secs(1)).unwrap();
    assert!(packed.refused().contains("packed of another model"));
    file.set_modified(modified).unwrap();
    packed.open(Numbers::Fast).unwrap();
    file.set_len(4_096).unwrap();
    file.set_modified(modified).unwrap();
    assert!(packed.refused().contains("packed of another model"));
    fs::rename(&packed.model, packed.model.with_extension("gone")).unwrap();
    assert!(matches!(packed.open(Numbers::Fast).unwrap_err(), Error::Io { path, .. } if path == packed.model));
}

#[test]
fn a_packed_model_is_for_its_key_and_its_numbers_alone() {
    let packed = Packed::new(Numbers::Fast);
    assert!(packed.open(Numbers::Exact).unwrap_err().to_string().contains("or otherwise"));
    for key in [&[b'6'; 64][..], &KEY[..63], &[]] {
        let error = Model::open_packed(&packed.file, &packed.model, Numbers::Fast, key).unwrap_err();
        assert!(error.to_string().contains("or otherwise"), "{error}");
    }
}

#[test]
fn a_packed_model_that_is_cut_or_changed_anywhere_is_refused() {
    let packed = Packed::new(Numbers::Fast);
    let bytes = fs::read(&packed.file).unwrap();
    // Never in place: it may be mapped.
    let put = |bytes: &[u8]| {
        let new = packed.file.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&new).unwrap();
        file.write_all(bytes).unwrap();
        fs::rename(&new, &packed.file).unwrap();
    };
    let places = |count: usize| (1..=count).map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) % bytes.len());
    for cut in places(40).chain([0, 1, 15, 16, 127, 128, bytes.len() - 1]) {
        put(&bytes[..cut]);
        packed.refused();
    }
    put(&[&bytes[..], &[0; 64]].concat());
    packed.refused();
    let mut file = OpenOptions::new().write(true).open(&packed.file).unwrap();
    put(&bytes);
    // What is mapped by nobody is changed in place, which is quicker.
    let mut change = |at: usize, new: &[u8]| {
        file = OpenOptions::new().write(true).open(&packed.file).unwrap();
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(new).unwrap();
    };
    let behind_head = bytes.len() - 1;
    for at in places(120).chain((0..128).step_by(3)).chain([behind_head]) {
        change(at, &[bytes[at] ^ 0x40]);
        packed.refused();
        change(at, &bytes[at..=at]);
    }
    packed.open(Numbers::Fast).unwrap();
}

#[test]
fn other_things_than_packed_models_are_named_and_a_model_that_is_none_is_not_packed() {
    let packed = Packed::new(Numbers::Fast);
    let open = |path: &Path| Model::open_packed(path, &packed.model, Numbers::Fast, KEY).unwrap_err();
    assert!(matches!(open(packed.file.parent().unwrap()), Error::Io { .. }), "a folder");
    assert!(open(&packed.model).to_string().contains("begins like no packed one"));
    let file = OpenOptions::new().write(true).open(&packed.file).unwrap();
    let pack = |model: &Path, file: &File| Model::pack(model, Numbers::Fast, KEY, (file, &packed.file)).unwrap_err();
    assert!(matches!(pack(&packed.file, &file), Error::Broken { path, .. } if path == packed.file));
    // A file that can't be written, as on a disk that is full.
    let unwritable = File::open(&packed.file).unwrap();
    let error = pack(&packed.model, &unwritable);
    assert!(matches!(&error, Error::Io { operation: "write", path, .. } if *path == packed.file), "{error:?}");
}
