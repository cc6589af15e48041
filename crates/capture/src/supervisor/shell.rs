//! Does what the machine decides: threads that may hang with the sound system, and the device itself.

use super::machine::{Machine, Order};
use super::vigil::Sign;
use super::{Event, Watch};
use crate::ring::Heartbeat;
use crate::source::{Opened, Source, Stream};
use crate::{CaptureError, Choice, Device};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::time::Duration;
use timeline::Clock;

/// How long closing a device may take before it is left to finish or hang by itself.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);
/// How many helpers of a supervisor may hang with the sound system before no more are started.
const HELPERS: usize = 8;

/// Who calls what may hang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Helpers {
    /// A thread for each call.
    Threads,
    /// Whoever steps the shell.
    InPlace,
}

/// A machine with hands.
pub(super) struct Shell {
    source: Arc<dyn Source>,
    clock: Arc<dyn Clock>,
    watch: Watch,
    machine: Machine,
    helpers: Helpers,
    /// Helpers that have not come back.
    away: Arc<AtomicUsize>,
    opening: Option<Receiver<Result<(Device, Opened), CaptureError>>>,
    listing: Option<Receiver<Result<Vec<Device>, CaptureError>>>,
    held: Option<(Box<dyn Stream>, Heartbeat)>,
    events: VecDeque<Event>,
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").field("machine", &self.machine).finish_non_exhaustive()
    }
}

impl Shell {
    pub(super) fn new(source: Arc<dyn Source>, clock: Arc<dyn Clock>, watch: Watch, helpers: Helpers) -> Self {
        let follows = watch.choice == Choice::Default && source.default_moves();
        Self {
            source,
            clock,
            machine: Machine::new(watch.clone(), follows),
            watch,
            helpers,
            away: Arc::default(),
            opening: None,
            listing: None,
            held: None,
            events: VecDeque::new(),
        }
    }

    /// What happened, oldest first.
    pub(super) fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Looks once, and does what follows from it.
    pub(super) fn step(&mut self) {
        loop {
            self.take_opened();
            self.take_listed();
            let sign = self.held.as_ref().map(|(stream, heartbeat)| Sign {
                alive: stream.check(),
                muted: stream.muted(),
                heard: heartbeat.heard(),
            });
            let orders = self.machine.step(self.clock.awake_micros(), sign);
            if orders.is_empty() {
                return;
            }
            self.obey(orders);
        }
    }

    /// Closes the device, if one is open.
    pub(super) fn close(&mut self) {
        self.opening = None;
        let Some((stream, _)) = self.held.take() else { return };
        match self.call("hs-close", move || drop(stream)) {
            Ok(closed) => {
                if closed.recv_timeout(CLOSE_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
                    tracing::warn!("the sound system has not closed a device within {} ms", CLOSE_TIMEOUT.as_millis());
                }
            }
            Err(error) => tracing::error!("{error}"),
        }
    }

    fn obey(&mut self, orders: Vec<Order>) {
        for order in orders {
            match order {
                Order::Open => self.begin_open(),
                Order::List => self.begin_list(),
                Order::Close => self.close(),
                Order::Tell(event) => self.events.push_back(event),
            }
        }
    }

    fn begin_open(&mut self) {
        let (source, watch) = (self.source.clone(), self.watch.clone());
        // Where nobody waits for it any more, the device is closed again by the helper.
        let open = move || {
            let devices = source.devices()?;
            let device = watch.choice.find(&devices, watch.kind)?;
            source.open(&device).map(|opened| (device, opened))
        };
        let opening = self.check_helpers().and_then(|()| self.call("hs-open", open));
        match opening {
            Ok(opening) => self.opening = Some(opening),
            Err(error) => self.failed(error),
        }
    }

    fn begin_list(&mut self) {
        if self.listing.is_some() {
            return;
        }
        let source = self.source.clone();
        match self.check_helpers().and_then(|()| self.call("hs-list", move || source.devices())) {
            Ok(listing) => self.listing = Some(listing),
            Err(error) => tracing::debug!("{error}"),
        }
    }

    fn take_opened(&mut self) {
        let Some(opening) = &self.opening else { return };
        if !self.machine.is_opening() {
            self.opening = None;
            return;
        }
        match opening.try_recv() {
            Err(TryRecvError::Empty) => {}
            Ok(Ok((device, opened))) => self.opened(device, opened),
            Ok(Err(error)) => self.failed(error),
            Err(TryRecvError::Disconnected) => {
                self.failed(CaptureError::Thread { reason: "the thread that opens devices panicked".into() });
            }
        }
    }

    fn opened(&mut self, device: Device, opened: Opened) {
        self.opening = None;
        let Opened { stream, intake } = opened;
        let (heartbeat, muted) = (intake.heartbeat(), stream.muted());
        self.held = Some((stream, heartbeat));
        self.events.push_back(Event::Opened { device: device.clone(), intake });
        let orders = self.machine.opened(self.clock.awake_micros(), device, muted);
        self.obey(orders);
    }

    fn failed(&mut self, error: CaptureError) {
        self.opening = None;
        let orders = self.machine.failed(self.clock.awake_micros(), error);
        self.obey(orders);
    }

    fn take_listed(&mut self) {
        match self.listing.as_ref().map(Receiver::try_recv) {
            None | Some(Err(TryRecvError::Empty)) => {}
            Some(Ok(Ok(devices))) => {
                self.listing = None;
                let orders = self.machine.listed(self.clock.awake_micros(), &devices);
                self.obey(orders);
            }
            Some(Ok(Err(_)) | Err(TryRecvError::Disconnected)) => self.listing = None,
        }
    }

    /// Whether one more helper may be started to open or to list. Closing always may: what isn't opened isn't closed.
    fn check_helpers(&self) -> Result<(), CaptureError> {
        if self.away.load(SeqCst) < HELPERS {
            return Ok(());
        }
        Err(CaptureError::Thread { reason: format!("{HELPERS} of them hang with the sound system") })
    }

    /// Calls something that may hang; its result comes out of the receiver, and wakes the thread that called.
    fn call<T, F>(&self, name: &str, work: F) -> Result<Receiver<T>, CaptureError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (sender, receiver) = sync_channel(1);
        if self.helpers == Helpers::InPlace {
            sender.send(work()).ok();
            return Ok(receiver);
        }
        self.away.fetch_add(1, SeqCst);
        let (away, caller) = (Away(self.away.clone()), std::thread::current());
        let work = move || {
            let result = work();
            drop(away);
            // Nobody may be waiting any more.
            sender.send(result).ok();
            caller.unpark();
        };
        match std::thread::Builder::new().name(name.into()).spawn(work) {
            Ok(_) => Ok(receiver),
            Err(error) => Err(CaptureError::Thread { reason: error.to_string() }),
        }
    }
}

/// A helper that has not come back, until it is dropped.
struct Away(Arc<AtomicUsize>);

impl Drop for Away {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}
