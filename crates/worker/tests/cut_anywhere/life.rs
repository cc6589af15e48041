//! One home with one conversation: recorded in pieces, transcribed by workers that die.

use crate::conversation::{Conversation, RATE};
use crate::hash_engine::Ears;
use archive::{Archive, Session, TrackWriter, WriterSettings};
use home::{Home, Lock};
use index::Searcher;
use serde_json::json;
use speech::{Decoding, EngineError, Lane, Recognised, Recogniser, Request, Ticket, Vad, VadChoice, WindowParams};
use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use store::{NewPass, Store, Utterance};
use testkit::Chance;
use timeline::{Clock, SampleRate, Side, Span, SpanSet, TrackName, WallTime};
use worker::{PassPlan, Settings, Summary, Worker};

/// The boot clock when recording began.
const BOOT: i64 = 77_000_000;
/// While the conversation is recorded about so many workers come and work on what is there.
const WORKERS_MEANWHILE: u64 = 4;
/// A worker that isn't done after so many tries never will be.
const MOST_WORKERS: usize = 1_000;

/// What a reader can tell apart of it.
pub(crate) struct Rows {
    /// Every utterance with all that is stored of it; the private keys, which count attempts too, are 0.
    pub(crate) utterances: Vec<Utterance>,
    covered: Vec<SpanSet>,
    pub(crate) windows: u64,
}

/// How a worker dies.
#[derive(Clone, Copy)]
enum Death {
    /// Where it stands, while it waits for the recogniser: nothing of its own runs any more.
    Killed(u64),
    /// The recogniser refuses to go on.
    Engine(u64),
    /// It is asked to stop after so many windows.
    Stopped(u64),
    /// Not at all.
    Natural,
}

pub(crate) struct Life<'a> {
    conversation: &'a Conversation,
    _dir: tempfile::TempDir,
    home: Home,
    start: WallTime,
    now: Arc<AtomicI64>,
    submitted: Arc<AtomicU64>,
    /// Whether the recogniser answers what it was given last first.
    newest_first: bool,
    pub(crate) segments: u64,
    pub(crate) kills: u64,
}

impl<'a> Life<'a> {
    pub(crate) fn new(conversation: &'a Conversation) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        home.ensure().unwrap();
        // No multiple of a frame of the detector, and not the whole second either.
        let start = WallTime::parse_rfc3339("2026-11-23T09:15:00.123Z").unwrap();
        let now = Arc::new(AtomicI64::new(start.as_micros()));
        let (submitted, newest_first) = (Arc::default(), false);
        Self { conversation, _dir: dir, home, start, now, submitted, newest_first, segments: 0, kills: 0 }
    }

    /// One segment for each track, one worker.
    pub(crate) fn undisturbed(mut self, ears: impl Ears + Send + 'static) -> Rows {
        let mut tracks = self.tracks();
        for (writer, samples) in &mut tracks {
            self.record(writer, samples, (0, self.conversation.len_ms()));
        }
        let summary = self.work(ears, Death::Natural).unwrap();
        assert!(!summary.stopped && summary.waiting_micros == 0 && summary.quarantined == 0, "{summary:?}");
        self.rows()
    }

