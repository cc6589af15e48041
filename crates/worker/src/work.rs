mod campaign;
mod forgetting;
mod run;

use crate::campaigns::{CampaignSettings, Campaigns};
use crate::choices::keep_choices;
use crate::desk::Desk;
use crate::live_lane::{LiveLane, STEP};
use crate::queue::Queue;
use crate::remarks::keep_remarks;
use crate::retention::Retainer;
use crate::scribe::{Scribe, Step};
use crate::snapshot::Snapshot;
use crate::track_stream::TrackStream;
use crate::watch::{RESCAN, Watch};
use crate::{Backlog, Follower, LiveSettings, PassPlan, Progress, Summary, TrackBacklog, WorkerError};
use archive::{Archive, Scan, WordsLog};
use forgetting::Forgets;
use home::{Home, Lock, RetentionConfig};
use run::Run;
use speech::{Lane, Recogniser, Vad};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use store::{Campaign, Store, StoreError};
use timeline::{Clock, Side, SpanSet, TrackName, WallTime};

/// What a worker needs to be told.
pub struct Settings {
    /// The pass to extend.
    pub plan: PassPlan,
    /// The pass that translates what isn't English, once the other has dealt with it; `None`: nothing is translated.
    pub translation: Option<PassPlan>,
    /// The queue that recognises.
    pub recogniser: Box<dyn Recogniser + Send>,
    /// The voice detector.
    pub vad: Vad,
    /// Words as they are said, for those who watch; `None`: never.
    pub live: Option<LiveSettings>,
    /// Other passes over old days; `None`: never.
    pub campaigns: Option<CampaignSettings>,
    /// Whether recorded sound has to wait for now, though nobody stops the worker.
    pub holds_back: Box<dyn FnMut() -> bool + Send>,
    /// How long the recorder's segments are, which says when a track's end is final.
    pub segment_minutes: u32,
    /// How long the recogniser keeps its model while there is nothing to recognise.
    pub unload_after: Duration,
    /// The time.
    pub clock: Box<dyn Clock>,
}

/// The one who writes words: takes what the archive holds and the pass doesn't cover, and makes utterances of it.
pub struct Worker {
    home: Home,
    desk: Desk,
    live: Option<LiveLane>,
    vad: Vad,
    task: Task,
    translation: Option<Task>,
    segment_minutes: u32,
    unload_after: Duration,
    /// When the recogniser was last needed, in microseconds since boot.
    needed: i64,
    scribe: Scribe,
    /// When the plain files last had all that could be written.
    wrote: i64,
    /// What is done while there is nothing else to do.
    retainer: Option<Retainer>,
    snapshot: Snapshot,
    forgets: Forgets,
    campaigns: Option<Campaigns>,
    holds_back: Box<dyn FnMut() -> bool + Send>,
    /// Wakes it, while it watches.
    watch: Option<Watch>,
    /// Whether a wake wasn't answered yet, and when it last looked what there is; in microseconds since boot.
    woken: bool,
    looked: i64,
    /// When it was last asked whether a campaign may run, or what runs may go on; in microseconds since boot.
    asked: i64,
    _lock: Lock,
}

/// A pass to extend.
#[derive(Clone)]
struct Task {
    plan: PassPlan,
    pass: i64,
    /// The pass whose words are translated.
    original: Option<i64>,
    /// The campaign that it is for; `None`: all there is is covered.
    campaign: Option<Planned>,
}

/// A campaign that is under way.
#[derive(Clone)]
struct Planned {
    campaign: Campaign,
    spans: BTreeMap<TrackName, SpanSet>,
}

impl Task {
    fn backlog(plan: PassPlan, pass: i64, original: Option<i64>) -> Self {
        Self { plan, pass, original, campaign: None }
    }

    /// Whether it is for new sound, and for nothing else.
    fn is_main(&self) -> bool {
        self.original.is_none() && self.campaign.is_none()
    }

