//! The first `hearsay run` and `hearsay record`, on a terminal as `script` makes one, with a sound server of its own: what is asked, what is written, and
//! that nothing is recorded before.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

use home::{Config, Home};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{ChildStdin, Command, Stdio};
use testkit::{Killed, Rig, Sink, files_below, fixture, wait_until, wav_frames};

/// Ctrl-C, as a terminal makes it.
const INTERRUPT: &[u8] = b"\x03";

/// `hearsay` on a terminal, somebody who types, and a home that isn't there yet.
struct Terminal {
    rig: Rig,
    folder: tempfile::TempDir,
    child: Killed,
    keys: ChildStdin,
}

impl Terminal {
    fn start(arguments: &str) -> Self {
        Self::start_with(arguments, |_| {})
    }

    /// With a home that is prepared first.
    fn start_with(arguments: &str, prepare: impl FnOnce(&Home)) -> Self {
        Self::of(env!("CARGO_BIN_EXE_hearsay"), arguments, prepare)
    }

    /// Another of the executables.
    fn of(program: &str, arguments: &str, prepare: impl FnOnce(&Home)) -> Self {
        let (rig, folder) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
        prepare(&Home::at(&folder.path().join("home")));
        let mut script = rig.command("script");
        script.args(["-qec", &format!("exec {program} {arguments}"), "/dev/null"]);
        clean(&mut script, folder.path());
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let keys = child.stdin.take().unwrap();
        Self { rig, folder, child: Killed(child), keys }
    }

    fn home(&self) -> Home {
        Home::at(&self.folder.path().join("home"))
    }

    fn types(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
    }

    fn records(&self, track: &str) -> bool {
        let files = files_below(&self.home().audio(), &format!("{track}.wav.part"));
        files.iter().any(|path| wav_frames(path) >= 8_000)
    }

    /// Waits for its end: its exit code, and all that stood on the terminal.
    fn end(&mut self) -> (i32, String) {
        let mut stdout = self.child.0.stdout.take().unwrap();
        let reader = std::thread::Builder::new().spawn(move || {
            let mut said = Vec::new();
            stdout.read_to_end(&mut said).unwrap();
            String::from_utf8_lossy(&said).into_owned()
        });
        wait_until("the end of run", || self.child.0.try_wait().unwrap().is_some());
        (self.child.0.wait().unwrap().code().unwrap(), reader.unwrap().join().unwrap())
    }
}

fn clean(command: &mut Command, folder: &std::path::Path) {
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HEARSAY_LOG"] {
        command.env_remove(name);
    }
    command.env("HOME", folder).env("HEARSAY_HOME", folder.join("home")).env("SHELL", "/bin/sh").env("TZ", "UTC");
    command.current_dir(folder);
}

