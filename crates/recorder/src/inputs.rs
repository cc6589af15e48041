use crate::all_outputs::AllOutputs;
use crate::context::Devices;
use crate::input::{Came, Input};
use capture::{CaptureError, Choice, Watch};
use timeline::SampleRate;

/// Where a track's sound comes from: one device, or all of its kind.
pub(crate) enum Inputs {
    One(Box<Input>),
    All(AllOutputs),
}

/// The rate of a mix where the archive keeps each device's own.
const MIXED_HZ: u32 = 48_000;

impl Inputs {
    /// For a choice; `kept` is the rate to be kept, the device's own where there is none.
    pub(crate) fn new(watch: Watch, kept: Option<SampleRate>) -> Self {
        if watch.choice == Choice::All {
            let rate = kept.or(SampleRate::new(MIXED_HZ)).unwrap_or(SampleRate::SPEECH);
            Self::All(AllOutputs::new(watch.thread, rate))
        } else {
            Self::One(Box::new(Input::new(watch, kept)))
        }
    }

    /// Begins to open what is to be open.
    pub(crate) fn open(&mut self, devices: &Devices) -> Result<(), CaptureError> {
        match self {
            Self::One(input) => devices.supervise(input.watch()).map(|supervisor| input.open(supervisor)),
            Self::All(all) => {
                all.open();
                Ok(())
            }
        }
    }

    /// Closes it, and gives what was on its way.
    pub(crate) fn close(&mut self, now: i64) -> Vec<Came> {
        match self {
            Self::One(input) => input.close(now),
            Self::All(all) => all.close(now),
        }
    }

    /// When the last frame was captured, by the boot clock.
    pub(crate) fn last_frame(&self) -> Option<i64> {
        match self {
            Self::One(input) => input.last_frame(),
            Self::All(all) => all.last_frame(),
        }
    }

    /// What came since the last call.
    pub(crate) fn take(&mut self, now: i64, devices: &Devices) -> Vec<Came> {
        match self {
            Self::One(input) => input.take(now),
            Self::All(all) => all.take(now, devices),
        }
    }

    /// What came, up to the last frame: before a pause, the end of a session, the end.
    pub(crate) fn drained(&mut self, now: i64) -> Vec<Came> {
        match self {
            Self::One(input) => input.drained(now),
            Self::All(all) => all.drained(now),
        }
    }
}
