//! A home of a test's own, and the executables at work in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};
use store::{Store, Utterance};
use tempfile::TempDir;
use testkit::fixture;
use timeline::Span;

/// When the sample day's conversations begin.
pub(crate) const CONVERSATIONS: [(&str, &str); 2] =
    [("standup", "2026-11-23T09:15:00Z"), ("call", "2026-11-23T14:30:00Z")];
pub(crate) const TRACKS: [&str; 2] = ["mic", "loopback"];

pub(crate) struct TestHome {
    path: PathBuf,
    /// Removed with it; `None` where the folder is another's.
    _folder: Option<TempDir>,
}

/// What an executable left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What the tests want that have a program of their own.
#[allow(dead_code, reason = "each test program uses a part of it")]
impl TestHome {
    /// A home with this configuration.
    pub(crate) fn configured(text: &str) -> Self {
        let home = Self::new();
        let file = ::home::Home::at(home.path()).config_file();
        std::io::Write::write_all(&mut ::home::files::create_new(&file).unwrap(), text.as_bytes()).unwrap();
        home
    }

    /// The same, until there is nothing to transcribe.
    pub(crate) fn work_once(&self) -> Ran {
        ran(self.worker().arg("--once"))
    }

    /// Waits until a word is found: recognition may take its time on a busy machine.
    pub(crate) fn wait_for(&self, word: &str) {
        let began = Instant::now();
        while self.hearsay(&["search", word]).code != Some(0) {
            assert!(began.elapsed() < Duration::from_mins(4), "{word:?} is never found");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl TestHome {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        }
        Self { path: folder.path().to_owned(), _folder: Some(folder) }
    }

    /// `hearsay-work`, by the home's configuration.
    pub(crate) fn worker(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_hearsay-work"))
    }

    /// A home that is there.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), _folder: None }
    }

    /// A home into which the sample day was imported.
    pub(crate) fn with_sample_day() -> Self {
        let home = Self::new();
        for (conversation, at) in CONVERSATIONS {
            home.import(conversation, at);
        }
        home
    }

    /// A copy of everything in it.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        for path in testkit::files_below(self.path(), "") {
            let to = copy.path().join(path.strip_prefix(self.path()).unwrap());
            home::files::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(&path, &to).unwrap();
        }
        copy
    }

    pub(crate) fn import(&self, conversation: &str, at: &str) {
        for track in TRACKS {
            let wav = fixture(&format!("days/{conversation}.{track}.wav"));
            let ran = self.hearsay(&["import", wav.to_str().unwrap(), "--track", track, "--at", at]);
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn day_folder(&self) -> PathBuf {
        self.path().join("audio/2026/2026-11-23")
    }

    pub(crate) fn hearsay(&self, args: &[&str]) -> Ran {
        ran(self.command(env!("CARGO_BIN_EXE_hearsay")).args(args))
    }

    /// `hearsay-work --once` with the fixture model.
    pub(crate) fn work(&self) -> Ran {
        ran(&mut self.work_command())
    }

    pub(crate) fn work_command(&self) -> Command {
        let mut command = self.worker();
        command.arg("--once").arg("--model").arg(model());
        command
    }

    pub(crate) fn command(&self, executable: &str) -> Command {
        let mut command = Command::new(executable);
        command.env("HEARSAY_HOME", self.path()).env("TZ", "UTC").env_remove("HEARSAY_LOG").stdin(Stdio::null());
        command
    }

    pub(crate) fn store(&self) -> Store {
        Store::open_read_only(&self.path().join("archive.sqlite3")).unwrap()
    }

    pub(crate) fn utterances(&self) -> Vec<Utterance> {
        self.store().utterances(&Span::ALL).unwrap()
    }
}

/// The sample day as a worker leaves it that nobody disturbs. Not to be changed: several tests look at it.
pub(crate) struct Transcribed {
    pub(crate) home: TestHome,
    pub(crate) took: Duration,
}

/// Made once for the tests that run at the same time, and gone with the last of them.
pub(crate) fn transcribed() -> Arc<Transcribed> {
    static MADE: Mutex<Weak<Transcribed>> = Mutex::new(Weak::new());
    let mut made = MADE.lock().unwrap();
    if let Some(transcribed) = made.upgrade() {
        return transcribed;
    }
    let home = TestHome::with_sample_day();
    let started = Instant::now();
    let ran = home.work();
    let took = started.elapsed();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let transcribed = Arc::new(Transcribed { home, took });
    *made = Arc::downgrade(&transcribed);
    transcribed
}

pub(crate) fn model() -> PathBuf {
    fixture("models/fixture-q8.bin")
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