#[test]
fn the_first_run_asks_tries_the_devices_writes_a_commented_configuration_and_records() {
    // With folders and nothing in them, as `hearsay models get` leaves a home.
    let mut terminal = Terminal::start_with("run", |home| home.ensure().unwrap());
    let _speech = terminal.rig.play(&fixture("days/standup.mic.wav"), Sink::MicFeed).unwrap();
    // Agreed; the default microphone; what the default output plays, after a look at "nothing"; no model.
    terminal.types(b"y\n\n\n9\n\n\n\n");
    wait_until("sound on both tracks", || terminal.records("mic") && terminal.records("loopback"));
    terminal.types(INTERRUPT);
    let (code, said) = terminal.end();
    assert_eq!(code, 0, "{said}");
    for expected in [
        "ask them: in many places",
        "What you say comes from",
        "say something",
        "It delivers sound: -",
        "a number from 1 to ",
        "while nothing plays",
        "base.en          148 MB",
        "wrote ",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }

    let path = terminal.home().config_file();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# Written when hearsay was first to record."), "{text}");
    assert!(text.contains("# files end on multiples of this many minutes"), "every key has a word with it: {text}");
    assert_eq!(Config::load(&terminal.home(), None).unwrap().0, Config::default());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn whoever_does_not_agree_is_not_recorded_and_nothing_is_written() {
    let commands = ["run", "record", "service install"];
    for (command, keys) in commands.into_iter().zip([b"n\n".as_slice(), b"\n", b"maybe\nno\n"]) {
        let mut terminal = Terminal::start(command);
        terminal.types(keys);
        let (code, said) = terminal.end();
        assert_eq!(code, 4, "{said}");
        assert!(said.contains("nothing is recorded") && !said.contains("Listening"), "{said}");
        assert!(!terminal.home().root().exists());
        assert!(!terminal.folder.path().join(".config").exists(), "no unit was written");
    }
}

#[test]
fn the_first_record_asks_as_run_does_and_the_second_doesnt() {
    let mut terminal = Terminal::start("record --loopback none");
    // Agreed; the default microphone; no model.
    terminal.types(b"y\n\n\n\n");
    wait_until("sound on one track", || terminal.records("mic"));
    terminal.types(INTERRUPT);
    let (code, said) = terminal.end();
    assert!(code == 0 && said.contains("ask them: in many places") && !said.contains("played by"), "{code}: {said}");
    assert_eq!(Config::load(&terminal.home(), None).unwrap().0.record.loopback, "none");

    std::fs::rename(terminal.home().config_file(), terminal.folder.path().join("was.toml")).unwrap();
    let home = terminal.home().root().to_owned();
    let mut again = Terminal::start(&format!("record --home {} --for 1s", home.display()));
    let (code, said) = again.end();
    assert!(code == 0 && !said.contains("[y/N]"), "a recorder ran here before: {code}: {said}");
}

#[test]
fn the_recorder_by_itself_refuses_what_nobody_agreed_to() {
    let mut terminal = Terminal::of(env!("CARGO_BIN_EXE_hearsay-record"), "", |_| {});
    let (code, said) = terminal.end();
    assert!(code == 2 && said.contains("nobody has agreed yet") && said.contains("hint: "), "{code}: {said}");
    assert!(!terminal.home().root().exists());

    let mut told = Terminal::of(env!("CARGO_BIN_EXE_hearsay-record"), "--yes --loopback none --for 1s", |_| {});
    let (code, said) = told.end();
    assert_eq!(code, 0, "{said}");
}

#[test]
fn sound_that_was_imported_is_no_consent() {
    let mut terminal = Terminal::start_with("run", |home| {
        let mut import = Command::new(env!("CARGO_BIN_EXE_hearsay"));
        import.arg("--home").arg(home.root()).arg("import").arg(fixture("days/standup.mic.wav"));
        import.args(["--track", "phone", "--side", "both", "--at", "2026-11-22 14:00"]);
        testkit::output(&mut import, "hearsay import").unwrap();
        assert!(!files_below(&home.audio(), ".wav").is_empty());
    });
    terminal.types(b"n\n");
    let (code, said) = terminal.end();
    assert!(code == 4 && said.contains("nothing is recorded"), "{code}: {said}");
}

#[test]
fn flags_say_the_same_and_then_nothing_is_asked() {
    let mut terminal = Terminal::start("run --yes --loopback none");
    wait_until("sound on one track", || terminal.records("mic"));
    terminal.types(INTERRUPT);
    let (code, said) = terminal.end();
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("[y/N]") && !terminal.home().config_file().exists(), "{said}");
    assert_eq!(files_below(&terminal.home().audio(), "loopback.wav"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn what_is_configured_is_not_asked_for() {
    let mut terminal = Terminal::start_with("run", |home| {
        home.ensure().unwrap();
        std::fs::remove_dir(home.audio()).unwrap();
        home::files::create_new(&home.config_file()).unwrap().write_all(b"[record]\nloopback = 'none'\n").unwrap();
    });
    wait_until("sound on one track", || terminal.records("mic"));
    terminal.types(INTERRUPT);
    let (code, said) = terminal.end();
    assert!(code == 0 && !said.contains("[y/N]"), "{code}: {said}");
}
