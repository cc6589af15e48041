//! The recorder: its tracks, its session, and the thread that writes them.

use crate::RecorderError;
use crate::ledger::Ledger;
use crate::status::SharedStatus;
use crate::track::{Context, Setting, Track, TrackReport};
use archive::{Archive, Row, Session, repair};
use capture::control::{RecorderStatus, Request};
use capture::{Choice, Event, Kind, Source};
use home::{Home, RecordConfig, SampleRateChoice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;
use timeline::{Clock, SampleRate, Side, TrackName, WallTime};

/// How often the rings are emptied: with it, what a kill may cost stays below a quarter of a second.
const TAKE_EVERY: Duration = Duration::from_millis(20);
/// How often the status is renewed.
const STATUS_EVERY_MICROS: i64 = 100_000;
/// How often the journal is synced.
const SYNC_EVERY_MICROS: i64 = 5_000_000;
/// How long devices may take to open before the recorder starts with those that did.
const START_MICROS: i64 = 10_000_000;
/// A session begins a little before its first frame, so that frames on their way when it begins belong to it.
const SESSION_LEAD_MICROS: i64 = 1_000_000;

/// Something asked for on the socket; the status after it goes back.
#[derive(Debug)]
pub struct Command {
    /// What.
    pub request: Request,
    /// Where the status goes once it is done.
    pub done: SyncSender<RecorderStatus>,
}

/// What became of the tracks.
#[derive(Debug)]
pub struct Report {
    /// Each of them.
    pub tracks: Vec<TrackReport>,
}

/// What a recorder is started with.
pub struct Start<'a> {
    /// Where it records to. Whoever starts it holds the home's recorder lock.
    pub home: &'a Home,
    /// What and how.
    pub config: &'a RecordConfig,
    /// How devices are reached.
    pub source: Arc<dyn Source>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Recording is suspended.
struct Pause {
    /// Until then by the wall clock, or until it is ended.
    until: Option<WallTime>,
}

/// A recorder whose devices are open.
pub struct Recorder {
    context: Context,
    tracks: Vec<Track>,
    status: SharedStatus,
    pause: Option<Pause>,
    last_status: i64,
    last_sync: i64,
}

impl Recorder {
    /// Mends what a recorder before left, opens the devices and begins a session. Gives up where no device opens or
    /// nothing can be written, and before either where `stop` is raised.
    ///
    /// # Errors
    /// [`RecorderError`].
    pub fn start(start: Start<'_>, stop: &AtomicBool) -> Result<Self, RecorderError> {
        let Start { home, config, source, clock } = start;
        let archive = Archive::open(home);
        let repaired = repair::left_behind(&archive)?;
        for path in &repaired.adopted {
            tracing::warn!("finished {}, which a recorder left behind", path.display());
        }
        for fault in &repaired.faults {
            tracing::warn!("{fault}");
        }
        let mut tracks = start_tracks(config, &source, &clock)?;
        let events = wait_for_devices(&mut tracks, clock.as_ref(), stop)?;
        let context = Context {
            session: session_from_now(clock.as_ref()),
            ledger: Ledger::open(&archive, clock.as_ref()),
            settings: config.into(),
            rate: match config.sample_rate {
                SampleRateChoice::Speech => Some(SampleRate::SPEECH),
                SampleRateChoice::Native => None,
            },
            archive,
            clock,
        };
        let mut recorder =
            Self { context, tracks, status: SharedStatus::new(), pause: None, last_status: 0, last_sync: 0 };
        let row = recorder.context.session.row();
        recorder.context.ledger.try_append(&row)?;
        for (track, events) in recorder.tracks.iter_mut().zip(events) {
            for event in events {
                track.on_event(event, &mut recorder.context, false);
            }
        }
        recorder.renew_status();
        Ok(recorder)
    }

    /// The status, renewed several times a second.
    pub fn status(&self) -> SharedStatus {
        self.status.clone()
    }

    /// What is being recorded, for the person who started it.
    pub fn summary(&self) -> String {
        let mut lines = vec![format!("recording into {}; Ctrl-C stops", self.context.archive.folder().display())];
        for track in &self.tracks {
            let device = track.device().map_or_else(|| "NO DEVICE, waiting for one".to_owned(), ToString::to_string);
            lines.push(format!("  {:9} {device}", track.name().as_str()));
        }
        lines.join("\n")
    }

    /// Records until `stop` is raised; then closes the devices, writes what is on its way and finishes the segments.
    pub fn run(mut self, stop: &AtomicBool, commands: &Receiver<Command>) -> Report {
        let mut listening = true;
        while !stop.load(SeqCst) {
            if listening {
                match commands.recv_timeout(TAKE_EVERY) {
                    Ok(command) => self.carry_out(&command),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => listening = false,
                }
            } else {
                std::thread::sleep(TAKE_EVERY);
            }
            self.advance();
        }
        self.finish()
    }

    /// One round: clock, pause, sound, status.
    pub fn advance(&mut self) {
        let (wall, boot) = (self.context.clock.wall(), self.context.clock.boot_micros());
        if self.context.session.must_end(wall, boot) {
            self.begin_session();
        }
        if self.pause.as_ref().is_some_and(|pause| pause.until.is_some_and(|until| until <= wall)) {
            self.resume();
        }
        let paused = self.pause.is_some();
        for track in &mut self.tracks {
            track.advance(&mut self.context, paused);
        }
        if boot - self.last_status >= STATUS_EVERY_MICROS {
            self.last_status = boot;
            self.renew_status();
        }
        if boot - self.last_sync >= SYNC_EVERY_MICROS {
            self.last_sync = boot;
            self.context.ledger.sync(wall);
        }
    }

    /// The wall clock was set: the tracks end and go on in a new session, so that nothing is stretched or reordered.
    fn begin_session(&mut self) {
        tracing::warn!("the clock was set; a new session begins");
        let paused = self.pause.is_some();
        for track in &mut self.tracks {
            track.end_session(&mut self.context, paused);
        }
        self.context.session = session_from_now(self.context.clock.as_ref());
        let row = self.context.session.row();
        self.context.ledger.append(&row);
    }

    fn carry_out(&mut self, command: &Command) {
        match command.request {
            Request::Status => {}
            Request::Pause { minutes } => self.pause(minutes),
            Request::Resume => self.resume(),
            Request::Rotate => self.tracks.iter_mut().for_each(Track::rotate),
        }
        self.renew_status();
        // Whoever asked may have gone.
        command.done.try_send(self.status.read()).ok();
    }

    fn pause(&mut self, minutes: Option<u32>) {
        let at = self.context.clock.wall();
        let until = minutes.map(|minutes| at.plus_micros(i64::from(minutes) * 60_000_000));
        if self.pause.is_none() {
            for track in &mut self.tracks {
                track.pause(&mut self.context);
            }
        }
        self.pause = Some(Pause { until });
        let session = self.context.session.id().to_owned();
        self.context.ledger.append(&Row::Paused { at, session, until });
    }

    fn resume(&mut self) {
        if self.pause.take().is_some() {
            let (at, session) = (self.context.clock.wall(), self.context.session.id().to_owned());
            self.context.ledger.append(&Row::Resumed { at, session });
        }
    }

    fn renew_status(&self) {
        self.status.write(RecorderStatus {
            running: true,
            paused: self.pause.is_some(),
            paused_until: self.pause.as_ref().and_then(|pause| pause.until),
            tracks: self.tracks.iter().map(|track| track.status(&self.context)).collect(),
            warnings: Vec::new(),
        });
    }

    /// Closes the devices, writes what is on its way and finishes the segments.
    pub fn finish(mut self) -> Report {
        for track in &mut self.tracks {
            track.close_device();
        }
        let paused = self.pause.is_some();
        for track in &mut self.tracks {
            track.end_session(&mut self.context, paused);
        }
        self.context.ledger.sync(self.context.clock.wall());
        Report { tracks: self.tracks.into_iter().map(Track::report).collect() }
    }
}

fn session_from_now(clock: &dyn Clock) -> Session {
    Session::start(clock.wall().plus_micros(-SESSION_LEAD_MICROS), clock.boot_micros() - SESSION_LEAD_MICROS)
}

fn start_tracks(
    config: &RecordConfig,
    source: &Arc<dyn Source>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Track>, RecorderError> {
    let wanted = [
        (TrackName::mic(), Side::Said, Kind::Microphone, &config.mic, "hs-mic"),
        (TrackName::loopback(), Side::Heard, Kind::Loopback, &config.loopback, "hs-loop"),
    ];
    let mut tracks = Vec::new();
    for (name, side, kind, choice, thread) in wanted {
        let choice = Choice::parse(choice);
        if choice != Choice::None {
            let setting = Setting { name, side, kind, choice, thread };
            tracks.push(Track::start(setting, source.clone(), clock.clone()).map_err(RecorderError::Thread)?);
        }
    }
    Ok(tracks)
}

/// Waits until every device has opened or failed to; the events up to then, per track.
fn wait_for_devices(
    tracks: &mut [Track],
    clock: &dyn Clock,
    stop: &AtomicBool,
) -> Result<Vec<Vec<Event>>, RecorderError> {
    let start = clock.boot_micros();
    let mut events: Vec<Vec<Event>> = tracks.iter().map(|_| Vec::new()).collect();
    while events.iter().any(Vec::is_empty) && clock.boot_micros() - start < START_MICROS && !stop.load(SeqCst) {
        for (track, events) in tracks.iter_mut().zip(&mut events) {
            events.extend(track.supervisor().wait(TAKE_EVERY));
        }
    }
    if events.iter().flatten().any(|event| matches!(event, Event::Opened { .. })) {
        return Ok(events);
    }
    let reasons: Vec<String> = events
        .iter()
        .flatten()
        .filter_map(|event| match event {
            Event::Failed(error) => Some(error.to_string()),
            _ => None,
        })
        .collect();
    Err(no_device(&reasons))
}

fn no_device(reasons: &[String]) -> RecorderError {
    let reasons = if reasons.is_empty() { "no device opened in time".to_owned() } else { reasons.join("; ") };
    RecorderError::NoDevice { reasons }
}
