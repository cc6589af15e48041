//! Every way in which a checkpoint can be wrong is said with the file, the reason and what to do.

use crate::data::{convert, edit, folder, path, put, reference};
use crate::torch_zip::{TorchZip, zip};
use convert::{ConvertError, Kind, Model};
use serde_json::json;
use std::fs;
use std::path::Path;

/// What is said; it must name the file and, unless the system refused, what to do.
#[track_caller]
fn said(from: &Path, kind: Kind, file: &str) -> String {
    let error = convert(from, kind).map(drop).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(file), "{file}: {text}");
    assert!(text.contains("\nhint: ") || matches!(error, ConvertError::Io { .. }), "{text}");
    text
}

const PART: &str = "model-00001-of-00002.safetensors";

#[test]
fn a_configuration_of_anything_else_is_refused_with_the_key() {
    for (key, value, says) in [
        ("model_type", json!("wav2vec2"), "a model of type \"wav2vec2\""),
        ("model_type", json!(null), "doesn't say that its model_type"),
        ("d_model", json!("wide"), "string \"wide\""),
        ("d_model", json!(0), "encoder_ffn_dim is 128"),
        ("num_mel_bins", json!(0), "mel bands is 0"),
        ("encoder_layers", json!(100_000), "encoder layers is 100000"),
        ("vocab_size", json!(-1), "-1"),
        ("activation_function", json!("relu"), "\"relu\""),
        ("scale_embedding", json!(true), "embedding is scaled"),
        ("decoder_ffn_dim", json!(100), "decoder_ffn_dim is 100"),
    ] {
        let copy = folder();
        edit(copy.path(), "config.json", |config| config[key] = value);
        let text = said(copy.path(), Kind::F16, "config.json");
        assert!(text.contains(says), "{key}: {text}");
    }
    let copy = folder();
    put(&copy.path().join("config.json"), b"{");
    assert!(said(copy.path(), Kind::F16, "config.json").contains("not JSON"));
    let whole = fs::read(path("hf").join("config.json")).unwrap();
    put(&copy.path().join("config.json"), &[whole.as_slice(), &vec![b' '; 1 << 20]].concat());
    let text = said(copy.path(), Kind::F16, "config.json");
    assert!(text.contains("and 1048576 are read at most"), "{text}");
}

