//! The voice detector: both backends, against the official model's own probabilities.
#![expect(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test that can't read its fixture has failed")]

use speech::{FRAME, Vad, VadChoice, VadError};
use std::path::{Path, PathBuf};

/// Between the two backends.
const TOLERANCE: f32 = 1e-4;
/// From the reference implementation.
const REFERENCE_TOLERANCE: f32 = 1e-3;
const CALL: &str = "call.mic.first-20-s.txt";

fn sound(seconds: usize) -> Vec<[f32; FRAME]> {
    recording("days/call.mic.wav", seconds)
}

fn recording(name: &str, seconds: usize) -> Vec<[f32; FRAME]> {
    let mut reader = hound::WavReader::open(testkit::fixture(name)).unwrap();
    let samples: Vec<f32> =
        reader.samples::<i16>().take(seconds * 16_000).map(|s| f32::from(s.unwrap()) / 32_768.0).collect();
    samples.as_chunks::<FRAME>().0.to_vec()
}

fn probabilities(vad: &mut Vad, frames: &[[f32; FRAME]]) -> Vec<f32> {
    frames.iter().map(|frame| vad.probability(frame).unwrap()).collect()
}

/// The same in batches of this size.
fn in_batches(vad: &mut Vad, frames: &[[f32; FRAME]], size: usize) -> Vec<f32> {
    let (mut all, mut some) = (Vec::new(), Vec::new());
    for frames in frames.chunks(size) {
        vad.probabilities(frames, &mut some).unwrap();
        all.extend_from_slice(&some);
    }
    all
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().chain(b).all(|p| p.is_finite()), "what is no number is no distance either");
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn golden_probabilities(name: &str) -> Vec<f32> {
    std::fs::read_to_string(golden(name)).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn builtin_pass_gives_the_golden_probabilities() {
    let found = probabilities(&mut Vad::open(VadChoice::Builtin, None).unwrap(), &sound(20));
    let golden = golden_probabilities(CALL);
    assert!(golden.iter().any(|p| *p > 0.9) && golden.iter().any(|p| *p < 0.1));
    let furthest = furthest(&found, &golden);
    assert!(furthest <= TOLERANCE, "{furthest} from the golden probabilities");
}

/// With `HEARSAY_UPDATE_GOLDEN=1` and an ONNX Runtime this writes the golden file, which is thereby the official model's.
#[test]
fn builtin_pass_agrees_with_onnx_runtime_where_that_is_found() {
    let mut onnx = match Vad::open(VadChoice::Onnx, None) {
        Ok(onnx) => onnx,
        Err(error) => {
            eprintln!("not compared with ONNX Runtime: {error:?}");
            return;
        }
    };
    assert_eq!(onnx.backend(), "onnx");
    assert_eq!(Vad::open(VadChoice::Onnx, None).unwrap().backend(), "onnx", "a second one in the same process");
    let frames = sound(60);
    let theirs = probabilities(&mut onnx, &frames);
    let mut builtin = Vad::open(VadChoice::Builtin, None).unwrap();
    assert_eq!(builtin.backend(), "builtin");
    let furthest = furthest(&theirs, &probabilities(&mut builtin, &frames));
    assert!(furthest <= TOLERANCE, "{furthest} apart");
    if std::env::var_os("HEARSAY_UPDATE_GOLDEN").is_some() {
        use std::io::Write as _;
        let lines: Vec<String> = theirs.iter().take(20 * 16_000 / FRAME).map(|p| format!("{p:.6}\n")).collect();
        home::files::create_or_truncate(&golden(CALL)).unwrap().write_all(lines.concat().as_bytes()).unwrap();
    }
}

/// On its own test recording: `golden/silero_test.py` wrote what it says.
#[test]
fn both_backends_give_the_reference_implementations_probabilities() {
    let reference = golden_probabilities("silero-test.txt");
    assert!(reference.iter().any(|p| *p > 0.9) && reference.iter().any(|p| *p < 0.1));
    let frames = recording("voice/silero-test.wav", 60);
    for choice in [VadChoice::Builtin, VadChoice::Onnx] {
        let mut vad = match Vad::open(choice, None) {
            Err(error @ VadError::NoLibrary(_)) => {
                eprintln!("not compared with ONNX Runtime: {error}");
                continue;
            }
            opened => opened.unwrap(),
        };
        let furthest = furthest(&probabilities(&mut vad, &frames), &reference);
        println!("{}: at most {furthest:.1e} from the reference, {} frames", vad.backend(), frames.len());
        assert!(furthest <= REFERENCE_TOLERANCE, "{choice:?} is {furthest} from the reference implementation");
    }
}

#[test]
fn batches_of_any_size_give_the_same_bits() {
    let frames = sound(4);
    let mut vad = Vad::open(VadChoice::Builtin, None).unwrap();
    let one_by_one = probabilities(&mut vad, &frames);
    for size in [2, 7, 8, 9, 1_000] {
        vad.reset();
        assert_eq!(in_batches(&mut vad, &frames, size), one_by_one, "{size}");
    }
}

#[test]
fn a_reset_detector_has_forgotten_the_sound_before() {
    let frames = sound(4);
    let mut vad = Vad::open(VadChoice::Builtin, None).unwrap();
    let first = probabilities(&mut vad, &frames);
    let remembering = probabilities(&mut vad, &frames);
    vad.reset();
    assert_eq!(probabilities(&mut vad, &frames), first);
    assert_ne!(remembering, first);
}

#[test]
fn a_library_that_is_none_is_refused_or_passed_over() {
    let not_a_library = Path::new(env!("CARGO_MANIFEST_DIR")).join("silero/README.md");
    // What was set in the environment goes first; where that is none either, it is told.
    match Vad::open(VadChoice::Onnx, Some(&not_a_library)) {
        Ok(vad) => assert_eq!(vad.backend(), "onnx"),
        Err(error) => assert!(matches!(error, VadError::NoLibrary(_) | VadError::Onnx { .. }), "{error}"),
    }
}

#[test]
fn silence_and_hiss_are_not_speech() {
    let mut vad = Vad::open(VadChoice::Builtin, None).unwrap();
    let mut seed = 1_u32;
    let mut hiss = [0.0; FRAME];
    for level in [0.0, 0.001, 0.02] {
        vad.reset();
        for _ in 0..100 {
            for sample in &mut hiss {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *sample = ((seed >> 8) as f32 / 8_388_608.0 - 1.0) * level;
            }
            let p = vad.probability(&hiss).unwrap();
            assert!(p < 0.35, "hiss of {level} is speech with {p}");
        }
    }
}
