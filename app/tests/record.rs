//! `hearsay-record` in a rig of its own: a real sound server, real files played into its speakers and microphone.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "what a test is built of may fail the test"
)]

use archive::{Archive, GapCause, Row};
use capture::control::{self, Request};
use home::Home;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use testkit::sound::{Found, find, read_wav};
use testkit::{Killed, Rig, Sink, files_below, fixture, wait_until, wav_frames};

/// A recorder in a rig, whose segments end at midnight only, so that no border falls into a test.
#[expect(clippy::disallowed_methods, reason = "a test's own file")]
fn recorder(rig: &Rig, home: &Path, args: &[&str]) -> Command {
    let config = rig.folder().join("config.toml");
    std::fs::write(&config, "[record]\nsegment_minutes = 1440\n").unwrap();
    let mut command = rig.command(env!("CARGO_BIN_EXE_hearsay-record"));
    command.args(["--home".as_ref(), home.as_os_str(), "--config".as_ref(), config.as_os_str()]).args(args);
    command.env_remove("HEARSAY_HOME").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for the end; the status and what was written to stdout and stderr.
fn end(child: &mut Child) -> (ExitStatus, String, String) {
    wait_until("the recorder's end", || child.try_wait().unwrap().is_some());
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (child.wait().unwrap(), out, err)
}

fn signal(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    testkit::output(Command::new("kill").args([format!("-{signal}"), pid]), "procps").unwrap();
}

/// The recorder's status, asked as `hearsay status` asks: the socket lies where this recorder's environment says.
fn ask(rig: &Rig, home: &Path, request: &Request) -> control::RecorderStatus {
    let socket = rig.folder().join("run").join(Home::at(home).recorder_socket().file_name().unwrap());
    control::ask_at(&socket, home, request).unwrap()
}

/// Files of the archive whose names end so.
fn files(home: &Path, ending: &str) -> Vec<PathBuf> {
    files_below(&home.join("audio"), ending)
}

/// Waits until both tracks have so much sound on disk.
fn wait_for_sound(home: &Path, seconds: u32) {
    wait_until("sound on both tracks", || {
        ["mic.wav.part", "loopback.wav.part"]
            .iter()
            .all(|ending| files(home, ending).iter().map(|path| wav_frames(path)).sum::<u32>() >= seconds * 16_000)
    });
}

fn rows(home: &Path) -> Vec<Row> {
    let archive = Archive::open(&Home::at(home));
    let journal = archive::Journal::open(&archive);
    archive.days().unwrap().iter().flat_map(|day| journal.rows(day).unwrap().rows).collect()
}

/// Where a second of the day's file lies in what was recorded.
fn found_in(played: &str, from_s: usize, to_s: usize, recorded: &Path) -> Found {
    let (sound, rate) = read_wav(&fixture(played)).unwrap();
    let (recorded, recorded_rate) = read_wav(recorded).unwrap();
    assert_eq!((rate, recorded_rate), (16_000, 16_000));
    find(&sound[from_s * 16_000..to_s * 16_000], &recorded).unwrap()
}

/// Sound played into speakers and microphone at once lies on the right tracks, alone and aligned.
fn records_both_sides(args: &[&str]) {
    let rig = Rig::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let mut child = Killed(recorder(&rig, &home, args).spawn().unwrap());
    wait_for_sound(&home, 1);
    let playing = [
        rig.play(&fixture("days/standup.mic.wav"), Sink::MicFeed).unwrap(),
        rig.play(&fixture("days/standup.loopback.wav"), Sink::Speakers).unwrap(),
    ];
    wait_for_sound(&home, 17);
    signal(&child.0, "TERM");
    let (status, out, err) = end(&mut child.0);
    drop(playing);
    assert_eq!((status.code(), out.as_str()), (Some(0), ""), "{err}");

    assert!(files(&home, ".part").is_empty());
    let segments = Archive::open(&Home::at(&home)).scan().unwrap();
    assert!(segments.faults.is_empty(), "{:?}", segments.faults);
    let of = |track: &str| segments.segments.iter().filter(|s| s.name.track.as_str() == track).collect::<Vec<_>>();
    let (mic, loopback) = (of("mic"), of("loopback"));
    let ([mic], [loopback]) = (mic.as_slice(), loopback.as_slice()) else { panic!("{segments:?}") };
    let said = found_in("days/standup.mic.wav", 1, 12, &mic.path);
    let heard = found_in("days/standup.loopback.wav", 8, 13, &loopback.path);
    assert!(said.alike > 0.98, "{said:?}");
    assert!(heard.alike > 0.98, "{heard:?}");
    let strange = found_in("days/standup.loopback.wav", 8, 13, &mic.path);
    assert!(strange.alike < 0.2, "the microphone's track has what was heard: {strange:?}");
    let strange = found_in("days/standup.mic.wav", 1, 7, &loopback.path);
    assert!(strange.alike < 0.2, "the loopback's track has what was said: {strange:?}");

    eprintln!("{args:?}: alike {:.4} and {:.4}", said.alike, heard.alike);
    for path in files(&home, "") {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    let rows = rows(&home);
    let count = |is: fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count();
    assert_eq!(count(|row| matches!(row, Row::Session { .. })), 1);
    assert_eq!(count(|row| matches!(row, Row::Opened { .. })), 2);
    assert_eq!(count(|row| matches!(row, Row::Closed { .. })), 2);
    assert!(count(|row| matches!(row, Row::Anchor { .. })) >= 4);
    assert_eq!(count(|row| matches!(row, Row::Gap(_) | Row::DeviceLost { .. })), 0, "{rows:?}");
}

#[test]
fn both_sides_are_recorded_through_pulseaudio() {
    records_both_sides(&["--source", "pulse"]);
}

#[test]
fn both_sides_are_recorded_through_cpal() {
    records_both_sides(&["--source", "cpal", "--mic", "rig_mic", "--loopback", "rig_loopback"]);
}

/// A stereo file played once, its channels recorded as two tracks, by two recorders with a source each.
#[test]
fn what_sounded_at_once_lies_at_once_on_the_timeline() {
    const SECONDS: usize = 8;
    let rig = Rig::start().unwrap();
    rig.split_speakers().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let channels = [("days/standup.mic.wav", 1), ("days/standup.loopback.wav", 8)]
        .map(|(file, from)| read_wav(&fixture(file)).unwrap().0[from * 16_000..(from + SECONDS) * 16_000].to_vec());
    let wav = dir.path().join("stereo.wav");
    write_stereo(&wav, &channels);

    let sources = [("pulse", "left", "right"), ("cpal", "alsa:rig_left", "alsa:rig_right")];
    let mut recorders = sources.map(|(source, mic, loopback)| {
        let home = dir.path().join(source);
        let args = ["--source", source, "--mic", mic, "--loopback", loopback];
        (Killed(recorder(&rig, &home, &args).spawn().unwrap()), home)
    });
    for (_, home) in &recorders {
        wait_for_sound(home, 1);
    }
    rig.play(&wav, Sink::Speakers).unwrap().0.wait().unwrap();
    let starts = recorders.each_mut().map(|(child, home)| {
        signal(&child.0, "TERM");
        let (status, _, err) = end(&mut child.0);
        assert_eq!(status.code(), Some(0), "{err}");
        ["mic", "loopback"].map(|track| {
            let segments = Archive::open(&Home::at(home)).scan().unwrap().segments;
            let segment = segments.iter().find(|segment| segment.name.track.as_str() == track).unwrap();
            let (recorded, _) = read_wav(&segment.path).unwrap();
            let found = find(&channels[usize::from(track == "loopback")], &recorded).unwrap();
            assert!(found.alike > 0.98, "{track}: {found:?}");
            segment.span.start.as_micros() + i64::try_from(found.at).unwrap() * 1_000_000 / 16_000
        })
    });
    let [[said, heard], [said_by_cpal, heard_by_cpal]] = starts;
    let (pulse, cpal, both) = (said - heard, said_by_cpal - heard_by_cpal, said - said_by_cpal);
    eprintln!("apart: pulse {pulse} us, cpal {cpal} us, pulse and cpal {both} us");
    assert!(pulse.abs() < 20_000 && cpal.abs() < 20_000, "pulse {pulse} us, cpal {cpal} us apart");
    assert!(both.abs() < 100_000, "the same sound is {both} us apart in two recordings");
}

fn write_stereo(path: &Path, channels: &[Vec<f32>; 2]) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for (left, right) in channels[0].iter().zip(&channels[1]) {
        for sample in [left, right] {
            #[expect(clippy::cast_possible_truncation, reason = "it was 16 bits before")]
            writer.write_sample((sample * 32768.0) as i16).unwrap();
        }
    }
    writer.finalize().unwrap();
}

#[test]
fn a_kill_costs_a_quarter_of_a_second_and_the_next_start_finishes_the_files() {
    let rig = Rig::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut child = Killed(recorder(&rig, dir.path(), &[]).spawn().unwrap());
    wait_for_sound(dir.path(), 2);
    for round in 1..=3 {
        let killed_at = timeline::Clock::wall(&timeline::SystemClock);
        signal(&child.0, "KILL");
        child.0.wait().unwrap();
        for path in files(dir.path(), ".part") {
            let (name, _) = timeline::SegmentName::parse(path.file_name().unwrap().to_str().unwrap()).unwrap();
            let end = name.start.plus_micros(timeline::SampleRate::SPEECH.micros(wav_frames(&path).into()));
            let lost = killed_at.micros_since(end);
            eprintln!("{}: lost {lost} us", name.track);
            assert!(lost < 250_000, "{lost} us lost on {}", name.track);
        }
        assert_eq!(files(dir.path(), ".part").len(), 2);
        child = Killed(recorder(&rig, dir.path(), &[]).spawn().unwrap());
        wait_until("the files to be finished", || files(dir.path(), ".wav").len() == 2 * round);
        wait_for_sound(dir.path(), 1);
    }
    signal(&child.0, "INT");
    let (status, _, err) = end(&mut child.0);
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains("which a recorder left behind"), "{err}");
    assert!(files(dir.path(), ".part").is_empty());
    assert_eq!(files(dir.path(), ".wav").len(), 8);
    assert!(Archive::open(&Home::at(dir.path())).scan().unwrap().faults.is_empty());
}

