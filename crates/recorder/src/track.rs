//! One track, from the ring of its device to its segments.

use crate::condition::{Conditioner, Piece};
use crate::ledger::Ledger;
use crate::level::Level;
use archive::{Archive, ArchiveError, GapCause, Row, Session, TrackWriter, WriterSettings};
use capture::control::{TrackState, TrackStatus};
use capture::{Choice, Device, Event, Intake, Kind, Settle, Source, Supervisor, Watch};
use std::path::PathBuf;
use std::sync::Arc;
use timeline::{Clock, SampleRate, Side, TrackName};

/// Which device a track is recorded from, and as what.
pub(crate) struct Setting {
    pub(crate) name: TrackName,
    pub(crate) side: Side,
    pub(crate) kind: Kind,
    pub(crate) choice: Choice,
    /// The thread that keeps the device open.
    pub(crate) thread: &'static str,
}

/// What all tracks share while they run.
pub(crate) struct Context {
    pub(crate) archive: Archive,
    pub(crate) session: Session,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: WriterSettings,
    /// The archive's rate; the device's own where there is none.
    pub(crate) rate: Option<SampleRate>,
}

/// Anchors come this often.
const ANCHOR_EVERY_MICROS: i64 = 10_000_000;
/// A level older than this is none.
const LEVEL_AGE_MICROS: i64 = 1_000_000;

/// One track.
pub(crate) struct Track {
    name: TrackName,
    side: Side,
    supervisor: Supervisor,
    feed: Option<Feed>,
    /// The open device, until it is lost.
    device: Option<Device>,
    writer: Option<TrackWriter>,
    muted: bool,
    level: Level,
    last_frame: Option<i64>,
    last_anchor: Option<i64>,
    /// The next gap is a pause, which has a row of its own.
    after_pause: bool,
    frames: u64,
    /// Frames that came and couldn't be kept: the ring was full, the disk refused.
    lost_frames: u64,
    failing: bool,
    paths: Vec<PathBuf>,
}

