//! A device's way into the archive, up to the frames that are ready to be written.

use crate::condition::{Conditioner, Piece};
use crate::measure::Measure;
use capture::{CaptureError, Device, Event, Intake, Settle, Settled, Supervisor, Watch};
use timeline::SampleRate;

/// What came from an input, in the order in which it happened.
#[derive(Debug)]
pub(crate) enum Came {
    /// A device is open, or an open one was found to have another rate. What follows has the rate `kept`.
    Opened { device: Device, rate: SampleRate, kept: SampleRate },
    /// It can't be opened.
    Failed(CaptureError),
    /// It was lost.
    Gone { device: Device, reason: CaptureError },
    /// The system muted it, or no longer does.
    Muted(bool),
    /// It isn't muted, and delivers nothing but digital zero, or no longer does.
    Silent(bool),
    /// Frames, at the rate to be kept.
    Sound(Piece),
    /// So many frames, at the rate to be kept, were delivered from then on (boot clock) and couldn't be taken.
    Lost { frames: u64, at: i64 },
}

/// One device that is to be kept open.
pub(crate) struct Input {
    watch: Watch,
    /// None while the device isn't to be open.
    supervisor: Option<Supervisor>,
    feed: Option<Feed>,
    /// The rate to be kept; the device's own where there is none.
    kept: Option<SampleRate>,
    /// When its last frame was captured, boot clock.
    last_frame: Option<i64>,
}

struct Feed {
    device: Device,
    intake: Intake,
    measure: Measure,
    settle: Settle,
    conditioner: Conditioner,
    /// What comes in has this rate, and what goes out that.
    rate: SampleRate,
    kept: SampleRate,
}

impl Input {
    pub(crate) fn new(watch: Watch, kept: Option<SampleRate>) -> Self {
        Self { watch, supervisor: None, feed: None, kept, last_frame: None }
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Puts it under a supervisor, which opens the device.
    pub(crate) fn open(&mut self, supervisor: Supervisor) {
        self.supervisor = Some(supervisor);
    }

    /// Closes the device, and gives what was on its way.
    pub(crate) fn close(&mut self, now: i64) -> Vec<Came> {
        if let Some(supervisor) = &mut self.supervisor {
            supervisor.stop();
        }
        let came = self.drained(now);
        self.supervisor = None;
        self.feed = None;
        came
    }

    /// When its last frame was captured, by the boot clock.
    pub(crate) fn last_frame(&self) -> Option<i64> {
        self.last_frame
    }

    /// What came since the last call.
    pub(crate) fn take(&mut self, now: i64) -> Vec<Came> {
        let mut came = Vec::new();
        while let Some(event) = self.supervisor.as_mut().and_then(Supervisor::poll) {
            self.on_event(event, now, &mut came);
        }
        self.take_sound(now, &mut came);
        came
    }

    /// What came, up to the last frame: before a pause, the end of a session, the end.
    pub(crate) fn drained(&mut self, now: i64) -> Vec<Came> {
        let mut came = self.take(now);
        self.drain(now, &mut came);
        came
    }

    fn on_event(&mut self, event: Event, now: i64, came: &mut Vec<Came>) {
        match event {
            Event::Opened { device, intake } => {
                self.drain(now, came);
                let rate = intake.rate();
                self.feed_from(device, intake, rate, came);
            }
            Event::Failed(error) => came.push(Came::Failed(error)),
            Event::Lost { device, reason } => {
                self.drain(now, came);
                self.feed = None;
                came.push(Came::Gone { device, reason });
            }
            Event::Muted(muted) => came.push(Came::Muted(muted)),
            Event::Silent(silent) => came.push(Came::Silent(silent)),
        }
    }

    fn feed_from(&mut self, device: Device, intake: Intake, rate: SampleRate, came: &mut Vec<Came>) {
        let kept = self.kept.unwrap_or(rate);
        match Conditioner::new(rate, kept) {
            Ok(conditioner) => {
                came.push(Came::Opened { device: device.clone(), rate, kept });
                let (measure, settle) = (Measure::new(rate), Settle::new(rate));
                self.feed = Some(Feed { device, intake, measure, settle, conditioner, rate, kept });
            }
            Err(error) => {
                let reason = format!("{rate} cannot be brought to {kept}: {error}");
                came.push(Came::Failed(CaptureError::Open { device: device.id, reason }));
                self.feed = None;
            }
        }
    }

    fn take_sound(&mut self, now: i64, came: &mut Vec<Came>) {
        let mut sound = Vec::new();
        while let Some(feed) = &mut self.feed
            && let Some(block) = feed.intake.next(&mut sound)
        {
            self.last_frame = Some(block.captured);
            let measured = feed.measure.push(block.captured, block.frames as u64, block.lost_before);
            feed.settle.push(block, &sound);
            if let Some(rate) = measured {
                self.has_rate(rate, came);
            }
        }
        if let Some(feed) = &mut self.feed {
            feed.settle.tick(now);
            feed.take_settled(came);
        }
    }

    /// The device says one rate and has another: from here on it is taken by the one that was measured.
    fn has_rate(&mut self, rate: SampleRate, came: &mut Vec<Came>) {
        let Some(mut feed) = self.feed.take() else { return };
        tracing::warn!("{} says it has {} and has {rate}; it is taken at that", feed.device, feed.rate);
        feed.finish(came);
        self.feed_from(feed.device, feed.intake, rate, came);
    }

    /// Takes all that is on its way out of the open device.
    fn drain(&mut self, now: i64, came: &mut Vec<Came>) {
        self.take_sound(now, came);
        if let Some(feed) = &mut self.feed {
            feed.finish(came);
        }
    }
}

impl Feed {
    fn take_settled(&mut self, came: &mut Vec<Came>) {
        while let Some(Settled { captured, lost_before, sound }) = self.settle.pop() {
            if lost_before > 0 {
                // No frame of before is placed with what comes after.
                self.end_stretch(came);
                let lost = self.rate.micros(lost_before);
                came.push(Came::Lost { frames: self.kept.frames(lost), at: captured - lost });
            }
            match self.conditioner.push(captured, &sound) {
                Ok(pieces) => came.extend(pieces.into_iter().map(Came::Sound)),
                Err(error) => {
                    tracing::error!("{}: {error}", self.device);
                    let frames = self.kept.frames(self.rate.micros(sound.len() as u64));
                    came.push(Came::Lost { frames, at: captured });
                }
            }
        }
    }

    fn finish(&mut self, came: &mut Vec<Came>) {
        self.settle.finish();
        self.take_settled(came);
        self.end_stretch(came);
    }

    fn end_stretch(&mut self, came: &mut Vec<Came>) {
        match self.conditioner.finish() {
            Ok(piece) => came.extend(piece.map(Came::Sound)),
            Err(error) => tracing::error!("{}: {error}", self.device),
        }
    }
}
