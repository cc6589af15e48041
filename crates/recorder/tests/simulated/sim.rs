//! A home, a clock, devices and a recorder that is stepped.

use crate::source::SimSource;
use archive::{Archive, Journal, Row};
use capture::control::{RecorderStatus, Request};
use capture::{Kind, VirtualClock};
use home::{Home, RecordConfig, SampleRateChoice, files};
use recorder::{Recorder, Start, Supervision};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use timeline::{Clock, SampleRate, WallTime};

pub(crate) const S: i64 = 1_000_000;
/// Blocks come and the recorder goes round this often.
pub(crate) const STEP: i64 = S / 2;

pub(crate) struct Sim {
    dir: TempDir,
    pub(crate) home: Home,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) source: SimSource,
    /// What is free on the disk.
    pub(crate) free: Arc<Mutex<Result<u64, String>>>,
    pub(crate) told: Arc<Mutex<Vec<String>>>,
    pub(crate) config: RecordConfig,
    recorder: Option<Recorder>,
    /// From when to when (boot clock) a recorder lived; how it ended makes no difference.
    pub(crate) lives: Vec<(i64, i64)>,
    /// Blocks come so late.
    pub(crate) late: i64,
}

/// The memory's file system where there is one: simulated days write a lot and sync often.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

impl Sim {
    /// A microphone and a loopback of that many Hz, which aren't recorded yet, with clocks of their own.
    pub(crate) fn with_drift(hz: u32, mic_ppm: i64, loopback_ppm: i64) -> Self {
        let dir = folder();
        let home = Home::at(&dir.path().join("home"));
        home.ensure().unwrap();
        let source = SimSource::default();
        source.plug_in("mic", Kind::Microphone, SampleRate::new(hz).unwrap(), mic_ppm);
        source.plug_in("loopback", Kind::Loopback, SampleRate::new(hz).unwrap(), loopback_ppm);
        let config = RecordConfig { sample_rate: SampleRateChoice::Native, ..RecordConfig::default() };
        let clock = VirtualClock::at(WallTime::parse_rfc3339("2026-11-23T09:15:12.340Z").unwrap());
        source.sleep(clock.boot_micros());
        Self {
            dir,
            home,
            clock,
            source,
            free: Arc::new(Mutex::new(Ok(1 << 40))),
            told: Arc::default(),
            config,
            recorder: None,
            lives: Vec::new(),
            late: 0,
        }
    }

    /// As it is where nothing of it matters, recording.
    pub(crate) fn recording(hz: u32) -> Self {
        let mut sim = Self::with_drift(hz, 0, 0);
        sim.start();
        sim
    }

    pub(crate) fn start(&mut self) {
        let (free, told) = (self.free.clone(), self.told.clone());
        let start = Start {
            supervision: Supervision::Inline,
            room: Arc::new(move || free.lock().unwrap().clone()),
            notify: Arc::new(move |sentence| told.lock().unwrap().push(sentence.to_owned())),
            patient: true,
            ..Start::new(&self.home, &self.config, Arc::new(self.source.clone()), self.clock.clone())
        };
        self.recorder = Some(Recorder::start(start, &AtomicBool::new(false)).unwrap());
        self.lives.push((self.now(), self.now()));
    }

    pub(crate) fn stop(&mut self) {
        self.recorder.take().unwrap().finish();
        self.lives.last_mut().unwrap().1 = self.clock.boot_micros();
    }

    /// It is stopped, and neither track has a time that is in no file and no row.
    pub(crate) fn stop_without_a_hole(mut self) {
        self.stop();
        for track in ["mic", "loopback"] {
            self.verdict(track).assert_sound(20_000);
        }
    }

    /// The recorder dies without a word, as with SIGKILL.
    pub(crate) fn crash(&mut self) {
        drop(self.recorder.take());
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.boot_micros()
    }

    /// Time passes; devices deliver.
    pub(crate) fn deliver(&mut self, micros: i64) {
        self.clock.advance(micros);
        self.source.deliver(self.clock.boot_micros(), self.late);
    }

    pub(crate) fn round(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.advance();
            self.lives.last_mut().unwrap().1 = self.clock.boot_micros();
        }
    }

    /// So much time passes, step by step.
    pub(crate) fn run(&mut self, micros: i64) {
        for _ in 0..micros / STEP {
            self.deliver(STEP);
            self.round();
        }
    }

    /// The machine sleeps.
    pub(crate) fn sleep(&mut self, micros: i64) {
        self.clock.suspend(micros);
        self.source.sleep(self.clock.boot_micros());
    }

    pub(crate) fn ask(&mut self, request: &Request) -> RecorderStatus {
        self.recorder.as_mut().unwrap().carry_out(request)
    }

    pub(crate) fn status(&self) -> RecorderStatus {
        self.recorder.as_ref().unwrap().status().read()
    }

    pub(crate) fn archive(&self) -> Archive {
        Archive::open(&self.home)
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let archive = self.archive();
        let journal = Journal::open(&archive);
        let days = archive.days().unwrap();
        days.iter().flat_map(|day| journal.rows(day).unwrap().rows).collect()
    }

    /// The journal as recorders wrote it that didn't say in which boot of the machine they ran.
    pub(crate) fn forget_boots(&self) {
        for day in self.archive().days().unwrap() {
            let path = self.archive().day_folder(&day).join("journal.jsonl");
            let text = std::fs::read_to_string(&path).unwrap();
            let boot_id = format!(r#""boot_id":"{}","#, self.clock.boot_id().unwrap());
            assert!(text.contains(&boot_id));
            let mut file = files::create_or_truncate(&path).unwrap();
            file.write_all(text.replace(&boot_id, "").as_bytes()).unwrap();
        }
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }
}

/// A count from the environment.
pub(crate) fn count(variable: &str, default: i64) -> i64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
