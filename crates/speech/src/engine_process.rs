//! The recogniser as a child process.
//!
//! whisper.cpp may end its process: a damaged model, an assertion, a driver. So it runs in `hearsay-engine`, and what
//! happens there costs at most the window it was working on, never the caller. Two threads per child, `hs-eng-write` and
//! `hs-eng-read`, move frames of [`wire`](crate::wire); both end with the child.

mod running;

use crate::wire::FromEngine;
use crate::{EngineError, Lane, RATE, Recognised, Recogniser, Request, Ticket, models};
use home::EngineChoice;
use running::{Event, Running};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use timeline::{Clock, SystemClock};

/// Most windows that may wait: two minutes of work on a slow machine, 120 MB of samples.
const QUEUE: usize = 64;
/// No window is given up before this.
const SHORTEST_PATIENCE: Duration = Duration::from_mins(2);
/// ... nor before this many times its own length.
const PATIENCE_PER_LENGTH: u32 = 10;
/// ... nor before this many times the slowest window so far, on a machine that is too slow for its model.
const PATIENCE_PER_SLOWEST: u32 = 4;

/// How a child is run.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// What recognises in it.
    pub engine: EngineChoice,
    /// Where its log goes; `None`: where the caller's standard error goes.
    pub log: Option<PathBuf>,
    /// How long loading the model may take.
    pub load_timeout: Duration,
    /// How long a window may take; `None`: generous, by its length and the machine's speed so far.
    pub window_timeout: Option<Duration>,
    /// Whether it stands back behind other engines, too.
    pub stands_back: bool,
    /// The SHA-256 of the model's file, in hexadecimal. The file is read and compared before every load, also when the engine is started
    /// again after a rest or a crash: whatever happened to the disk meanwhile, the engine is given what was checked first or nothing.
    pub sha256: Option<String>,
    /// The folder of models, where our own engine keeps one whose sum is known as it computes with it: at later loads the sums of that file are compared instead.
    /// `None`: nothing is kept.
    pub models: Option<PathBuf>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let load_timeout = Duration::from_mins(10);
        Self {
            engine: EngineChoice::default(),
            log: None,
            load_timeout,
            window_timeout: None,
            stands_back: false,
            sha256: None,
            models: None,
        }
    }
}

impl EngineOptions {
    /// Folder and sum of a model that the engine keeps packed.
    fn kept(&self) -> Option<(&Path, &str)> {
        self.models.as_deref().zip(self.sha256.as_deref()).filter(|_| self.engine == EngineChoice::Hearsay)
    }
}

/// What the child said about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// Name and version, e.g. `hearsay 0.1.0`.
    pub engine: String,
    /// Whether its model knows other languages than English.
    pub multilingual: bool,
    /// Windows that it computes at once.
    pub at_once: usize,
}

/// `hearsay-engine` with a model, restarted when it dies.
#[derive(Debug)]
pub struct EngineProcess {
    exe: PathBuf,
    model: PathBuf,
    options: EngineOptions,
    info: EngineInfo,
    running: Option<Running>,
    /// Submitted and not answered; kept, so that a new child gets what an old one left.
    waiting: BTreeMap<Ticket, (Lane, Arc<Request>)>,
    /// What the child is at, and since when.
    begun: BTreeMap<Ticket, i64>,
    /// When the child last had reason to say something soon.
    stirred: i64,
    results: VecDeque<(Ticket, Result<Recognised, EngineError>)>,
    next_ticket: u64,
    slowest: Option<Duration>,
}

impl EngineProcess {
    /// Checks the model file, starts the engine and waits until the model is loaded.
    ///
    /// # Errors
    /// [`EngineError::Model`] for a file that the engine may not be given, [`EngineError::Start`],
    /// [`EngineError::Refused`], or [`EngineError::Crashed`] and [`EngineError::TimedOut`] while loading.
    pub fn spawn(exe: &Path, model: &Path, options: EngineOptions) -> Result<Self, EngineError> {
        let mut engine = Self::resting(exe, model, options);
        engine.start()?;
        engine.wait_until_loaded()?;
        Ok(engine)
    }

