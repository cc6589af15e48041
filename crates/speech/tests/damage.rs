//! A model that is damaged on the disk never reaches the engine, and what was there before stays in use.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't read its fixture has failed")]

mod small_model;

use small_model::{sha256, small_model};
use speech::models::{self, ModelError, Speed, SumState};
use speech::{EngineError, EngineOptions, EngineProcess};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

/// How often a model is damaged.
const CASES: u64 = 1_000;

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(most).unwrap()).unwrap()
    }
}

fn put(path: &Path, bytes: &[u8]) {
    home::files::create_or_truncate(path).unwrap().write_all(bytes).unwrap();
}

/// One damage: a flipped bit, or everything behind a place cut off. Gives what mends it.
fn damage(path: &Path, good: &[u8], dice: &mut Dice) -> (usize, usize) {
    let mut file = home::files::open_existing(path).unwrap();
    let at = dice.below(good.len());
    if dice.below(4) == 0 {
        file.set_len(u64::try_from(at).unwrap()).unwrap();
        return (at, good.len());
    }
    file.seek(SeekFrom::Start(u64::try_from(at).unwrap())).unwrap();
    file.write_all(&[good[at] ^ 1 << dice.below(8)]).unwrap();
    (at, at + 1)
}

fn mend(path: &Path, good: &[u8], (from, until): (usize, usize)) {
    let mut file = home::files::open_existing(path).unwrap();
    file.seek(SeekFrom::Start(u64::try_from(from).unwrap())).unwrap();
    file.write_all(&good[from..until]).unwrap();
}

#[test]
fn of_a_thousand_damaged_models_the_engine_is_given_none() {
    let folder = tempfile::tempdir().unwrap();
    let good = small_model();
    let path = folder.path().join("ggml-own.bin");
    put(&path, &good);
    let model = models::prepare(folder.path(), "own").unwrap();
    assert_eq!(model.sha256, sha256(&good), "recorded at first use");
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    // Were it started, it would be this that failed: there is no such engine.
    let engine = folder.path().join("hearsay-engine");
    let options = || EngineOptions { sha256: Some(model.sha256.clone()), ..EngineOptions::default() };
    let load = || EngineProcess::spawn(&engine, &path, options()).map(drop);
    assert!(matches!(load(), Err(EngineError::Start { .. })), "the whole one is given to the engine: {:?}", load());
    let (mut dice, mut refused) = (Dice(7), 0);
    for case in 0..CASES {
        let hurt = damage(&path, &good, &mut dice);
        // As a disk does it: without a new time of change.
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        match load() {
            Err(EngineError::Model(ModelError::Checksum { .. } | ModelError::Broken { .. })) => refused += 1,
            other => panic!("case {case}, {hurt:?}: {other:?}"),
        }
        mend(&path, &good, hurt);
    }
    assert_eq!(refused, CASES);
    assert!(std::fs::read(&path).unwrap() == good);
    assert!(matches!(load(), Err(EngineError::Start { .. })), "mended, it is given to the engine again");
}

#[test]
fn a_damaged_model_takes_nobodys_place() {
    let folder = tempfile::tempdir().unwrap();
    let good = small_model();
    let (offered, installed) = (folder.path().join("ggml-own.bin"), folder.path().join("models/ggml-own.bin"));
    let models = folder.path().join("models");
    put(&offered, &good);
    models::add(&models, &offered, None).unwrap();
    let before = models::prepare(&models, "own").unwrap();
    let mut dice = Dice(11);
    for case in 0..CASES / 5 {
        let hurt = damage(&offered, &good, &mut dice);
        let added = models::add(&models, &offered, Some(&before.sha256));
        assert!(
            matches!(added, Err(ModelError::Checksum { .. } | ModelError::Broken { .. })),
            "case {case}, {hurt:?}: {added:?}"
        );
        assert_eq!(models::prepare(&models, "own").unwrap(), before, "the one before stays in use");
        mend(&offered, &good, hurt);
    }
    assert!(std::fs::read(installed).unwrap() == good);
    let names: Vec<_> = std::fs::read_dir(&models).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "the model, the sums and their lock: {names:?}");
}

