use crate::recording::{RATE, ask, segments, start, stop};
use capture::control::Request;
use std::path::{Path, PathBuf};
use testkit::sound::find;
use testkit::{Chance, Killed, Rig, files_below, read_by_all, wait_until};

const SECONDS: usize = 20;

/// A rig with a second output, `headset`, and a noise for each of the two.
fn two_outputs(dir: &Path) -> (Rig, [(Vec<i16>, PathBuf); 2]) {
    let rig = Rig::start().unwrap();
    let description = "sink_properties=device.description=Headset";
    let args = ["load-module", "module-null-sink", "sink_name=headset", "rate=48000", "channels=2", "format=s16le"];
    rig.pactl(&[args.as_slice(), &[description]].concat()).unwrap();
    let mut chance = Chance::new(11);
    let noises = ["speakers", "headset"].map(|name| {
        let noise: Vec<i16> =
            (0..SECONDS * RATE as usize).map(|_| i16::try_from(chance.below(16_000)).unwrap() - 8_000).collect();
        let wav = dir.join(format!("{name}.wav"));
        write(&wav, &noise);
        (noise, wav)
    });
    (rig, noises)
}

fn write(path: &Path, noise: &[i16]) {
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in noise {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
}

fn play(rig: &Rig, wav: &Path, sink: &str) -> Killed {
    Killed(rig.command("paplay").arg(format!("--device={sink}")).arg(wav).spawn().unwrap())
}

fn as_f32(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|sample| f32::from(*sample) / 32768.0).collect()
}

#[test]
fn every_output_is_mixed_where_all_are_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let (rig, noises) = two_outputs(dir.path());
    let home = dir.path().join("home");
    let recorder = start(&rig, &home, &["--mic", "none", "--loopback", "all"]);
    wait_until("the recording", || !files_below(&home.join("audio"), ".loopback.wav.part").is_empty());
    let playing = [("speakers", &noises[0].1), ("headset", &noises[1].1)].map(|(sink, wav)| play(&rig, wav, sink));
    for mut player in playing {
        player.0.wait().unwrap();
    }
    let err = stop(recorder);
    let segments = segments(&home, "loopback");
    assert_eq!(segments.len(), 1, "{segments:?} {err}");
    let (recorded, _) = read_by_all(&segments[0].path).unwrap();
    let recorded = as_f32(&recorded);
    let places = [&noises[0].0, &noises[1].0].map(|noise| {
        // Fifteen seconds in, both have long been awake and play at once. A tenth: streams are brought together frame by
        // frame, and noise is not alike by one frame's shift.
        let window = as_f32(&noise[15 * RATE as usize..15 * RATE as usize + RATE as usize / 10]);
        find(&window, &recorded).unwrap()
    });
    // Two noises of one loudness: each has half of the energy of the mix. A slip in the window makes two halves of it.
    assert!(places.iter().all(|found| found.alike > 0.3), "{places:?}");
    eprintln!("both outputs are in the mix: alike {:.2} and {:.2}", places[0].alike, places[1].alike);
}

#[test]
fn sound_on_an_output_that_is_not_recorded_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (rig, noises) = two_outputs(dir.path());
    let home = dir.path().join("home");
    let recorder = start(&rig, &home, &["--mic", "none"]);
    let warned = || {
        let warnings = ask(&rig, &home, &Request::Status).map(|status| status.warnings).unwrap_or_default();
        warnings.iter().any(|warning| warning.contains("Headset") && warning.contains("isn't recorded"))
    };
    wait_until("the recorder", || ask(&rig, &home, &Request::Status).is_some());
    let _playing = [("speakers", &noises[0].1), ("headset", &noises[1].1)].map(|(sink, wav)| play(&rig, wav, sink));
    wait_until("the warning", warned);
    wait_until("sound", || {
        files_below(&home.join("audio"), ".part").iter().any(|part| part.metadata().unwrap().len() > 10_000)
    });
    stop(recorder);
}