    /// As [`spawn`](Self::spawn), but the engine is only started for its first window, and what is wrong with it is said then.
    pub fn resting(exe: &Path, model: &Path, options: EngineOptions) -> Self {
        Self {
            exe: exe.to_owned(),
            model: model.to_owned(),
            options,
            info: EngineInfo { engine: String::new(), multilingual: false, at_once: 1 },
            running: None,
            waiting: BTreeMap::new(),
            begun: BTreeMap::new(),
            stirred: 0,
            results: VecDeque::new(),
            next_ticket: 0,
            slowest: None,
        }
    }

    /// What the engine is.
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// The child's process id, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.running.as_ref().map(Running::process_id)
    }

    /// How many windows wait for a result.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn start(&mut self) -> Result<(), EngineError> {
        if self.running.is_some() {
            return Ok(());
        }
        // Where the engine finds a packed model it needs no more of the file than that it is there; where it doesn't like that one, it checks the file itself.
        let checked = !self.is_packed() || !self.model.is_file();
        if checked {
            models::inspect(&self.model)?;
            if let Some(sha256) = &self.options.sha256 {
                models::demand(&self.model, sha256)?;
            }
        }
        let mut running = Running::start(&self.exe, &self.model, &self.options, checked, 2 * QUEUE)?;
        for (ticket, (lane, request)) in &self.waiting {
            running.submit(*ticket, *lane, Arc::clone(request));
        }
        self.running = Some(running);
        self.begun.clear();
        self.stirred = SystemClock.boot_micros();
        Ok(())
    }

    fn is_packed(&self) -> bool {
        self.options.kept().is_some_and(|(models, sha256)| models::packed(models, sha256).is_file())
    }

    fn wait_until_loaded(&mut self) -> Result<(), EngineError> {
        let Some(running) = &mut self.running else { return Ok(()) };
        match running.receive(self.options.load_timeout) {
            Some(Event::Said(FromEngine::Ready { engine, multilingual, at_once })) => {
                running.loaded = true;
                self.info = EngineInfo { engine, multilingual, at_once };
                Ok(())
            }
            Some(Event::Said(FromEngine::Refused { reason })) => Err(EngineError::Refused(reason)),
            Some(Event::Said(_)) => Err(EngineError::Refused("the executable is not hearsay-engine".to_owned())),
            Some(Event::Ended) => {
                let how = self.running.take().map(Running::how_it_ended).unwrap_or_default();
                Err(EngineError::Crashed { how: format!("while loading the model, {how}") })
            }
            None => Err(EngineError::TimedOut { after: self.options.load_timeout }),
        }
    }

    fn heard(&mut self, said: FromEngine) {
        self.stirred = SystemClock.boot_micros();
        match said {
            FromEngine::Ready { engine, multilingual, at_once } => {
                self.info = EngineInfo { engine, multilingual, at_once };
                if let Some(running) = &mut self.running {
                    running.loaded = true;
                }
            }
            FromEngine::Refused { reason } => {
                self.running = None;
                self.fail_all(|| EngineError::Refused(reason.clone()));
            }
            FromEngine::Begun { ticket } => {
                self.begun.insert(ticket, SystemClock.boot_micros());
            }
            FromEngine::Done { ticket, recognised } => self.answer(ticket, Ok(recognised)),
            FromEngine::Failed { ticket, reason } => self.answer(ticket, Err(EngineError::Failed(reason))),
        }
    }

    fn answer(&mut self, ticket: Ticket, result: Result<Recognised, EngineError>) {
        if let Some(since) = self.begun.remove(&ticket) {
            self.slowest = self.slowest.max(Some(micros_since(since)));
        }
        if self.waiting.remove(&ticket).is_some() {
            self.results.push_back((ticket, result));
        }
    }

    /// The child is gone: a window is lost, the others go to the next child. Of several that it was at, the oldest pays; one that kills every child is the
    /// oldest before long, and what was lost without fault is tried again.
    fn ended(&mut self, why: impl Fn(String) -> EngineError) {
        let Some(running) = self.running.take() else { return };
        let loaded = running.loaded;
        let how = running.how_it_ended();
        tracing::warn!(how, "the engine ended");
        match self.begun.keys().next().copied() {
            Some(ticket) => self.answer(ticket, Err(why(how))),
            None if loaded => {
                // Between two windows: the oldest pays, lest an engine that dies at once is restarted for ever.
                if let Some(ticket) = self.waiting.keys().next().copied() {
                    self.answer(ticket, Err(why(how)));
                }
            }
            None => self.fail_all(|| why(format!("while loading the model, {how}"))),
        }
    }

    fn fail_all(&mut self, error: impl Fn() -> EngineError) {
        self.begun.clear();
        self.results.extend(std::mem::take(&mut self.waiting).into_keys().map(|ticket| (ticket, Err(error()))));
    }

    /// How much longer the child may be silent, and how long it was given in all.
    fn patience(&self) -> (Duration, Duration) {
        let (since, limit) = match (self.begun.keys().map(|ticket| self.window_limit(*ticket)).max(), &self.running) {
            // Whatever is begun or done is said.
            (Some(limit), _) => (self.stirred, limit),
            (None, Some(running)) if !running.loaded => (running.started, self.options.load_timeout),
            // It is idle and has been given something: it takes it up at once, unless it hangs.
            _ => (self.stirred, self.options.window_timeout.unwrap_or(SHORTEST_PATIENCE)),
        };
        (limit.saturating_sub(micros_since(since)), limit)
    }

    fn window_limit(&self, ticket: Ticket) -> Duration {
        if let Some(limit) = self.options.window_timeout {
            return limit;
        }
        let samples = self.waiting.get(&ticket).map_or(0, |(_, request)| request.samples.len());
        let seconds = u64::try_from(samples / RATE).unwrap_or(0) + 1;
        let by_length = Duration::from_secs(seconds) * PATIENCE_PER_LENGTH;
        let by_speed = self.slowest.unwrap_or_default() * PATIENCE_PER_SLOWEST;
        by_length.max(by_speed).max(SHORTEST_PATIENCE)
    }
}

