use super::{Retained, Retention, due, set_due};
use crate::WorkerError;
use home::{Home, RetentionConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use timeline::{Clock, WallTime};

/// Keeps the rules beside a worker that has nothing to do: once a day, on a thread of its own that gives way to everything else. As soon as
/// there is sound to transcribe it is called off, and goes on the next time.
pub(crate) struct Retainer {
    home: Home,
    rules: Box<dyn Fn() -> Option<RetentionConfig> + Send>,
    pass: i64,
    /// When it was last looked whether it is due, in microseconds since boot.
    looked: Option<i64>,
    /// Whether it is.
    due: bool,
    running: Option<Running>,
}

struct Running {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Retained, WorkerError>>,
}

/// It is looked this often whether it is due.
const LOOK_EVERY_MICROS: i64 = 5_000_000;
/// A worker that is to end waits two seconds for it at most.
const LEAVE_LOOKS: u32 = 40;
const LEAVE_LOOK: Duration = Duration::from_millis(50);
const DAY_MICROS: i64 = 86_400_000_000;
/// After an error it is tried again.
const AGAIN_MICROS: i64 = 3_600_000_000;

impl Retainer {
    pub(crate) fn new(home: &Home, rules: Box<dyn Fn() -> Option<RetentionConfig> + Send>, pass: i64) -> Self {
        Self { home: home.clone(), rules, pass, looked: None, due: false, running: None }
    }

    /// Begins where it is due, and looks whether it has ended.
    pub(crate) fn step(&mut self, clock: &dyn Clock) {
        if self.needs_time(clock) && self.running.is_none() {
            self.due = false;
            self.begin(clock.wall());
        }
    }

    /// Whether it is at work, or due.
    pub(crate) fn needs_time(&mut self, clock: &dyn Clock) -> bool {
        if self.running.as_ref().is_some_and(|running| running.thread.is_finished()) {
            self.end(clock);
        }
        let now = clock.boot_micros();
        if self.running.is_none() && self.looked.is_none_or(|looked| now - looked >= LOOK_EVERY_MICROS) {
            self.looked = Some(now);
            let wall = clock.wall();
            let is_time = due(&self.home).is_none_or(|due| due <= wall || due > wall.plus_micros(2 * DAY_MICROS));
            self.due = is_time && (self.rules)().is_some_and(|rules| !rules.is_empty());
        }
        self.due || self.running.is_some()
    }

    /// Calls it off, and doesn't wait for it.
    pub(crate) fn pause(&mut self) {
        if let Some(running) = &self.running {
            running.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Calls it off and waits until it has ended, a few seconds of sound later: what follows mustn't share files with it.
    pub(crate) fn stop(&mut self, clock: &dyn Clock) {
        self.pause();
        self.end(clock);
    }

    /// Calls it off for good. It is whole wherever it ends, so nobody waits for long.
    pub(crate) fn leave(&mut self, clock: &dyn Clock) {
        self.pause();
        for _ in 0..LEAVE_LOOKS {
            if self.running.as_ref().is_none_or(|running| running.thread.is_finished()) {
                return self.end(clock);
            }
            std::thread::sleep(LEAVE_LOOK);
        }
    }

    /// Waits for it, and tells what came of it.
    fn end(&mut self, clock: &dyn Clock) {
        let Some(running) = self.running.take() else { return };
        let next = match running.thread.join() {
            Ok(Ok(retained)) => {
                tell(&retained);
                if retained.stopped {
                    // What is left is taken up again as soon as there is time.
                    return;
                }
                DAY_MICROS
            }
            Ok(Err(error)) => {
                tracing::error!("the rules of retention couldn't be kept: {}", home::one_line(&error));
                AGAIN_MICROS
            }
            Err(_) => {
                tracing::error!("the thread that keeps the rules of retention has died");
                AGAIN_MICROS
            }
        };
        if let Err(error) = set_due(&self.home, clock.wall().plus_micros(next)) {
            tracing::error!("{}", home::one_line(&error));
        }
    }

    fn begin(&mut self, now: WallTime) {
        let Some(rules) = (self.rules)().filter(|rules| !rules.is_empty()) else { return };
        let stop = Arc::new(AtomicBool::new(false));
        let (home, pass, stopped) = (self.home.clone(), self.pass, Arc::clone(&stop));
        let work = move || {
            give_way();
            let retention = Retention::open(&home, rules, Some(pass))?;
            retention.carry_out(now, &|| stopped.load(Ordering::Relaxed), &mut |_| {})
        };
        match std::thread::Builder::new().name("hs-retain".to_owned()).spawn(work) {
            Ok(thread) => self.running = Some(Running { stop, thread }),
            Err(error) => tracing::error!("cannot start the thread hs-retain: {error}"),
        }
    }
}

fn tell(retained: &Retained) {
    for (rule, tally) in &retained.rules {
        let (key, segments) = (rule.key(), tally.segments);
        tracing::info!(key, segments, before = tally.before, after = tally.after, "kept a rule of retention");
    }
    for fault in &retained.faults {
        tracing::warn!("{fault}");
    }
}

/// Recording and recognising go first. On Linux a thread has a niceness of its own.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(19) {
        tracing::debug!("cannot give way: {error}");
    }
}