#[test]
fn a_recorder_that_was_stopped_for_a_moment_catches_up_without_a_gap() {
    let rig = Rig::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    // Digital silence would have the microphone opened anew.
    let _playing = [Sink::MicFeed, Sink::Speakers].map(|sink| rig.play_ramp(sink).unwrap());
    let mut child = Killed(recorder(&rig, dir.path(), &["--source", "pulse"]).spawn().unwrap());
    wait_for_sound(dir.path(), 1);
    signal(&child.0, "STOP");
    std::thread::sleep(Duration::from_millis(1500));
    signal(&child.0, "CONT");
    wait_for_sound(dir.path(), 4);
    signal(&child.0, "TERM");
    let (status, _, err) = end(&mut child.0);
    assert_eq!(status.code(), Some(0), "{err}");
    let rows = rows(dir.path());
    assert!(!rows.iter().any(|row| matches!(row, Row::Gap(_) | Row::DeviceLost { .. })), "{rows:?}");
}

#[test]
fn a_second_recorder_is_refused_and_hurts_nothing() {
    let rig = Rig::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut first = Killed(recorder(&rig, dir.path(), &["--for", "4s"]).spawn().unwrap());
    wait_for_sound(dir.path(), 1);
    let (status, out, err) = end(&mut recorder(&rig, dir.path(), &[]).spawn().unwrap());
    assert_eq!((status.code(), out.as_str(), err.lines().count()), (Some(4), "", 1), "{err}");
    assert!(err.contains("already runs"), "{err}");
    let (status, _, err) = end(&mut first.0);
    assert_eq!(status.code(), Some(0), "{err}");
    assert_eq!(files(dir.path(), ".wav").len(), 2);
}

