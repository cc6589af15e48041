use crate::recording::{RATE, ask, segments, start, stop};
use capture::control::Request;
use std::path::{Path, PathBuf};
use testkit::{Killed, Rig, files_below, read_by_all, wait_until};

const SECONDS: u32 = 12;
/// How loud each tone is.
const AMPLITUDE: f64 = 6_000.0;
/// The tone that each output plays, in Hz.
const TONES: [(&str, f64); 2] = [("speakers", 440.0), ("headset", 1_000.0)];

/// A rig with a second output, `headset`, and a tone for each of the two.
fn two_outputs(dir: &Path) -> (Rig, [PathBuf; 2]) {
    let rig = Rig::start().unwrap();
    let description = "sink_properties=device.description=Headset";
    let args = ["load-module", "module-null-sink", "sink_name=headset", "rate=48000", "channels=2", "format=s16le"];
    rig.pactl(&[args.as_slice(), &[description]].concat()).unwrap();
    let tones = TONES.map(|(name, hz)| {
        let wav = dir.join(format!("{name}.wav"));
        write_tone(&wav, hz);
        wav
    });
    (rig, tones)
}

fn write_tone(path: &Path, hz: f64) {
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for frame in 0..SECONDS * RATE {
        let sample = AMPLITUDE * (turn(hz) * f64::from(frame)).sin();
        #[expect(clippy::cast_possible_truncation, reason = "far below full scale")]
        writer.write_sample(sample as i16).unwrap();
    }
    writer.finalize().unwrap();
}

/// How far a tone turns in a frame.
fn turn(hz: f64) -> f64 {
    std::f64::consts::TAU * hz / f64::from(RATE)
}

/// How loud a tone is in a piece of sound: what is left of it when it is turned back by the tone.
#[expect(clippy::cast_precision_loss, reason = "some thousand frames")]
fn loudness(sound: &[i16], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (frame, sample) in sound.iter().enumerate() {
        let angle = turn(hz) * frame as f64;
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    2.0 * re.hypot(im) / sound.len() as f64
}

fn play(rig: &Rig, wav: &Path, sink: &str) -> Killed {
    Killed(rig.command("paplay").arg(format!("--device={sink}")).arg(wav).spawn().unwrap())
}

#[test]
fn every_output_is_mixed_where_all_are_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let (rig, tones) = two_outputs(dir.path());
    let home = dir.path().join("home");
    let recorder = start(&rig, &home, &["--mic", "none", "--loopback", "all"]);
    wait_until("the recording", || !files_below(&home.join("audio"), ".loopback.wav.part").is_empty());
    let playing = [0, 1].map(|n| play(&rig, &tones[n], TONES[n].0));
    for mut player in playing {
        player.0.wait().unwrap();
    }
    let err = stop(recorder);
    let segments = segments(&home, "loopback");
    assert_eq!(segments.len(), 1, "{segments:?} {err}");
    let (recorded, _) = read_by_all(&segments[0].path).unwrap();
    // Both have to be there at once, at their loudness, in most pieces of a twentieth of a second: neither alone, nor by
    // turns, nor with holes.
    let both = recorded
        .chunks_exact(RATE as usize / 20)
        .filter(|piece| TONES.iter().all(|(_, hz)| (loudness(piece, *hz) - AMPLITUDE).abs() < AMPLITUDE * 0.2));
    let seconds = both.count() / 20;
    assert!(seconds >= 9, "both outputs are in the mix for {seconds} s of {SECONDS}");
    eprintln!("both outputs are in the mix at their loudness for {seconds} s of the {SECONDS} that they played");
}

#[test]
fn sound_on_an_output_that_is_not_recorded_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (rig, tones) = two_outputs(dir.path());
    let home = dir.path().join("home");
    let recorder = start(&rig, &home, &["--mic", "none"]);
    let warned = || {
        let warnings = ask(&rig, &home, &Request::Status).map(|status| status.warnings).unwrap_or_default();
        warnings.iter().any(|warning| warning.contains("Headset") && warning.contains("isn't recorded"))
    };
    wait_until("the recorder", || ask(&rig, &home, &Request::Status).is_some());
    let _playing = [0, 1].map(|n| play(&rig, &tones[n], TONES[n].0));
    wait_until("the warning", warned);
    wait_until("sound", || {
        files_below(&home.join("audio"), ".part").iter().any(|part| part.metadata().unwrap().len() > 10_000)
    });
    stop(recorder);
}
