//! The recorder: its tracks, its session, and the thread that writes them.

use crate::all_outputs::is_every_output;
use crate::context::Context;
use crate::outputs::Outputs;
use crate::pause::{Pause, PauseFile};
use crate::start::{Notify, Start};
use crate::status::SharedStatus;
use crate::track::{Track, TrackReport};
use crate::{RecorderError, disk};
use archive::{Archive, Journal, Row, Session};
use capture::control::{RecorderStatus, Request};
use capture::{Device, Kind};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;
use timeline::{Clock, WallTime};

/// How often the rings are emptied: once for each fragment of a device. With it, what a kill may cost stays well below a
/// quarter of a second, and waking up costs no more than it has to.
pub(crate) const TAKE_EVERY: Duration = Duration::from_millis(40);
/// How often the status is renewed.
const STATUS_EVERY_MICROS: i64 = 100_000;
/// How often the journal is synced.
const SYNC_EVERY_MICROS: i64 = 5_000_000;
/// A session begins a little before its first frame, so that frames on their way when it begins belong to it.
const SESSION_LEAD_MICROS: i64 = 1_000_000;
/// Names of sessions that are tried, a millisecond apart.
const NAMES: i64 = 1_000;
/// A machine that seems to have slept for less than this was only busy.
const SLEEP_MICROS: i64 = 200_000;

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

/// A recorder that has started.
pub struct Recorder {
    context: Context,
    tracks: Vec<Track>,
    status: SharedStatus,
    notify: Notify,
    pause: Option<Pause>,
    pause_file: PauseFile,
    outputs: Outputs,
    last_status: i64,
    last_sync: i64,
    /// How far the boot clock was ahead of the awake one.
    slept: i64,
    /// When the last round was, boot clock.
    last_round: i64,
}

impl Recorder {
    /// Mends what a recorder before left, opens the devices and begins a session. Gives up where no device opens or
    /// nothing can be written, and before either where `stop` is raised. While a pause is on, no device is opened.
    ///
    /// # Errors
    /// [`RecorderError`].
    pub fn start(start: Start<'_>, stop: &AtomicBool) -> Result<Self, RecorderError> {
        start.go(stop)
    }

    pub(crate) fn of(
        context: Context,
        tracks: Vec<Track>,
        (pause, pause_file): (Option<Pause>, PauseFile),
        notify: Notify,
    ) -> Self {
        let slept = context.boot() - context.clock.awake_micros();
        let now = context.boot();
        let (last_status, last_sync, last_round) = (now, now, now);
        let status = SharedStatus::new();
        let mut recorder = Self {
            context,
            tracks,
            status,
            notify,
            pause,
            pause_file,
            outputs: Outputs::default(),
            last_status,
            last_sync,
            slept,
            last_round,
        };
        for track in &mut recorder.tracks {
            track.advance(&mut recorder.context);
        }
        recorder.tell_how_it_begins();
        recorder.renew_status();
        recorder
    }

    /// The status, renewed several times a second.
    pub fn status(&self) -> SharedStatus {
        self.status.clone()
    }

    /// What is being recorded, for the person who started it.
    pub fn summary(&self) -> String {
        let mut lines = vec![format!("recording into {}; Ctrl-C stops", self.context.archive.folder().display())];
        if let Some(pause) = &self.pause {
            let until = pause
                .until(&self.context)
                .map_or_else(|| "`hearsay resume`".to_owned(), |until| until.local().format("%H:%M").to_string());
            lines.push(format!("  paused until {until}; no device is open"));
            return lines.join("\n");
        }
        for track in &self.tracks {
            let device = track.device().map_or_else(|| "NO DEVICE, waiting for one".to_owned(), ToString::to_string);
            lines.push(format!("  {:9} {device}", track.name().as_str()));
            if track.device().is_some_and(|device| device.bluetooth && device.kind == Kind::Microphone) {
                lines.push(
                    "            a Bluetooth microphone: its headset sounds like a telephone while it is open".into(),
                );
            }
        }
        lines.join("\n")
    }

