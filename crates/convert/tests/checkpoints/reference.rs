//! What is written is what an independent converter writes.

use crate::data::{convert, edit, folder, path, put, reference, sha256, sums, tensors};
use crate::torch_zip::TorchZip;
use convert::{ConvertError, Kind, Model, Number, Source};
use std::fs;
use std::ops::ControlFlow;

#[test]
fn a_folder_becomes_the_reference_bit_by_bit_in_f32_and_f16() {
    for kind in [Kind::F32, Kind::F16] {
        let (file, _) = convert(&path("hf"), kind).unwrap();
        let reference = reference(kind);
        for (ours, theirs) in tensors(&file).iter().zip(tensors(&reference)) {
            assert_eq!(ours.0, theirs.0, "{kind}");
            assert!(ours.1 == theirs.1, "{kind}: {} differs", ours.0);
        }
        assert!(file == reference, "{kind}: all tensors are the same, and what stands before them isn't");
    }
}

#[test]
fn every_kind_has_the_references_sum_and_costs_what_the_reference_says() {
    let sums = sums();
    let folder = tempfile::tempdir().unwrap();
    let exact = folder.path().join("f32.bin");
    put(&exact, &reference(Kind::F32));
    for kind in Kind::ALL {
        let expected = &sums[kind.name()];
        let (file, report) = convert(&path("hf"), kind).unwrap();
        assert_eq!(sha256(&file), expected["sha256"].as_str().unwrap(), "{kind}");
        assert_eq!(report.bytes, u64::try_from(file.len()).unwrap());
        let errors = expected["errors"].as_object().unwrap();
        assert_eq!(report.errors.len(), errors.len(), "{kind}");
        for error in &report.errors {
            let should = errors[&error.name].as_f64().unwrap();
            assert!(
                (error.relative_rms / should - 1.0).abs() < 1e-6,
                "{kind} {}: {} {should}",
                error.name,
                error.relative_rms
            );
        }
        // Which way it came makes no difference.
        assert!(convert(&exact, kind).unwrap().0 == file, "{kind} of the f32 model");
    }
    let cost = |kind: Kind| convert(&path("hf"), kind).unwrap().1.relative_rms;
    let costs = [Kind::F16, Kind::Q8_0, Kind::Q5_1, Kind::Q5_0, Kind::Q4_0].map(cost);
    assert!(costs.is_sorted() && costs[0] < 1e-4 && costs[4] < 0.2, "{costs:?}");
}

#[test]
fn a_pt_as_torch_writes_it_becomes_the_reference_in_its_own_order() {
    let model = Model::open(&path("openai.pt")).unwrap();
    assert_eq!((model.source, model.tensors[0].number), (Source::OpenAi, Number::F16));
    let (file, report) = convert(&path("openai.pt"), Kind::F16).unwrap();
    assert_eq!(report.worst(), None, "it was in 16 bits already");
    let expected = &sums()["openai"];
    let found = tensors(&file);
    let order: Vec<&str> = expected["order"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), order);
    for (name, bytes) in found {
        assert_eq!(sha256(&bytes), expected["tensors"][&name].as_str().unwrap(), "{name}");
    }
}

#[test]
fn a_pytorch_model_bin_is_the_same_as_safetensors() {
    let expected = convert(&path("hf"), Kind::F16).unwrap().0;
    let copy = folder();
    let mut zip = TorchZip::default();
    for part in ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] {
        let file = copy.path().join(part);
        for tensor in convert::safetensors::tensors(&file).unwrap() {
            let mut values = Vec::new();
            tensor
                .read(&mut |some| {
                    values.extend_from_slice(some);
                    Ok(())
                })
                .unwrap();
            zip.tensor(&tensor.name, &tensor.dims, &values);
        }
        #[expect(clippy::disallowed_methods, reason = "a copy made for this test")]
        fs::remove_file(file).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "a copy made for this test")]
    fs::remove_file(copy.path().join("model.safetensors.index.json")).unwrap();
    put(&copy.path().join("pytorch_model.bin"), &zip.state());
    assert!(convert(copy.path(), Kind::F16).unwrap().0 == expected);
}

#[test]
fn tokens_are_found_where_newer_checkpoints_have_them() {
    let expected = convert(&path("hf"), Kind::F16).unwrap().0;
    let copy = folder();
    let read =
        |file: &str| serde_json::from_slice::<serde_json::Value>(&fs::read(copy.path().join(file)).unwrap()).unwrap();
    let added: Vec<_> = read("added_tokens.json")
        .as_object()
        .unwrap()
        .iter()
        .map(|(content, id)| serde_json::json!({"id": id, "content": content, "special": true}))
        .collect();
    let tokenizer =
        serde_json::json!({"model": {"type": "BPE", "vocab": read("vocab.json"), "merges": []}, "added_tokens": added});
    for file in ["vocab.json", "added_tokens.json"] {
        #[expect(clippy::disallowed_methods, reason = "a copy made for this test")]
        fs::remove_file(copy.path().join(file)).unwrap();
    }
    put(&copy.path().join("tokenizer.json"), &serde_json::to_vec(&tokenizer).unwrap());
    assert!(convert(copy.path(), Kind::F16).unwrap().0 == expected);
}

#[test]
fn special_tokens_within_the_vocabulary_are_not_taken_for_text() {
    let expected = convert(&path("hf"), Kind::F16).unwrap().0;
    let copy = folder();
    let added: serde_json::Value =
        serde_json::from_slice(&fs::read(copy.path().join("added_tokens.json")).unwrap()).unwrap();
    edit(copy.path(), "vocab.json", |vocab| {
        vocab.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
    });
    assert!(convert(copy.path(), Kind::F16).unwrap().0 == expected);
}

#[test]
fn a_conversion_that_is_called_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::open(&path("hf")).unwrap();
    let mut told = 0;
    let called_off = model.write(&folder.path().join("x.bin"), Kind::Q8_0, &mut |progress| {
        told += 1;
        assert!(progress.have <= progress.of);
        if told == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(called_off, Err(ConvertError::CalledOff)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn nothing_is_overwritten_and_the_file_is_the_users_alone() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("x.bin");
    let model = Model::open(&path("hf")).unwrap();
    let mut on = |_| ControlFlow::Continue(());
    let (draft, _) = model.write(&name, Kind::F16, &mut on).unwrap();
    assert!(!name.exists(), "it has its name when it is whole");
    draft.keep().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&name).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(matches!(model.write(&name, Kind::F16, &mut on), Err(ConvertError::Exists { .. })));
}

#[test]
fn a_shape_that_whisper_cpp_cannot_run_is_said_before_anything_is_written() {
    let text = Model::open(&path("hf")).unwrap().check_runs().unwrap_err().to_string();
    assert!(text.contains("vocabulary has 263 tokens") && text.contains("hint: "), "{text}");
}