/// An open device's way into the archive.
struct Feed {
    intake: Intake,
    settle: Settle,
    conditioner: Conditioner,
    rate: SampleRate,
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
    /// Starts opening the device.
    pub(crate) fn start(
        setting: Setting,
        source: Arc<dyn Source>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, capture::CaptureError> {
        let watch = Watch { choice: setting.choice, kind: setting.kind, thread: setting.thread };
        Ok(Self {
            name: setting.name,
            side: setting.side,
            supervisor: Supervisor::start(source, clock, watch)?,
            feed: None,
            device: None,
            writer: None,
            muted: false,
            level: Level::default(),
            last_frame: None,
            last_anchor: None,
            after_pause: false,
            frames: 0,
            lost_frames: 0,
            failing: false,
            paths: Vec::new(),
        })
    }

    pub(crate) fn name(&self) -> &TrackName {
        &self.name
    }

    pub(crate) fn device(&self) -> Option<&Device> {
        self.device.as_ref()
    }

    /// The device's events; only for before the track runs.
    pub(crate) fn supervisor(&mut self) -> &mut Supervisor {
        &mut self.supervisor
    }

    /// Takes what came since the last call. While `paused`, it is thrown away.
    pub(crate) fn advance(&mut self, context: &mut Context, paused: bool) {
        while let Some(event) = self.supervisor.poll() {
            self.on_event(event, context, paused);
        }
        self.take_sound(context, paused);
        let now = context.clock.boot_micros();
        if let Some(Err(error)) = self.writer.as_mut().map(|writer| writer.tick(now)) {
            self.refused(0, &error);
        }
    }

    pub(crate) fn on_event(&mut self, event: Event, context: &mut Context, paused: bool) {
        let (at, session) = (context.clock.wall(), context.session.id().to_owned());
        match event {
            Event::Opened { device, intake } => {
                self.drain(context, paused);
                self.open(device, intake, context);
            }
            Event::Failed(error) => tracing::warn!("{}: {error}; trying again", self.name),
            Event::Lost { device, reason } => {
                tracing::warn!("{}: {reason}; opening it again", self.name);
                self.drain(context, paused);
                self.device = None;
                let (device, reason) = (device.to_string(), reason.to_string());
                context.ledger.append(&Row::DeviceLost { at, session, track: self.name.clone(), device, reason });
            }
            Event::Silent(_) => {}
            Event::Muted(muted) => {
                self.muted = muted;
                context.ledger.append(&Row::Muted { at, session, track: self.name.clone(), muted });
            }
        }
    }

    fn open(&mut self, device: Device, intake: Intake, context: &mut Context) {
        let rate = intake.rate();
        let kept = context.rate.unwrap_or(rate);
        let conditioner = match Conditioner::new(rate, kept) {
            Ok(conditioner) => conditioner,
            Err(error) => {
                tracing::error!("{}: {error}", self.name);
                return;
            }
        };
        if self.feed.as_ref().is_some_and(|feed| feed.rate != kept) {
            // Another rate on disk: another file, of the same session.
            self.end_writer(context);
        }
        let frame = self.writer.as_ref().map_or(0, TrackWriter::next_frame);
        context.ledger.append(&Row::Opened {
            at: context.clock.wall(),
            session: context.session.id().to_owned(),
            track: self.name.clone(),
            side: self.side,
            device: device.to_string(),
            rate: rate.hz(),
            frame,
        });
        self.feed = Some(Feed { settle: Settle::new(rate), conditioner, intake, rate: kept });
        self.device = Some(device);
        self.muted = false;
    }

    fn take_sound(&mut self, context: &mut Context, paused: bool) {
        let Some(feed) = &mut self.feed else { return };
        let mut sound = Vec::new();
        while let Some(block) = feed.intake.next(&mut sound) {
            self.last_frame = Some(block.captured);
            if block.lost_before > 0 {
                self.lost_frames += block.lost_before;
                tracing::error!("{}: {} frames lost, the writer was too slow", self.name, block.lost_before);
            }
            if !paused {
                feed.settle.push(block, &sound);
            }
        }
        feed.settle.tick(context.clock.boot_micros());
        self.take_settled(context);
    }

    fn take_settled(&mut self, context: &mut Context) {
        let Some(feed) = &mut self.feed else { return };
        let mut pieces = Vec::new();
        while let Some((captured, sound)) = feed.settle.pop() {
            match feed.conditioner.push(captured, &sound) {
                Ok(ready) => pieces.extend(ready),
                Err(error) => {
                    self.lost_frames += sound.len() as u64;
                    tracing::error!("{}: {error}", self.name);
                }
            }
        }
        for piece in pieces {
            self.write(&piece, context);
        }
    }

    /// Writes what is still on its way: before a device is let go, a pause, the end.
    fn drain(&mut self, context: &mut Context, paused: bool) {
        self.take_sound(context, paused);
        let Some(feed) = &mut self.feed else { return };
        feed.settle.finish();
        self.take_settled(context);
        let Some(feed) = &mut self.feed else { return };
        match feed.conditioner.finish() {
            Ok(Some(piece)) => self.write(&piece, context),
            Ok(None) => {}
            Err(error) => tracing::error!("{}: {error}", self.name),
        }
    }

    fn write(&mut self, (captured, frames): &Piece, context: &mut Context) {
        let Some(rate) = self.feed.as_ref().map(|feed| feed.rate) else { return };
        self.level.push(frames, rate);
        let writer = self.writer.get_or_insert_with(|| {
            TrackWriter::new(&context.archive, &context.session, self.name.clone(), self.side, rate, context.settings)
        });
        match writer.place(frames, *captured) {
            Ok(placed) => {
                self.frames += frames.len() as u64;
                if std::mem::take(&mut self.failing) {
                    tracing::warn!("{}: the disk takes sound again", self.name);
                }
                self.note_gap(placed.gap, context);
                self.note_anchor(placed.frame, *captured, context);
            }
            Err(error) => self.refused(frames.len() as u64, &error),
        }
    }

    fn note_gap(&mut self, gap: Option<archive::Gap>, context: &mut Context) {
        let pause = std::mem::take(&mut self.after_pause);
        let Some(gap) = gap.filter(|_| !pause) else { return };
        let cause = if self.side == Side::Heard { GapCause::Idle } else { GapCause::Stalled };
        if cause.is_loss() {
            let seconds = gap.span.len_micros() / 1_000_000;
            tracing::warn!("{}: a gap of {seconds} s up to {}", self.name, gap.span.end);
        }
        context.ledger.append(&gap.row(&context.session, &self.name, cause));
    }

    fn note_anchor(&mut self, frame: u64, captured: i64, context: &mut Context) {
        if self.last_anchor.is_some_and(|last| captured - last < ANCHOR_EVERY_MICROS) {
            return;
        }
        self.last_anchor = Some(captured);
        let (wall, boot) = (context.clock.wall(), context.clock.boot_micros());
        context.ledger.append(&Row::Anchor {
            at: wall,
            session: context.session.id().to_owned(),
            track: self.name.clone(),
            frame,
            boot_us: captured,
            wall_us: wall.plus_micros(captured - boot).as_micros(),
        });
    }

    /// The disk refused: sound is lost, and said once until it takes some again.
    fn refused(&mut self, frames: u64, error: &ArchiveError) {
        self.lost_frames += frames;
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!("{}: {error}; sound is lost until it can be written", self.name);
        }
    }

