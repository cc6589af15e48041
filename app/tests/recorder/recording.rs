//! A recorder as a child process, and what it wrote.

use archive::{Archive, Journal, Row, Segment};
use capture::control::{self, RecorderStatus, Request};
use home::Home;
use rustix::process::{Pid, Signal, kill_process};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use testkit::{Killed, Ramp, Rig, files_below, read_by_all, wait_until, wav_frames};
use timeline::{Clock, SegmentName, SystemClock, WallTime};

/// The rig's rate, which is also the files': nothing is resampled, so that every frame can be told.
pub(crate) const RATE: u32 = 48_000;

/// Files end at midnight only, so that no border falls into a test.
pub(crate) const CONFIG: &str = "[record]\nsegment_minutes = 1440\nsync_every_s = 1\nsample_rate = \"native\"\n";

/// A command that records into `home`, with a configuration of its own.
pub(crate) fn command(rig: &Rig, home: &Path, args: &[&str]) -> Command {
    let config = rig.folder().join("config.toml");
    std::fs::write(&config, CONFIG).unwrap();
    let mut command = rig.command(env!("CARGO_BIN_EXE_hearsay-record"));
    command.args(["--home".as_ref(), home.as_os_str(), "--config".as_ref(), config.as_os_str()]).args(args);
    command.env_remove("HEARSAY_HOME").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts a recorder.
pub(crate) fn start(rig: &Rig, home: &Path, args: &[&str]) -> Killed {
    Killed(command(rig, home, args).spawn().unwrap())
}

pub(crate) fn now() -> WallTime {
    SystemClock.wall()
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Waits for the end; the status and what was written to stderr, without a panic in it.
pub(crate) fn end(child: &mut Child) -> (ExitStatus, String) {
    wait_until("the recorder's end", || child.try_wait().unwrap().is_some());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(!err.contains("panicked"), "{err}");
    (child.wait().unwrap(), err)
}

/// Stops it in good order, whether or not it has lost sound before; what it wrote to stderr.
pub(crate) fn stop(mut recorder: Killed) -> String {
    signal(&recorder.0, Signal::TERM);
    let (status, err) = end(&mut recorder.0);
    assert!(matches!(status.code(), Some(0 | 3)), "{status}: {err}");
    err
}

/// The recorder's answer, or `None` where it doesn't listen yet.
pub(crate) fn ask(rig: &Rig, home: &Path, request: &Request) -> Option<RecorderStatus> {
    let socket = rig.folder().join("run").join(Home::at(home).recorder_socket().file_name().unwrap());
    control::ask_at(&socket, home, request).ok()
}

pub(crate) fn name_of(path: &Path) -> SegmentName {
    SegmentName::parse(path.file_name().unwrap().to_str().unwrap()).unwrap().0
}

/// Waits until the files that are being written hold so much sound on both tracks.
pub(crate) fn wait_for_sound(home: &Path, ms: u32) {
    wait_until("sound on both tracks", || {
        let enough = |track: &str| {
            let parts = files_below(&home.join("audio"), &format!(".{track}.wav.part"));
            parts.iter().map(|path| wav_frames(path)).sum::<u32>() >= ms * (RATE / 1_000)
        };
        enough("mic") && enough("loopback")
    });
}

pub(crate) fn rows(home: &Path) -> Vec<Row> {
    let archive = Archive::open(&Home::at(home));
    let journal = Journal::open(&archive);
    archive.days().unwrap().iter().flat_map(|day| journal.rows(day).unwrap().rows).collect()
}

/// The segments of a track, in order of time; nothing may be wrong with any of them.
pub(crate) fn segments(home: &Path, track: &str) -> Vec<Segment> {
    let scan = Archive::open(&Home::at(home)).scan().unwrap();
    assert!(scan.faults.is_empty(), "{:?}", scan.faults);
    scan.segments.into_iter().filter(|segment| segment.name.track.as_str() == track).collect()
}

/// Reads a file that holds the ramp, with every reader; no frame of it may be wrong.
pub(crate) fn read_ramp(path: &Path) -> (Vec<i16>, Ramp) {
    let (samples, rate) = read_by_all(path).unwrap();
    assert_eq!(rate, RATE, "{}", path.display());
    let ramp = Ramp::find(&samples).unwrap_or_else(|| panic!("{} is silent", path.display()));
    assert!(ramp.wrong.is_empty(), "{}: {ramp:?}", path.display());
    (samples, ramp)
}

/// When the last frame of a file was captured, by its name and length.
pub(crate) fn end_of(path: &Path, frames: usize) -> WallTime {
    name_of(path).start.plus_micros(i64::try_from(frames).unwrap() * 1_000_000 / i64::from(RATE))
}
