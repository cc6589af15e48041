//! One child: its process, its pipes and their threads.

use crate::engine_arguments::{CHECKED, ENGINE, MODELS, SHA256, STANDS_BACK};
use crate::wire::{self, FromEngine, ToEngine};
use crate::{EngineError, EngineOptions, Lane, Request, Ticket};
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use timeline::{Clock, SystemClock};

/// What came from the child.
#[derive(Debug)]
pub(super) enum Event {
    Said(FromEngine),
    /// Its output ended: it is dead or dying.
    Ended,
}

enum Outgoing {
    Submit(Ticket, Lane, Arc<Request>),
    Cancel(Ticket),
}

pub(super) struct Running {
    process: Child,
    outgoing: SyncSender<Outgoing>,
    events: Receiver<Event>,
    pub(super) started: i64,
    pub(super) loaded: bool,
}

impl Running {
    /// `checked`: whether the model's sum was just found to be what it must be.
    pub(super) fn start(
        exe: &Path,
        model: &Path,
        options: &EngineOptions,
        checked: bool,
        room: usize,
    ) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Start { path: exe.to_owned(), source };
        let stderr = match &options.log {
            Some(log) => Stdio::from(home::files::open_append(log).map_err(failed)?),
            None => Stdio::inherit(),
        };
        let mut command = Command::new(exe);
        command
            .arg(model)
            .args([ENGINE, options.engine.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            // Spinning OpenMP threads are catastrophic on a busy machine; gdb must not be forked on an abort.
            .env("OMP_WAIT_POLICY", "passive")
            .env("GGML_NO_BACKTRACE", "1")
            // glibc keeps what was freed, up to the largest that was ever asked for, unless told where to stop: 128 KiB, its first limits.
            .env("MALLOC_MMAP_THRESHOLD_", "131072")
            .env("MALLOC_TRIM_THRESHOLD_", "131072");
        if options.stands_back {
            command.arg(STANDS_BACK);
        }
        if let Some((models, sha256)) = options.kept() {
            command.arg(MODELS).arg(models).args([SHA256, sha256]);
            if checked {
                command.arg(CHECKED);
            }
        }
        // Ctrl-C is for the worker, which ends the engine when it is done with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command.spawn().map_err(failed)?;
        let (outgoing, to_write) = sync_channel(room);
        let (to_read, events) = sync_channel(room);
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (stdin, stdout) = pipes.ok_or_else(|| failed(std::io::Error::other("it has no pipes")))?;
        let spawned =
            thread::Builder::new().name("hs-eng-write".to_owned()).spawn(move || write_all(stdin, &to_write)).and_then(
                |_| thread::Builder::new().name("hs-eng-read".to_owned()).spawn(move || read_all(stdout, &to_read)),
            );
        spawned.map_err(failed)?;
        Ok(Self { process, outgoing, events, started: SystemClock.boot_micros(), loaded: false })
    }

    pub(super) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Hands a window to the writing thread. Where that is gone the child is too, and its end is reported as an event.
    pub(super) fn submit(&mut self, ticket: Ticket, lane: Lane, request: Arc<Request>) {
        if self.outgoing.try_send(Outgoing::Submit(ticket, lane, request)).is_err() {
            self.kill();
        }
    }

    /// Tells the child to forget a window. If that can't be said, its result is ignored when it comes.
    pub(super) fn cancel(&mut self, ticket: Ticket) {
        if self.outgoing.try_send(Outgoing::Cancel(ticket)).is_err() {
            tracing::debug!("the engine was not told about a cancelled window");
        }
    }

    pub(super) fn receive(&mut self, timeout: Duration) -> Option<Event> {
        match self.events.recv_timeout(timeout) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Event::Ended),
        }
    }

    pub(super) fn kill(&mut self) {
        if let Err(error) = self.process.kill() {
            tracing::debug!(%error, "the engine was gone already");
        }
    }

    /// Its exit code or signal, in words. Its output has ended, so that the end is near.
    pub(super) fn how_it_ended(mut self) -> String {
        // An engine that closed its output but goes on would block the wait.
        thread::sleep(Duration::from_millis(20));
        if matches!(self.process.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(500));
            self.kill();
        }
        self.process.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        if let Err(error) = self.process.wait() {
            tracing::debug!(%error, "the engine's end was not seen");
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("process", &self.process.id())
            .field("loaded", &self.loaded)
            .finish_non_exhaustive()
    }
}

fn write_all(stdin: ChildStdin, outgoing: &Receiver<Outgoing>) {
    let mut stdin = BufWriter::new(stdin);
    while let Ok(next) = outgoing.recv() {
        let written = match next {
            Outgoing::Submit(ticket, lane, request) => {
                let header = ToEngine::Submit { ticket, lane, decoding: request.decoding.clone() };
                wire::write(&mut stdin, &header, &request.samples)
            }
            Outgoing::Cancel(ticket) => wire::write(&mut stdin, &ToEngine::Cancel { ticket }, &[]),
        };
        if let Err(error) = written {
            tracing::debug!(%error, "the engine takes nothing any more");
            return;
        }
    }
}

fn read_all(stdout: ChildStdout, events: &SyncSender<Event>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let event = match wire::read(&mut stdout) {
            Ok(Some((said, _))) => Event::Said(said),
            Ok(None) => Event::Ended,
            Err(error) => {
                tracing::debug!(%error, "the engine's output broke off");
                Event::Ended
            }
        };
        let ended = matches!(event, Event::Ended);
        if events.send(event).is_err() || ended {
            return;
        }
    }
}
