use crate::track_stream::{PlannedWindow, TrackStream};
use crate::watch::Watch;
use crate::{Backlog, Follower, PassPlan, Progress, Summary, WorkerError};
use archive::Archive;
use home::{Home, Lock};
use speech::doubt;
use speech::{Decoding, EngineError, Heard, Lane, Recognised, Recogniser, Request, Ticket, Vad};
use std::collections::HashMap;
use std::time::Duration;
use store::{NewUtterance, Outcome, Store, Word, WorkerState};
use timeline::{Clock, Span, SpanSet, WallTime};

/// What a worker needs to be told.
pub struct Settings {
    /// The pass to extend.
    pub plan: PassPlan,
    /// The queue that recognises.
    pub recogniser: Box<dyn Recogniser + Send>,
    /// The voice detector.
    pub vad: Vad,
    /// How long the recorder's segments are, which says when a track's end is final.
    pub segment_minutes: u32,
    /// The time.
    pub clock: Box<dyn Clock>,
}

/// The one who writes words: takes what the archive holds and the pass doesn't cover, and makes utterances of it.
pub struct Worker {
    home: Home,
    archive: Archive,
    store: Store,
    follower: Follower,
    pass: store::Pass,
    settings: Settings,
    _lock: Lock,
}

/// A window that is being recognised.
struct InFlight {
    planned: PlannedWindow,
    attempts: u32,
}

/// One run over what is there.
struct Run<'a, 'b> {
    streams: Vec<TrackStream>,
    in_flight: HashMap<Ticket, InFlight>,
    summary: Summary,
    started: i64,
    followed: i64,
    stop: &'a dyn Fn() -> bool,
    report: &'a mut (dyn FnMut(Progress<'_>) + 'b),
}

/// Windows given to the recogniser ahead of time: the next is found while one is recognised.
const QUEUE_DEPTH: usize = 2;

/// A window that crashes or hangs the engine is tried this often, then left out with its reason.
const ATTEMPTS: u32 = 3;

/// How long to wait for the recogniser until the stop flag is looked at again.
const STOP_CHECK: Duration = Duration::from_millis(200);

/// The index follows at least this often while windows come in.
const FOLLOW_EVERY_MICROS: i64 = 2_000_000;

/// A recorder that is late with its next segment by less than this may still deliver it.
const SEGMENT_GRACE_MICROS: i64 = 60_000_000;

impl Worker {
    /// Takes the worker's lock and opens everything; the index catches up with what was stored before.
    ///
    /// # Errors
    /// [`WorkerError::SecondWorker`] where one lives already; otherwise what couldn't be opened.
    pub fn open(home: &Home, settings: Settings) -> Result<Self, WorkerError> {
        home.ensure()?;
        let lock = Lock::acquire(&home.worker_lock())?;
        let store = Store::open(&home.database())?;
        let pass = store.ensure_pass(&settings.plan.pass)?;
        let mut follower = Follower::open(&home.index())?;
        follower.catch_up(&store)?;
        Ok(Self { home: home.clone(), archive: Archive::open(home), store, follower, pass, settings, _lock: lock })
    }

    /// Does what is there, then returns. A track's end is taken as final unless the recorder is still at it.
    ///
    /// # Errors
    /// What concerns one window or one file is stored or reported; an error here means that nothing can go on.
    pub fn run_once(
        &mut self,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        self.round(true, stop, report)
    }

    /// Does what is there and what comes, until `stop` says so.
    ///
    /// # Errors
    /// As [`run_once`](Self::run_once), and [`WorkerError::Watch`].
    pub fn watch(
        &mut self,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        // Watch first, look after: what appears in between is seen twice, not never.
        let watch = Watch::new(&self.home.audio())?;
        let mut total = Summary::default();
        loop {
            total.add(&self.round(false, stop, report)?);
            report(Progress::Idle { waiting_micros: total.waiting_micros });
            if !watch.wait(stop) {
                return Ok(total);
            }
        }
    }