impl Recogniser for EngineProcess {
    fn submit(&mut self, request: Request, lane: Lane) -> Result<Ticket, EngineError> {
        if self.waiting.len() >= QUEUE {
            return Err(EngineError::Full(QUEUE));
        }
        self.start()?;
        if self.waiting.is_empty() {
            self.stirred = SystemClock.boot_micros();
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let request = Arc::new(request);
        if let Some(running) = &mut self.running {
            running.submit(ticket, lane, Arc::clone(&request));
        }
        self.waiting.insert(ticket, (lane, request));
        Ok(ticket)
    }

    fn next(&mut self, timeout: Duration) -> Option<(Ticket, Result<Recognised, EngineError>)> {
        let called = SystemClock.boot_micros();
        loop {
            if let Some(result) = self.results.pop_front() {
                return Some(result);
            }
            let oldest = self.waiting.keys().next().copied()?;
            if let Err(error) = self.start() {
                self.answer(oldest, Err(error));
                continue;
            }
            let (patience, limit) = self.patience();
            let remaining = timeout.saturating_sub(micros_since(called));
            let running = self.running.as_mut()?;
            match running.receive(remaining.min(patience)) {
                Some(Event::Said(said)) => self.heard(said),
                Some(Event::Ended) => self.ended(|how| EngineError::Crashed { how }),
                None if patience <= remaining => {
                    running.kill();
                    self.ended(|_| EngineError::TimedOut { after: limit });
                }
                None => return None,
            }
        }
    }

    fn at_once(&self) -> usize {
        // Others may have something to submit, too.
        self.info.at_once.clamp(1, QUEUE / 2)
    }

    /// The child ends, so that all of its memory is given back.
    fn rest(&mut self) {
        if self.waiting.is_empty() && self.running.take().is_some() {
            tracing::info!("the engine rests");
        }
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.waiting.remove(&ticket);
        self.begun.remove(&ticket);
        self.results.retain(|(of, _)| *of != ticket);
        if let Some(running) = &mut self.running {
            running.cancel(ticket);
        }
    }
}

fn micros_since(boot_micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(SystemClock.boot_micros() - boot_micros).unwrap_or(0))
}
