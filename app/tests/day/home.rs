//! A home of a test's own, and the executables at work in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use store::{Store, Utterance};
use tempfile::TempDir;
use testkit::fixture;
use timeline::Span;

/// When the sample day's conversations begin.
pub const CONVERSATIONS: [(&str, &str); 2] = [("standup", "2026-11-23T09:15:00Z"), ("call", "2026-11-23T14:30:00Z")];
pub const TRACKS: [&str; 2] = ["mic", "loopback"];

pub struct TestHome {
    folder: TempDir,
}

/// What an executable left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl TestHome {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A home into which the sample day was imported.
    pub fn with_sample_day() -> Self {
        let home = Self::new();
        for (conversation, at) in CONVERSATIONS {
            home.import(conversation, at);
        }
        home
    }

    pub fn import(&self, conversation: &str, at: &str) {
        for track in TRACKS {
            let wav = fixture(&format!("days/{conversation}.{track}.wav"));
            let ran = self.hearsay(&["import", wav.to_str().unwrap(), "--track", track, "--at", at]);
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn day_folder(&self) -> PathBuf {
        self.path().join("audio/2026/2026-11-23")
    }

    pub fn hearsay(&self, args: &[&str]) -> Ran {
        ran(self.command(env!("CARGO_BIN_EXE_hearsay")).args(args))
    }

    /// `hearsay-work --once` with the fixture model.
    pub fn work(&self) -> Ran {
        ran(&mut self.work_command())
    }

    pub fn work_command(&self) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_hearsay-work"));
        command.arg("--once").arg("--model").arg(model());
        command
    }

    pub fn command(&self, executable: &str) -> Command {
        let mut command = Command::new(executable);
        command.env("HEARSAY_HOME", self.path()).env("TZ", "UTC").env_remove("HEARSAY_LOG").stdin(Stdio::null());
        command
    }

    pub fn store(&self) -> Store {
        Store::open_read_only(&self.path().join("archive.sqlite3")).unwrap()
    }

    pub fn utterances(&self) -> Vec<Utterance> {
        self.store().utterances(&Span::ALL).unwrap()
    }
}

pub fn model() -> PathBuf {
    fixture("models/fixture-q8.bin")
}

pub fn ran(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
