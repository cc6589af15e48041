use crate::recording::{now, segments, start, stop, wait_for_sound};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use store::Store;
use testkit::{Killed, Rig, Sink, files_below, fixture, wait_until};
use timeline::SpanSet;

fn hearsay(rig: &Rig, home: &Path, args: &[&str]) -> Output {
    let mut command: Command = rig.command(env!("CARGO_BIN_EXE_hearsay"));
    command.args(args).args(["--home".as_ref(), home.as_os_str()]).env("TZ", "UTC").env_remove("HEARSAY_HOME");
    command.stdin(Stdio::null()).output().unwrap()
}

/// A piece of the sound that a track's growing file has by now.
fn piece(home: &Path, track: &str) -> Vec<u8> {
    let mut piece = Vec::new();
    wait_until("sound that isn't silence", || {
        let parts = files_below(&home.join("audio"), &format!(".{track}.wav.part"));
        let bytes = parts.first().and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
        let loud = |bytes: &&[u8]| bytes.iter().filter(|byte| **byte != 0).count() > 200;
        piece = bytes.get(512..).unwrap_or_default().chunks(256).find(loud).unwrap_or_default().to_vec();
        piece.len() == 256
    });
    piece
}

#[test]
fn the_last_minute_of_a_running_recording_is_erased_and_what_follows_is_kept() {
    erase_the_last_minute(false);
}

#[test]
fn a_worker_beside_the_recorder_erases_the_last_minute() {
    erase_the_last_minute(true);
}

fn erase_the_last_minute(with_worker: bool) {
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let home = dir.path().join("home");
    let _playing = [("mic", Sink::MicFeed), ("loopback", Sink::Speakers)]
        .map(|(track, sink)| rig.play(&fixture(&format!("days/standup.{track}.wav")), sink).unwrap());
    let recorder = start(&rig, &home, &[]);
    let worker = with_worker.then(|| {
        let mut command: Command = rig.command(env!("CARGO_BIN_EXE_hearsay-work"));
        command.arg("--model").arg(fixture("models/fixture-q8.bin")).env("HEARSAY_HOME", &home);
        let worker = Killed(command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        wait_until("the worker", || Store::open_read_only(&home.join("archive.sqlite3")).is_ok());
        worker
    });
    wait_for_sound(&home, 1_000);
    let pieces = ["mic", "loopback"].map(|track| piece(&home, track));
    let stands = |piece: &Vec<u8>| {
        let files = files_below(&home, "");
        files.iter().any(|path| std::fs::read(path).unwrap().windows(256).any(|window| window == piece))
    };
    assert!(pieces.iter().all(stands));

    let asked = now();
    let ran = hearsay(&rig, &home, &["forget", "--last", "1m", "--yes"]);
    let err = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{err}");
    assert!(!pieces.iter().any(stands), "{err}");
    wait_for_sound(&home, 500);
    let told = stop(recorder);
    drop(worker);
    for track in ["mic", "loopback"] {
        let segments = segments(&home, track);
        let sound: SpanSet = segments.iter().flat_map(|it| it.sound().iter().collect::<Vec<_>>()).collect();
        let first = sound.iter().next().unwrap().start;
        // What came while it was asked for was to be kept.
        let late = first.micros_since(asked);
        assert!((0..1_000_000).contains(&late), "{track} goes on {late} us after it was asked for: {told}");
        assert!(sound.iter().count() == 1 && sound.len_micros() > 400_000, "{sound:?}");
    }
    let gaps = hearsay(&rig, &home, &["gaps", "last", "10m", "--json"]);
    let gaps = String::from_utf8(gaps.stdout).unwrap();
    assert_eq!(gaps.lines().filter(|line| line.contains("\"cause\":\"forgotten\"")).count(), 2, "{gaps}");
}