    /// Finishes the open segment; what comes next goes into a new one.
    pub(crate) fn rotate(&mut self) {
        if let Some(Err(error)) = self.writer.as_mut().map(TrackWriter::rotate) {
            self.refused(0, &error);
        }
    }

    /// A pause begins: what came before it is written, and the segment ends.
    pub(crate) fn pause(&mut self, context: &mut Context) {
        self.drain(context, false);
        self.rotate();
        self.after_pause = true;
    }

    /// Ends the track's part in a session; sound that comes later belongs to the next.
    pub(crate) fn end_session(&mut self, context: &mut Context, paused: bool) {
        self.drain(context, paused);
        self.end_writer(context);
    }

    fn end_writer(&mut self, context: &mut Context) {
        self.last_anchor = None;
        let Some(mut writer) = self.writer.take() else { return };
        match writer.finish() {
            Ok(path) => self.paths = path.into_iter().collect(),
            Err(error) => self.refused(0, &error),
        }
        context.ledger.append(&Row::Closed {
            at: context.clock.wall(),
            session: context.session.id().to_owned(),
            track: self.name.clone(),
            frame: writer.next_frame(),
        });
    }

    /// Closes the device; what it delivered up to then is still to be taken.
    pub(crate) fn close_device(&mut self) {
        self.supervisor.stop();
    }

    pub(crate) fn status(&self, context: &Context) -> TrackStatus {
        let (wall, now) = (context.clock.wall(), context.clock.boot_micros());
        let age = self.last_frame.map(|last| now - last);
        let level = age.filter(|age| *age < LEVEL_AGE_MICROS).and_then(|_| self.level.db());
        #[expect(clippy::cast_precision_loss, reason = "seconds, to a millisecond")]
        let last_frame_age_s = age.map(|micros| (micros.max(0) / 1_000) as f64 / 1_000.0);
        TrackStatus {
            track: self.name.to_string(),
            state: TrackState::Recording,
            device: self.device.as_ref().map(|device| device.name.clone()),
            muted: self.muted,
            level_db: level.map(|db| (db * 10.0).round() / 10.0),
            last_frame_age_s,
            written_today_s: 0.0,
            gaps_today: context.ledger.gaps_today(&self.name, wall),
            gaps_today_s: 0.0,
        }
    }

    pub(crate) fn report(self) -> TrackReport {
        TrackReport { name: self.name, frames: self.frames, lost_frames: self.lost_frames, paths: self.paths }
    }
}
