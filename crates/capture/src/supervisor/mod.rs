//! Keeps one device open, whatever happens to it.
//!
//! What is decided is a function of the time and of what was seen ([`machine`], [`vigil`]); what is done with it is in
//! [`shell`]. A supervisor is stepped by a thread of its own or, in simulations, by whoever polls it.

mod machine;
mod shell;
#[cfg(test)]
mod tests;
mod vigil;

use crate::source::Source;
use crate::{CaptureError, Choice, Device, Intake, Kind};
use shell::{Helpers, Shell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use timeline::Clock;

/// How often the watchdog looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Events that may wait for whoever takes them. They come seconds apart.
const EVENTS: usize = 32;

/// What happened to a track's device.
#[derive(Debug)]
pub enum Event {
    /// It is open; its sound comes out of the intake. An intake before it may still hold sound.
    Opened {
        /// Which device it is.
        device: Device,
        /// Where its sound comes out.
        intake: Intake,
    },
    /// It can't be opened. Tried again with growing waits; only the first of equal failures in a row is reported.
    Failed(CaptureError),
    /// It ended, delivers nothing, or is no longer the default. It is being opened again.
    Lost {
        /// Which device it was.
        device: Device,
        /// Why.
        reason: CaptureError,
    },
    /// The system muted or unmuted it.
    Muted(bool),
    /// A microphone that isn't muted has begun to deliver nothing but digital zero; or it is heard again, or muted, which
    /// explains the silence. Stays true while the device is opened again.
    Silent(bool),
}

/// What to keep open, and how it is watched.
#[derive(Debug, Clone)]
pub struct Watch {
    /// Which device; not [`Choice::None`].
    pub choice: Choice,
    /// Its kind. A microphone that delivers nothing has failed; a loopback may be idle for hours.
    pub kind: Kind,
    /// The thread's name, 15 bytes at most.
    pub thread: &'static str,
}

/// Opens a device, watches it and opens it again. Dropping it closes the device.
#[derive(Debug)]
pub struct Supervisor(Runs);

#[derive(Debug)]
enum Runs {
    /// In a thread of its own.
    Threaded { events: Receiver<Event>, stop: Arc<AtomicBool>, thread: Option<JoinHandle<()>> },
    /// Whenever it is polled, until it is stopped.
    Inline { shell: Box<Shell>, stopped: bool },
}

impl Supervisor {
    /// Starts opening, in a thread of its own; returns at once.
    ///
    /// # Errors
    /// [`CaptureError::Thread`].
    pub fn start(source: Arc<dyn Source>, clock: Arc<dyn Clock>, watch: Watch) -> Result<Self, CaptureError> {
        let (sender, events) = sync_channel(EVENTS);
        let stop = Arc::new(AtomicBool::new(false));
        let (name, stopped) = (watch.thread, stop.clone());
        let work = move || run(Shell::new(source, clock, watch, Helpers::Threads), &sender, &stopped);
        let thread = std::thread::Builder::new().name(name.into()).spawn(work);
        let thread = thread.map_err(|error| CaptureError::Thread { reason: error.to_string() })?;
        Ok(Self(Runs::Threaded { events, stop, thread: Some(thread) }))
    }

    /// One without a thread, for simulations: it looks whenever it is polled, and opens, lists and closes in place. A
    /// source that hangs would hang the simulation.
    pub fn inline(source: Arc<dyn Source>, clock: Arc<dyn Clock>, watch: Watch) -> Self {
        let shell = Box::new(Shell::new(source, clock, watch, Helpers::InPlace));
        Self(Runs::Inline { shell, stopped: false })
    }

    /// What happened since the last call, oldest first.
    pub fn poll(&mut self) -> Option<Event> {
        match &mut self.0 {
            Runs::Threaded { events, .. } => events.try_recv().ok(),
            Runs::Inline { shell, stopped } => {
                if !*stopped {
                    shell.step();
                }
                shell.next_event()
            }
        }
    }

    /// Waits for the next event, at most so long. Without a thread there is nothing to wait for: as [`poll`](Self::poll).
    pub fn wait(&mut self, timeout: Duration) -> Option<Event> {
        match &mut self.0 {
            Runs::Threaded { events, .. } => events.recv_timeout(timeout).ok(),
            Runs::Inline { .. } => self.poll(),
        }
    }

    /// Closes the device and waits for that, within a second; what is in the rings stays to be taken.
    pub fn stop(&mut self) {
        match &mut self.0 {
            Runs::Threaded { stop, thread, .. } => {
                stop.store(true, SeqCst);
                if let Some(thread) = thread.take() {
                    thread.thread().unpark();
                    if thread.join().is_err() {
                        tracing::error!("a supervisor panicked");
                    }
                }
            }
            Runs::Inline { shell, stopped } => {
                *stopped = true;
                shell.close();
            }
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The thread of a supervisor: until it is stopped, or nobody listens any more.
fn run(mut shell: Shell, events: &SyncSender<Event>, stop: &AtomicBool) {
    while !stop.load(SeqCst) {
        shell.step();
        while let Some(event) = shell.next_event() {
            if events.send(event).is_err() {
                stop.store(true, SeqCst);
            }
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
    shell.close();
}