#[test]
fn a_vocabulary_that_is_not_whispers_is_refused() {
    for (change, says) in [
        (json!({"\u{4e00}": 5}), "token 5 is not text"),
        (json!({"x".repeat(200): 5}), "token 5 is not text"),
        (json!({"zz": 5}), "two tokens have the number 5"),
        (json!({"h": 7_000_000}), "258 of the 259 tokens"),
        (json!({"h": -1}), "not a vocabulary"),
    ] {
        let copy = folder();
        edit(copy.path(), "vocab.json", |vocab| {
            vocab.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        });
        let text = said(copy.path(), Kind::F16, "vocab.json");
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let copy = folder();
    edit(copy.path(), "config.json", |config| config["encoder_layers"] = json!(3));
    assert!(said(copy.path(), Kind::F16, "").contains("model.encoder.layers.2.self_attn.k_proj.weight is missing"));
    edit(copy.path(), "config.json", |config| config["encoder_layers"] = json!(1));
    assert!(said(copy.path(), Kind::F16, "").contains("which Whisper doesn't have"));
    let copy = folder();
    edit(copy.path(), "config.json", |config| config["max_target_positions"] = json!(448));
    let text = said(copy.path(), Kind::F16, "");
    assert!(text.contains("decoder.positional_embedding has the shape [12, 32], it should be [448, 32]"), "{text}");
}

#[test]
fn a_folder_without_its_parts_says_which() {
    for (file, says) in [
        ("config.json", "config.json"),
        (PART, PART),
        ("vocab.json", "tokenizer.json"),
        ("model.safetensors.index.json", "neither"),
    ] {
        let copy = folder();
        #[expect(clippy::disallowed_methods, reason = "a copy made for this test")]
        fs::remove_file(copy.path().join(file)).unwrap();
        let error = convert(copy.path(), Kind::F16).map(drop).unwrap_err().to_string();
        assert!(error.contains(says), "{file}: {error}");
    }
    let copy = folder();
    edit(copy.path(), "model.safetensors.index.json", |index| {
        index["weight_map"]["x"] = json!("../../etc/passwd");
    });
    assert!(said(copy.path(), Kind::F16, "index.json").contains("can't be parts"));
    let adapter = tempfile::tempdir().unwrap();
    put(&adapter.path().join("adapter_config.json"), b"{}");
    assert!(said(adapter.path(), Kind::F16, "").contains("merge_and_unload"));
}

#[test]
fn a_damaged_safetensors_file_says_where() {
    let good = fs::read(path("hf").join(PART)).unwrap();
    let header = |text: &str| [&u64::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes(), &[0; 64]].concat();
    let entry = |shape: &str, offsets: &str| {
        header(&format!(r#"{{"x":{{"dtype":"F16","shape":{shape},"data_offsets":{offsets}}}}}"#))
    };
    for (bytes, says) in [
        (Vec::new(), "too early"),
        (good[..good.len() - 1].to_vec(), "lies at"),
        (good[..100].to_vec(), "its header would have"),
        ([&u64::MAX.to_le_bytes(), &good[8..]].concat(), "its header would have 18446744073709551615 bytes"),
        (header("[]"), "no JSON object"),
        (header("{\"x\":{}}"), "\"x\" is not understood"),
        (header(&"[".repeat(10_000)), "no JSON object"),
        (header(r#"{"x":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#), "\"I8\""),
        (entry("[4]", "[0,9]"), "has 9 bytes for a shape of [4]"),
        (entry("[4]", "[8,0]"), "lies at 8 to 0"),
        (entry("[4]", "[60,68]"), "lies at 60 to 68 of 64 bytes"),
        (entry("[4294967296,4294967296,4294967296]", "[0,8]"), "for a shape of"),
        (entry("[1,1,1,1,1,1,1,1,1]", "[0,2]"), "9 dimensions"),
        (entry("[-1]", "[0,2]"), "not understood"),
    ] {
        let copy = folder();
        put(&copy.path().join(PART), &bytes);
        let text = said(copy.path(), Kind::F16, PART);
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn a_number_that_is_none_is_not_written() {
    for (value, kind, says) in [
        (f32::NAN, Kind::F32, "not a finite number"),
        (f32::INFINITY, Kind::F16, "not a finite number"),
        (70_000.0, Kind::F16, "take --type f32"),
        (70_000.0, Kind::Q5_0, "take --type f32"),
    ] {
        let copy = folder();
        let mut zip = TorchZip::default();
        for part in [PART, "model-00002-of-00002.safetensors"] {
            for tensor in convert::safetensors::tensors(&copy.path().join(part)).unwrap() {
                let mut values = vec![0.5; usize::try_from(tensor.len()).unwrap()];
                if tensor.name.ends_with("layers.1.fc2.weight") {
                    values[77] = value;
                }
                zip.tensor(&tensor.name, &tensor.dims, &values);
            }
        }
        put(&copy.path().join("pytorch_model.bin"), &zip.state());
        #[expect(clippy::disallowed_methods, reason = "a copy made for this test")]
        fs::remove_file(copy.path().join("model.safetensors.index.json")).unwrap();
        let text = said(copy.path(), kind, "pytorch_model.bin");
        assert!(text.contains("encoder.blocks.1.mlp.2.weight") && text.contains(says), "{text}");
    }
}

#[test]
fn a_pt_that_is_something_else_says_what() {
    let dir = tempfile::tempdir().unwrap();
    let good = fs::read(path("openai.pt")).unwrap();
    let pickled = |pickle: &[u8]| zip(&[("a/data.pkl".to_owned(), pickle.to_vec())]);
    let mut flipped = good.clone();
    let middle = good.len() / 2;
    // As long as that, it isn't all padding between two storages.
    flipped[middle..middle + 300].iter_mut().for_each(|byte| *byte ^= 1);
    let mut big = vec![("a/byteorder".to_owned(), b"big".to_vec())];
    big.push(("a/data.pkl".to_owned(), b"}.".to_vec()));
    for (bytes, says) in [
        (good[..good.len() - 1].to_vec(), "cut off"),
        (good[..good.len() / 2].to_vec(), "as if its end were cut off"),
        (flipped, "doesn't have the checksum"),
        (zip(&[("notes.txt".to_owned(), b"hello".to_vec())]), "without a data.pkl"),
        (zip(&big), "other byte order"),
        (pickled(b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R."), "os.system"),
        (pickled(b"}."), "not a checkpoint of openai-whisper; it has []"),
        (pickled(b"}X\x05\0\0\0modelK\x01s."), "it has [\"model\"]"),
        (pickled(b"\x80\x02"), "its pickle ends too early"),
        (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.".to_vec(), "before 1.6"),
        (b"GGUF\x03\0\0\0".to_vec(), "GGUF"),
        (b"hello, this is a text".to_vec(), "not a checkpoint that is known here"),
    ] {
        let file = dir.path().join("mine.pt");
        put(&file, &bytes);
        let text = said(&file, Kind::F16, "mine.pt");
        assert!(text.contains(says), "{says}: {text}");
    }
    let alone = path("hf").join(PART);
    assert!(said(&alone, Kind::F16, PART).contains("give the folder"));
    assert!(matches!(Model::open(&dir.path().join("none.pt")), Err(ConvertError::Io { .. })));
}

#[test]
fn a_pytorch_model_bin_with_one_flipped_bit_is_damaged() {
    let copy = folder();
    let mut zip = TorchZip::default();
    for part in [PART, "model-00002-of-00002.safetensors"] {
        for tensor in convert::safetensors::tensors(&copy.path().join(part)).unwrap() {
            zip.tensor(&tensor.name, &tensor.dims, &vec![0.5; usize::try_from(tensor.len()).unwrap()]);
        }
    }
    #[expect(clippy::disallowed_methods, reason = "a copy made for this test")]
    fs::remove_file(copy.path().join("model.safetensors.index.json")).unwrap();
    let good = zip.state();
    put(&copy.path().join("pytorch_model.bin"), &good);
    convert(copy.path(), Kind::F16).unwrap();
    // A number in the middle, and one in the pickle: the least bit of a tensor's name.
    let name = good.windows(5).position(|bytes| bytes == b"conv1").unwrap();
    for (at, says) in [(good.len() / 2, "archive/data/"), (name, "archive/data.pkl")] {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        put(&copy.path().join("pytorch_model.bin"), &flipped);
        let text = said(copy.path(), Kind::F16, "pytorch_model.bin");
        assert!(text.contains(says) && text.contains("doesn't have the checksum"), "{text}");
    }
}

#[test]
fn numbers_that_do_not_lie_in_their_order_are_refused() {
    let copy = folder();
    let mut zip = TorchZip::default();
    zip.with_strides("model.encoder.conv1.weight", &[2, 3], vec![1, 2], &[0.0; 6]);
    put(&copy.path().join("pytorch_model.bin"), &zip.state());
    #[expect(clippy::disallowed_methods, reason = "a copy made for this test")]
    fs::remove_file(copy.path().join("model.safetensors.index.json")).unwrap();
    assert!(said(copy.path(), Kind::F16, "pytorch_model.bin").contains("don't lie in their order"));
    let mut zip = TorchZip::default();
    zip.with_strides("x", &[1 << 31, 1 << 31, 1 << 31], vec![1 << 31, 1 << 31, 1], &[0.0; 6]);
    put(&copy.path().join("pytorch_model.bin"), &zip.state());
    said(copy.path(), Kind::F16, "pytorch_model.bin");
}

#[test]
fn a_model_of_whisper_cpp_that_is_damaged_or_quantised_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let good = reference(Kind::F16);
    let with = |at: usize, value: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let list = 56 + 80 * 201 * 4;
    for (bytes, says) in [
        (good[..good.len() - 1].to_vec(), "too early"),
        (good[..30].to_vec(), "too early"),
        (with(4, u32::MAX), "vocabulary is 4294967295"),
        (with(20, u32::MAX), "encoder layers"),
        (with(28, 7), "widths 32 and 7 differ"),
        (with(48, u32::MAX), "mel filters"),
        (with(list, u32::MAX), "list of tokens"),
        (with(list + 4, u32::MAX), "a token would have"),
        ([good.clone(), good[list - 64..].to_vec()].concat(), "more than the 65 tensors"),
        (convert(&path("hf"), Kind::Q8_0).unwrap().0, "quantised already"),
    ] {
        let file = dir.path().join("ggml-x.bin");
        put(&file, &bytes);
        let text = said(&file, Kind::Q5_1, "ggml-x.bin");
        assert!(text.contains(says), "{says}: {text}");
    }
}
