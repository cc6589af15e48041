use crate::source::{Opened, Source, Stream};
use crate::{CaptureError, Device, Feed, Kind, ring};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use timeline::{Clock, SampleRate, WallTime};

/// A clock that stands still until it is told to move.
#[derive(Debug, Default)]
pub struct VirtualClock {
    boot: AtomicI64,
    suspended: AtomicI64,
    wall: AtomicI64,
}

impl VirtualClock {
    /// A machine that booted a minute ago, at that moment by its wall clock.
    pub fn at(wall: WallTime) -> Arc<Self> {
        Arc::new(Self {
            boot: AtomicI64::new(60_000_000),
            suspended: AtomicI64::new(0),
            wall: AtomicI64::new(wall.as_micros()),
        })
    }

    /// Time passes, for both clocks.
    pub fn advance(&self, micros: i64) {
        self.boot.fetch_add(micros, SeqCst);
        self.wall.fetch_add(micros, SeqCst);
    }

    /// The machine sleeps: time passes, but not for whoever is awake.
    pub fn suspend(&self, micros: i64) {
        self.suspended.fetch_add(micros, SeqCst);
        self.advance(micros);
    }

    /// The wall clock is set, forwards or backwards; no time passes.
    pub fn step_wall(&self, micros: i64) {
        self.wall.fetch_add(micros, SeqCst);
    }
}

impl Clock for VirtualClock {
    fn wall(&self) -> WallTime {
        WallTime::from_micros(self.wall.load(SeqCst))
    }

    fn boot_micros(&self) -> i64 {
        self.boot.load(SeqCst)
    }

    fn awake_micros(&self) -> i64 {
        self.boot.load(SeqCst) - self.suspended.load(SeqCst)
    }
}

/// Devices that exist as long as a test says, and deliver what a test hands them.
#[derive(Clone, Default)]
pub struct FakeSource {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    devices: Vec<(Device, SampleRate, usize)>,
    streams: HashMap<String, Running>,
    opened: HashMap<String, u32>,
}

/// The device's end of a stream that is open.
struct Running {
    feed: Feed,
    ended: Arc<OnceLock<String>>,
}

impl FakeSource {
    /// No devices yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Plugs a device in; the first of its kind is the default.
    pub fn plug_in(&self, id: &str, kind: Kind, rate: SampleRate, channels: usize) {
        let mut state = self.state();
        let default = !state.devices.iter().any(|(device, ..)| device.kind == kind);
        let device = Device {
            id: id.to_owned(),
            name: format!("Fake {id}"),
            kind,
            default,
            bluetooth: false,
            source: "fake",
            detail: format!("{channels} × {rate}"),
        };
        state.devices.push((device, rate, channels));
    }

    /// Pulls a device out: it is gone from the list and its stream ends.
    pub fn unplug(&self, id: &str) {
        let mut state = self.state();
        state.devices.retain(|(device, ..)| device.id != id);
        if let Some(running) = state.streams.remove(id) {
            drop(running.ended.set("unplugged".to_owned()));
        }
    }

    /// Delivers a block of interleaved samples whose first frame was captured at `captured` and which arrives at `now`
    /// (boot clock). Whether anybody had the device open.
    pub fn deliver(&self, id: &str, interleaved: &[f32], captured: i64, now: i64) -> bool {
        let mut state = self.state();
        let Some(running) = state.streams.get_mut(id) else { return false };
        running.feed.push(interleaved, |sample| sample, captured, now);
        true
    }

    /// How often a device has been opened.
    pub fn times_opened(&self, id: &str) -> u32 {
        self.state().opened.get(id).copied().unwrap_or(0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for FakeSource {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        Ok(self.state().devices.iter().map(|(device, ..)| device.clone()).collect())
    }

    fn open(&self, device: &Device) -> Result<Opened, CaptureError> {
        let mut state = self.state();
        let known = state.devices.iter().find(|(known, ..)| known.id == device.id);
        let Some(&(_, rate, channels)) = known else {
            return Err(CaptureError::Open { device: device.id.clone(), reason: "it is not there any more".into() });
        };
        let (feed, intake) = ring(rate, channels);
        let ended = Arc::new(OnceLock::new());
        state.streams.insert(device.id.clone(), Running { feed, ended: ended.clone() });
        *state.opened.entry(device.id.clone()).or_default() += 1;
        Ok(Opened { stream: Box::new(FakeStream { device: device.id.clone(), ended }), intake })
    }
}

struct FakeStream {
    device: String,
    ended: Arc<OnceLock<String>>,
}

impl Stream for FakeStream {
    fn check(&self) -> Result<(), CaptureError> {
        match self.ended.get() {
            None => Ok(()),
            Some(reason) => Err(CaptureError::Ended { device: self.device.clone(), reason: reason.clone() }),
        }
    }
}
