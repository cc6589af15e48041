use crate::recording::{ask, end, now, read_ramp, rows, segments, start, stop, wait_for_sound};
use archive::{GapCause, Row};
use capture::control::Request;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use testkit::{Killed, Rig, Sink, SmallDisk, files_below, read_by_all, wait_until};

/// How soon recording goes on once the disk is well.
const RESUME: Duration = Duration::from_secs(5);
/// A disk on which there is room to record, but not for long.
const DISK_BYTES: u64 = 330_000_000;

/// Waits until new sound comes to both tracks' files; how long that took.
fn time_until_sound(home: &Path) -> Duration {
    let since = Instant::now();
    let size = || {
        let parts = files_below(&home.join("audio"), ".wav.part");
        let len = |track: &str| {
            let of_track = parts.iter().filter(|path| path.to_string_lossy().contains(track));
            of_track.map(|path| path.metadata().map_or(0, |file| file.len())).sum::<u64>()
        };
        (len(".mic."), len(".loopback."))
    };
    let mut before = size();
    wait_until("sound again", || {
        let now = size();
        let both = now.0 > before.0 && now.1 > before.1 && before.0 > 512 && before.1 > 512;
        if now.0 < before.0 || now.1 < before.1 || before.0 == 0 || before.1 == 0 {
            before = now;
        }
        both
    });
    since.elapsed()
}

fn stops(rig: &Rig, home: &Path) -> bool {
    ask(rig, home, &Request::Status)
        .is_some_and(|status| status.warnings.iter().any(|warning| warning.contains("nothing is recorded")))
}

/// Every file can be read by everybody, its sound has no wrong frame, and what is missing is in a gap row.
fn check(home: &Path, recorder: Killed) -> String {
    let err = stop(recorder);
    assert!(files_below(&home.join("audio"), ".part").is_empty(), "{err}");
    for track in ["mic", "loopback"] {
        let segments = segments(home, track);
        for segment in &segments {
            let (samples, _) = read_by_all(&segment.path).unwrap();
            if samples.iter().any(|sample| *sample != 0) {
                check_stretches(&samples, &segment.path);
            }
        }
        let gaps = rows(home).into_iter().filter_map(|row| match row {
            Row::Gap(gap) if gap.track.as_str() == track => Some(gap),
            _ => None,
        });
        let gaps: Vec<_> = gaps.collect();
        assert!(gaps.iter().any(|gap| gap.cause == GapCause::Disk), "{track}: {gaps:?} {err}");
        for pair in segments.windows(2) {
            let missing = pair[1].span.start.micros_since(pair[0].span.end);
            // A stream may break off as well while the disk is full: then one row goes on where the other ends.
            let end = gaps.iter().fold(pair[0].span.end, |end, gap| {
                if gap.from.micros_since(end) < 50_000 { end.max(gap.to) } else { end }
            });
            let covered = end.micros_since(pair[1].span.start) > -50_000;
            assert!(missing < 1_000 || covered, "{track}: {missing} us before {:?} in no row: {gaps:?}", pair[1]);
        }
    }
    err
}

/// The ramp, with silence where nothing could be written, and no other frame.
fn check_stretches(samples: &[i16], path: &Path) {
    for (at, pair) in samples.windows(2).enumerate() {
        let fits = pair[0].wrapping_add(1) == pair[1] || pair[0] == 0 || pair[1] == 0;
        assert!(fits, "{}: {pair:?} at {at}", path.display());
    }
}

struct Setting {
    rig: Rig,
    disk: SmallDisk,
    _playing: [Killed; 2],
}

/// `None` where the test ran in a namespace instead.
fn setting(test: &str) -> Option<Setting> {
    if let Some(status) = SmallDisk::in_namespace(test).unwrap() {
        assert!(status.success(), "in a namespace of its own: {status}");
        return None;
    }
    let rig = Rig::start().unwrap();
    let playing = [Sink::MicFeed, Sink::Speakers].map(|sink| rig.play_ramp(sink).unwrap());
    Some(Setting { rig, disk: SmallDisk::mount(DISK_BYTES).unwrap(), _playing: playing })
}

#[test]
fn a_disk_that_gets_full_stops_the_recording_in_time_and_room_starts_it_again() {
    let Some(Setting { rig, disk, .. }) =
        setting("disk::a_disk_that_gets_full_stops_the_recording_in_time_and_room_starts_it_again")
    else {
        return;
    };
    let home = disk.path().join("home");
    let recorder = start(&rig, &home, &[]);
    wait_for_sound(&home, 500);
    let filler = disk.fill_up_to(150_000_000).unwrap();
    wait_until("the stop", || stops(&rig, &home));
    // What there was is finished while there is room for it.
    wait_until("finished files", || files_below(&home.join("audio"), ".part").is_empty());
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(files_below(&home.join("audio"), ".part").is_empty());
    std::fs::remove_file(filler).unwrap();
    let took = time_until_sound(&home);
    assert!(took <= RESUME, "{took:?}");
    check(&home, recorder);
    eprintln!("full below 200 MB: stopped with whole files, recorded again after {} ms", took.as_millis());
}