    fn lane(&self) -> Lane {
        if self.campaign.is_some() { Lane::Campaign } else { Lane::Backlog }
    }
}

/// How long to wait for the recogniser, or for new sound, until the stop flag is looked at again.
const STOP_CHECK: Duration = Duration::from_millis(200);

/// The index follows at least this often while windows come in.
const FOLLOW_EVERY_MICROS: i64 = 2_000_000;

/// A recorder that is late with its next segment by less than this may still deliver it.
const SEGMENT_GRACE_MICROS: i64 = 60_000_000;

impl Worker {
    /// Takes the worker's lock and opens everything. What was to be forgotten and isn't goes first; then the index catches up with what was
    /// stored before.
    ///
    /// # Errors
    /// [`WorkerError::SecondWorker`] where one lives already, [`WorkerError::NoDatabase`] where words wait to be put back; otherwise what couldn't be opened.
    pub fn open(home: &Home, settings: Settings) -> Result<Self, WorkerError> {
        home.ensure()?;
        let lock = Lock::acquire(&home.worker_lock())?;
        let archive = Archive::open(home);
        refuse_to_begin_again(home, &archive)?;
        let forgets = Forgets::new(home, settings.clock.as_ref());
        let mut store = Store::open(&home.database())?;
        // As above; and the database still knows what is preferred.
        for (kept, what) in
            [(keep_choices(home, &mut store), "what is preferred"), (keep_remarks(home, &mut store), "stars and notes")]
        {
            match kept {
                Ok(None) => {}
                Ok(Some(fault)) => tracing::warn!("{fault}"),
                Err(error) => tracing::error!("{what} can't be looked up: {}", home::one_line(&error)),
            }
        }
        let pass = store.ensure_pass(&settings.plan.pass)?;
        let mut follower = Follower::open(&home.index())?;
        follower.catch_up(&store)?;
        let Settings { plan, translation, recogniser, vad, live, campaigns, .. } = settings;
        let Settings { holds_back, segment_minutes, unload_after, clock, .. } = settings;
        let task = Task::backlog(plan, pass.key, None);
        let translation = match translation {
            Some(plan) => {
                let key = store.ensure_pass(&plan.pass)?.key;
                Some(Task::backlog(plan, key, Some(pass.key)))
            }
            None => None,
        };
        let needed = clock.boot_micros();
        let (scribe, queue) = (Scribe::new(&archive), Queue::new(recogniser));
        let mut desk = Desk { archive, store, follower, queue, clock };
        let live = live.map(|live| LiveLane::new(live, &mut desk));
        Ok(Self {
            home: home.clone(),
            desk,
            live,
            vad,
            task,
            translation,
            segment_minutes,
            unload_after,
            needed,
            scribe,
            wrote: needed,
            retainer: None,
            snapshot: Snapshot::default(),
            forgets,
            campaigns: campaigns.map(Campaigns::new),
            holds_back,
            watch: None,
            woken: false,
            looked: needed,
            asked: i64::MIN / 2,
            _lock: lock,
        })
    }

    /// Has the rules of retention kept once a day, while [`watch`](Self::watch) has nothing else to do. They are read anew each time; `None`, where
    /// they can't be, takes nothing away.
    pub fn keep_by(&mut self, rules: Box<dyn Fn() -> Option<RetentionConfig> + Send>) {
        self.retainer = Some(Retainer::new(&self.home, rules, self.task.pass));
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
        let mut summary = self.round(true, stop, report)?;
        // Whoever runs it once copies the folder next.
        while !stop() {
            let step = self.write_words()?;
            summary.unwritten = step.failed;
            if !step.more {
                break;
            }
        }
        Ok(summary)
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
        self.watch = Some(Watch::new(&self.home.audio())?);
        let mut total = Summary::default();
        loop {
            total.add(&self.round(false, stop, report)?);
            report(Progress::Idle { waiting_micros: total.waiting_micros });
            if !self.wait(stop)? {
                if let Some(live) = &mut self.live {
                    live.stop(&mut self.desk);
                }
                if let Some(retainer) = &mut self.retainer {
                    retainer.leave(self.desk.clock.as_ref());
                }
                self.write_words()?;
                return Ok(total);
            }
        }
    }