    fn round(
        &mut self,
        once: bool,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        let scan = self.archive.scan()?;
        let backlog = Backlog::of(scan.segments, |track| self.store.coverage(self.pass.key, track))?;
        report(Progress::Scanned { left_micros: backlog.left_micros(), faults: &scan.faults });
        let (now, recording) = (self.settings.clock.wall(), Lock::is_held(&self.home.recorder_lock()));
        let mut streams = Vec::new();
        for track in backlog.tracks {
            self.store.ensure_track(&track.track, track.side)?;
            let last = track.sound.iter().next_back().map_or(now, |span| span.end);
            let ended = self.is_final(last, now, once && !recording);
            streams.push(TrackStream::new(track, ended));
        }
        let started = self.settings.clock.boot_micros();
        let summary = Summary { faults: scan.faults.len(), ..Summary::default() };
        let mut run = Run { streams, in_flight: HashMap::new(), summary, started, followed: started, stop, report };
        let result = self.drain(&mut run);
        for ticket in run.in_flight.keys() {
            self.settings.recogniser.cancel(*ticket);
        }
        self.follower.catch_up(&self.store)?;
        result?;
        run.summary.spent_micros = self.settings.clock.boot_micros() - started;
        run.summary.stopped = stop();
        self.tell_state(&run)?;
        Ok(run.summary)
    }

    /// Whether no sound can follow `last`: the recorder isn't running, or its next segment would be here by now.
    fn is_final(&self, last: WallTime, now: WallTime, nothing_comes: bool) -> bool {
        let segment = i64::from(self.settings.segment_minutes).saturating_mul(60_000_000);
        nothing_comes || now.micros_since(last) > segment.saturating_add(SEGMENT_GRACE_MICROS)
    }

    fn drain(&mut self, run: &mut Run<'_, '_>) -> Result<(), WorkerError> {
        loop {
            if (run.stop)() {
                return Ok(());
            }
            while run.in_flight.len() < QUEUE_DEPTH {
                let Some(planned) = self.plan_next(run)? else { break };
                if planned.window.pieces.is_empty() {
                    self.commit(run, &planned, Outcome::Nothing, None, Vec::new(), 0)?;
                } else {
                    self.submit(run, InFlight { planned, attempts: 1 })?;
                }
                if (run.stop)() {
                    return Ok(());
                }
            }
            if run.in_flight.is_empty() {
                return Ok(());
            }
            if let Some((ticket, result)) = self.settings.recogniser.next(STOP_CHECK)
                && let Some(window) = run.in_flight.remove(&ticket)
            {
                self.take(run, window, result)?;
            }
        }
    }

    /// The next window of the track that is furthest behind, so that both sides of a conversation come together.
    fn plan_next(&mut self, run: &mut Run<'_, '_>) -> Result<Option<PlannedWindow>, WorkerError> {
        loop {
            let next = (0..run.streams.len()).filter_map(|at| Some((run.streams.get(at)?.next_start()?, at))).min();
            let Some((_, at)) = next else { return Ok(None) };
            let Some(stream) = run.streams.get_mut(at) else { return Ok(None) };
            if let Some(planned) = stream.next(&mut self.settings.vad, &self.settings.plan.windows)? {
                return Ok(Some(planned));
            }
            // What is left of this track may still go on.
            run.summary.waiting_micros += stream.left_micros();
            run.streams.swap_remove(at);
        }
    }

    fn submit(&mut self, run: &mut Run<'_, '_>, window: InFlight) -> Result<(), WorkerError> {
        let decoding = Decoding { stream: window.planned.track.to_string(), ..self.settings.plan.decoding.clone() };
        let request = Request { samples: window.planned.window.samples.clone(), decoding };
        let ticket = self.settings.recogniser.submit(request, Lane::Backlog)?;
        run.in_flight.insert(ticket, window);
        Ok(())
    }