#[test]
fn a_disk_without_a_single_byte_left_hurts_no_file() {
    let Some(Setting { rig, disk, .. }) = setting("disk::a_disk_without_a_single_byte_left_hurts_no_file") else {
        return;
    };
    let home = disk.path().join("home");
    let recorder = start(&rig, &home, &[]);
    wait_for_sound(&home, 500);
    let mut slowest = Duration::ZERO;
    for _ in 0..2 {
        let filler = disk.fill_up_to(0).unwrap();
        wait_until("the stop", || stops(&rig, &home));
        std::thread::sleep(Duration::from_millis(500));
        std::fs::remove_file(filler).unwrap();
        slowest = slowest.max(time_until_sound(&home));
    }
    assert!(slowest <= RESUME, "{slowest:?}");
    check(&home, recorder);
    eprintln!("0 bytes left, twice: 0 corrupt files, recorded again after {} ms", slowest.as_millis());
}

#[test]
fn a_home_under_a_read_only_disk_is_reported_and_survived() {
    let Some(Setting { rig, disk, .. }) = setting("disk::a_home_under_a_read_only_disk_is_reported_and_survived")
    else {
        return;
    };
    let home = disk.path().join("home");
    let recorder = start(&rig, &home, &[]);
    wait_for_sound(&home, 500);
    let covered = SmallDisk::cover(&home).unwrap();
    wait_until("the stop", || {
        // The socket's name is the home's, wherever it is.
        stops(&rig, &home)
    });
    std::thread::sleep(Duration::from_millis(500));
    assert!(std::fs::read_dir(&home).unwrap().next().is_none(), "something was written into the cover");
    drop(covered);
    let took = time_until_sound(&home);
    assert!(took <= RESUME, "{took:?}");
    check(&home, recorder);
    eprintln!("read-only: 0 corrupt files, recorded again after {} ms", took.as_millis());
}

#[test]
fn a_home_that_is_renamed_away_and_back_is_never_made_anew() {
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let _playing = [Sink::MicFeed, Sink::Speakers].map(|sink| rig.play_ramp(sink).unwrap());
    let (home, away) = (dir.path().join("home"), dir.path().join("away"));
    let recorder = start(&rig, &home, &[]);
    wait_for_sound(&home, 500);
    std::fs::rename(&home, &away).unwrap();
    wait_until("the stop", || stops(&rig, &home));
    std::thread::sleep(Duration::from_millis(500));
    assert!(!home.exists(), "the home was made anew");
    std::fs::rename(&away, &home).unwrap();
    let took = time_until_sound(&home);
    assert!(took <= RESUME, "{took:?}");
    check(&home, recorder);
    eprintln!("renamed away and back: 0 corrupt files, recorded again after {} ms", took.as_millis());
}

/// Not even root may write where it gave up the right to override modes.
#[test]
fn folders_that_cannot_be_written_cost_a_gap_and_no_file() {
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let _playing = [Sink::MicFeed, Sink::Speakers].map(|sink| rig.play_ramp(sink).unwrap());
    let home = dir.path().join("home");
    let plain = crate::recording::command(&rig, &home, &[]);
    let mut command = rig.command("setpriv");
    command.args(["--bounding-set", "-dac_override,-dac_read_search"]).arg(plain.get_program()).args(plain.get_args());
    command.env_remove("HEARSAY_HOME").stderr(std::process::Stdio::piped());
    let mut recorder = Killed(command.spawn().unwrap());
    wait_for_sound(&home, 500);
    let day = files_below(&home.join("audio"), ".mic.wav.part")[0].parent().unwrap().to_owned();
    let chmod = |mode: &str| drop(testkit::output(Command::new("chmod").arg(mode).arg(&day), "coreutils").unwrap());
    chmod("0500");
    let from = now();
    ask(&rig, &home, &Request::Rotate);
    std::thread::sleep(Duration::from_secs(1));
    assert!(recorder.0.try_wait().unwrap().is_none(), "{}", end(&mut recorder.0).1);
    chmod("0700");
    let took = time_until_sound(&home);
    assert!(took <= RESUME, "{took:?}");
    let err = check(&home, recorder);
    for segment in segments(&home, "mic") {
        read_ramp(&segment.path);
    }
    let lost = rows(&home)
        .iter()
        .filter(|row| matches!(row, Row::Gap(gap) if gap.from >= from.plus_micros(-1_000_000)))
        .count();
    eprintln!(
        "a folder without write permission: {lost} gap rows, {} lines said, again after {} ms",
        err.lines().count(),
        took.as_millis()
    );
}
