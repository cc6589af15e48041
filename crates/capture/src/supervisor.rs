//! Keeps one device open, whatever happens to it.

use crate::ring::Heartbeat;
use crate::source::{Opened, Source, Stream};
use crate::{CaptureError, Choice, Device, Intake, Kind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use timeline::Clock;

/// How long opening may take before it is given up and left to finish or hang by itself.
const OPEN_TIMEOUT_S: u64 = 8;
/// A microphone that has delivered nothing for so long is opened anew.
const STALL_S: u64 = 3;
/// A sound server may take 2 s to wake a sleeping device: so much more is allowed before the first frame.
const FIRST_FRAME_S: u64 = 6;
/// Waits between attempts to open, in seconds; the last one goes on for ever.
const BACK_OFF_S: [u64; 4] = [1, 2, 5, 10];
/// How often the watchdog looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Events that may wait for whoever takes them. They come seconds apart.
const EVENTS: usize = 32;
/// How long closing a device may take before it is left to finish or hang by itself.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

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
    /// It ended, or delivers nothing. It is being opened again.
    Lost {
        /// Which device it was.
        device: Device,
        /// Why.
        reason: CaptureError,
    },
    /// The system muted or unmuted it.
    Muted(bool),
    /// A microphone that isn't muted began to deliver nothing but digital zero, or stopped doing so.
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

/// A thread that opens a device, watches it and opens it again. Dropping it closes the device.
#[derive(Debug)]
pub struct Supervisor {
    events: Receiver<Event>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts opening; returns at once.
    ///
    /// # Errors
    /// [`CaptureError::Thread`].
    pub fn start(source: Arc<dyn Source>, clock: Arc<dyn Clock>, watch: Watch) -> Result<Self, CaptureError> {
        let (sender, events) = sync_channel(EVENTS);
        let stop = Arc::new(AtomicBool::new(false));
        let name = watch.thread;
        let work = Work { source, clock, watch, events: sender, stop: stop.clone() };
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || work.run());
        let thread = thread.map_err(|error| CaptureError::Thread { reason: error.to_string() })?;
        Ok(Self { events, stop, thread: Some(thread) })
    }

    /// What happened since the last call, oldest first.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Waits for the next event, at most so long.
    pub fn wait(&mut self, timeout: Duration) -> Option<Event> {
        self.events.recv_timeout(timeout).ok()
    }

    /// Closes the device and waits for that, within a second; what is in the rings stays to be taken.
    pub fn stop(&mut self) {
        self.stop.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("a supervisor panicked");
            }
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The supervisor's own side.
struct Work {
    source: Arc<dyn Source>,
    clock: Arc<dyn Clock>,
    watch: Watch,
    events: SyncSender<Event>,
    stop: Arc<AtomicBool>,
}

impl Work {
    fn run(self) {
        let mut attempt = 0;
        let mut last_failure = String::new();
        while !self.stopped() {
            match self.open() {
                Ok((device, opened)) => {
                    last_failure.clear();
                    if self.hold(&device, opened) {
                        attempt = 0;
                    }
                }
                Err(error) => {
                    let failure = error.to_string();
                    if failure != last_failure {
                        last_failure = failure;
                        self.tell(Event::Failed(error));
                    }
                }
            }
            let wait = BACK_OFF_S.get(attempt).or(BACK_OFF_S.last()).copied().unwrap_or(1);
            attempt += 1;
            self.sleep(wait);
        }
    }

    /// Finds and opens the device in a thread that may hang with the sound system.
    fn open(&self) -> Result<(Device, Opened), CaptureError> {
        let (sender, receiver) = sync_channel(1);
        let (source, watch) = (self.source.clone(), self.watch.clone());
        let open = move || {
            let opened = source.devices().and_then(|devices| {
                let device = watch.choice.find(&devices, watch.kind)?;
                source.open(&device).map(|opened| (device, opened))
            });
            // Where nobody waits any more, the device is closed again here.
            drop(sender.send(opened));
        };
        std::thread::Builder::new()
            .name("hs-open".into())
            .spawn(open)
            .map_err(|error| CaptureError::Thread { reason: error.to_string() })?;
        let mut waited = Duration::ZERO;
        loop {
            match receiver.recv_timeout(LOOK_EVERY) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) => waited += LOOK_EVERY,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(CaptureError::Thread { reason: "the thread that opens devices panicked".into() });
                }
            }
            if waited >= Duration::from_secs(OPEN_TIMEOUT_S) || self.stopped() {
                return Err(CaptureError::TimedOut { device: self.device_name(), seconds: OPEN_TIMEOUT_S });
            }
        }
    }

    /// Watches an open device until it is lost or no longer wanted. Whether it ever delivered.
    fn hold(&self, device: &Device, opened: Opened) -> bool {
        let Opened { stream, intake } = opened;
        let heartbeat = intake.pulse();
        let since = self.clock.boot_micros();
        let mut muted = stream.muted();
        self.tell(Event::Opened { device: device.clone(), intake });
        if muted {
            self.tell(Event::Muted(muted));
        }
        while !self.stopped() {
            let check = stream.check().and_then(|()| self.check_heartbeat(device, &heartbeat, since));
            if let Err(reason) = check {
                self.tell(Event::Lost { device: device.clone(), reason });
                break;
            }
            if stream.muted() != muted {
                muted = !muted;
                self.tell(Event::Muted(muted));
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
        close(stream);
        heartbeat.last().is_some()
    }

    /// Whether frames still come, for a microphone.
    fn check_heartbeat(&self, device: &Device, heartbeat: &Heartbeat, since: i64) -> Result<(), CaptureError> {
        if self.watch.kind == Kind::Loopback {
            return Ok(());
        }
        let (last, allowed) = heartbeat.last().map_or((since, FIRST_FRAME_S), |last| (last, STALL_S));
        let silent_s = u64::try_from(self.clock.boot_micros() - last).unwrap_or(0) / 1_000_000;
        if silent_s < allowed {
            Ok(())
        } else {
            Err(CaptureError::Stalled { device: device.id.clone(), seconds: silent_s })
        }
    }

    /// Waits so long by the clock, or until it is stopped.
    fn sleep(&self, seconds: u64) {
        let until = self.clock.boot_micros() + i64::try_from(seconds).unwrap_or(1) * 1_000_000;
        while !self.stopped() && self.clock.boot_micros() < until {
            std::thread::park_timeout(LOOK_EVERY);
        }
    }

    fn tell(&self, event: Event) {
        if self.events.send(event).is_err() {
            // Nobody listens any more.
            self.stop.store(true, SeqCst);
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(SeqCst)
    }

    fn device_name(&self) -> String {
        match &self.watch.choice {
            Choice::Named(name) => name.clone(),
            _ => format!("the default {}", self.watch.kind),
        }
    }
}

/// Closes a device in a thread of its own, since that may hang with the sound system.
fn close(stream: Box<dyn Stream>) {
    let (sender, receiver) = sync_channel(1);
    let close = move || {
        drop(stream);
        sender.send(()).ok();
    };
    match std::thread::Builder::new().name("hs-close".into()).spawn(close) {
        Ok(_) => {
            if receiver.recv_timeout(CLOSE_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
                tracing::warn!("the sound system has not closed a device within {} ms", CLOSE_TIMEOUT.as_millis());
            }
        }
        Err(error) => tracing::error!("cannot start a thread: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FakeSource, VirtualClock};
    use timeline::{SampleRate, WallTime};

    struct Rig {
        source: FakeSource,
        clock: Arc<VirtualClock>,
        supervisor: Supervisor,
    }

    fn rig(kind: Kind) -> Rig {
        let source = FakeSource::new();
        let clock = VirtualClock::at(WallTime::from_millis(1_795_425_312_340));
        let watch = Watch { choice: Choice::Default, kind, thread: "hs-test" };
        source.plug_in("usb", kind, SampleRate::SPEECH, 1);
        let supervisor = Supervisor::start(Arc::new(source.clone()), clock.clone(), watch).unwrap();
        Rig { source, clock, supervisor }
    }

    impl Rig {
        /// The next event; virtual time passes while it is waited for.
        fn next(&mut self) -> Event {
            for _ in 0..200 {
                if let Some(event) = self.supervisor.wait(Duration::from_millis(25)) {
                    return event;
                }
                self.clock.advance(250_000);
            }
            panic!("no event came");
        }

        fn deliver(&self) -> bool {
            let now = self.clock.boot_micros();
            self.source.deliver("usb", &[0.1; 160], now - 10_000, now)
        }
    }

    #[test]
    fn a_device_that_is_pulled_out_is_lost_and_opened_again_once_it_is_back() {
        let mut rig = rig(Kind::Microphone);
        assert!(matches!(rig.next(), Event::Opened { .. }));
        assert!(rig.deliver());
        rig.source.unplug("usb");
        assert!(matches!(rig.next(), Event::Lost { reason: CaptureError::Ended { .. }, .. }));
        assert!(matches!(rig.next(), Event::Failed(CaptureError::NoDefault { .. })));
        rig.source.plug_in("usb", Kind::Microphone, SampleRate::SPEECH, 2);
        let Event::Opened { device, .. } = rig.next() else { panic!("not opened") };
        assert_eq!((device.id.as_str(), rig.source.times_opened("usb")), ("usb", 2));
    }

    #[test]
    fn a_microphone_that_delivers_nothing_for_three_seconds_is_opened_again() {
        let mut rig = rig(Kind::Microphone);
        let Event::Opened { mut intake, .. } = rig.next() else { panic!("not opened") };
        assert!(rig.deliver());
        let before = rig.clock.boot_micros();
        let Event::Lost { reason: CaptureError::Stalled { seconds, .. }, .. } = rig.next() else { panic!("not lost") };
        assert_eq!(seconds, STALL_S);
        assert!(rig.clock.boot_micros() - before < 4_000_000);
        assert!(intake.next(&mut Vec::new()).is_some(), "what came before is still there");
        assert!(matches!(rig.next(), Event::Opened { .. }));
    }

    #[test]
    fn a_loopback_that_delivers_nothing_is_idle() {
        let mut rig = rig(Kind::Loopback);
        assert!(matches!(rig.next(), Event::Opened { .. }));
        for _ in 0..5 {
            rig.clock.advance(3_600_000_000);
            assert!(rig.supervisor.wait(Duration::from_millis(50)).is_none());
        }
        assert_eq!(rig.source.times_opened("usb"), 1);
    }

    #[test]
    fn equal_failures_are_told_once() {
        let source = FakeSource::new();
        let clock = VirtualClock::at(WallTime::from_millis(0));
        let watch = Watch { choice: Choice::Named("webcam".into()), kind: Kind::Microphone, thread: "hs-test" };
        let mut supervisor = Supervisor::start(Arc::new(source), clock.clone(), watch).unwrap();
        let first = supervisor.wait(Duration::from_secs(5)).unwrap();
        assert!(matches!(first, Event::Failed(CaptureError::NotFound { .. })));
        for _ in 0..20 {
            clock.advance(10_000_000);
            assert!(supervisor.wait(Duration::from_millis(20)).is_none());
        }
    }
}
