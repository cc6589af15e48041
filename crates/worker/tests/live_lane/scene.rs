//! A home in which both sides are being recorded while a worker works, in simulated time: each look of the worker's at its stop flag lets
//! some of it pass.

use archive::{Archive, Session, TrackWriter, WriterSettings};
use home::Home;
use serde_json::json;
use speech::{Decoding, Recogniser, Vad, VadChoice, WindowParams};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use store::{NewPass, PROVISIONAL, Store, Utterance};
use testkit::fixture;
use timeline::{Clock, SampleRate, Side, Span, TrackName, WallTime};
use worker::{LiveSettings, PassPlan, Settings, Worker};

/// The boot clock when recording began.
const BOOT: i64 = 77_000_000;
const RATE: usize = 16_000;

pub(crate) struct Scene {
    _dir: tempfile::TempDir,
    pub(crate) home: Home,
    /// For the test's own looks.
    pub(crate) store: Store,
    start: WallTime,
    now: Arc<AtomicI64>,
    tracks: RefCell<[(TrackWriter, Vec<i16>); 2]>,
}

impl Scene {
    /// What the microphone and the loopback are going to hear, from the start on.
    pub(crate) fn new(mic: Vec<i16>, loopback: Vec<i16>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        home.ensure().unwrap();
        let store = Store::open(&home.database()).unwrap();
        let start = WallTime::parse_rfc3339("2026-11-23T09:15:00.123Z").unwrap();
        let writer = |track, side| writer(&home, start, track, side);
        let tracks =
            [(writer(TrackName::mic(), Side::Said), mic), (writer(TrackName::loopback(), Side::Heard), loopback)];
        let now = Arc::new(AtomicI64::new(start.as_micros()));
        Self { _dir: dir, home, store, start, now, tracks: RefCell::new(tracks) }
    }

    /// Finished sound of two hours before, for the main pass; when it begins.
    pub(crate) fn record_before(&self, samples: &[i16]) -> WallTime {
        let before = self.start.plus_micros(-7_200_000_000);
        let mut writer = writer(&self.home, before, TrackName::mic(), Side::Said);
        writer.place(samples, BOOT).unwrap();
        writer.rotate().unwrap();
        before
    }

    /// Seconds since the start.
    pub(crate) fn now_s(&self) -> i64 {
        (self.now.load(Ordering::Relaxed) - self.start.as_micros()) / 1_000_000
    }

    /// Somebody watches until so many seconds after the start.
    pub(crate) fn watch_until(&self, second: i64) {
        self.store.set_live_until(self.start.plus_micros(second * 1_000_000)).unwrap();
    }

    /// Lets a worker work; before each of its steps `act` is asked how many seconds pass, `None` ends it.
    pub(crate) fn work(
        &self,
        recogniser: Box<dyn Recogniser + Send>,
        live: LiveSettings,
        act: &mut dyn FnMut(&Self) -> Option<i64>,
    ) {
        let settings = Settings {
            plan: plan("main", 1, WindowParams::backlog(300)),
            translation: None,
            recogniser,
            vad: Vad::open(VadChoice::Builtin, None).unwrap(),
            live: Some(live),
            segment_minutes: 5,
            campaigns: None,
            holds_back: Box::new(|| false),
            unload_after: Duration::from_hours(1),
            clock: Box::new(Hands { now: Arc::clone(&self.now), start: self.start }),
        };
        let (act, ended) = (RefCell::new(act), RefCell::new(false));
        let stop = || {
            let mut ended = ended.borrow_mut();
            if !*ended {
                match (*act.borrow_mut())(self) {
                    Some(seconds) => self.pass(seconds),
                    None => *ended = true,
                }
            }
            *ended
        };
        Worker::open(&self.home, settings).unwrap().watch(&stop, &mut |_| {}).unwrap();
    }

    fn pass(&self, seconds: i64) {
        let from = self.now_s();
        for (writer, samples) in self.tracks.borrow_mut().iter_mut() {
            let at = |second: i64| usize::try_from(second).unwrap() * RATE;
            let block = samples.get(at(from)..at(from + seconds)).expect("the sound is longer than the scene");
            writer.place(block, BOOT + from * 1_000_000).unwrap();
        }
        self.now.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    /// What a reader sees of the scene itself.
    pub(crate) fn rows(&self) -> Vec<Utterance> {
        self.store
            .utterances(&Span::new(self.start.plus_micros(-60_000_000), self.start.plus_micros(3_600_000_000)))
            .unwrap()
    }
}

fn writer(home: &Home, start: WallTime, track: TrackName, side: Side) -> TrackWriter {
    let settings = WriterSettings { segment_minutes: 60, sync_every_s: 3_600 };
    TrackWriter::new(&Archive::open(home), &Session::start(start, BOOT), track, side, SampleRate::SPEECH, settings)
}

/// The live lane's plan.
pub(crate) fn live_plan() -> PassPlan {
    plan("live", PROVISIONAL, WindowParams::live())
}

fn plan(model: &str, rank: i64, windows: WindowParams) -> PassPlan {
    let pass = NewPass {
        model: model.to_owned(),
        model_sha256: "0".repeat(64),
        engine: "counting".to_owned(),
        params: json!({ "windows": windows }),
        rank,
        created: WallTime::from_micros(0),
    };
    let language = Some("en".to_owned());
    PassPlan {
        pass,
        engine: home::EngineChoice::WhisperRs,
        windows,
        decoding: Decoding { language, threads: 1, ..Decoding::default() },
    }
}

/// One side of the first conversation.
pub(crate) fn side(track: &str) -> Vec<i16> {
    let path = fixture(&format!("days/standup.{track}.wav"));
    hound::WavReader::open(path).unwrap().samples::<i16>().map(Result::unwrap).collect()
}

/// What a microphone hears that hears the loudspeakers too, 100 ms later and some 8 dB lower.
pub(crate) fn with_echo(mic: &[i16], loopback: &[i16]) -> Vec<i16> {
    let echo = std::iter::repeat_n(0, RATE / 10).chain(loopback.iter().map(|sample| sample / 5 * 2));
    mic.iter().zip(echo).map(|(own, echo)| own.saturating_add(echo)).collect()
}

/// A clock whose hands the test moves; the machine was started when the scene began.
struct Hands {
    now: Arc<AtomicI64>,
    start: WallTime,
}

impl Clock for Hands {
    fn wall(&self) -> WallTime {
        WallTime::from_micros(self.now.load(Ordering::Relaxed))
    }

    fn boot_micros(&self) -> i64 {
        BOOT + self.wall().micros_since(self.start)
    }

    fn awake_micros(&self) -> i64 {
        self.boot_micros()
    }
}