#[test]
fn status_pause_resume_and_rotate_work_over_the_socket() {
    let rig = Rig::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let _playing = [Sink::MicFeed, Sink::Speakers].map(|sink| rig.play_ramp(sink).unwrap());
    let mut child = Killed(recorder(&rig, dir.path(), &[]).spawn().unwrap());
    wait_for_sound(dir.path(), 1);
    let status = ask(&rig, dir.path(), &Request::Status);
    assert!(status.running && !status.paused);
    let devices: Vec<_> = status.tracks.iter().map(|t| (t.track.as_str(), t.device.as_deref())).collect();
    assert_eq!(devices, [("mic", Some("VirtualMic")), ("loopback", Some("Monitor of Speakers"))]);
    assert!(status.tracks.iter().all(|t| t.level_db.is_some() && t.last_frame_age_s.unwrap() < 1.0), "{status:?}");

    ask(&rig, dir.path(), &Request::Rotate);
    assert_eq!(files(dir.path(), ".wav").len(), 2);
    wait_for_sound(dir.path(), 1);

    let status = ask(&rig, dir.path(), &Request::Pause { minutes: Some(10) });
    assert!(status.paused && status.paused_until.is_some());
    assert!(files(dir.path(), ".part").is_empty(), "a pause ends the segments");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(files(dir.path(), ".wav").len(), 4);
    assert!(!ask(&rig, dir.path(), &Request::Resume).paused);
    wait_for_sound(dir.path(), 1);
    signal(&child.0, "TERM");
    let (status, _, err) = end(&mut child.0);
    assert_eq!(status.code(), Some(0), "{err}");

    let scan = Archive::open(&Home::at(dir.path())).scan().unwrap();
    assert!(scan.faults.is_empty(), "{:?}", scan.faults);
    for track in ["mic", "loopback"] {
        let spans: Vec<_> = scan.segments.iter().filter(|s| s.name.track.as_str() == track).map(|s| s.span).collect();
        assert_eq!(spans.len(), 3);
        assert!(spans[1].start.micros_since(spans[0].end).abs() < 1_000, "a rotation loses nothing: {spans:?}");
        let pause = spans[2].start.micros_since(spans[1].end);
        assert!((1_900_000..10_000_000).contains(&pause), "{pause} us without sound");
    }
    let rows = rows(dir.path());
    assert!(rows.iter().any(|row| matches!(row, Row::Paused { until: Some(_), .. })));
    assert!(rows.iter().any(|row| matches!(row, Row::Resumed { .. })));
    let causes: Vec<_> =
        rows.iter().filter_map(|row| if let Row::Gap(gap) = row { Some(gap.cause) } else { None }).collect();
    assert_eq!(causes, [GapCause::Paused; 2], "a pause is no loss");
}