    /// Waits until there may be new segments, or until `stop` says so: `false` where it did. The live lane works on meanwhile.
    fn wait(&mut self, stop: &dyn Fn() -> bool) -> Result<bool, WorkerError> {
        if std::mem::take(&mut self.woken) {
            return Ok(!stop());
        }
        let began = self.desk.clock.boot_micros();
        loop {
            if stop() {
                return Ok(false);
            }
            if self.forgets_due()? || self.campaign_is_due()? {
                return Ok(true);
            }
            let watched = self.step_live();
            let now = self.desk.clock.boot_micros();
            if now - self.wrote > FOLLOW_EVERY_MICROS {
                // Others write, too: what is preferred has changed.
                self.desk.follow()?;
                self.write_words()?;
                self.snapshot.step(&self.home, self.desk.clock.wall());
            }
            match &mut self.retainer {
                Some(retainer) if watched => retainer.pause(),
                Some(retainer) => retainer.step(self.desk.clock.as_ref()),
                None => {}
            }
            let since = |then: i64| Duration::from_micros((now - then).unsigned_abs());
            let waited = since(began);
            if watched {
                self.needed = now;
            } else if since(self.needed) >= self.unload_after {
                self.desk.queue.rest();
            }
            let wake = self.watch.as_ref().is_some_and(|watch| watch.wait(if watched { STEP } else { STOP_CHECK }));
            if wake || waited >= RESCAN {
                return Ok(!stop());
            }
        }
    }

    /// Lets the live lane do what is due; whether it is at work.
    fn step_live(&mut self) -> bool {
        let Some(live) = &mut self.live else { return false };
        live.step(&mut self.desk);
        live.is_at_work()
    }

    /// Whether old days have to wait for who watches what is said now.
    fn live_goes_first(&self) -> bool {
        let now = self.desk.clock.boot_micros();
        self.live.as_ref().is_some_and(|live| live.is_spoken_to(now))
    }

    /// Forgets what is to be forgotten, and extends the passes; again where that was broken off for something else to be forgotten.
    fn round(
        &mut self,
        once: bool,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        let mut total = Summary::default();
        loop {
            self.forget_what_is_due()?;
            let scan = self.desk.archive.scan()?;
            self.looked = self.desk.clock.boot_micros();
            total.add(&self.extend_all(&scan, once, stop, report)?);
            if !total.stopped && !total.broken_off {
                total.add_work(&self.run_campaigns(&scan, once, stop, report)?);
            }
            if !std::mem::take(&mut self.forgets.broke_off) || stop() {
                return Ok(total);
            }
        }
    }

    fn extend_all(
        &mut self,
        scan: &Scan,
        once: bool,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        if (self.holds_back)() {
            return Ok(Summary { broken_off: true, ..Summary::default() });
        }
        let mut summary = self.extend(scan, self.task.clone(), once, stop, report)?;
        if let Some(translation) = self.translation.clone()
            && !summary.stopped
            && !summary.broken_off
        {
            // The sound is the same, and was counted.
            let Summary { windows, quarantined, spent_micros, stopped, .. } =
                self.extend(scan, translation, once, stop, report)?;
            summary.windows += windows;
            summary.quarantined += quarantined;
            summary.spent_micros += spent_micros;
            summary.stopped = stopped;
        }
        Ok(summary)
    }