    fn take(
        &mut self,
        run: &mut Run<'_, '_>,
        mut window: InFlight,
        result: Result<Recognised, EngineError>,
    ) -> Result<(), WorkerError> {
        match result {
            Ok(recognised) => {
                let heard = speech::utterances(&window.planned.window, &recognised);
                // A stretch in which the model found no word at all is covered, and that is all there is to say of it.
                let utterances: Vec<NewUtterance> =
                    heard.iter().filter(|heard| !heard.text.is_empty()).map(utterance).collect();
                let outcome = if utterances.is_empty() { Outcome::Nothing } else { Outcome::Words };
                self.commit(run, &window.planned, outcome, None, utterances, recognised.compute_micros)
            }
            Err(error) if !concerns_one_window(&error) => Err(error.into()),
            Err(error) if window.attempts < ATTEMPTS => {
                tracing::warn!(%error, attempt = window.attempts, span = %window.planned.span, "a window failed");
                window.attempts += 1;
                self.submit(run, window)
            }
            Err(error) => {
                let reason = error.to_string();
                tracing::error!(%reason, span = %window.planned.span, "a window is left out");
                self.commit(run, &window.planned, Outcome::Quarantined, Some(reason.clone()), Vec::new(), 0)?;
                run.summary.quarantined += 1;
                let PlannedWindow { track, span, .. } = &window.planned;
                (run.report)(Progress::Quarantined { track, span: *span, reason: &reason });
                Ok(())
            }
        }
    }

    /// Stores a window: one transaction. The index follows by itself.
    fn commit(
        &mut self,
        run: &mut Run<'_, '_>,
        planned: &PlannedWindow,
        outcome: Outcome,
        reason: Option<String>,
        utterances: Vec<NewUtterance>,
        compute_micros: i64,
    ) -> Result<(), WorkerError> {
        let count = utterances.len();
        self.store.commit_window(&store::WindowRow {
            pass: self.pass.key,
            track: planned.track.clone(),
            span: planned.span,
            gaps: SpanSet::from_iter([planned.span]).minus(&planned.sound),
            outcome,
            reason,
            speech_micros: planned.window.speech_micros(),
            compute_micros,
            utterances,
        })?;
        run.summary.windows += 1;
        run.summary.utterances += count as u64;
        run.summary.sound_micros += planned.sound.len_micros();
        let now = self.settings.clock.boot_micros();
        run.summary.spent_micros = now - run.started;
        if now - run.followed > FOLLOW_EVERY_MICROS {
            run.followed = now;
            self.follower.catch_up(&self.store)?;
            self.tell_state(run)?;
        }
        let left_micros = run.left_micros();
        let speed_x = run.summary.speed_x();
        (run.report)(Progress::Window {
            track: &planned.track,
            span: planned.span,
            utterances: count,
            speed_x,
            left_micros,
        });
        Ok(())
    }

    fn tell_state(&mut self, run: &Run<'_, '_>) -> Result<(), WorkerError> {
        self.store.set_worker(&WorkerState {
            pid: std::process::id(),
            speed_x: run.summary.speed_x(),
            backlog_micros: run.left_micros().saturating_add(run.summary.waiting_micros),
            updated: self.settings.clock.wall(),
        })?;
        Ok(())
    }
}

impl Run<'_, '_> {
    fn left_micros(&self) -> i64 {
        let planned: i64 = self.in_flight.values().map(|window| window.planned.sound.len_micros()).sum();
        self.streams.iter().map(TrackStream::left_micros).fold(planned, i64::saturating_add)
    }
}

/// Whether another window may fare better. Anything else would be the same for all of them.
fn concerns_one_window(error: &EngineError) -> bool {
    matches!(error, EngineError::Crashed { .. } | EngineError::TimedOut { .. } | EngineError::Failed(_))
}

fn utterance(heard: &Heard) -> NewUtterance {
    let judgement = doubt::judge(heard);
    let span = |from: timeline::Position, to: timeline::Position| Span::new(from.wall(), to.wall());
    NewUtterance {
        span: span(heard.speech.0, heard.speech.1),
        text: heard.text.clone(),
        language: heard.language.clone(),
        p: heard.p,
        no_speech_p: heard.no_speech_p,
        mean_logprob: heard.mean_logprob,
        vad_mean: heard.vad_mean,
        vad_peak: heard.vad_peak,
        state: state(judgement.state),
        reason: judgement.reason.map(str::to_owned),
        words: heard
            .words
            .iter()
            .map(|word| Word { span: span(word.start, word.end), text: word.text.clone(), p: word.p })
            .collect(),
    }
}

fn state(state: doubt::State) -> store::State {
    match state {
        doubt::State::Shown => store::State::Shown,
        doubt::State::Doubtful => store::State::Doubtful,
        doubt::State::Hidden => store::State::Hidden,
    }
}