#[test]
fn a_device_that_vanishes_and_returns_costs_a_gap_on_its_track_only() {
    let rig = Rig::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut child = Killed(recorder(&rig, dir.path(), &["--mic", "VirtualMic"]).spawn().unwrap());
    wait_for_sound(dir.path(), 1);
    rig.pactl(&["unload-module", "module-remap-source"]).unwrap();
    wait_until("the loss to show", || ask(&rig, dir.path(), &Request::Status).tracks[0].device.is_none());
    rig.pactl(&[
        "load-module",
        "module-remap-source",
        "source_name=mic",
        "master=mic_feed.monitor",
        "source_properties=device.description=VirtualMic",
    ])
    .unwrap();
    wait_until("the gap to be counted", || ask(&rig, dir.path(), &Request::Status).tracks[0].gaps_today == 1);
    signal(&child.0, "TERM");
    let (status, _, err) = end(&mut child.0);
    assert_eq!(status.code(), Some(0), "{err}");
    let rows = rows(dir.path());
    let gaps: Vec<_> = rows.iter().filter(|row| matches!(row, Row::Gap(_))).collect();
    let Row::Gap(gap) = gaps[0] else { panic!("{gaps:?}") };
    assert_eq!((gaps.len(), gap.track.as_str()), (1, "mic"));
    assert!(rows.iter().any(|row| matches!(row, Row::DeviceLost { track, .. } if track.as_str() == "mic")));
}

