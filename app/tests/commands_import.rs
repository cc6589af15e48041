//! `import`, `gaps` and `status` as scripts see them: the real program in a real home.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a test"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod sample;

use sample::{Sample, at, write_wav};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every file below a folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            files.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    files
}

fn put(path: &Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut home::files::create_new(path).unwrap(), bytes).unwrap();
}

#[test]
fn recordings_are_copied_by_what_their_names_say_and_never_moved() {
    let sample = Sample::empty();
    let folder = sample.path("recordings");
    home::files::create_dir_all(&folder.join("deeper")).unwrap();
    write_wav(&folder.join("2026-11-23_09-15-00.mic.wav"), 44_100, 2, 2, 100);
    write_wav(&folder.join("20261123T091500.000Z.loopback.wav"), 16_000, 1, 2, 100);
    write_wav(&folder.join("deeper/Call 2026.11.23 at 14.30.WAV"), 48_000, 1, 3, 100);
    put(&folder.join("notes.txt"), b"no recording");
    let before = contents(&folder);
    let ran = sample.run(&["import", "recordings", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let facts: Vec<_> = ran
        .json()
        .into_iter()
        .map(|row| {
            (
                row["outcome"].clone(),
                row["track"].clone(),
                row["side"].clone(),
                row["start"].clone(),
                row["end"].clone(),
            )
        })
        .collect();
    let fact = |track: &str, side: &str, start: &str, end: &str| {
        (json!("copied"), json!(track), json!(side), json!(start), json!(end))
    };
    assert_eq!(
        facts,
        [
            fact("mic", "said", "2026-11-23T09:15:00.000Z", "2026-11-23T09:15:02.000Z"),
            fact("loopback", "heard", "2026-11-23T09:15:00.000Z", "2026-11-23T09:15:02.000Z"),
            fact("import", "both", "2026-11-23T14:30:00.000Z", "2026-11-23T14:30:03.000Z"),
        ]
    );
    assert_eq!(contents(&folder), before);
    assert!(sample.home().audio().join("2026/2026-11-23/20261123T091500.000Z.mic.wav").is_file());
}

#[test]
fn a_second_import_finds_it_already_there() {
    let sample = Sample::empty();
    write_wav(&sample.path("talk.wav"), 16_000, 1, 2, 100);
    let arguments =
        ["import", "talk.wav", "--at", "2026-11-23T09:15:00Z", "--track", "phone", "--side", "both", "--json"];
    assert_eq!(sample.run(&arguments).json()[0]["outcome"], "copied");
    let before = contents(&sample.home().audio());
    let ran = sample.run(&arguments);
    assert_eq!((ran.code, &ran.json()[0]["outcome"]), (0, &json!("already_there")), "{}", ran.err);
    assert_eq!(contents(&sample.home().audio()), before);

    write_wav(&sample.path("other.wav"), 16_000, 1, 2, 200);
    let ran = sample.run(&["import", "other.wav", "--at", "2026-11-23T09:15:01Z", "--track", "phone"]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("already has sound") && ran.err.contains("hint: choose another track"), "{}", ran.err);
    assert_eq!(contents(&sample.home().audio()), before);
}

#[test]
fn a_recording_without_a_time_begins_its_length_before_its_last_change() {
    let sample = Sample::empty();
    let path = sample.path("talk.wav");
    write_wav(&path, 16_000, 1, 2, 100);
    let changed = std::time::UNIX_EPOCH + std::time::Duration::from_micros(at(62.0).as_micros().unsigned_abs());
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
    let ran = sample.run(&["import", "talk.wav", "--json"]);
    assert_eq!((ran.code, &ran.json()[0]["start"]), (0, &json!("2026-11-23T09:16:00.000Z")), "{}", ran.err);
    assert!(ran.err.contains("note: talk.wav doesn't say when it was recorded"), "{}", ran.err);
}

#[test]
fn bad_files_get_a_line_each_and_do_not_stop_the_others() {
    let sample = Sample::empty();
    let folder = sample.path("recordings");
    home::files::create_dir_all(&folder).unwrap();
    write_wav(&folder.join("2026-11-23_09-00-00.wav"), 16_000, 1, 2, 100);
    let whole = std::fs::read(folder.join("2026-11-23_09-00-00.wav")).unwrap();
    put(&folder.join("2026-11-23_10-00-00.wav"), b"");
    put(&folder.join("2026-11-23_11-00-00.wav"), b"Dear diary, this is no sound at all.");
    put(&folder.join("2026-11-23_12-00-00.wav"), &whole[..whole.len() / 2]);
    let before = contents(&folder);
    let ran = sample.run(&["import", "recordings", "missing.wav", "--json"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    let outcomes: Vec<_> = ran.json().iter().map(|row| row["outcome"].as_str().unwrap().to_owned()).collect();
    assert_eq!(outcomes, ["copied", "failed", "failed", "copied", "failed"]);
    for named in ["10-00-00.wav", "11-00-00.wav", "12-00-00.wav", "missing.wav"] {
        assert_eq!(ran.err.lines().filter(|line| line.contains(named)).count(), 1, "{named}: {}", ran.err);
    }
    assert_eq!(contents(&folder), before);
    let end = ran.json()[3]["end"].as_str().unwrap().to_owned();
    assert!(("2026-11-23T12:00:00.9".."2026-11-23T12:00:01.1").contains(&end.as_str()), "{end}");

    let ran = sample.run(&["import", "recordings/2026-11-23_10-00-00.wav"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{}", ran.err);
}

#[test]
fn a_home_that_cannot_be_written_is_one_clear_line() {
    let sample = Sample::empty();
    write_wav(&sample.path("2026-11-23_09-00-00.wav"), 16_000, 1, 1, 100);
    let under_a_file = sample.path("2026-11-23_09-00-00.wav").join("home");
    let ran = sample.run(&["--home", under_a_file.to_str().unwrap(), "import", "2026-11-23_09-00-00.wav"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(lines[0].starts_with("error: cannot create the folder ") && lines[0].contains("home"), "{}", ran.err);
    assert_eq!(lines[1..], ["hint: name a folder that can be written: --home DIR or HEARSAY_HOME"]);
}

#[test]
fn status_is_one_object_with_every_field_of_the_contract() {
    let sample = Sample::day();
    let later = sample.path("2026-11-23_12-00-00.wav");
    write_wav(&later, 16_000, 1, 90, 500);
    assert_eq!(sample.run(&["import", later.to_str().unwrap()]).code, 0);
    let ran = sample.run(&["status", "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let [status] = ran.json().try_into().unwrap();
    assert_eq!(status["recorder"]["running"], false);
    assert_eq!((&status["recorder"]["paused_until"], &status["recorder"]["tracks"]), (&json!(null), &json!([])));
    assert_eq!(
        status["worker"],
        json!({ "running": false, "backlog_s": 90.0, "speed_x": null, "speech_left_s": 30.0, "finish_in_s": null, "live_fault": null, "campaigns": [] })
    );
    assert!(status["disk_free_bytes"].as_u64().unwrap() > 0 && status["disk_days_left"].as_f64().unwrap() > 0.0);
    assert_eq!(status["home"], json!(sample.home().root()));

    let _lock = home::Lock::acquire(&sample.home().worker_lock()).unwrap();
    assert_eq!(sample.run(&["status", "--json"]).json()[0]["worker"]["running"], true);
    let ran = sample.run(&["status"]);
    assert!(ran.out.contains("worker     transcribing, 1 min of sound left"), "{}", ran.out);
}

#[test]
fn gaps_are_read_from_the_journal_where_no_worker_ever_ran() {
    let sample = Sample::empty();
    sample.home().ensure().unwrap();
    let journal = archive::Journal::open(&archive::Archive::open(&sample.home()));
    let row = |track: timeline::TrackName, cause, from: f64, to: f64| archive::GapRow {
        at: at(to),
        session: "s".into(),
        track,
        cause,
        from: at(from),
        to: at(to),
        frame: 0,
        frames: 16_000,
        written: true,
    };
    journal
        .append(&archive::Row::Gap(row(timeline::TrackName::mic(), archive::GapCause::Stalled, 10.0, 11.0)))
        .unwrap();
    journal
        .append(&archive::Row::Gap(row(timeline::TrackName::loopback(), archive::GapCause::Idle, 20.0, 21.0)))
        .unwrap();
    let ran = sample.run(&["gaps", "2026-11-23", "--json"]);
    let gap = json!({ "track": "mic", "start": "2026-11-23T09:15:10.000Z", "end": "2026-11-23T09:15:11.000Z", "cause": "stalled", "frames": 16_000 });
    assert_eq!((ran.code, ran.json()), (0, vec![gap]), "{}", ran.err);
    assert_eq!(sample.run(&["gaps", "2026-11-23", "--all", "--json"]).json().len(), 2);
    let ran = sample.run(&["gaps", "2026-11-22"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
}

/// 20 s of a fixture in another form, by a program of others.
fn encode(sample: &Sample, name: &str, codec: &[&str]) -> PathBuf {
    let (from, to) = (testkit::fixture("days/call.mic.wav"), sample.path(name));
    let mut ffmpeg = std::process::Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(from).args(["-t", "20"]).args(codec).arg(&to);
    assert!(ffmpeg.status().unwrap().success(), "{name}");
    to
}

/// What was imported, all of it.
fn imported(sample: &Sample, track: &str) -> Vec<f64> {
    let mut paths = testkit::files_below(&sample.home().audio(), &format!(".{track}.wav"));
    paths.sort();
    let samples = |path: &PathBuf| {
        let mut wav = hound::WavReader::open(path).unwrap();
        wav.samples::<i16>().map(|sample| f64::from(sample.unwrap())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(samples).collect()
}

#[test]
fn mp3_m4a_and_ogg_files_sound_as_the_wav_does_and_are_copied_once() {
    let sample = Sample::empty();
    let exact = encode(&sample, "exact.wav", &["-c:a", "pcm_s16le"]);
    let at = "2026-11-23T09:15:00Z";
    let import = |path: &Path, track: &str| {
        sample.run(&["import", path.to_str().unwrap(), "--track", track, "--at", at, "--json"])
    };
    assert_eq!(import(&exact, "exact").code, 0);
    let original = imported(&sample, "exact");
    let energy = |samples: &[f64]| samples.iter().map(|sample| sample * sample).sum::<f64>();
    for (name, codec) in [
        ("a.mp3", &["-c:a", "libmp3lame", "-b:a", "96k", "-ar", "44100"][..]),
        ("b.m4a", &["-c:a", "aac", "-b:a", "96k", "-ac", "2"]),
        ("c.m4a", &["-c:a", "alac"]),
        ("d.ogg", &["-c:a", "libvorbis", "-q:a", "6"]),
    ] {
        let (path, track) = (encode(&sample, name, codec), name.replace('.', "-"));
        let ran = import(&path, &track);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        let decoded = imported(&sample, &track);
        let seconds = |samples: &[f64]| samples.len() as f64 / 16_000.0;
        assert!((seconds(&decoded) - seconds(&original)).abs() < 0.1, "{name}: {} s", seconds(&decoded));
        // What an encoder puts in front is a fraction of a tenth of a second.
        let likeness = |lag: usize| {
            let product: f64 = decoded.iter().skip(lag).zip(&original).map(|(a, b)| a * b).sum();
            product / (energy(&decoded) * energy(&original)).sqrt()
        };
        let (best, lag) = (0..1_600).map(|lag| (likeness(lag), lag)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        println!("{name}: like {best:.3}, {:.1} ms later", lag as f64 / 16.0);
        assert!(best > 0.95, "{name}: {best}");
        let again = import(&path, &track);
        assert_eq!(again.json()[0]["outcome"], json!("already_there"), "{name}: {}", again.err);
        // Half of a file is read as far as it goes, and what is none is told.
        let bytes = std::fs::read(&path).unwrap();
        let cut = sample.path(&format!("cut-{name}"));
        put(&cut, &bytes[..bytes.len() / 2]);
        let ran = import(&cut, &format!("{track}-cut"));
        assert!(ran.code == 0 || ran.err.contains("error: "), "{name}: {}", ran.err);
        put(&sample.path(&format!("none-{name}")), &[0x55; 4_000]);
        let ran = import(&sample.path(&format!("none-{name}")), "none");
        assert!(ran.code == 4 && ran.err.contains(&format!("none-{name}")), "{name}: {}", ran.err);
    }
}
