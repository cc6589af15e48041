use crate::source::{Opened, Source, Stream};
use crate::{CaptureError, Device, Feed, Kind, device, ring};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use timeline::SampleRate;

/// What WASAPI delivers at once.
const PACKET_MS: usize = 10;

/// Devices that exist as long as a test says, deliver what a test hands them, and fail as it likes.
#[derive(Clone, Default)]
pub struct FakeSource(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Something that hangs may go on.
    freed: Condvar,
}

#[derive(Default)]
struct State {
    /// In the order in which they were plugged in.
    plugs: Vec<Plug>,
    /// What the system's settings say; where that isn't plugged in, the first one is the default.
    defaults: HashMap<Kind, String>,
    streams: HashMap<String, Running>,
    opened: HashMap<String, u32>,
    playing: HashSet<String>,
    unreachable: bool,
    lists_hang: bool,
}

/// A device that is plugged in.
#[expect(clippy::struct_excessive_bools, reason = "faults that a test combines as it likes")]
struct Plug {
    id: String,
    kind: Kind,
    rate: SampleRate,
    channels: usize,
    bluetooth: bool,
    muted: Arc<AtomicBool>,
    stalled: bool,
    refusing: bool,
    hanging: bool,
}

/// The device's end of a stream that is open.
struct Running {
    feed: Feed,
    ended: Arc<OnceLock<String>>,
}

impl Running {
    fn end(&self, reason: &str) {
        // A stream ends once; the first reason stands.
        self.ended.set(reason.to_owned()).ok();
    }
}

impl FakeSource {
    /// No devices yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Plugs a device in; the first of its kind is the default.
    pub fn plug_in(&self, id: &str, kind: Kind, rate: SampleRate, channels: usize) {
        self.state().plugs.push(Plug {
            id: id.to_owned(),
            kind,
            rate,
            channels,
            bluetooth: false,
            muted: Arc::default(),
            stalled: false,
            refusing: false,
            hanging: false,
        });
    }

    /// Pulls a device out: it is gone from the list and its stream ends.
    pub fn unplug(&self, id: &str) {
        let mut state = self.state();
        state.plugs.retain(|plug| plug.id != id);
        if let Some(running) = state.streams.remove(id) {
            running.end("unplugged");
        }
    }

    /// Makes it a device that is reached over Bluetooth.
    pub fn set_bluetooth(&self, id: &str, bluetooth: bool) {
        self.change(id, |plug| plug.bluetooth = bluetooth);
    }

    /// Makes it the system's default, now or once it is plugged in. Streams that are open stay where they are.
    pub fn set_default(&self, id: &str, kind: Kind) {
        self.state().defaults.insert(kind, id.to_owned());
    }

    /// The system reports it as muted. What it delivers while muted is for the test to say.
    pub fn set_muted(&self, id: &str, muted: bool) {
        self.change(id, |plug| plug.muted.store(muted, SeqCst));
    }

    /// It opens and stays open, and what it is to deliver comes to nothing.
    pub fn set_stalled(&self, id: &str, stalled: bool) {
        self.change(id, |plug| plug.stalled = stalled);
    }

    /// It is there and won't open.
    pub fn set_refusing(&self, id: &str, refusing: bool) {
        self.change(id, |plug| plug.refusing = refusing);
    }

    /// Opening it doesn't end until this is taken back. Not for an inline supervisor, which would wait for it.
    pub fn set_hanging(&self, id: &str, hanging: bool) {
        self.change(id, |plug| plug.hanging = hanging);
        self.0.freed.notify_all();
    }

    /// Listing doesn't end until this is taken back. Not for an inline supervisor, which would wait for it.
    pub fn set_lists_hanging(&self, hanging: bool) {
        self.state().lists_hang = hanging;
        self.0.freed.notify_all();
    }

    /// The sound system ends, and with it every stream; or it is there again.
    pub fn set_reachable(&self, reachable: bool) {
        let mut state = self.state();
        state.unreachable = !reachable;
        if !reachable {
            state.streams.drain().for_each(|(_, running)| running.end("the sound system ended"));
        }
    }

    /// It has another rate from now on. As with Core Audio, a stream that is open ends with that.
    pub fn change_rate(&self, id: &str, rate: SampleRate) {
        self.change(id, |plug| plug.rate = rate);
        if let Some(running) = self.state().streams.remove(id) {
            running.end("its rate was changed");
        }
    }

    /// Something plays on the output that this loopback belongs to.
    pub fn set_playing(&self, id: &str, playing: bool) {
        let mut state = self.state();
        if playing {
            state.playing.insert(id.to_owned());
        } else {
            state.playing.remove(id);
        }
    }

    /// Delivers a block of interleaved samples whose first frame was captured at `captured` (boot clock). Whether
    /// anybody had the device open and it delivered.
    pub fn deliver(&self, id: &str, interleaved: &[f32], captured: i64) -> bool {
        self.feed(id, |feed| feed.push(interleaved, |sample| sample, captured))
    }

