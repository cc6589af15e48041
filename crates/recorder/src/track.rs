//! One track: its device's events, and its sound into the archive.

mod health;
mod writing;

use crate::context::{Context, Devices};
use crate::input::Came;
use crate::inputs::Inputs;
use archive::{GapCause, Row};
use capture::control::TrackStatus;
use capture::{CaptureError, Choice, Device, Kind, Watch};
use health::Health;
use std::path::PathBuf;
use timeline::{SampleRate, Side, TrackName};
use writing::Writing;

/// Which device a track is recorded from, and as what.
pub(crate) struct Setting {
    /// What it is called, unless the clock was set back.
    pub(crate) name: TrackName,
    pub(crate) side: Side,
    pub(crate) kind: Kind,
    pub(crate) choice: Choice,
    /// The thread that keeps the device open.
    pub(crate) thread: &'static str,
}

/// A loopback that played this recently before its device was lost was playing when it was.
const RECENT_MICROS: i64 = 1_000_000;

/// One track.
pub(crate) struct Track {
    setting: Setting,
    input: Inputs,
    /// The open device and its rate, until it is lost.
    device: Option<(Device, SampleRate)>,
    /// What came before the recorder ran.
    early: Vec<Came>,
    /// The session's journal says that the track is in it.
    told: bool,
    health: Health,
    writing: Writing,
}

/// What became of a track.
#[derive(Debug)]
pub struct TrackReport {
    /// Its name.
    pub name: TrackName,
    /// Frames of sound that were written.
    pub frames: u64,
    /// Frames that came and couldn't be kept.
    pub lost_frames: u64,
    /// The segments that the last stretch ended with.
    pub paths: Vec<PathBuf>,
}

impl Track {
    /// A track that isn't recorded yet.
    pub(crate) fn new(setting: Setting, context: &Context) -> Self {
        let watch = Watch { choice: setting.choice.clone(), kind: setting.kind, thread: setting.thread };
        let name = context.marks.name(&setting.name, context.wall());
        Self {
            input: Inputs::new(watch, context.rate),
            device: None,
            early: Vec::new(),
            told: false,
            health: Health::default(),
            writing: Writing::new(name, setting.side, context.boot()),
            setting,
        }
    }

    /// What it is called in this session.
    pub(crate) fn name(&self) -> &TrackName {
        self.writing.name()
    }

    /// What it is called, unless the clock was set back.
    pub(crate) fn usual_name(&self) -> &TrackName {
        &self.setting.name
    }

    pub(crate) fn device(&self) -> Option<&Device> {
        self.device.as_ref().map(|(device, _)| device)
    }

    /// Sound was to be recorded since that moment of the boot clock and wasn't, for that reason, up to the next that is
    /// told or until it is opened.
    pub(crate) fn missing_since(&mut self, at: i64, cause: GapCause, context: &Context) {
        self.writing.missing_since(at.min(context.boot()), cause);
    }

    /// Begins to open the device.
    ///
    /// # Errors
    /// [`CaptureError::Thread`].
    pub(crate) fn open(&mut self, context: &mut Context) -> Result<(), CaptureError> {
        self.input.open(&context.devices)?;
        self.writing.causes.usual_since(context.boot());
        Ok(())
    }

    /// Closes the device, and writes what was on its way: for a pause, or the end.
    pub(crate) fn close(&mut self, context: &mut Context) {
        for came in self.input.close(context.boot()) {
            self.take(came, context);
        }
        self.device = None;
        self.health = Health::default();
    }

    /// A pause begins: the device is let go, and the segment ends.
    pub(crate) fn pause(&mut self, context: &mut Context) {
        self.close(context);
        self.writing.rotate();
        self.writing.causes.since(context.boot(), GapCause::Paused);
    }

    /// Keeps what comes, before the recorder runs.
    pub(crate) fn gather(&mut self, now: i64, devices: &Devices) {
        self.early.extend(self.input.take(now, devices));
    }

    /// Whether its device was opened before the recorder runs; why not, where it couldn't be.
    pub(crate) fn answer(&self) -> Option<Result<(), String>> {
        self.early.iter().rev().find_map(|came| match came {
            Came::Opened { .. } => Some(Ok(())),
            Came::Failed(error) => Some(Err(error.to_string())),
            _ => None,
        })
    }

    /// Takes what came since the last call.
    pub(crate) fn advance(&mut self, context: &mut Context) {
        for came in std::mem::take(&mut self.early).into_iter().chain(self.input.take(context.boot(), &context.devices))
        {
            self.take(came, context);
        }
        if !context.disk.state().stops() {
            self.writing.tick(context.boot());
        }
    }

    /// To be called about once a second while there is room: looks after what is on the disk.
    pub(crate) fn look_at_files(&mut self) {
        self.writing.look_at_files();
    }

    /// The machine slept between two moments of the boot clock.
    pub(crate) fn slept(&mut self, from: i64, to: i64) {
        let from = from.max(self.writing.accounted());
        if from < to && self.writing.causes.now() != GapCause::Paused {
            self.writing.causes.between(from, to, GapCause::Suspended);
        }
    }

