//! `hearsay bench` with the sample day's model.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod sample;

use sample::Sample;

#[test]
fn a_machine_is_measured_with_a_model_that_need_not_be_installed() {
    let model = testkit::fixture("models/fixture-q8.bin");
    let ran = Sample::empty().run(&["bench", "--model", model.to_str().unwrap(), "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let both: [serde_json::Value; 2] = ran.json().try_into().unwrap();
    assert_eq!(both.each_ref().map(|figures| figures["engine"].as_str().unwrap()), ["hearsay", "whisper-rs"]);
    both.iter().for_each(plausible);
}

fn plausible(figures: &serde_json::Value) {
    let figure = |name: &str| figures[name].as_f64().unwrap_or_else(|| panic!("no {name} in {figures}"));
    for name in ["vad_x", "load_s", "speech_x"] {
        assert!(figure(name) > 0.0, "{name}: {figures}");
    }
    // On a busy machine a short window may take as long as a long one: then all of it counts as the part before the first token.
    assert!(figure("encode_s") + figure("decode_s") > 0.0 && figure("decode_s") >= 0.0, "{figures}");
    assert!((25.0..28.0).contains(&figure("window_s")) && figure("tokens") > 40.0, "{figures}");
    // The day: its sound through the detector, its speech through the engine.
    let day_s = 115_200.0 / figure("vad_x") + 14_400.0 / figure("recognised_x");
    assert!(figure("recognised_x") > figure("speech_x"), "{figures}");
    assert!((figure("day_s") - day_s).abs() < day_s / 100.0, "{day_s} s: {figures}");
}

#[test]
fn without_a_model_it_says_how_to_get_one() {
    let ran = Sample::empty().run(&["bench"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    assert!(ran.err.contains("hint:") && ran.err.contains("hearsay models get"), "{}", ran.err);
}
