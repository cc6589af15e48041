use crate::desk::Desk;
use crate::links;
use crate::live_fault::LiveFault;
use crate::live_settings::{LiveModel, LiveSettings};
use crate::live_track::LiveTrack;
use crate::queue::{Answer, InFlight, Queue, Sender};
use crate::{PassPlan, WorkerError};
use speech::{EngineError, Lane, Ticket};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;
use timeline::{Side, Span, TrackName, WallTime};

/// Words as they are said, for as long as somebody watches.
///
/// It reads the segments while they grow, a window for each utterance, into a pass of its own: what the main pass makes of the same sound
/// later takes its place. While nobody watches it costs one look into the database a second.
///
/// Whatever it fails on concerns it alone: that is told, it lets go of everything, and begins anew when somebody begins to watch, or a
/// while later. What the main pass would fail on too, the main pass finds by itself.
pub(crate) struct LiveLane {
    settings: LiveSettings,
    /// What it works with; `None` before it has begun, and after it failed.
    tools: Option<Tools>,
    fault: LiveFault,
    tracks: Vec<LiveTrack>,
    in_flight: HashMap<Ticket, InFlight>,
    watched: bool,
    /// Windows that were given up since one was recognised.
    given_up: u32,
    /// When it last did its round, asked whether somebody watches, and looked for tracks; in microseconds since boot.
    stepped: i64,
    asked: i64,
    listed: i64,
    /// When it last had something recognised, in microseconds since boot.
    handed: i64,
}

/// A model, its pass, and its queue if it isn't the other lanes'.
struct Tools {
    plan: PassPlan,
    pass: i64,
    file: PathBuf,
    own: Option<Queue>,
}

/// How often it looks for new sound.
pub(crate) const STEP: Duration = Duration::from_millis(100);
/// After so long without an utterance nobody waits for the next.
const CONVERSATION_MICROS: i64 = 10_000_000;
/// How often it asks whether somebody watches, and looks for tracks.
const ASK_EVERY_MICROS: i64 = 1_000_000;
const LIST_EVERY_MICROS: i64 = 5_000_000;
/// More windows than this under way mean that the machine can't keep up; more sound waits on disk meanwhile.
const MOST_IN_FLIGHT: usize = 4;
/// A track that has had no sound for so long isn't being recorded.
const FRESH_MICROS: i64 = 60_000_000;
/// One window may be more than the engine can bear; after so many without a word between them it is the engine.
const MOST_GIVEN_UP: u32 = 2;

impl LiveLane {
    /// A lane that has its model, or has said why not.
    pub(crate) fn new(settings: LiveSettings, desk: &mut Desk) -> Self {
        let (never, tracks, in_flight) = (i64::MIN / 2, Vec::new(), HashMap::new());
        let (tools, fault, watched) = (None, LiveFault::default(), false);
        let (stepped, asked, listed, handed, given_up) = (never, never, never, never, 0);
        let mut lane =
            Self { settings, tools, fault, tracks, in_flight, watched, given_up, stepped, asked, listed, handed };
        match lane.set_up(desk) {
            // Another worker's fault.
            Ok(()) => tell(desk, None),
            Err(error) => lane.fail(desk, &error),
        }
        lane
    }

    /// Whether somebody watches, and it can write for them.
    pub(crate) fn is_at_work(&self) -> bool {
        self.watched && self.tools.is_some()
    }

    /// Whether somebody watches a conversation that goes on: old days wait meanwhile.
    pub(crate) fn is_spoken_to(&self, now: i64) -> bool {
        self.is_at_work() && (!self.in_flight.is_empty() || now - self.handed < CONVERSATION_MICROS)
    }

    /// Does what is due: stores what was recognised, and hands over what was said since. Returns at once where nothing is due.
    pub(crate) fn step(&mut self, desk: &mut Desk) {
        let now = desk.clock.boot_micros();
        if now - self.stepped < i64::try_from(STEP.as_micros()).unwrap_or(0) {
            return;
        }
        self.stepped = now;
        if let Err(error) = self.round(desk, now) {
            self.fail(desk, &error);
        }
    }

