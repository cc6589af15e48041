//! Programs of the user's that are run when something happens: `[hooks]` in the configuration.
//!
//! They are started here, beside the worker, and never by the recorder: what it has to say of gaps and devices is in its journal. One thread, `hs-hooks`, is told of
//! windows that were stored and looks into the journals; it runs a few programs at once, without a shell, for a limited time, and the worker waits for none of them. What was
//! stored or written before it began isn't told again.

mod event;
mod ledger;
mod runner;

use crate::contract::SearchRow;
use anyhow::Context;
use event::{Event, Kind};
use home::{Home, HooksConfig};
use ledger::Ledger;
use runner::Runner;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use store::{State, Store, StoreError, Utterance};
use timeline::{Clock, PassName, Span, SystemClock, TrackName};
use worker::Progress;

/// Windows that wait to be told of.
const MOST_WINDOWS: usize = 256;
/// How often journals are looked into, and programs are seen to while any run.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(50);
/// How long programs may go on when the worker ends by itself, and when it was told to: `hearsay run` kills a worker that isn't gone within 5 s.
const LAST_WORDS: Duration = Duration::from_secs(35);
const LAST_WORDS_WHEN_TOLD: Duration = Duration::from_secs(2);

/// The hooks of a worker.
pub(crate) struct Hooks {
    windows: Option<SyncSender<Window>>,
    thread: Option<JoinHandle<()>>,
    /// The worker was told to end.
    hurry: Arc<AtomicBool>,
    told: bool,
}

/// A window that was stored.
struct Window {
    track: TrackName,
    span: Span,
}

impl Hooks {
    /// Starts the thread; `None` where there are no hooks. Of utterances, those of `pass` are told.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(crate) fn start(hooks: &HooksConfig, home: &Home, pass: PassName) -> anyhow::Result<Option<Self>> {
        if [Kind::Utterance, Kind::Gap, Kind::DeviceLost].iter().all(|kind| kind.command(hooks).is_empty()) {
            return Ok(None);
        }
        let (windows, stored) = sync_channel(MOST_WINDOWS);
        let runner = Runner::new(hooks.clone(), home.root().to_owned());
        let (hurry, ledger) = (Arc::new(AtomicBool::new(false)), Ledger::new(home, SystemClock.wall()));
        let mut work = Work { home: home.clone(), pass, store: None, ledger, runner, hurry: Arc::clone(&hurry) };
        let thread = std::thread::Builder::new().name("hs-hooks".to_owned());
        let thread = thread.spawn(move || work.run(&stored)).context("cannot start a thread for hooks")?;
        Ok(Some(Self { windows: Some(windows), thread: Some(thread), hurry, told: false }))
    }

    /// Takes note of a window that was stored with words.
    pub(crate) fn note(&mut self, progress: &Progress<'_>) {
        let Progress::Window { track, span, utterances: 1.., .. } = progress else { return };
        let window = Window { track: (*track).clone(), span: *span };
        if let Some(Err(TrySendError::Full(_))) = self.windows.as_ref().map(|windows| windows.try_send(window))
            && !std::mem::replace(&mut self.told, true)
        {
            tracing::warn!(
                "hooks: more is transcribed than they get done with, and something was left out (told once)"
            );
        }
    }

    /// Lets what runs and waits end, for a while: a short one where the worker was `told` to end.
    pub(crate) fn finish(mut self, told: bool) {
        self.hurry.store(told, Ordering::Relaxed);
        self.windows = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of hooks ended before its time");
        }
    }
}

/// What the thread has.
struct Work {
    home: Home,
    pass: PassName,
    store: Option<Store>,
    ledger: Ledger,
    runner: Runner,
    hurry: Arc<AtomicBool>,
}

impl Work {
    fn run(&mut self, stored: &Receiver<Window>) {
        let mut looked = SystemClock.boot_micros();
        loop {
            let patience = if self.runner.is_idle() { LOOK_EVERY } else { STEP };
            match stored.recv_timeout(patience) {
                Ok(window) => self.utterances(&window),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if passed(looked) >= LOOK_EVERY {
                looked = SystemClock.boot_micros();
                self.journals();
            }
            self.runner.step();
        }
        self.journals();
        let ended = SystemClock.boot_micros();
        let patience = if self.hurry.load(Ordering::Relaxed) { LAST_WORDS_WHEN_TOLD } else { LAST_WORDS };
        while !self.runner.is_idle() && passed(ended) < patience {
            self.runner.step();
            std::thread::sleep(STEP);
        }
        self.runner.end();
    }

    fn journals(&mut self) {
        for (kind, row) in self.ledger.events(SystemClock.wall()) {
            if self.runner.wants(kind) {
                self.runner.add(kind, row);
            }
        }
    }

    /// Tells of what a window's utterances are, hidden ones left out.
    fn utterances(&mut self, window: &Window) {
        if !self.runner.wants(Kind::Utterance) {
            return;
        }
        let found = match self.read(&window.span) {
            Ok(found) => found,
            Err(error) => return self.runner.tell(Kind::Utterance, "unread", &home::one_line(&error)),
        };
        for utterance in &found {
            let is_new = utterance.track == window.track
                && utterance.pass == self.pass
                && window.span.contains(utterance.span.middle());
            if is_new && utterance.state != State::Hidden {
                self.runner_add(&Event::Utterance(SearchRow::utterance(utterance)));
            }
        }
    }

    /// What was said within a span. After an error the database is opened anew.
    fn read(&mut self, span: &Span) -> Result<Vec<Utterance>, StoreError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => Store::open_read_only(&self.home.database())?,
        };
        let found = store.utterances(span)?;
        self.store = Some(store);
        Ok(found)
    }

    fn runner_add(&mut self, event: &Event<'_>) {
        if let Some(row) = line(event) {
            self.runner.add(Kind::Utterance, row);
        }
    }
}

/// An object and a line's end.
fn line(row: &impl Serialize) -> Option<Vec<u8>> {
    let mut line = serde_json::to_vec(row).ok()?;
    line.push(b'\n');
    Some(line)
}

fn passed(since: i64) -> Duration {
    Duration::from_micros((SystemClock.boot_micros() - since).unsigned_abs())
}
