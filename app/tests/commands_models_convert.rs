//! `models convert`, `quantize`, `add` of a checkpoint, `list` and `remove` as scripts see them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

mod checkpoint;
#[allow(dead_code, reason = "each test program uses a part of it")]
mod sample;

use checkpoint::put;
use sample::Sample;
use std::io::Write as _;

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_checkpoint_is_converted_and_quantised_and_says_what_it_costs() {
    let sample = Sample::empty();
    checkpoint::write(&sample.path("mine"));
    let ran = sample.run(&["models", "convert", "mine", "--out", "ggml-mine.bin"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert!(
        ran.err.contains("written ") && ran.err.contains("hint: `hearsay models add ggml-mine.bin`"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("it costs"), "16 bits stay 16 bits: {}", ran.err);
    assert!(speech::models::inspect(&sample.path("ggml-mine.bin")).is_ok());

    let mut costs = Vec::new();
    for kind in ["q8_0", "q5_1", "q5_0", "q4_0"] {
        let (smaller, direct) = (format!("{kind}.bin"), format!("direct-{kind}.bin"));
        let ran = sample.run(&["models", "quantize", "ggml-mine.bin", "--type", kind, "--out", &smaller, "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let row = &ran.json()[0];
        assert_eq!(
            (&row["type"], row["bytes"].as_u64()),
            (&kind.into(), Some(sample.path(&smaller).metadata().unwrap().len()))
        );
        costs.push((row["relative_rms"].as_f64().unwrap(), row["bytes"].as_u64().unwrap()));
        assert!(row["worst"]["relative_rms"].as_f64() >= row["relative_rms"].as_f64(), "{row}");
        let ran = sample.run(&["models", "convert", "mine", "--type", kind, "--out", &direct]);
        assert!(ran.code == 0 && ran.err.contains("it costs an error of "), "{}", ran.err);
        assert!(std::fs::read(sample.path(&smaller)).unwrap() == std::fs::read(sample.path(&direct)).unwrap());
    }
    assert!(costs.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1), "{costs:?}");
}

#[test]
fn what_cannot_be_converted_leaves_nothing_and_says_why() {
    let sample = Sample::empty();
    checkpoint::write(&sample.path("mine"));
    let whole = std::fs::read(sample.path("mine/model.safetensors")).unwrap();
    for (bytes, says) in [
        (&whole[..whole.len() - 1], "model.safetensors is damaged"),
        (&whole[..1_000], "model.safetensors is damaged: its header would have"),
        (b"".as_slice(), "it ends too early"),
    ] {
        put(&sample.path("mine/model.safetensors"), bytes);
        let ran = sample.run(&["models", "convert", "mine", "--out", "out.bin"]);
        assert_eq!((ran.code, ran.out.as_str()), (4, ""));
        assert!(ran.err.contains(says) && ran.err.contains("hint: fetch or copy it again"), "{}", ran.err);
    }
    let mut nan = whole.clone();
    let last = nan.len() - 2;
    nan[last..].copy_from_slice(&0x7e00_u16.to_le_bytes());
    put(&sample.path("mine/model.safetensors"), &nan);
    let ran = sample.run(&["models", "convert", "mine", "--out", "out.bin"]);
    assert!(ran.code == 4 && ran.err.contains("not a finite number"), "{}", ran.err);
    assert!(!names(&sample.path(".")).iter().any(|name| name.starts_with("out")), "{:?}", names(&sample.path(".")));

    put(&sample.path("mine/model.safetensors"), &whole);
    put(&sample.path("there.bin"), b"something");
    let ran = sample.run(&["models", "convert", "mine", "--out", "there.bin"]);
    assert!(ran.code == 4 && ran.err.contains("there.bin exists already"), "{}", ran.err);
    let ran = sample.run(&["models", "convert", "mine", "--out", "ggml-base.en.bin"]);
    assert!(ran.code == 4 && ran.err.contains("the name of a published model"), "{}", ran.err);
    assert!(!sample.path("ggml-base.en.bin").exists());
    let ran = sample.run(&["models", "quantize", "there.bin", "--type", "q3_k", "--out", "x.bin"]);
    assert!(ran.code == 2 && ran.err.contains("q8_0"), "{}", ran.err);
}

#[test]
fn a_checkpoint_is_added_by_its_folder_listed_checked_and_removed() {
    let sample = Sample::empty();
    checkpoint::write(&sample.path("mine"));
    let ran = sample.run(&["models", "add", "mine", "--type", "q5_1"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let models = sample.home().models();
    assert_eq!(names(&models), ["checksums.json", "ggml-mine-q5_1.bin", "records.lock"]);
    let listed = |name: &str| {
        sample.run(&["models", "list", "--json"]).json().into_iter().find(|row| row["name"] == name).unwrap()
    };
    let row = listed("mine-q5_1");
    assert_eq!(
        (&row["installed"], &row["checksum"], &row["languages"]),
        (&true.into(), &"checked".into(), &"en".into())
    );
    assert_eq!(row["speech_x"], serde_json::Value::Null);
    assert!(listed("base.en")["checksum"].is_null());

    // Which one transcribes isn't set: the largest does.
    let ran = sample.run(&["models", "remove", "mine-q5_1"]);
    assert!(ran.code == 4 && ran.err.contains("is needed: it is the largest one here"), "{}", ran.err);
    assert!(ran.err.contains("hint: set another model first"), "{}", ran.err);
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/models/fixture-q8.bin");
    assert_eq!(sample.run(&["models", "add", fixture.to_str().unwrap()]).code, 0);
    let mut config = home::files::create_new(&sample.home().config_file()).unwrap();
    writeln!(config, "[work]\nmodel = \"fixture-q8\"").unwrap();
    let ran = sample.run(&["models", "remove", "fixture-q8"]);
    assert!(ran.code == 4 && ran.err.contains("`work.model` is set to it"), "{}", ran.err);
    let ran = sample.run(&["models", "remove", fixture.to_str().unwrap(), "--force"]);
    assert!(ran.code == 4 && ran.err.contains("is not in the models folder"), "{}", ran.err);
    assert_eq!(sample.run(&["models", "remove", "mine-q5_1"]).code, 0);
    assert_eq!(sample.run(&["models", "remove", "fixture-q8", "--force"]).code, 0);
    assert_eq!(names(&models), ["checksums.json", "records.lock"]);
    assert!(fixture.exists());
}

#[test]
fn a_model_that_was_offered_with_another_sum_is_not_added() {
    let sample = Sample::empty();
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/models/fixture-q8.bin");
    let fixture = fixture.to_str().unwrap();
    let ran = sample.run(&["models", "add", fixture, "--sha256", &"ab".repeat(32)]);
    assert!(ran.code == 4 && ran.err.contains("is damaged"), "{}", ran.err);
    assert!(names(&sample.home().models()).is_empty());
}

#[test]
fn a_flag_that_would_change_nothing_is_refused() {
    let sample = Sample::empty();
    checkpoint::write(&sample.path("mine"));
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/models/fixture-q8.bin");
    let fixture = fixture.to_str().unwrap();
    let sum = "ab".repeat(32);
    for (arguments, says) in [
        (["mine", "--sha256", sum.as_str()], "mine is converted"),
        ([fixture, "--type", "q8_0"], "is copied as it is"),
        ([fixture, "--type", "f16"], "is copied as it is"),
        ([fixture, "--name", "other"], "is copied under its own name"),
    ] {
        let ran = sample.run(&[&["models", "add"], arguments.as_slice()].concat());
        assert!(ran.code == 2 && ran.err.contains(says) && ran.err.contains("hint: "), "{}", ran.err);
        let flag = format!("error: {} would change nothing", arguments[1]);
        assert!(ran.err.contains(&flag), "{}", ran.err);
    }
    assert!(!sample.home().models().exists() || names(&sample.home().models()).is_empty());
    let ran = sample.run(&["models", "add", "no-such-file.bin", "--type", "q8_0"]);
    assert!(ran.code == 4 && ran.err.contains("no-such-file.bin"), "{}", ran.err);
}
