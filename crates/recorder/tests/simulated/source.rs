//! Devices that count what they deliver.

use capture::{CaptureError, Device, Feed, Kind, Opened, Source, Stream, ring};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use timeline::SampleRate;

/// The samples of a ramp: 1 to this, and again.
pub(crate) const PERIOD: u64 = 32_000;

/// A run of frames as a device delivered it: frame `first` was captured at `at` (boot clock).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) first: u64,
    pub(crate) frames: u64,
    pub(crate) at: i64,
    pub(crate) rate: SampleRate,
}

#[derive(Default, Clone)]
pub(crate) struct SimSource(Arc<Mutex<Vec<Plug>>>);

pub(crate) struct Plug {
    pub(crate) id: &'static str,
    kind: Kind,
    pub(crate) rate: SampleRate,
    /// How fast its clock is, in parts per million.
    ppm: i64,
    pub(crate) plugged: bool,
    /// Delivers nothing, though it is open.
    pub(crate) dead: bool,
    /// Delivers zeros.
    pub(crate) zero: bool,
    pub(crate) muted: Arc<AtomicBool>,
    feed: Option<(Feed, Arc<AtomicBool>)>,
    pub(crate) opened: u32,
    /// Frames of the ramp delivered so far, and in which runs.
    pub(crate) frames: u64,
    pub(crate) runs: Vec<Run>,
    /// Up to then it has delivered, and what of a frame was left over.
    up_to: i64,
    rest: i64,
}

impl SimSource {
    pub(crate) fn plug_in(&self, id: &'static str, kind: Kind, rate: SampleRate, ppm: i64) {
        self.plugs().push(Plug {
            id,
            kind,
            rate,
            ppm,
            plugged: true,
            dead: false,
            zero: false,
            muted: Arc::default(),
            feed: None,
            opened: 0,
            frames: 0,
            runs: Vec::new(),
            up_to: 0,
            rest: 0,
        });
    }

    pub(crate) fn plugs(&self) -> MutexGuard<'_, Vec<Plug>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn with<T>(&self, id: &str, change: impl FnOnce(&mut Plug) -> T) -> T {
        change(self.plugs().iter_mut().find(|plug| plug.id == id).unwrap())
    }

    pub(crate) fn unplug(&self, id: &str) {
        self.with(id, |plug| {
            plug.plugged = false;
            plug.feed = None;
        });
    }

    pub(crate) fn plug_back(&self, id: &str) {
        self.with(id, |plug| plug.plugged = true);
    }

    /// All devices deliver what they captured up to `now`, `late` microseconds late.
    pub(crate) fn deliver(&self, now: i64, late: i64) {
        self.plugs().iter_mut().for_each(|plug| plug.deliver(now, late));
    }

    /// Nothing is captured up to then: the machine sleeps.
    pub(crate) fn sleep(&self, now: i64) {
        self.plugs().iter_mut().for_each(|plug| plug.up_to = now);
    }
}

impl Plug {
    fn deliver(&mut self, now: i64, late: i64) {
        let length = now - std::mem::replace(&mut self.up_to, now);
        // In millionths of a millionth of a frame, so that no drift is rounded away.
        let units = length * i64::from(self.rate.hz()) * (1_000_000 + self.ppm) + self.rest;
        let frames = u64::try_from(units / 1_000_000_000_000).unwrap();
        self.rest = units % 1_000_000_000_000;
        let open = self.feed.as_ref().is_some_and(|(_, open)| open.load(SeqCst));
        let Some((feed, _)) = self.feed.as_mut().filter(|_| open && !self.dead && frames > 0) else { return };
        let left = self.rest / (i64::from(self.rate.hz()) * 1_000_000);
        let at = now - left - i64::try_from(frames * 1_000_000 / u64::from(self.rate.hz())).unwrap();
        let silent = self.zero || self.muted.load(SeqCst);
        let value = |n: u64| if silent { 0.0 } else { f32::from(u16::try_from(n % PERIOD + 1).unwrap()) / 32_768.0 };
        let sound: Vec<f32> = (self.frames..self.frames + frames).map(value).collect();
        feed.push(&sound, |sample| sample, at + late);
        if silent {
            return;
        }
        match self.runs.last_mut() {
            Some(run)
                if run.rate == self.rate
                    && (run.at + run.rate.micros(run.frames) - at).abs() < 20_000
                    && run.frames < 1_000 =>
            {
                run.frames += frames;
            }
            _ => self.runs.push(Run { first: self.frames, frames, at, rate: self.rate }),
        }
        self.frames += frames;
    }
}

impl Source for SimSource {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        let device = |plug: &Plug| Device {
            id: plug.id.into(),
            name: plug.id.into(),
            kind: plug.kind,
            default: true,
            bluetooth: false,
            source: "simulated",
            detail: String::new(),
        };
        Ok(self.plugs().iter().filter(|plug| plug.plugged).map(device).collect())
    }

    fn open(&self, device: &Device) -> Result<Opened, CaptureError> {
        self.with(&device.id, |plug| {
            let (feed, intake) = ring(plug.rate, 1);
            let open = Arc::new(AtomicBool::new(true));
            plug.feed = Some((feed, open.clone()));
            plug.opened += 1;
            let stream = SimStream { source: self.clone(), id: plug.id, open, muted: plug.muted.clone() };
            Ok(Opened { stream: Box::new(stream), intake })
        })
    }
}

struct SimStream {
    source: SimSource,
    id: &'static str,
    open: Arc<AtomicBool>,
    muted: Arc<AtomicBool>,
}

impl Stream for SimStream {
    fn check(&self) -> Result<(), CaptureError> {
        if self.source.with(self.id, |plug| plug.plugged) {
            return Ok(());
        }
        Err(CaptureError::Ended { device: self.id.into(), reason: "unplugged".into() })
    }

    fn muted(&self) -> bool {
        self.muted.load(SeqCst)
    }
}

impl Drop for SimStream {
    fn drop(&mut self) {
        self.open.store(false, SeqCst);
    }
}
