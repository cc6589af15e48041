//! Another pass over old days gives way to new sound, to hours, and to who doesn't want it any more.
//!
//! The recognisers are stand-ins that write down who was asked when: it is the order that matters here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use archive::{Archive, Session, TrackWriter, WriterSettings};
use home::{Home, WorkConfig};
use speech::{EngineError, Lane, Recognised, RecognisedWord, Recogniser, Request, Ticket, Vad, VadChoice, models};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{CampaignState, Store, Terms};
use testkit::fixture;
use timeline::{Clock, SampleRate, Side, Span, SpanSet, SystemClock, TrackName, WallTime};
use worker::{CampaignPlan, CampaignSettings, PassPlan, Settings, Wanted, Worker};

/// Who was asked, and what else happened, in order.
type Log = Arc<Mutex<Vec<String>>>;

struct StandIn {
    name: &'static str,
    log: Log,
    waiting: VecDeque<(Ticket, Request, Lane)>,
    asked: u64,
    /// Called with how many windows it has answered.
    answered: Box<dyn FnMut(u64) + Send>,
    given: u64,
}

impl StandIn {
    fn new(name: &'static str, log: &Log, answered: Box<dyn FnMut(u64) + Send>) -> Self {
        Self { name, log: Arc::clone(log), waiting: VecDeque::new(), asked: 0, answered, given: 0 }
    }
}

impl Recogniser for StandIn {
    fn submit(&mut self, request: Request, lane: Lane) -> Result<Ticket, EngineError> {
        self.asked += 1;
        self.waiting.push_back((Ticket(self.asked), request, lane));
        Ok(Ticket(self.asked))
    }

    fn next(&mut self, timeout: Duration) -> Option<(Ticket, Result<Recognised, EngineError>)> {
        let Some((ticket, Request { samples, decoding }, lane)) = self.waiting.pop_front() else {
            std::thread::sleep(timeout.min(Duration::from_millis(20)));
            return None;
        };
        self.given += 1;
        self.log.lock().unwrap().push(format!("{} {lane:?}", self.name));
        (self.answered)(self.given);
        let text = format!(" {}", self.name);
        let word = RecognisedWord { text, start: 0, end: samples.len().min(8_000), p: 0.9, logprob: -0.1, tokens: 1 };
        let recognised = Recognised { words: vec![word], language: decoding.language, ..Recognised::default() };
        Some((ticket, Ok(recognised)))
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.waiting.retain(|(waiting, _, _)| *waiting != ticket);
    }
}

/// The microphone's side of the first conversation, as a segment that begins at `at`.
fn record(home: &Home, at: &str) {
    let samples: Vec<i16> =
        hound::WavReader::open(fixture("days/standup.mic.wav")).unwrap().samples::<i16>().map(Result::unwrap).collect();
    let session = Session::start(WallTime::parse_rfc3339(at).unwrap(), 0);
    let settings = WriterSettings { segment_minutes: 60, sync_every_s: 3_600 };
    let archive = Archive::open(home);
    let mut writer = TrackWriter::new(&archive, &session, TrackName::mic(), Side::Said, SampleRate::SPEECH, settings);
    writer.place(&samples, 0).unwrap();
    writer.rotate().unwrap();
}

fn plan(models: &Path, model: &Path, max_wait_s: u32) -> PassPlan {
    let model = models::prepare(models, model.to_str().unwrap()).unwrap();
    PassPlan::backlog(&model, &WorkConfig { max_wait_s, ..WorkConfig::default() }, SystemClock.wall())
}