    fn round(&mut self, desk: &mut Desk, now: i64) -> Result<(), WorkerError> {
        if now - self.asked >= ASK_EVERY_MICROS {
            self.asked = now;
            self.ask(desk)?;
        }
        if !self.watched || !self.fault.lets_try(now) {
            return Ok(());
        }
        if self.tools.is_none() {
            self.set_up(desk)?;
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
        let own = self.tools.as_mut().and_then(|tools| tools.own.as_mut());
        match own {
            Some(own) => {
                own.cancel(&mut self.in_flight);
                own.rest();
            }
            None => desk.queue.cancel(&mut self.in_flight),
        }
        self.tracks.clear();
        self.watched = false;
    }

    fn ask(&mut self, desk: &mut Desk) -> Result<(), WorkerError> {
        let until = desk.store.live_until()?;
        let watched = until.is_some_and(|until| until > desk.clock.wall());
        match (self.watched, watched) {
            (true, false) => self.stop(desk),
            (false, true) => {
                self.listed = i64::MIN / 2;
                self.fault.try_now();
            }
            _ => {}
        }
        self.watched = watched;
        Ok(())
    }

    fn set_up(&mut self, desk: &mut Desk) -> Result<(), WorkerError> {
        let LiveModel { plan, file, recogniser } = (self.settings.model)()?;
        let pass = desk.store.ensure_pass(&plan.pass)?.key;
        self.tools = Some(Tools { plan, pass, file, own: recogniser.map(Queue::new) });
        if self.fault.is_of_set_up() {
            self.well(desk);
        }
        Ok(())
    }

    /// Lets go of everything, and says why, once.
    fn fail(&mut self, desk: &mut Desk, why: &WorkerError) {
        let watched = self.watched;
        self.stop(desk);
        // Whoever watches goes on watching: beginning to is what makes it try again at once.
        self.watched = watched;
        let tools = self.tools.take();
        let mut text = home::one_line(why);
        if let (WorkerError::Engine(_), Some(tools)) = (why, &tools) {
            text = format!("{}: {text}", tools.file.display());
        }
        self.given_up = 0;
        self.listed = i64::MIN / 2;
        if self.fault.failed(desk.clock.boot_micros(), tools.is_none(), &text) {
            tracing::error!(
                "no words are written as they are said: {text}\nhint: once that is mended, `hearsay live` tries again; what is recorded is transcribed all the same"
            );
            tell(desk, Some(&text));
        }
    }

    fn well(&mut self, desk: &mut Desk) {
        if self.fault.over() {
            tell(desk, None);
        }
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
        let Some(tools) = &self.tools else { return Ok(None) };
        let covered = desk.store.coverage(tools.pass, &name)?;
        let vad = (self.settings.vad)()?;
        let windows = tools.plan.windows;
        let Some((track, side)) = LiveTrack::begin(&desk.archive, name, windows, vad, now, &covered)? else {
            return Ok(None);
        };
        desk.store.ensure_track(track.name(), side)?;
        Ok(Some(track))
    }

    fn take_answers(&mut self, desk: &mut Desk) -> Result<(), WorkerError> {
        let mut stored = false;
        while let Some(answer) = self.answer(desk)? {
            stored = true;
            let given_up = match &answer {
                Answer::GivenUp(_, error) => Some(error.to_string()),
                Answer::Recognised(..) => None,
            };
            let Some(pass) = self.tools.as_ref().map(|tools| tools.pass) else { break };
            let answered = desk.store_answer(pass, answer)?;
            if answered.planned.side == Side::Heard && answered.utterances > 0 {
                links::link_stored_echoes(&mut desk.store, pass, &answered.planned.span)?;
            }
            match given_up {
                None => {
                    self.given_up = 0;
                    self.well(desk);
                }
                Some(_) if self.given_up + 1 < MOST_GIVEN_UP => self.given_up += 1,
                Some(why) => return Err(EngineError::Failed(why).into()),
            }
        }
        if stored { desk.follow() } else { Ok(()) }
    }

    fn answer(&mut self, desk: &mut Desk) -> Result<Option<Answer>, WorkerError> {
        let Some(tools) = self.tools.as_mut().filter(|_| !self.in_flight.is_empty()) else { return Ok(None) };
        let queue = tools.own.as_mut().unwrap_or(&mut desk.queue);
        let (lane, decoding) = (Lane::Live, &tools.plan.decoding);
        let mut sender = Sender { lane, decoding, in_flight: &mut self.in_flight };
        Ok(queue.answer(&mut sender, Duration::ZERO)?)
    }

    fn hand_over(&mut self, desk: &mut Desk) -> Result<(), WorkerError> {
        let now = desk.clock.wall();
        let Some(tools) = &mut self.tools else { return Ok(()) };
        for track in &mut self.tracks {
            while self.in_flight.len() < MOST_IN_FLIGHT {
                let Some(mut planned) = track.next(now)? else { break };
                if planned.window.pieces.is_empty() {
                    desk.store_nothing(tools.pass, planned)?;
                    continue;
                }
                if tools.plan.decoding.language.is_none() {
                    planned.language = desk.language_before(tools.pass, &planned)?;
                }
                let queue = tools.own.as_mut().unwrap_or(&mut desk.queue);
                let (lane, decoding) = (Lane::Live, &tools.plan.decoding);
                let mut sender = Sender { lane, decoding, in_flight: &mut self.in_flight };
                queue.submit(&mut sender, planned)?;
                self.handed = desk.clock.boot_micros();
            }
        }
        Ok(())
    }
}

/// Says what keeps words from being written, for those who only read.
fn tell(desk: &Desk, fault: Option<&str>) {
    if let Err(error) = desk.store.set_live_fault(fault) {
        tracing::warn!("{}", home::one_line(&error));
    }
}