    /// Delivers as WASAPI does: in packets of 10 ms, the last one shorter. Otherwise as [`deliver`](Self::deliver).
    pub fn deliver_packets(&self, id: &str, interleaved: &[f32], captured: i64) -> bool {
        self.feed(id, |feed| {
            let rate = feed.rate();
            let frames = (rate.hz() as usize * PACKET_MS / 1000).max(1);
            for (number, packet) in interleaved.chunks(frames * feed.channels()).enumerate() {
                feed.push(packet, |sample| sample, captured + rate.micros((number * frames) as u64));
            }
        })
    }

    /// How often a device has been opened.
    pub fn times_opened(&self, id: &str) -> u32 {
        self.state().opened.get(id).copied().unwrap_or(0)
    }

    /// Whether somebody has it open.
    pub fn is_open(&self, id: &str) -> bool {
        self.state().streams.contains_key(id)
    }

    fn feed(&self, id: &str, push: impl FnOnce(&mut Feed)) -> bool {
        let mut state = self.state();
        let stalled = state.plugs.iter().any(|plug| plug.id == id && plug.stalled);
        let Some(running) = state.streams.get_mut(id).filter(|_| !stalled) else { return false };
        push(&mut running.feed);
        true
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Plug)) {
        if let Some(plug) = self.state().plugs.iter_mut().find(|plug| plug.id == id) {
            change(plug);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, once nothing hangs any more.
    fn state_unless(&self, hangs: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.state();
        self.0.freed.wait_while(state, |state| hangs(state)).unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check_reachable(&self) -> Result<(), CaptureError> {
        let gone = CaptureError::Unreachable { system: "the fake sound system", reason: "it ended".into() };
        if self.unreachable { Err(gone) } else { Ok(()) }
    }

    fn is_default(&self, plug: &Plug) -> bool {
        let of_kind = |id: &str| self.plugs.iter().any(|it| it.kind == plug.kind && it.id == id);
        let set = self.defaults.get(&plug.kind).filter(|id| of_kind(id));
        let first = || self.plugs.iter().find(|it| it.kind == plug.kind).map(|it| &it.id);
        set.or_else(first) == Some(&plug.id)
    }
}

impl Source for FakeSource {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        let state = self.state_unless(|state| state.lists_hang);
        state.check_reachable()?;
        let described = state.plugs.iter().map(|plug| Device {
            id: plug.id.clone(),
            name: format!("Fake {}", plug.id),
            kind: plug.kind,
            default: state.is_default(plug),
            bluetooth: plug.bluetooth,
            source: "fake",
            detail: format!("{} × {}", plug.channels, plug.rate),
        });
        let mut devices: Vec<Device> = described.collect();
        device::choose_defaults(&mut devices, |_| true);
        Ok(devices)
    }

    fn playing(&self) -> Result<Vec<String>, CaptureError> {
        let state = self.state();
        state.check_reachable()?;
        Ok(state.plugs.iter().filter(|plug| state.playing.contains(&plug.id)).map(|plug| plug.id.clone()).collect())
    }

    fn open(&self, device: &Device) -> Result<Opened, CaptureError> {
        let is_it = |plug: &Plug| plug.id == device.id;
        let mut state = self.state_unless(|state| state.plugs.iter().any(|plug| is_it(plug) && plug.hanging));
        state.check_reachable()?;
        let refused = |reason: &str| CaptureError::Open { device: device.id.clone(), reason: reason.into() };
        let plug = state.plugs.iter().find(|plug| is_it(plug));
        let plug = plug.ok_or_else(|| refused("it is not there any more"))?;
        if plug.refusing {
            return Err(refused("it is in use"));
        }
        let (feed, intake) = ring(plug.rate, plug.channels);
        let (ended, muted) = (Arc::new(OnceLock::new()), plug.muted.clone());
        state.streams.insert(device.id.clone(), Running { feed, ended: ended.clone() });
        *state.opened.entry(device.id.clone()).or_default() += 1;
        let stream = FakeStream { device: device.id.clone(), ended, muted, source: self.clone() };
        Ok(Opened { stream: Box::new(stream), intake })
    }
}

struct FakeStream {
    device: String,
    ended: Arc<OnceLock<String>>,
    muted: Arc<AtomicBool>,
    source: FakeSource,
}

impl Stream for FakeStream {
    fn check(&self) -> Result<(), CaptureError> {
        match self.ended.get() {
            None => Ok(()),
            Some(reason) => Err(CaptureError::Ended { device: self.device.clone(), reason: reason.clone() }),
        }
    }

    fn muted(&self) -> bool {
        self.muted.load(SeqCst)
    }
}

impl Drop for FakeStream {
    fn drop(&mut self) {
        let mut state = self.source.state();
        // By now the device may be open anew: that stream is another's.
        if state.streams.get(&self.device).is_some_and(|running| Arc::ptr_eq(&running.ended, &self.ended)) {
            state.streams.remove(&self.device);
        }
    }
}