struct Scene {
    _folder: tempfile::TempDir,
    home: Home,
    log: Log,
    main: PassPlan,
    again: PassPlan,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        home.ensure().unwrap();
        record(&home, "2026-11-23T09:15:00Z");
        let early = testkit::early_model(folder.path()).unwrap();
        let plan = |model: &Path| plan(folder.path(), model, 5);
        let (main, again) = (plan(&early), plan(&fixture("models/fixture-q8.bin")));
        Self { _folder: folder, home, log: Log::default(), main, again }
    }

    /// Queues a campaign over everything; its key.
    fn queue(&self) -> i64 {
        self.queue_as(&self.again)
    }

    fn queue_as(&self, plan: &PassPlan) -> i64 {
        let mut store = Store::open(&self.home.database()).unwrap();
        let pass = store.ensure_pass(&plan.pass).unwrap();
        let wanted = Wanted { span: Span::ALL, tracks: Vec::new(), only: None };
        let plan = CampaignPlan::look(&Archive::open(&self.home), &store, Some(pass.key), &wanted).unwrap();
        assert!(!plan.is_empty() && plan.windows > 3, "{plan:?}");
        store.add_campaign(pass.key, &plan.spans, &Terms::default(), SystemClock.wall()).unwrap()
    }

    fn worker(&self, answered: Box<dyn FnMut(u64) + Send>, waits: Arc<AtomicBool>) -> Worker {
        let (log, answered) = (Arc::clone(&self.log), Mutex::new(Some(answered)));
        let recogniser =
            move |_: &store::Campaign, _: &store::Pass| -> Result<Box<dyn Recogniser + Send>, EngineError> {
                let answered = answered.lock().unwrap().take().unwrap_or_else(|| Box::new(|_| {}));
                Ok(Box::new(StandIn::new("again", &log, answered)))
            };
        let waits_for = move |_: &Terms, _: WallTime| waits.load(Ordering::Relaxed).then_some("the test says so");
        let settings = Settings {
            plan: self.main.clone(),
            translation: None,
            recogniser: Box::new(StandIn::new("main", &self.log, Box::new(|_| {}))),
            vad: Vad::open(VadChoice::Builtin, None).unwrap(),
            live: None,
            segment_minutes: 5,
            campaigns: Some(CampaignSettings { recogniser: Box::new(recogniser), waits_for: Box::new(waits_for) }),
            holds_back: Box::new(|| false),
            unload_after: Duration::from_mins(5),
            clock: Box::new(SystemClock),
        };
        Worker::open(&self.home, settings).unwrap()
    }

    fn state(&self, campaign: i64) -> (CampaignState, Option<String>) {
        let store = Store::open_read_only(&self.home.database()).unwrap();
        let campaign = store.campaigns().unwrap().into_iter().find(|it| it.key == campaign).unwrap();
        (campaign.state, campaign.reason)
    }

    /// Watches until the campaign is done, a minute at most.
    fn watch(&self, worker: &mut Worker, campaign: i64) {
        let began = SystemClock.boot_micros();
        let stop = || SystemClock.boot_micros() - began > 60_000_000 || self.state(campaign).0 == CampaignState::Done;
        worker.watch(&stop, &mut |_| {}).unwrap();
    }
}

#[test]
fn new_sound_goes_before_a_campaign_at_the_next_window() {
    let scene = Scene::new();
    scene.worker(Box::new(|_| {}), Arc::default()).run_once(&|| false, &mut |_| {}).unwrap();
    let campaign = scene.queue();
    scene.log.lock().unwrap().clear();
    let (home, log) = (scene.home.clone(), Arc::clone(&scene.log));
    let answered = move |windows| {
        if windows == 2 {
            record(&home, "2026-11-23T10:00:00Z");
            // The watcher hears of it.
            std::thread::sleep(Duration::from_millis(300));
            log.lock().unwrap().push("new sound".to_owned());
        }
    };
    let mut worker = scene.worker(Box::new(answered), Arc::default());
    scene.watch(&mut worker, campaign);
    assert_eq!(scene.state(campaign), (CampaignState::Done, None));
    let log = scene.log.lock().unwrap().clone();
    let place = |what: &str| log.iter().position(|line| line == what).unwrap_or_else(|| panic!("{what}: {log:?}"));
    let (new, main) = (place("new sound"), place("main Backlog"));
    assert!(main > new && main <= new + 2, "at most one window of the campaign came between: {log:?}");
    let store = Store::open_read_only(&scene.home.database()).unwrap();
    let passes = store.passes().unwrap();
    let covered: BTreeMap<String, SpanSet> = passes
        .iter()
        .map(|summary| (summary.pass.model.clone(), store.coverage(summary.pass.key, &TrackName::mic()).unwrap()))
        .collect();
    let main = &covered[&scene.main.pass.model];
    let first = Span::new(
        WallTime::parse_rfc3339("2026-11-23T09:15:00Z").unwrap(),
        WallTime::parse_rfc3339("2026-11-23T09:17:30Z").unwrap(),
    );
    assert_eq!(
        covered[&scene.again.pass.model],
        main.within(&first),
        "the campaign covers what there was, and no more"
    );
    let again = log.iter().filter(|line| line.starts_with("again")).count() as u64;
    let windows = passes.iter().find(|it| it.pass.model == scene.again.pass.model).unwrap();
    assert!(windows.covered_micros > 0 && again >= 4, "{log:?}");
    assert!(log.iter().all(|line| line != "again Backlog"), "it has a lane of its own: {log:?}");
}

#[test]
fn a_campaign_waits_for_its_hours_says_so_and_goes_on_afterwards() {
    let scene = Scene::new();
    scene.worker(Box::new(|_| {}), Arc::default()).run_once(&|| false, &mut |_| {}).unwrap();
    let campaign = scene.queue();
    let waits = Arc::new(AtomicBool::new(true));
    let mut worker = scene.worker(Box::new(|_| {}), Arc::clone(&waits));
    worker.run_once(&|| false, &mut |_| {}).unwrap();
    assert_eq!(scene.state(campaign), (CampaignState::Waiting, Some("the test says so".to_owned())));
    assert!(!scene.log.lock().unwrap().iter().any(|line| line.starts_with("again")));
    waits.store(false, Ordering::Relaxed);
    scene.watch(&mut worker, campaign);
    assert_eq!(scene.state(campaign), (CampaignState::Done, None));
}

