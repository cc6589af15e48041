//! The programs that run.

use super::event::Kind;
use home::HooksConfig;
use std::collections::{BTreeSet, VecDeque};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use timeline::{Clock, SystemClock};

/// Programs that run at once; others wait.
const MOST_AT_ONCE: usize = 4;
/// Events that wait for one to end; what is more is left out, and that is told.
const MOST_WAITING: usize = 1_000;
/// A program that runs longer is ended.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// A pipe takes so much without anybody reading; nothing that is promised is longer.
const MOST_BYTES: usize = 60_000;

/// Runs the hooks of a configuration, a few at once.
pub(super) struct Runner {
    hooks: HooksConfig,
    home: PathBuf,
    waiting: VecDeque<(Kind, Vec<u8>)>,
    running: Vec<Running>,
    /// Which failures were told of: each once.
    told: BTreeSet<(Kind, &'static str)>,
}

struct Running {
    kind: Kind,
    child: Child,
    /// In microseconds since boot.
    began: i64,
}

impl Runner {
    pub(super) fn new(hooks: HooksConfig, home: PathBuf) -> Self {
        Self { hooks, home, waiting: VecDeque::new(), running: Vec::new(), told: BTreeSet::new() }
    }

    /// Whether there is a hook for it.
    pub(super) fn wants(&self, kind: Kind) -> bool {
        !kind.command(&self.hooks).is_empty()
    }

    /// Queues a program; what it is to read ends with a line's end.
    pub(super) fn add(&mut self, kind: Kind, row: Vec<u8>) {
        if self.waiting.len() >= MOST_WAITING || row.len() > MOST_BYTES {
            self.tell(kind, "left out", "more happens than it gets done with, and something was left out");
        } else {
            self.waiting.push_back((kind, row));
        }
    }

    /// Whether nothing runs or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// Sees to those that run, and starts the next.
    pub(super) fn step(&mut self) {
        for running in std::mem::take(&mut self.running) {
            self.see_to(running);
        }
        while self.running.len() < MOST_AT_ONCE {
            let Some((kind, row)) = self.waiting.pop_front() else { return };
            self.start(kind, &row);
        }
    }

    /// Ends those that run.
    pub(super) fn end(&mut self) {
        self.waiting.clear();
        for mut running in self.running.drain(..) {
            // It may have ended by itself.
            running.child.kill().ok();
            running.child.wait().ok();
        }
    }

    fn see_to(&mut self, mut running: Running) {
        let kind = running.kind;
        match running.child.try_wait() {
            Ok(Some(status)) if status.success() => {}
            Ok(Some(status)) => self.tell(kind, "failed", &format!("it ended with {status}")),
            Ok(None) if now() - running.began < i64::try_from(TIME_LIMIT.as_micros()).unwrap_or(i64::MAX) => {
                self.running.push(running);
            }
            Ok(None) => {
                running.child.kill().ok();
                running.child.wait().ok();
                self.tell(kind, "slow", &format!("it was ended after {} s", TIME_LIMIT.as_secs()));
            }
            Err(error) => self.tell(kind, "lost", &error.to_string()),
        }
    }

    fn start(&mut self, kind: Kind, row: &[u8]) {
        let [program, arguments @ ..] = kind.command(&self.hooks) else { return };
        let mut command = Command::new(program);
        command.args(arguments).env("HEARSAY_HOME", &self.home).current_dir(&self.home);
        // What it prints may be what was said.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(mut child) => {
                if let Some(mut stdin) = child.stdin.take() {
                    // It may not want to read, and have ended.
                    stdin.write_all(row).ok();
                }
                self.running.push(Running { kind, child, began: now() });
            }
            Err(error) => self.tell(kind, "not started", &format!("it can't be started: {error}")),
        }
    }

    /// Says in the log what is wrong, each kind of it once.
    pub(super) fn tell(&mut self, kind: Kind, what: &'static str, why: &str) {
        if self.told.insert((kind, what)) {
            let program = kind.command(&self.hooks).first();
            tracing::warn!(hook = kind.name(), program, "a hook: {why} (told once)");
        }
    }
}

fn now() -> i64 {
    SystemClock.boot_micros()
}