    /// Records until `stop` is raised; then closes the devices, writes what is on its way and finishes the segments.
    pub fn run(mut self, stop: &AtomicBool, commands: &Receiver<Command>) -> Report {
        let mut listening = true;
        while !stop.load(SeqCst) {
            if listening {
                match commands.recv_timeout(TAKE_EVERY) {
                    Ok(command) => {
                        let status = self.carry_out(&command.request);
                        // Whoever asked may have gone.
                        command.done.try_send(status).ok();
                    }
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

    /// One round: clock, disk, pause, sound, status.
    pub fn advance(&mut self) {
        let (wall, boot) = (self.context.wall(), self.context.boot());
        self.notice_sleep(boot);
        if self.context.session.must_end(wall, boot) {
            tracing::warn!("the clock was set; a new session begins");
            self.begin_session();
        } else if self.tracks.iter().any(|track| self.may_have_its_name_back(track, wall)) {
            self.begin_session();
        }
        self.look_at_disk(boot);
        if self.pause.is_some_and(|pause| pause.is_over(boot)) {
            self.resume();
        }
        for track in &mut self.tracks {
            track.advance(&mut self.context);
        }
        if boot - self.last_status >= STATUS_EVERY_MICROS {
            self.last_status = boot;
            self.look_after_tracks();
            self.look_at_outputs(boot);
            self.renew_status();
        }
        if boot - self.last_sync >= SYNC_EVERY_MICROS && !self.context.disk.state().stops() {
            self.last_sync = boot;
            self.context.ledger.sync(self.context.at());
            self.pause_file.retry();
        }
        self.status.count_round();
    }

    /// Does what was asked for; the status after it.
    pub fn carry_out(&mut self, request: &Request) -> RecorderStatus {
        match request {
            Request::Status => {}
            Request::Pause { minutes } => self.pause(*minutes),
            Request::Resume => self.resume(),
            Request::Rotate => self.tracks.iter_mut().for_each(Track::rotate),
        }
        self.renew_status();
        self.status.read()
    }

    /// Tells the tracks that the machine slept, which the two clocks show.
    fn notice_sleep(&mut self, boot: i64) {
        let last = std::mem::replace(&mut self.last_round, boot);
        let slept = boot - self.context.clock.awake_micros();
        let grown = slept - self.slept;
        if grown < SLEEP_MICROS {
            return;
        }
        self.slept = slept;
        tracing::warn!("the machine slept for {} s", grown / 1_000_000);
        for track in &mut self.tracks {
            track.slept(last, boot);
        }
    }

    /// The wall clock was set: the tracks end and go on in a new session, so that nothing is stretched or reordered.
    fn begin_session(&mut self) {
        for track in &mut self.tracks {
            track.end_session(&mut self.context);
        }
        self.context.session = session_from_now(self.context.clock.as_ref(), &self.context.archive);
        let row = self.context.session.row(self.context.boot_id.clone());
        self.context.ledger.append(&row);
        for track in &mut self.tracks {
            track.begin_session(&mut self.context);
        }
        self.tell_how_it_begins();
    }

    /// A session's rows say how it began, so that they are complete in themselves if it ends without a word.
    fn tell_how_it_begins(&mut self) {
        if let Some(pause) = self.pause {
            self.tell_pause(pause);
        } else {
            for track in &mut self.tracks {
                track.tell_if_not_open(&mut self.context);
            }
        }
    }

    /// The clock has passed what made a track take another name.
    fn may_have_its_name_back(&self, track: &Track, wall: WallTime) -> bool {
        track.name() != track.usual_name() && self.context.marks.is_free(track.usual_name(), wall)
    }

    fn look_at_disk(&mut self, boot: i64) {
        let Some(changed) = self.context.disk.look(boot) else { return };
        if !self.context.disk.state().stops() {
            self.tracks.iter_mut().for_each(Track::look_at_files);
        }
        if !changed {
            return;
        }
        if let Some(warning) = self.context.disk.state().warning() {
            tracing::warn!("{warning}");
            (self.notify)(&warning);
        } else {
            tracing::warn!("there is room on the disk again");
        }
        if matches!(self.context.disk.state(), disk::Disk::Full(_)) {
            // What is there is finished while there is room for it.
            self.tracks.iter_mut().for_each(Track::rotate);
        }
    }

    fn look_at_outputs(&mut self, boot: i64) {
        if self.loopback().is_some() {
            self.outputs.look(&self.context.devices, boot);
        }
    }

    /// The open loopback device.
    fn loopback(&self) -> Option<&Device> {
        self.tracks.iter().filter_map(Track::device).find(|device| device.kind == Kind::Loopback)
    }

    fn look_after_tracks(&mut self) {
        for track in &mut self.tracks {
            if let Some(sentence) = track.look_after(self.pause.is_some(), &self.context) {
                tracing::warn!("{sentence}");
                (self.notify)(&sentence);
            }
        }
    }

    fn pause(&mut self, minutes: Option<u32>) {
        let now = self.context.boot();
        let until = minutes.map(|minutes| now + i64::from(minutes) * 60_000_000);
        if self.pause.is_none() {
            for track in &mut self.tracks {
                track.pause(&mut self.context);
            }
        }
        let pause = Pause { since: self.pause.map_or(now, |pause| pause.since), until };
        self.pause = Some(pause);
        self.tell_pause(pause);
    }

    /// Keeps a pause and tells it, both by the clock of the session.
    fn tell_pause(&mut self, pause: Pause) {
        self.pause_file.keep(Some(pause.kept(&self.context)));
        let (at, session, until) = (self.context.at(), self.context.session_id(), pause.until(&self.context));
        self.context.ledger.append(&Row::Paused { at, session, until });
    }

    fn resume(&mut self) {
        if self.pause.take().is_none() {
            return;
        }
        self.pause_file.keep(None);
        let (at, session) = (self.context.at(), self.context.session_id());
        self.context.ledger.append(&Row::Resumed { at, session });
        for track in &mut self.tracks {
            if let Err(error) = track.open(&mut self.context) {
                tracing::error!("{}: {error}", track.name());
            }
            // A session that began in the pause hasn't named it yet, and may end before the device is there.
            track.tell_if_not_open(&mut self.context);
        }
    }

    fn renew_status(&self) {
        let paused = self.pause.is_some();
        let one = self.loopback().filter(|device| !is_every_output(device));
        let elsewhere = one.and_then(|device| self.outputs.warning(device));
        let troubles = self.tracks.iter().filter_map(Track::warning);
        self.status.write(RecorderStatus {
            running: true,
            paused,
            paused_until: self.pause.and_then(|pause| pause.until(&self.context)),
            tracks: self.tracks.iter().map(|track| track.status(paused, &self.context)).collect(),
            warnings: self.context.disk.state().warning().into_iter().chain(troubles).chain(elsewhere).collect(),
        });
    }

    /// Closes the devices, writes what is on its way and finishes the segments.
    pub fn finish(mut self) -> Report {
        for track in &mut self.tracks {
            track.close(&mut self.context);
        }
        for track in &mut self.tracks {
            track.end_session(&mut self.context);
        }
        self.context.ledger.sync(self.context.at());
        Report { tracks: self.tracks.into_iter().map(Track::report).collect() }
    }
}

/// A session that begins now, by a name that the journal doesn't have yet: a clock that was set back may show the
/// millisecond again in which another began.
pub(crate) fn session_from_now(clock: &dyn Clock, archive: &Archive) -> Session {
    let (wall, boot) = (clock.wall().plus_micros(-SESSION_LEAD_MICROS), clock.boot_micros() - SESSION_LEAD_MICROS);
    let day = wall.utc().format("%Y-%m-%d").to_string();
    let rows = Journal::open(archive).rows(&day).unwrap_or_default().rows;
    let began = |row: &Row| if let Row::Session { session, .. } = row { Some(session.clone()) } else { None };
    let taken: BTreeSet<String> = rows.iter().filter_map(began).collect();
    let mut session = Session::start(wall, boot);
    for earlier in 1..=NAMES {
        if !taken.contains(session.id()) {
            break;
        }
        session = Session::start(wall.plus_micros(-1_000 * earlier), boot - 1_000 * earlier);
    }
    session
}