#[test]
fn a_model_that_changed_since_its_first_use_is_refused_until_it_is_added_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = small_model();
    let path = folder.path().join("ggml-own.bin");
    put(&path, &bytes);
    let state = || models::list(folder.path()).unwrap().into_iter().find(|listed| listed.name == "own").unwrap().state;
    assert_eq!(state(), Some(SumState::Unchecked));
    let first = models::prepare(folder.path(), "own").unwrap();
    assert_eq!(state(), Some(SumState::Checked));
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    put(&path, &bytes);
    assert_eq!(state(), Some(SumState::Changed));
    assert!(matches!(models::prepare(folder.path(), "own"), Err(ModelError::Checksum { .. })));
    assert!(matches!(models::verify(folder.path(), &path), Err(ModelError::Checksum { .. })));
    let accepted = models::accept(folder.path(), &path).unwrap();
    assert_ne!(accepted, first.sha256);
    assert_eq!(models::prepare(folder.path(), "own").unwrap().sha256, accepted);
}

#[test]
fn a_removed_model_is_gone_with_its_sum_and_its_speed_and_others_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (models, elsewhere) = (folder.path().join("models"), folder.path().join("ggml-own.bin"));
    put(&elsewhere, &small_model());
    let path = models::add(&models, &elsewhere, None).unwrap();
    let model = models::prepare(&models, "own").unwrap();
    let speed = Speed { speech_x: 12.5, threads: 2, engine: "test".to_owned(), measured_us: 1_795_425_312_000_000 };
    models::keep_speed(&models, &model.sha256, speed.clone()).unwrap();
    let listed = || models::list(&models).unwrap().into_iter().find(|listed| listed.name == "own");
    assert_eq!(listed().unwrap().speed, Some(speed));
    assert!(matches!(models::remove(&models, &elsewhere), Err(ModelError::Elsewhere { .. })));
    models::remove(&models, &path).unwrap();
    assert!(listed().is_none() && elsewhere.exists());
    for record in ["checksums.json", "speeds.json"] {
        assert_eq!(std::fs::read_to_string(models.join(record)).unwrap(), "{}", "{record}");
    }
}

#[test]
fn a_record_that_cannot_be_read_is_an_error_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (models, offered) = (folder.path().join("models"), folder.path().join("ggml-own.bin"));
    put(&offered, &small_model());
    let path = models::add(&models, &offered, None).unwrap();
    models::prepare(&models, "own").unwrap();
    for damaged in [b"{\"/a\":".as_slice(), b"", b"[]", b"\xff\xfe"] {
        put(&models.join("checksums.json"), damaged);
        let say = |result: Result<(), ModelError>| {
            let text = result.unwrap_err().to_string();
            assert!(text.contains("checksums.json") && text.contains("hint: put it back"), "{text}");
        };
        say(models::prepare(&models, "own").map(drop));
        say(models::verify(&models, &path).map(drop));
        say(models::accept(&models, &path).map(drop));
        say(models::add(&models, &offered, None).map(drop));
        say(models::list(&models).map(drop));
        say(models::remove(&models, &path));
        assert!(path.exists() && std::fs::read(models.join("checksums.json")).unwrap() == damaged);
    }
    put(&models.join("checksums.json"), b"{}");
    models::prepare(&models, "own").unwrap();
}

#[test]
fn what_is_recorded_at_the_same_time_is_all_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().to_owned();
    let speed = |at| Speed { speech_x: 1.0, threads: at, engine: "test".to_owned(), measured_us: 0 };
    std::thread::scope(|scope| {
        for at in 0..8 {
            let (models, speed) = (&models, &speed);
            scope.spawn(move || models::keep_speed(models, &format!("{at}"), speed(at)).unwrap());
        }
    });
    let text = std::fs::read_to_string(models.join("speeds.json")).unwrap();
    assert_eq!(text.matches("\"threads\"").count(), 8, "{text}");
}
