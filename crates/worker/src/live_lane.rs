use crate::desk::Desk;
use crate::live_track::LiveTrack;
use crate::queue::{InFlight, Queue, Sender};
use crate::{PassPlan, WorkerError};
use speech::{Lane, Recogniser, Ticket, Vad, VadError};
use std::collections::HashMap;
use std::time::Duration;
use timeline::{Span, TrackName, WallTime};

/// What the live lane needs to be told.
pub struct LiveSettings {
    /// Its pass, which ranks lowest.
    pub plan: PassPlan,
    /// A recogniser of its own, for a smaller model; `None`: it shares the other lanes', and overtakes them there.
    pub recogniser: Option<Box<dyn Recogniser + Send>>,
    /// Makes a voice detector for each track.
    pub vad: Box<dyn Fn() -> Result<Vad, VadError> + Send>,
}

/// Words as they are said, for as long as somebody watches.
///
/// It reads the segments while they grow, a window for each utterance, into a pass of its own: what the main pass makes of the same sound
/// later takes its place. While nobody watches it costs one look into the database a second.
pub(crate) struct LiveLane {
    settings: LiveSettings,
    pass: store::Pass,
    own: Option<Queue>,
    tracks: Vec<LiveTrack>,
    in_flight: HashMap<Ticket, InFlight>,
    watched: bool,
    /// When it last did its round, asked whether somebody watches, and looked for tracks; in microseconds since boot.
    stepped: i64,
    asked: i64,
    listed: i64,
}

/// How often it looks for new sound.
pub(crate) const STEP: Duration = Duration::from_millis(100);
/// How often it asks whether somebody watches, and looks for tracks.
const ASK_EVERY_MICROS: i64 = 1_000_000;
const LIST_EVERY_MICROS: i64 = 5_000_000;
/// More windows than this under way mean that the machine can't keep up; more sound waits on disk meanwhile.
const MOST_IN_FLIGHT: usize = 4;
/// A track that has had no sound for so long isn't being recorded.
const FRESH_MICROS: i64 = 60_000_000;

impl LiveLane {
    pub(crate) fn new(mut settings: LiveSettings, pass: store::Pass) -> Self {
        let own = settings.recogniser.take().map(Queue::new);
        let (never, tracks, in_flight) = (i64::MIN / 2, Vec::new(), HashMap::new());
        Self { settings, pass, own, tracks, in_flight, watched: false, stepped: never, asked: never, listed: never }
    }

    /// Whether somebody watches.
    pub(crate) fn is_watched(&self) -> bool {
        self.watched
    }

    /// Does what is due: stores what was recognised, and hands over what was said since. Returns at once where nothing is due.
    pub(crate) fn step(&mut self, desk: &mut Desk) -> Result<(), WorkerError> {
        let now = desk.clock.boot_micros();
        if now - self.stepped < i64::try_from(STEP.as_micros()).unwrap_or(0) {
            return Ok(());
        }
        self.stepped = now;
        if now - self.asked >= ASK_EVERY_MICROS {
            self.asked = now;
            self.ask(desk)?;
        }
        if !self.watched {
            return Ok(());
        }
        if now - self.listed >= LIST_EVERY_MICROS {
            self.listed = now;
            self.find_tracks(desk)?;
        }
        self.take_answers(desk)?;
        self.hand_over(desk)
    }

    /// Ends what is under way. Its sound is the main pass's to deal with.
    pub(crate) fn stop(&mut self, desk: &mut Desk) {
        self.own.as_mut().unwrap_or(&mut desk.queue).cancel(&mut self.in_flight);
        if let Some(own) = &mut self.own {
            own.rest();
        }
        self.tracks.clear();
        self.watched = false;
    }

    fn ask(&mut self, desk: &mut Desk) -> Result<(), WorkerError> {
        let until = desk.store.live_until()?;
        let watched = until.is_some_and(|until| until > desk.clock.wall());
        match (self.watched, watched) {
            (true, false) => self.stop(desk),
            (false, true) => self.listed = i64::MIN / 2,
            _ => {}
        }
        self.watched = watched;
        Ok(())
    }

    /// Begins with the tracks that are being recorded, and leaves those that aren't any more.
    fn find_tracks(&mut self, desk: &mut Desk) -> Result<(), WorkerError> {
        let now = desk.clock.wall();
        self.tracks.retain(|track| now.micros_since(track.ends()) < FRESH_MICROS);
        for name in desk.archive.tracks_within(&Span::new(now.plus_micros(-FRESH_MICROS), now))? {
            if !self.tracks.iter().any(|track| *track.name() == name) {
                self.tracks.extend(self.begin(desk, name, now)?);
            }
        }
        Ok(())
    }

    fn begin(&self, desk: &Desk, name: TrackName, now: WallTime) -> Result<Option<LiveTrack>, WorkerError> {
        let covered = desk.store.coverage(self.pass.key, &name)?;
        let vad = (self.settings.vad)()?;
        let windows = self.settings.plan.windows;
        let Some((track, side)) = LiveTrack::begin(&desk.archive, name, windows, vad, now, &covered)? else {
            return Ok(None);
        };
        desk.store.ensure_track(track.name(), side)?;
        Ok(Some(track))
    }

    fn take_answers(&mut self, desk: &mut Desk) -> Result<(), WorkerError> {
        let mut stored = false;
        while !self.in_flight.is_empty() {
            let queue = self.own.as_mut().unwrap_or(&mut desk.queue);
            let mut sender =
                Sender { lane: Lane::Live, decoding: &self.settings.plan.decoding, in_flight: &mut self.in_flight };
            let Some(answer) = queue.answer(&mut sender, Duration::ZERO)? else { break };
            desk.store_answer(self.pass.key, answer)?;
            stored = true;
        }
        if stored { desk.follow() } else { Ok(()) }
    }

    fn hand_over(&mut self, desk: &mut Desk) -> Result<(), WorkerError> {
        let now = desk.clock.wall();
        for track in &mut self.tracks {
            while self.in_flight.len() < MOST_IN_FLIGHT {
                let Some(mut planned) = track.next(now)? else { break };
                if planned.window.pieces.is_empty() {
                    desk.store_nothing(self.pass.key, planned)?;
                    continue;
                }
                if self.settings.plan.decoding.language.is_none() {
                    planned.language = desk.language_before(self.pass.key, &planned)?;
                }
                let queue = self.own.as_mut().unwrap_or(&mut desk.queue);
                let mut sender =
                    Sender { lane: Lane::Live, decoding: &self.settings.plan.decoding, in_flight: &mut self.in_flight };
                queue.submit(&mut sender, planned)?;
            }
        }
        Ok(())
    }
}