#[test]
fn when_its_hours_end_a_campaign_ends_with_the_window_under_way_and_keeps_it() {
    let scene = Scene::new();
    scene.worker(Box::new(|_| {}), Arc::default()).run_once(&|| false, &mut |_| {}).unwrap();
    let campaign = scene.queue();
    let waits = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&waits);
    let answered = move |windows| {
        if windows == 2 {
            end.store(true, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1_100));
        }
    };
    let mut worker = scene.worker(Box::new(answered), Arc::clone(&waits));
    let summary = worker.run_once(&|| false, &mut |_| {}).unwrap();
    assert_eq!(scene.state(campaign), (CampaignState::Waiting, Some("the test says so".to_owned())));
    let again = || scene.log.lock().unwrap().iter().filter(|line| line.starts_with("again")).count();
    assert!((2..=3).contains(&again()) && summary.windows >= 2, "{} windows, {summary:?}", again());
    waits.store(false, Ordering::Relaxed);
    let before = again() as u64;
    let rest = worker.run_once(&|| false, &mut |_| {}).unwrap();
    assert_eq!(scene.state(campaign), (CampaignState::Done, None));
    assert_eq!(again() as u64 - before, rest.recognised, "what was done isn't done again");
}

#[test]
fn a_campaign_whose_sound_is_away_holds_up_no_other_and_goes_on_when_it_is_back() {
    let scene = Scene::new();
    record(&scene.home, "2026-11-23T10:00:00Z");
    scene.worker(Box::new(|_| {}), Arc::default()).run_once(&|| false, &mut |_| {}).unwrap();
    let first = scene.queue();
    let segments = Archive::open(&scene.home).segments(&TrackName::mic(), &Span::ALL).unwrap();
    let (path, away) = (&segments[1].path, scene.home.root().join("away"));
    std::fs::rename(path, &away).unwrap();
    let other = plan(scene.home.root(), &fixture("models/fixture-q8.bin"), 7);
    assert_ne!(other.pass.name(), scene.again.pass.name());
    let second = scene.queue_as(&other);
    let mut worker = scene.worker(Box::new(|_| {}), Arc::default());
    worker.run_once(&|| false, &mut |_| {}).unwrap();
    let why = "some of its sound isn't there, or can't be read";
    assert_eq!(scene.state(first), (CampaignState::Waiting, Some(why.to_owned())));
    assert_eq!(scene.state(second), (CampaignState::Done, None));
    std::fs::rename(&away, path).unwrap();
    worker.run_once(&|| false, &mut |_| {}).unwrap();
    assert_eq!(scene.state(first), (CampaignState::Done, None));
}

#[test]
fn another_model_is_for_new_sound_and_old_days_stay_as_they_are() {
    let mut scene = Scene::new();
    scene.worker(Box::new(|_| {}), Arc::default()).run_once(&|| false, &mut |_| {}).unwrap();
    std::mem::swap(&mut scene.main, &mut scene.again);
    let changed = scene.worker(Box::new(|_| {}), Arc::default()).run_once(&|| false, &mut |_| {}).unwrap();
    assert_eq!(changed.windows, 0, "nobody asked for it");
    record(&scene.home, "2026-11-23T10:00:00Z");
    let more = scene.worker(Box::new(|_| {}), Arc::default()).run_once(&|| false, &mut |_| {}).unwrap();
    assert!(more.windows > 3, "{more:?}");
    let store = Store::open_read_only(&scene.home.database()).unwrap();
    let spans: Vec<i64> = store
        .passes()
        .unwrap()
        .iter()
        .map(|summary| store.coverage(summary.pass.key, &TrackName::mic()).unwrap().len_micros())
        .collect();
    assert_eq!(spans, [150_000_000, 150_000_000], "each has dealt with the sound of its time");
}

#[test]
fn a_campaign_that_is_cancelled_ends_with_the_window_under_way() {
    let scene = Scene::new();
    scene.worker(Box::new(|_| {}), Arc::default()).run_once(&|| false, &mut |_| {}).unwrap();
    let campaign = scene.queue();
    let (database, name) = (scene.home.database(), scene.again.pass.name());
    let answered = move |windows| {
        if windows == 2 {
            let store = Store::open(&database).unwrap();
            assert_eq!(store.cancel_campaigns(&name, SystemClock.wall()).unwrap(), 1);
            std::thread::sleep(Duration::from_millis(1_100));
        }
    };
    let mut worker = scene.worker(Box::new(answered), Arc::default());
    let summary = worker.run_once(&|| false, &mut |_| {}).unwrap();
    assert_eq!(scene.state(campaign).0, CampaignState::Cancelled);
    let again = scene.log.lock().unwrap().iter().filter(|line| line.starts_with("again")).count();
    assert!((2..=3).contains(&again), "{again} windows");
    assert!(summary.windows >= 2, "what was recognised is kept: {summary:?}");
}