    /// Cut at random, each piece arriving when it is finished, with workers that come, work on what is there, and die.
    pub(crate) fn disturbed<E: Ears + Send + 'static>(
        &mut self,
        chance: &mut Chance,
        ears: &mut impl FnMut() -> E,
    ) -> Rows {
        let recording = Lock::acquire(&self.home.recorder_lock()).unwrap();
        let mut tracks = self.tracks();
        let arrivals = self.arrivals(chance);
        let one_in = (u64::try_from(arrivals.len()).unwrap() / WORKERS_MEANWHILE).max(1);
        for (track, span) in arrivals {
            let (writer, samples) = &mut tracks[track];
            self.record(writer, samples, span);
            if chance.below(one_in) == 0 {
                let death = death(chance);
                self.work(ears(), death);
            }
        }
        drop(recording);
        for _ in 0..MOST_WORKERS {
            let death = death(chance);
            if let Some(summary) = self.work(ears(), death)
                && !summary.stopped
            {
                assert_eq!((summary.waiting_micros, summary.quarantined, summary.faults), (0, 0, 0));
                return self.rows();
            }
        }
        panic!("it never ends");
    }

    /// One segment for each track, and workers that are killed before and after every answer; what can be answered early is.
    pub(crate) fn killed_at_every_answer<E: Ears + Send + 'static>(&mut self, ears: &mut impl FnMut() -> E) -> Rows {
        self.newest_first = true;
        let mut tracks = self.tracks();
        for (writer, samples) in &mut tracks {
            self.record(writer, samples, (0, self.conversation.len_ms()));
        }
        for answers in [0, 1].into_iter().cycle().take(MOST_WORKERS) {
            if let Some(summary) = self.work(ears(), Death::Killed(answers)) {
                assert_eq!((summary.waiting_micros, summary.quarantined, summary.faults), (0, 0, 0));
                return self.rows();
            }
        }
        panic!("it never ends");
    }

    fn tracks(&self) -> [(TrackWriter, &'a [i16]); 2] {
        let archive = Archive::open(&self.home);
        let session = Session::start(self.start, BOOT);
        let settings = WriterSettings { segment_minutes: 60, sync_every_s: 3_600 };
        let writer =
            |track: TrackName, side| TrackWriter::new(&archive, &session, track, side, SampleRate::SPEECH, settings);
        let Conversation { mic, loopback } = self.conversation;
        [(writer(TrackName::mic(), Side::Said), mic), (writer(TrackName::loopback(), Side::Heard), loopback)]
    }

    /// Which track's segment (from, to in ms) is finished next: 5 s to 5 min long, to the millisecond, each track for itself.
    fn arrivals(&self, chance: &mut Chance) -> Vec<(usize, (u64, u64))> {
        let len = self.conversation.len_ms();
        let mut segments = Vec::new();
        for track in 0..2 {
            // Some days are cut fine throughout, others as recorders do it.
            let longest = [10_000, 60_000, 300_000][usize::try_from(chance.below(3)).unwrap()];
            let mut from = 0;
            while from < len {
                let to = (from + 5_000 + chance.below(longest - 4_999)).min(len);
                segments.push((track, (from, to)));
                from = to;
            }
        }
        segments.sort_by_key(|(track, (_, to))| (*to, *track));
        segments
    }

    fn record(&mut self, writer: &mut TrackWriter, samples: &[i16], (from, to): (u64, u64)) {
        let at = |ms: u64| usize::try_from(ms).unwrap() * (RATE / 1_000);
        let micros = |ms: u64| i64::try_from(ms).unwrap() * 1_000;
        writer.place(&samples[at(from)..at(to)], BOOT + micros(from)).unwrap();
        writer.rotate().unwrap();
        self.segments += 1;
        self.now.store(self.start.plus_micros(micros(to)).as_micros(), Ordering::Relaxed);
    }

    /// A worker's life; `None` where it died before it was done.
    fn work(&mut self, ears: impl Ears + Send + 'static, death: Death) -> Option<Summary> {
        let (submitted, newest_first) = (Arc::clone(&self.submitted), self.newest_first);
        let queue = Queue { ears, waiting: VecDeque::new(), submitted, newest_first, death };
        let settings = Settings {
            plan: plan(),
            translation: None,
            recogniser: Box::new(queue),
            vad: Vad::open(VadChoice::Builtin, None).unwrap(),
            live: None,
            segment_minutes: 5,
            campaigns: None,
            holds_back: Box::new(|| false),
            unload_after: Duration::from_mins(5),
            clock: Box::new(Hands(Arc::clone(&self.now))),
        };
        let windows = Cell::new(0_u64);
        let stop = || matches!(death, Death::Stopped(after) if windows.get() >= after);
        let mut report = |progress: worker::Progress<'_>| {
            if matches!(progress, worker::Progress::Window { .. }) {
                windows.set(windows.get() + 1);
            }
        };
        // A panic unwinds through the worker without a line of its own being run, but for what it holds being let go: the lock, the database.
        let lived = catch_unwind(AssertUnwindSafe(|| {
            let mut worker = Worker::open(&self.home, settings).unwrap();
            worker.run_once(&stop, &mut report)
        }));
        match lived {
            Ok(Ok(summary)) => {
                self.kills += u64::from(summary.stopped);
                Some(summary)
            }
            Ok(Err(worker::WorkerError::Engine(EngineError::Refused(_)))) => {
                self.kills += 1;
                None
            }
            Ok(Err(error)) => panic!("{error}"),
            Err(panic) if panic.is::<Killed>() => {
                self.kills += 1;
                None
            }
            Err(panic) => resume_unwind(panic),
        }
    }

    fn rows(&self) -> Rows {
        let store = Store::open_read_only(&self.home.database()).unwrap();
        let mut utterances = store.utterances(&Span::ALL).unwrap();
        let stored: BTreeSet<i64> = utterances.iter().map(|row| row.key).collect();
        let indexed: BTreeSet<i64> = Searcher::open(&self.home.index()).unwrap().keys().unwrap().into_iter().collect();
        assert_eq!(stored, indexed, "the index holds what the store holds");
        for row in &mut utterances {
            row.key = 0;
        }
        let pass = store.passes().unwrap()[0].pass.key;
        let covered = [TrackName::mic(), TrackName::loopback()].map(|track| store.coverage(pass, &track).unwrap());
        Rows { utterances, covered: covered.to_vec(), windows: self.submitted.load(Ordering::Relaxed) }
    }
}