#[test]
fn one_side_alone_is_recorded_and_said_to_be_alone() {
    let rig = Rig::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut command = recorder(&rig, dir.path(), &["--mic", "no such thing", "--for", "4s"]);
    let (status, _, err) = end(&mut command.spawn().unwrap());
    assert_eq!(status.code(), Some(3), "{err}");
    assert!(err.contains("no microphone is called \"no such thing\"; there are: VirtualMic (mic)"), "{err}");
    assert!(err.contains("nothing was recorded on mic"), "{err}");
    assert_eq!(files(dir.path(), "loopback.wav").len(), 1);
    // That only one side was asked for is no failure.
    let mut command = recorder(&rig, dir.path(), &["--mic", "none", "--for", "3s"]);
    let (status, _, err) = end(&mut command.spawn().unwrap());
    assert_eq!(status.code(), Some(0), "{err}");
}

#[test]
fn on_a_terminal_a_meter_shows_both_tracks_and_the_time() {
    let (rig, home) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    // Sinks that nobody plays into may sleep for longer than the recording takes.
    let _playing = [("mic", Sink::MicFeed), ("loopback", Sink::Speakers)]
        .map(|(track, sink)| rig.play(&fixture(&format!("days/standup.{track}.wav")), sink).unwrap());
    let record = format!("{} --yes --home {} --for 6s", env!("CARGO_BIN_EXE_hearsay-record"), home.path().display());
    // `script` gives it a terminal; what it draws comes back on standard output.
    let shown = testkit::output(rig.command("script").args(["-qec", &record, "/dev/null"]), "bsdutils").unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    for part in ["mic", "loopback", "dB", "0:0"] {
        assert!(shown.contains(part), "no {part} in {shown:?}");
    }
    assert!(!shown.contains("panicked"), "{shown}");
    // Four where a border of the wall clock fell into it.
    assert!(matches!(files(home.path(), ".wav").len(), 2 | 4));
}

#[test]
fn without_a_device_there_is_one_clear_line_and_exit_code_4() {
    let nothing_there = Rig::start_without_devices().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut no_server = recorder(&nothing_there, dir.path(), &[]);
    no_server.env("PULSE_SERVER", "unix:/nonexistent");
    let mut no_card = recorder(&nothing_there, dir.path(), &["--source", "cpal"]);
    no_card.env("PULSE_SERVER", "unix:/nonexistent");
    let no_source = recorder(&nothing_there, dir.path(), &["--source", "pulse"]);
    for mut command in [no_server, no_card, no_source] {
        let (status, out, err) = end(&mut command.spawn().unwrap());
        assert_eq!((status.code(), out.as_str(), err.lines().count()), (Some(4), "", 1), "{err}");
        assert!(err.starts_with("error: nothing can be recorded: "), "{err}");
        assert!(!err.contains("panicked"), "{err}");
    }
    assert!(files(dir.path(), "").is_empty());
}

#[test]
fn a_home_that_cannot_be_written_is_one_clear_line_and_exit_code_4() {
    let rig = Rig::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    // A file where a folder would have to be: not even root can write there.
    let file = dir.path().join("file");
    std::fs::copy(fixture("days/standup.tsv"), &file).unwrap();
    let (status, out, err) = end(&mut recorder(&rig, &file.join("home"), &[]).spawn().unwrap());
    assert_eq!((status.code(), out.as_str(), err.lines().count()), (Some(4), "", 1), "{err}");
    assert!(err.contains("choose another with --home"), "{err}");
}

#[test]
fn the_recorder_links_no_model_no_index_and_no_window() {
    let ldd = testkit::output(Command::new("ldd").arg(env!("CARGO_BIN_EXE_hearsay-record")), "libc-bin").unwrap();
    let ldd = String::from_utf8_lossy(&ldd.stdout).into_owned();
    let allowed = ["linux-vdso", "libasound", "libgcc_s", "libm.", "libc.", "libpthread", "libdl", "ld-linux"];
    for line in ldd.lines().filter(|line| !line.trim().is_empty()) {
        assert!(allowed.iter().any(|name| line.contains(name)), "the recorder needs {line}");
    }
    let symbols = std::fs::read(env!("CARGO_BIN_EXE_hearsay-record")).unwrap();
    for strange in ["ggml_", "whisper_full", "OrtGetApiBase", "sqlite3_prepare", "7tantivy", "6eframe"] {
        let there = symbols.windows(strange.len()).any(|window| window == strange.as_bytes());
        assert!(!there, "the recorder contains {strange}");
    }
}