    /// Extends a pass over what is there.
    fn extend(
        &mut self,
        scan: &Scan,
        task: Task,
        once: bool,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        let covered = |track: &TrackName| {
            let mut covered = self.desk.store.coverage(task.pass, track)?;
            if task.is_main() {
                // Another model, or other settings, are for new sound; a campaign is for the old.
                covered.extend(self.desk.store.dealt_with(None, track, false)?.iter());
            }
            Ok::<_, StoreError>(covered)
        };
        let mut backlog = Backlog::of(scan.segments.clone(), covered)?;
        if let Some(planned) = &task.campaign {
            backlog.narrow(&planned.spans);
        }
        report(Progress::Scanned { left_micros: backlog.left_micros(), faults: &scan.faults });
        let (now, recording) = (self.desk.clock.wall(), Lock::is_held(&self.home.recorder_lock()));
        let heard: Vec<_> = backlog.tracks.iter().filter(|track| track.side == Side::Heard).cloned().collect();
        let mut streams = Vec::new();
        for track in backlog.tracks {
            self.desk.store.ensure_track(&track.track, track.side)?;
            let last = track.sound.iter().next_back().map_or(now, |span| span.end);
            let ended = self.is_final(last, now, once && !recording);
            streams.push(stream(track, ended, &heard, |last| self.is_final(last, now, once && !recording)));
        }
        let started = self.desk.clock.boot_micros();
        let summary = Summary { faults: scan.faults.len(), ..Summary::default() };
        let mut run = Run {
            task,
            streams,
            held: Vec::new(),
            heard_fronts: Vec::new(),
            in_flight: HashMap::new(),
            summary,
            started,
            followed: started,
            gives_way: false,
            stop,
            report,
        };
        let result = self.drain(&mut run);
        self.queue(run.task.lane()).cancel(&mut run.in_flight);
        self.desk.follow()?;
        self.write_words()?;
        result?;
        run.summary.spent_micros = self.desk.clock.boot_micros() - started;
        run.summary.stopped = stop();
        run.summary.broken_off = run.gives_way || self.forgets.broke_off;
        let held: i64 = run.held.drain(..).map(|held| held.sound.len_micros()).sum();
        if !run.summary.stopped {
            // What was played meanwhile isn't known yet.
            run.summary.waiting_micros += held;
        }
        if run.task.campaign.is_none() {
            self.tell_state(&run)?;
        }
        Ok(run.summary)
    }

    /// Whether no sound can follow `last`: the recorder isn't running, or its next segment would be here by now.
    fn is_final(&self, last: WallTime, now: WallTime, nothing_comes: bool) -> bool {
        let segment = i64::from(self.segment_minutes).saturating_mul(60_000_000);
        nothing_comes || now.micros_since(last) > segment.saturating_add(SEGMENT_GRACE_MICROS)
    }

    /// Lets the plain files beside the sound have what was stored, or some of it.
    fn write_words(&mut self) -> Result<Step, WorkerError> {
        let now = self.desk.clock.boot_micros();
        let step = self.scribe.step(&mut self.desk.store, now)?;
        if !step.more {
            self.wrote = now;
        }
        Ok(step)
    }
}

/// A database that was lost is made of the words beside the sound (`hearsay rebuild`). An empty one in its place would have everything
/// transcribed again, and the words of other passes would be out of sight.
fn refuse_to_begin_again(home: &Home, archive: &Archive) -> Result<(), WorkerError> {
    let path = home.database();
    let is_there = std::fs::metadata(&path).is_ok_and(|found| found.len() > 0);
    if is_there || WordsLog::open(archive).is_empty()? { Ok(()) } else { Err(WorkerError::NoDatabase { path }) }
}

/// A track as windows: a microphone's without the echo of what was heard meanwhile.
fn stream(
    track: TrackBacklog,
    ended: bool,
    heard: &[TrackBacklog],
    is_final: impl Fn(WallTime) -> bool,
) -> TrackStream {
    if track.side != Side::Said || heard.is_empty() {
        return TrackStream::new(track, ended);
    }
    let own = track.segments.clone();
    let played = heard.iter().map(|track| track.segments.clone()).collect();
    let ends = heard.iter().filter_map(|track| track.sound.iter().next_back().map(|span| span.end));
    let until = ends.filter(|end| !is_final(*end)).min();
    TrackStream::new(track, ended).without_echo(own, played, until)
}