impl Rows {
    pub(crate) fn words(&self) -> usize {
        self.utterances.iter().map(|row| row.words.len()).sum()
    }

    /// Names the first row that differs.
    pub(crate) fn assert_same(&self, uncut: &Self, what: &str) {
        for (cut, uncut) in self.utterances.iter().zip(&uncut.utterances) {
            assert_eq!(cut, uncut, "{what}");
        }
        assert_eq!((self.utterances.len(), self.words()), (uncut.utterances.len(), uncut.words()), "{what}");
        assert_eq!(self.covered, uncut.covered, "{what}");
    }
}

fn plan() -> PassPlan {
    let windows = WindowParams::backlog(300);
    let pass = NewPass {
        model: "hash".to_owned(),
        model_sha256: "0".repeat(64),
        engine: "hash".to_owned(),
        params: json!({ "windows": windows }),
        rank: 1,
        created: WallTime::from_micros(0),
    };
    // No language is set: which one a window is decoded as depends on what is stored of the one before.
    PassPlan {
        pass,
        engine: home::EngineChoice::WhisperRs,
        windows,
        decoding: Decoding { threads: 1, ..Decoding::default() },
    }
}

fn death(chance: &mut Chance) -> Death {
    let after = chance.below(4);
    match chance.below(4) {
        0 | 1 => Death::Killed(after),
        2 => Death::Engine(after),
        _ => Death::Stopped(after + 1),
    }
}

/// What a killed worker unwinds with.
struct Killed;

/// The recogniser's queue in front of ears, in this process.
struct Queue<E> {
    ears: E,
    waiting: VecDeque<(Ticket, Request)>,
    submitted: Arc<AtomicU64>,
    newest_first: bool,
    death: Death,
}

impl<E: Ears> Recogniser for Queue<E> {
    fn submit(&mut self, request: Request, _: Lane) -> Result<Ticket, EngineError> {
        let ticket = Ticket(self.submitted.fetch_add(1, Ordering::Relaxed));
        self.waiting.push_back((ticket, request));
        Ok(ticket)
    }

    fn next(&mut self, _: Duration) -> Option<(Ticket, Result<Recognised, EngineError>)> {
        let (ticket, request) = if self.newest_first { self.waiting.pop_back() } else { self.waiting.pop_front() }?;
        match &mut self.death {
            Death::Killed(0) => resume_unwind(Box::new(Killed)),
            Death::Engine(0) => return Some((ticket, Err(EngineError::Refused("no more".to_owned())))),
            Death::Killed(left) | Death::Engine(left) => *left -= 1,
            Death::Stopped(_) | Death::Natural => {}
        }
        Some((ticket, Ok(self.ears.hear(&request))))
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.waiting.retain(|(waiting, _)| *waiting != ticket);
    }
}

/// A clock whose hands the test moves.
struct Hands(Arc<AtomicI64>);

impl Clock for Hands {
    fn wall(&self) -> WallTime {
        WallTime::from_micros(self.0.load(Ordering::Relaxed))
    }

    fn boot_micros(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn awake_micros(&self) -> i64 {
        self.boot_micros()
    }
}

/// What was tried in all.
#[derive(Default)]
pub(crate) struct Told {
    layouts: u64,
    segments: u64,
    pub(crate) kills: u64,
    windows: u64,
    /// Windows that were recognised more than once, because their worker died.
    pub(crate) repeated: u64,
}

impl Told {
    pub(crate) fn add(&mut self, life: &Life<'_>, cut: &Rows, uncut: &Rows) {
        self.layouts += 1;
        self.segments += life.segments;
        self.kills += life.kills;
        self.windows += uncut.windows;
        self.repeated += cut.windows - uncut.windows;
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { layouts, segments, kills, windows, repeated } = self;
        write!(
            f,
            "{layouts} layouts, {segments} segments, {kills} kills, {windows} windows, {repeated} of them twice; no row differs"
        )
    }
}
