//! `loopback = "all"`: every output there is, as one input.

use crate::asking::Asking;
use crate::context::Devices;
use crate::input::{Came, Input};
use crate::mix::Mixer;
use capture::{CaptureError, Choice, Device, Kind, Source, Watch};
use std::collections::BTreeMap;
use timeline::SampleRate;

/// How often outputs are listed, for those that came or went.
const LIST_EVERY_MICROS: i64 = 2_000_000;
/// More outputs than this aren't recorded at once.
const MOST: usize = 16;
/// What the mix is called in the journal and the status.
const ID: &str = "all";

/// Every loopback, each kept open by a supervisor of its own, added up by the clock.
pub(crate) struct AllOutputs {
    thread: &'static str,
    rate: SampleRate,
    inputs: BTreeMap<String, Output>,
    mixer: Mixer,
    listing: Asking<Vec<Device>>,
    open: bool,
    last_frame: Option<i64>,
}

struct Output {
    input: Input,
    device: Option<Device>,
}

impl AllOutputs {
    pub(crate) fn new(thread: &'static str, rate: SampleRate) -> Self {
        let (inputs, mixer, listing) = (BTreeMap::new(), Mixer::new(rate), Asking::new(LIST_EVERY_MICROS));
        Self { thread, rate, inputs, mixer, listing, open: false, last_frame: None }
    }

    /// Begins to list and open.
    pub(crate) fn open(&mut self) {
        self.open = true;
        self.listing.at_once();
    }

    /// When the last frame of any was captured, by the boot clock.
    pub(crate) fn last_frame(&self) -> Option<i64> {
        self.last_frame
    }

    /// What came since the last call.
    pub(crate) fn take(&mut self, now: i64, devices: &Devices) -> Vec<Came> {
        let mut came = Vec::new();
        if self.open {
            self.follow(now, devices, &mut came);
        }
        for id in self.inputs.keys().cloned().collect::<Vec<_>>() {
            let sounds = self.inputs.get_mut(&id).map(|output| output.input.take(now)).unwrap_or_default();
            self.add(&id, sounds, &mut came);
        }
        came.extend(self.mixer.take(now).into_iter().map(Came::Sound));
        came
    }

    /// What came, up to the last frame.
    pub(crate) fn drained(&mut self, now: i64) -> Vec<Came> {
        let mut came = Vec::new();
        for id in self.inputs.keys().cloned().collect::<Vec<_>>() {
            let sounds = self.inputs.get_mut(&id).map(|output| output.input.drained(now)).unwrap_or_default();
            self.add(&id, sounds, &mut came);
        }
        came.extend(self.mixer.finish().into_iter().map(Came::Sound));
        came
    }

    /// Closes them all, and gives what was on its way.
    pub(crate) fn close(&mut self, now: i64) -> Vec<Came> {
        let mut came = Vec::new();
        for (id, mut output) in std::mem::take(&mut self.inputs) {
            let sounds = output.input.close(now);
            self.add(&id, sounds, &mut came);
        }
        came.extend(self.mixer.finish().into_iter().map(Came::Sound));
        self.mixer = Mixer::new(self.rate);
        self.open = false;
        came
    }

    /// Opens outputs that came, and lets go of those that went.
    fn follow(&mut self, now: i64, devices: &Devices, came: &mut Vec<Came>) {
        let Some(listed) = self.listing.look(now, devices, loopbacks) else { return };
        let gone: Vec<String> =
            self.inputs.keys().filter(|id| !listed.iter().any(|device| device.id == **id)).cloned().collect();
        for id in gone {
            if let Some(mut output) = self.inputs.remove(&id) {
                let sounds = output.input.close(now);
                self.add(&id, sounds, came);
                self.is_over(&id, output.device, came);
            }
        }
        for device in listed.into_iter().take(MOST) {
            if self.inputs.contains_key(&device.id) {
                continue;
            }
            let watch = Watch { choice: Choice::Named(device.id.clone()), kind: Kind::Loopback, thread: self.thread };
            let mut input = Input::new(watch, Some(self.rate));
            match devices.supervise(input.watch()) {
                Ok(supervisor) => {
                    input.open(supervisor);
                    self.inputs.insert(device.id, Output { input, device: None });
                }
                Err(error) => tracing::error!("{device}: {error}"),
            }
        }
    }

    /// Takes what one of them brought.
    fn add(&mut self, id: &str, sounds: Vec<Came>, came: &mut Vec<Came>) {
        for sound in sounds {
            match sound {
                Came::Sound(piece) => {
                    self.last_frame = self.last_frame.max(Some(piece.0));
                    self.mixer.push(id, &piece);
                }
                Came::Opened { device, .. } => {
                    let first = !self.inputs.values().any(|output| output.device.is_some());
                    if let Some(output) = self.inputs.get_mut(id) {
                        output.device = Some(device);
                    }
                    if first {
                        came.push(Came::Opened { device: every_output(), rate: self.rate, kept: self.rate });
                    }
                }
                Came::Gone { device, reason } => {
                    tracing::warn!("{device}: {reason}");
                    if let Some(output) = self.inputs.get_mut(id) {
                        output.device = None;
                    }
                    self.mixer.end(id);
                    if !self.inputs.values().any(|output| output.device.is_some()) {
                        came.push(Came::Gone { device: every_output(), reason });
                    }
                }
                // The others go on; what is missing of one is no gap in the mix.
                Came::Lost { frames, .. } => tracing::error!("{id}: {frames} frames lost, the writer was too slow"),
                Came::Failed(error) if self.inputs.len() == 1 => came.push(Came::Failed(error)),
                Came::Failed(error) => tracing::warn!("{error}; trying again"),
                Came::Muted(_) | Came::Silent(_) => {}
            }
        }
    }

    /// An output was taken away while it was open.
    fn is_over(&mut self, id: &str, device: Option<Device>, came: &mut Vec<Came>) {
        self.mixer.end(id);
        let Some(device) = device else { return };
        if !self.inputs.values().any(|output| output.device.is_some()) {
            let reason = CaptureError::Ended { device: device.id, reason: "it is not there any more".into() };
            came.push(Came::Gone { device: every_output(), reason });
        }
    }
}

/// What stands for all of them.
fn every_output() -> Device {
    Device {
        id: ID.into(),
        name: "every output".into(),
        kind: Kind::Loopback,
        default: false,
        bluetooth: false,
        source: "all",
        detail: String::new(),
    }
}

/// Whether a device stands for every output.
pub(crate) fn is_every_output(device: &Device) -> bool {
    device.id == ID
}

fn loopbacks(source: &dyn Source) -> Result<Vec<Device>, CaptureError> {
    let mut all = source.devices()?;
    all.retain(|device| device.kind == Kind::Loopback);
    Ok(all)
}
