//! How a recorder starts: mends, opens, waits.

use crate::before::Before;
use crate::context::{Context, Devices, Supervision};
use crate::disk::{DiskWatch, Room, room_of};
use crate::ledger::Ledger;
use crate::marks::Marks;
use crate::pause::{Pause, PauseFile};
use crate::recorder::{TAKE_EVERY, session_from_now};
use crate::track::{Setting, Track};
use crate::{Recorder, RecorderError};
use archive::{Archive, GapCause, repair};
use capture::{Choice, Kind, Source};
use home::{Home, RecordConfig, SampleRateChoice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use timeline::{Clock, SampleRate, Side, TrackName};

/// How long devices may take to open before the recorder starts with those that did.
const START_MICROS: i64 = 10_000_000;

/// Tells the user of something, without waiting and without words of speech: a sentence.
pub type Notify = Arc<dyn Fn(&str) + Send + Sync>;

/// What a recorder is started with.
#[derive(Clone)]
pub struct Start<'a> {
    /// Where it records to. Whoever starts it holds the home's recorder lock.
    pub home: &'a Home,
    /// What and how.
    pub config: &'a RecordConfig,
    /// How devices are reached.
    pub source: Arc<dyn Source>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How devices are kept open.
    pub supervision: Supervision,
    /// How much room there is.
    pub room: Room,
    /// Who is told when something needs the user.
    pub notify: Notify,
    /// Waits for devices where none is there yet, as a service must; else that is an error.
    pub patient: bool,
}

impl<'a> Start<'a> {
    /// As the program starts it: with threads, the file system's room, and nobody who is told.
    pub fn new(home: &'a Home, config: &'a RecordConfig, source: Arc<dyn Source>, clock: Arc<dyn Clock>) -> Self {
        let supervision = Supervision::Threads;
        Self { home, config, source, clock, supervision, room: room_of(home), notify: Arc::new(|_| {}), patient: false }
    }

    /// Mends what a recorder before left, begins a session and opens the devices, unless a pause is on. Gives up where
    /// no device opens or nothing can be written, and before either where `stop` is raised.
    ///
    /// # Errors
    /// [`RecorderError`].
    pub(crate) fn go(self, stop: &AtomicBool) -> Result<Recorder, RecorderError> {
        let archive = Archive::open(self.home);
        mend(&archive)?;
        let mut context = self.context(archive);
        let mut pause_file = PauseFile::of(self.home);
        let kept = pause_file.read().map(|kept| Pause::of(&kept, &context));
        let pause = kept.filter(|pause| !pause.is_over(context.boot()));
        if kept.is_some() && pause.is_none() {
            pause_file.keep(None);
        }
        let mut tracks: Vec<Track> =
            settings(self.config).into_iter().map(|setting| Track::new(setting, &context)).collect();
        account_for_before(&mut tracks, kept, pause, &context);
        if pause.is_none() {
            for track in &mut tracks {
                track.open(&mut context).map_err(RecorderError::Thread)?;
            }
            self.wait(&mut tracks, &context.devices, stop)?;
        }
        let row = context.session.row(context.boot_id.clone());
        if context.disk.state().stops() {
            context.ledger.append(&row);
        } else {
            context.ledger.try_append(&row)?;
        }
        Ok(Recorder::of(context, tracks, (pause, pause_file), self.notify))
    }

    fn context(&self, archive: Archive) -> Context {
        let clock = self.clock.clone();
        let tracks: Vec<TrackName> = settings(self.config).into_iter().map(|setting| setting.name).collect();
        let mut disk = DiskWatch::new(self.room.clone());
        disk.look(clock.boot_micros());
        Context {
            session: session_from_now(clock.as_ref(), &archive),
            ledger: Ledger::open(&archive, &tracks, clock.as_ref()),
            marks: Marks::of(&archive, clock.wall()),
            settings: self.config.into(),
            rate: match self.config.sample_rate {
                SampleRateChoice::Speech => Some(SampleRate::SPEECH),
                SampleRateChoice::Native => None,
            },
            devices: Devices { source: self.source.clone(), clock: clock.clone(), supervision: self.supervision },
            disk,
            archive,
            boot_id: clock.boot_id(),
            clock,
        }
    }

    /// Waits until every device has opened or failed to.
    fn wait(&self, tracks: &mut [Track], devices: &Devices, stop: &AtomicBool) -> Result<(), RecorderError> {
        let clock = devices.clock.as_ref();
        let start = clock.boot_micros();
        loop {
            for track in &mut *tracks {
                track.gather(clock.boot_micros(), devices);
            }
            let all = tracks.iter().all(|track| track.answer().is_some());
            // A virtual clock stands still meanwhile.
            if all || self.supervision == Supervision::Inline || stop.load(SeqCst) {
                break;
            }
            if clock.boot_micros() - start > START_MICROS {
                break;
            }
            std::thread::sleep(TAKE_EVERY);
        }
        if self.patient || tracks.iter().any(|track| matches!(track.answer(), Some(Ok(())))) {
            return Ok(());
        }
        let reasons: Vec<String> = tracks.iter().filter_map(|track| track.answer()?.err()).collect();
        let reasons = if reasons.is_empty() { "no device opened in time".to_owned() } else { reasons.join("; ") };
        Err(RecorderError::NoDevice { reasons })
    }
}

fn mend(archive: &Archive) -> Result<(), RecorderError> {
    let repaired = repair::left_behind(archive)?;
    for path in &repaired.adopted {
        tracing::warn!("finished {}, which a recorder left behind", path.display());
    }
    for fault in &repaired.faults {
        tracing::warn!("{fault}");
    }
    Ok(())
}

/// What a recorder that died left unrecorded, and what a pause does.
fn account_for_before(tracks: &mut [Track], kept: Option<Pause>, pause: Option<Pause>, context: &Context) {
    let names: Vec<TrackName> = tracks.iter().map(|track| track.usual_name().clone()).collect();
    let before = Before::read(&names, context);
    for track in tracks {
        let ended = before.died.get(track.usual_name()).copied();
        if let Some(ended) = ended {
            track.missing_since(ended, GapCause::Crash, context);
        }
        match (kept, pause) {
            (Some(kept), None) if ended.is_some() || before.paused.is_some() => {
                let since = before.paused.unwrap_or(kept.since);
                track.missing_since(ended.map_or(since, |ended| ended.max(since)), GapCause::Paused, context);
                track.missing_since(kept.until.unwrap_or(context.boot()), GapCause::Crash, context);
            }
            (_, Some(pause)) => {
                // A recorder that was stopped in the pause has accounted for it up to there.
                let since = before.paused.unwrap_or(pause.since);
                track.missing_since(ended.map_or(since, |ended| ended.max(since)), GapCause::Paused, context);
            }
            _ => {}
        }
    }
}

fn settings(config: &RecordConfig) -> Vec<Setting> {
    let wanted = [
        (TrackName::mic(), Side::Said, Kind::Microphone, &config.mic, "hs-mic"),
        (TrackName::loopback(), Side::Heard, Kind::Loopback, &config.loopback, "hs-loop"),
    ];
    let setting = |(name, side, kind, choice, thread): (TrackName, _, _, &String, _)| {
        let mut choice = Choice::parse(choice);
        if choice == Choice::All && kind == Kind::Microphone {
            tracing::warn!("microphones aren't mixed; the default one is recorded");
            choice = Choice::Default;
        }
        (choice != Choice::None).then_some(Setting { name, side, kind, choice, thread })
    };
    wanted.into_iter().filter_map(setting).collect()
}
