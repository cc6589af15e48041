//! `hearsay run` in a rig: a real recorder and a real worker as its children, and what becomes of them when one is killed.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

use archive::Archive;
use home::{Home, Lock};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use testkit::{Killed, Rig, files_below, fixture, wait_until, wav_frames};

/// `hearsay run` in a rig, and its home.
struct Run {
    rig: Rig,
    folder: tempfile::TempDir,
    child: Killed,
}

impl Run {
    /// With both children at work and sound on disk.
    fn start() -> Self {
        let model = fixture("models/fixture-q8.bin");
        let run =
            Self::start_with(&format!("[work]\nmodel = '{}'\n[record]\nsegment_minutes = 1440\n", model.display()));
        run.wait_for_sound();
        wait_until("the worker", || Lock::is_held(&run.home().worker_lock()));
        run
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    fn start_with(config: &str) -> Self {
        let (rig, folder) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        let child = Killed(command(&rig, folder.path()).spawn().unwrap());
        Self { rig, folder, child }
    }

    fn home(&self) -> Home {
        Home::at(&self.folder.path().join("home"))
    }

    /// The process of that name among the children, if there is one.
    fn child_called(&self, name: &str) -> Option<u32> {
        children(self.child.0.id()).into_iter().find(|(_, called)| called == name).map(|(pid, _)| pid)
    }

    fn pids(&self) -> [u32; 2] {
        ["hearsay-record", "hearsay-work"].map(|name| self.child_called(name).unwrap_or_else(|| panic!("no {name}")))
    }

    fn wait_for_sound(&self) {
        wait_until("sound on both tracks", || {
            ["mic.wav.part", "loopback.wav.part"]
                .iter()
                .all(|ending| files_below(&self.home().audio(), ending).iter().any(|path| wav_frames(path) >= 8_000))
        });
    }

    /// Waits for its end: how it ended, and what it said.
    fn end(&mut self) -> (ExitStatus, String) {
        wait_until("the end of run", || self.child.0.try_wait().unwrap().is_some());
        let mut said = String::new();
        self.child.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.0.wait().unwrap(), said)
    }

    /// Nothing is half written, and every file is what its name says.
    fn assert_whole(&self) {
        assert_eq!(files_below(&self.home().audio(), ".part"), Vec::<PathBuf>::new());
        let scan = Archive::open(&self.home()).scan().unwrap();
        assert!(scan.faults.is_empty() && !scan.segments.is_empty(), "{scan:?}");
    }
}

fn command(rig: &Rig, folder: &Path) -> Command {
    let mut command = rig.command(env!("CARGO_BIN_EXE_hearsay"));
    command.arg("run").args(["--home", "home", "--config", "config.toml"]).current_dir(folder);
    command.env("HOME", folder).env("TZ", "UTC").env_remove("HEARSAY_HOME").env_remove("HEARSAY_LOG");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn signal(pid: u32, signal: &str) {
    testkit::output(Command::new("kill").args([format!("-{signal}"), pid.to_string()]), "procps").unwrap();
}

/// Processes with that parent and their names, out of `/proc/PID/stat`: `123 (name) S 1 ...`. Those that ended and weren't
/// yet waited for are left out.
fn children(parent: u32) -> Vec<(u32, String)> {
    let stat = |pid: u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (name, rest) = text.split_once('(')?.1.rsplit_once(')')?;
        let mut rest = rest.split_whitespace();
        let (state, of) = (rest.next()?, rest.next()?.parse::<u32>().ok()?);
        (of == parent && state != "Z").then(|| (pid, name.to_owned()))
    };
    let pid = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    std::fs::read_dir("/proc").unwrap().filter_map(|entry| stat(pid(entry.ok()?)?)).collect()
}

fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_recorder_that_is_killed_records_again_within_seconds_and_a_signal_ends_both() {
    let mut run = Run::start();
    let [recorder, worker] = run.pids();
    signal(recorder, "KILL");
    #[expect(clippy::disallowed_methods, reason = "a test measures in real time")]
    let killed = Instant::now();
    wait_until("another recorder", || run.child_called("hearsay-record").is_some_and(|pid| pid != recorder));
    // What the first one left is finished by the second before it records.
    wait_until("the files to be finished", || files_below(&run.home().audio(), ".wav").len() >= 2);
    run.wait_for_sound();
    let took = killed.elapsed();
    eprintln!("half a second of sound is on both tracks {took:.1?} after the kill");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(run.child_called("hearsay-work"), Some(worker), "the worker isn't touched");
    let second = run.child_called("hearsay-record").unwrap();

    signal(run.child.0.id(), "TERM");
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("note: the recorder ended (by signal 9) and is started again in 1 s"), "{said}");
    assert!(!is_alive(second) && !is_alive(worker), "{said}");
    run.assert_whole();
    assert!(files_below(&run.home().audio(), ".wav").len() >= 4, "two of either recorder");
}

#[test]
fn the_children_of_a_run_that_was_killed_end_by_themselves_in_good_order() {
    let mut run = Run::start();
    let pids = run.pids();
    signal(run.child.0.id(), "KILL");
    run.child.0.wait().unwrap();
    wait_until("both to end", || !pids.iter().any(|pid| is_alive(*pid)));
    run.assert_whole();
    assert!(!Lock::is_held(&run.home().recorder_lock()) && !Lock::is_held(&run.home().worker_lock()));
}

#[test]
fn ctrl_c_reaches_the_recorder_in_good_order_and_a_worker_that_cannot_start_stops_nothing() {
    // As a terminal does it: the signal goes to the whole process group, in which there is only run.
    let mut run = Run::start_with("[record]\nsegment_minutes = 1440\n");
    run.wait_for_sound();
    let is_told = || run.child_called("hearsay-work").is_none();
    wait_until("the worker to give up", is_told);
    let second = command(&run.rig, run.folder.path()).output().unwrap();
    let refused = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(4), "{refused}");
    assert!(refused.starts_with("error: a recorder already runs on ") && refused.contains("\nhint: "), "{refused}");
    // Two starts of the worker at least, one line about the model.
    std::thread::sleep(Duration::from_secs(2));
    signal(run.child.0.id(), "INT");
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(0), "{said}");
    assert_eq!(said.matches("hearsay models get").count(), 1, "{said}");
    assert_eq!(said.matches("note: the worker ended (exit code 4)").count(), 1, "{said}");
    run.assert_whole();
}

#[test]
fn a_configuration_that_cannot_be_used_is_one_line_and_exit_code_2() {
    for (config, expected) in [
        ("[record]\nmicrophone = 'USB'\n", "unknown field"),
        ("[record]\nmic = 'none'\nloopback = 'none'\n", "nothing to record"),
    ] {
        let mut run = Run::start_with(config);
        let (status, said) = run.end();
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(children(run.child.0.id()).is_empty());
    }
}