    fn take(&mut self, came: Came, context: &mut Context) {
        match came {
            Came::Opened { device, rate, kept } => self.opened(device, rate, kept, context),
            Came::Failed(error) => {
                tracing::warn!("{}: {error}; trying again", self.setting.name);
                self.health.failed(error.to_string());
                if self.device.is_none() && self.writing.causes.now() != GapCause::Paused {
                    self.writing.causes.since(context.boot(), GapCause::DeviceLost);
                }
            }
            Came::Gone { device, reason } => self.gone(&device, &reason, context),
            Came::Muted(muted) => {
                self.health.muted = muted;
                let (at, session, track) = (context.at(), context.session_id(), self.name().clone());
                context.ledger.append(&Row::Muted { at, session, track, muted });
            }
            Came::Silent(silent) => self.health.silent = silent,
            Came::Sound(piece) => self.writing.sound(&piece, context),
            Came::Lost { frames, at } => self.writing.lost(frames, at, context),
        }
    }

    fn opened(&mut self, device: Device, rate: SampleRate, kept: SampleRate, context: &mut Context) {
        self.writing.has_rate(kept, context);
        self.health.opened();
        // A microphone has to deliver before all is well; a loopback may be idle from here on.
        if self.setting.kind == Kind::Loopback {
            self.writing.causes.usual_since(context.boot());
        }
        self.device = Some((device, rate));
        self.tell_opened(context);
    }

    fn tell_opened(&mut self, context: &mut Context) {
        let Some((device, rate)) = &self.device else { return };
        self.told = true;
        context.ledger.append(&Row::Opened {
            at: context.at(),
            session: context.session_id(),
            track: self.name().clone(),
            side: self.setting.side,
            device: device.to_string(),
            rate: rate.hz(),
            frame: self.writing.next_frame(),
        });
    }

    /// Says in the session's journal that the track is in it, though no device is open.
    pub(crate) fn tell_if_not_open(&mut self, context: &mut Context) {
        if self.told || self.device.is_some() {
            return;
        }
        self.told = true;
        context.ledger.append(&Row::DeviceLost {
            at: context.at(),
            session: context.session_id(),
            track: self.name().clone(),
            device: String::new(),
            reason: self.health.failure().unwrap_or("it is not open yet").to_owned(),
        });
    }

    fn gone(&mut self, device: &Device, reason: &CaptureError, context: &mut Context) {
        tracing::warn!("{}: {reason}; opening it again", self.setting.name);
        let cause = match reason {
            CaptureError::Stalled { .. } => GapCause::Stalled,
            CaptureError::Silent { .. } | CaptureError::DefaultChanged { .. } => GapCause::Reopened,
            _ => GapCause::DeviceLost,
        };
        let (now, accounted) = (context.boot(), self.writing.accounted());
        if self.setting.kind == Kind::Microphone || now - accounted < RECENT_MICROS {
            self.writing.causes.since_sound(accounted, cause);
        } else {
            self.writing.causes.since(now, cause);
        }
        self.device = None;
        let (at, session, track) = (context.at(), context.session_id(), self.name().clone());
        let (device, reason) = (device.to_string(), reason.to_string());
        self.health.lost(reason.clone());
        context.ledger.append(&Row::DeviceLost { at, session, track, device, reason });
    }

    /// Finishes the open segment; what comes next goes into a new one.
    pub(crate) fn rotate(&mut self) {
        self.writing.rotate();
    }

    /// Ends the track's part in a session; sound that comes later belongs to the next.
    pub(crate) fn end_session(&mut self, context: &mut Context) {
        for came in self.input.drained(context.boot()) {
            self.take(came, context);
        }
        let frame = self.writing.next_frame();
        self.writing.end(context);
        if std::mem::take(&mut self.told) || frame > 0 {
            let (at, session, track) = (context.at(), context.session_id(), self.name().clone());
            context.ledger.append(&Row::Closed { at, session, track, frame });
        }
    }

    /// Takes part in the session that has begun.
    pub(crate) fn begin_session(&mut self, context: &mut Context) {
        self.writing.rename(context.marks.name(&self.setting.name, context.wall()));
        self.tell_opened(context);
    }

    /// Looks after its health; a sentence for the user, where something needs one that hasn't been told yet.
    pub(crate) fn look_after(&mut self, paused: bool, context: &Context) -> Option<String> {
        let age = self.input.last_frame().map(|last| context.boot() - last);
        let awake = context.clock.awake_micros();
        self.health
            .look(self.setting.kind, self.device.is_some() || paused, age, awake)
            .map(|what| self.sentence(&what))
    }

    /// What its user should know now.
    pub(crate) fn warning(&self) -> Option<String> {
        self.health.trouble().map(|what| self.sentence(&what))
    }

    fn sentence(&self, what: &str) -> String {
        let device = self.device().map(|device| format!(" ({})", device.name)).unwrap_or_default();
        format!("the {}{device} {what}", self.setting.kind)
    }

    pub(crate) fn status(&self, paused: bool, context: &Context) -> TrackStatus {
        let age = self.input.last_frame().map(|last| context.boot() - last);
        let full = context.disk.state().stops() || self.writing.is_failing();
        let level = if paused { None } else { health::level(age, self.writing.level_db()) };
        let (usual, wall) = (&self.setting.name, context.wall());
        TrackStatus {
            track: usual.to_string(),
            state: self.health.state(self.setting.kind, self.device.is_some(), age, paused, full),
            device: self.device().map(|device| device.name.clone()),
            muted: self.health.muted,
            level_db: level,
            last_frame_age_s: age.map(health::seconds),
            written_today_s: context.ledger.written_today_s(usual, wall),
            gaps_today: context.ledger.gaps_today(usual, wall).0,
            gaps_today_s: context.ledger.gaps_today(usual, wall).1,
        }
    }

    pub(crate) fn report(self) -> TrackReport {
        let Writing { frames, lost_frames, paths, .. } = self.writing;
        TrackReport { name: self.setting.name, frames, lost_frames, paths }
    }
}
