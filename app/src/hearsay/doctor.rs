//! What is well and what isn't on this machine, a finding each, with what to do about it. Looks only; changes nothing, but for a nameless
//! file by which the disk is timed.

mod clock;
mod disk_speed;
mod encryption;
mod finding;
mod graphics;
mod privacy;
mod processor;
mod system;

use crate::commands::devices::CALL_QUALITY;
use crate::commands::sibling;
use crate::context::Context;
use crate::library::Library;
use crate::output;
use crate::status::{self, RecorderStatus, Status, TrackState, WorkerStatus};
use capture::{Choice, Device, Kind};
use home::{Config, EngineChoice, Home, SourceChoice};
use speech::models::ModelError;
use std::path::PathBuf;
use std::sync::Arc;
use timeline::SystemClock;

pub(crate) use finding::{Finding, Verdict};

/// Below this a disk is nearly full: what the recorder warns at.
const LOW_BYTES: u64 = 2 * 1024 * 1024 * 1024;

const NO_SERVER: &str =
    "start PipeWire or PulseAudio in this session; the user who records has to be the one who is logged in";

/// Looks at everything.
pub(crate) fn examine(context: &Context) -> Vec<Finding> {
    let (config, mut findings) = match context.config() {
        Ok((config, _)) => (config, Vec::new()),
        Err(error) => {
            let error = Finding::bad(
                "configuration",
                home::one_line(error.as_ref()),
                "`hearsay config` shows it once it is right",
            );
            (Config::default(), vec![error])
        }
    };
    findings.push(programs());
    sound(&config, &mut findings);
    match Library::open(&context.home).and_then(|mut library| library.status()) {
        Ok(status) => everyday(&status, &mut findings),
        Err(error) => findings.push(Finding::bad(
            "archive",
            home::one_line(error.as_ref()),
            "the sound files are the truth; the database and the index can be made anew from them by `hearsay work`",
        )),
    }
    findings.push(model(&context.home, &config));
    findings.extend(live_model(&context.home, &config));
    findings.push(processor::kernels());
    findings.push(graphics::card());
    findings.extend(disk_speed::of(&context.home));
    findings.push(privacy::modes(&context.home));
    findings.push(encryption::of(&context.home));
    findings.push(clock::kept());
    findings
}

fn programs() -> Finding {
    let missing =
        ["hearsay-record", "hearsay-work", "hearsay-engine"].into_iter().find_map(|it| sibling::path(it).err());
    match missing {
        None => Finding::good("programs", "all four executables are together"),
        Some(error) => Finding::bad("programs", home::one_line(error.as_ref()), "install all four in one folder"),
    }
}

fn sound(config: &Config, findings: &mut Vec<Finding>) {
    match capture::devices(config.record.source, Arc::new(SystemClock)) {
        Err(error) => findings.push(Finding::bad("sound server", home::one_line(&error), NO_SERVER)),
        Ok(devices) => {
            let count = |kind, name| {
                let count = devices.iter().filter(|device| device.kind == kind).count();
                format!("{count} {name}{}", if count == 1 { "" } else { "s" })
            };
            let found = format!("{}, {}", count(Kind::Microphone, "microphone"), count(Kind::Loopback, "output"));
            findings.push(match devices.first().map(|device| device.source) {
                // Where nothing else was asked for, cpal is what is left without a sound server.
                Some("cpal") if cfg!(target_os = "linux") && config.record.source == SourceChoice::Auto => {
                    Finding::bad(
                        "sound server",
                        format!("neither PipeWire nor PulseAudio answers; ALSA by itself has {found}"),
                        NO_SERVER,
                    )
                }
                Some(source) => Finding::good("sound server", format!("{source} answers: {found}")),
                None => Finding::bad("sound server", "there is neither a microphone nor an output", NO_SERVER),
            });
            findings.push(device("microphone", Kind::Microphone, &config.record.mic, &devices));
            findings.push(device("loopback", Kind::Loopback, &config.record.loopback, &devices));
        }
    }
}

/// Whether what is to be recorded is there, and good for it.
fn device(topic: &'static str, kind: Kind, choice: &str, devices: &[Device]) -> Finding {
    match Choice::parse(choice) {
        Choice::None => Finding::note(topic, "is not recorded", format!("as set by record.{}", key(kind))),
        Choice::All => Finding::good(topic, "all of them, mixed"),
        choice => match choice.find(devices, kind) {
            Err(error) => Finding::bad(
                topic,
                home::one_line(&error),
                format!("plug it in, or set record.{}; `hearsay devices` lists what there is", key(kind)),
            ),
            Ok(device) if device.bluetooth && kind == Kind::Microphone => Finding::note(
                topic,
                format!("{}: {CALL_QUALITY}", device.name),
                "plug in another microphone, or set record.mic to one",
            ),
            Ok(device) => Finding::good(topic, device.name),
        },
    }
}

fn key(kind: Kind) -> &'static str {
    match kind {
        Kind::Microphone => "mic",
        Kind::Loopback => "loopback",
    }
}

fn everyday(status: &Status, findings: &mut Vec<Finding>) {
    recorder(&status.recorder, findings);
    findings.push(worker(&status.worker));
    findings.extend(live(&status.worker));
    if let (Some(bytes), Some(days)) = (status.disk_free_bytes, status.disk_days_left) {
        let text = format!("{} free: {days} days of recording round the clock", output::size(bytes));
        findings.push(if bytes < LOW_BYTES {
            Finding::bad("disk", text, "make room, or keep the home on another disk (HEARSAY_HOME)")
        } else {
            Finding::good("disk", text)
        });
    }
}

fn recorder(recorder: &RecorderStatus, findings: &mut Vec<Finding>) {
    const TOPIC: &str = "recorder";
    if !recorder.running {
        let advice = "`hearsay run` records and transcribes; `hearsay service install` does so from login on";
        findings.push(Finding::note(TOPIC, "is not running", advice));
        return;
    }
    if recorder.paused {
        findings.push(Finding::note(TOPIC, "is paused", "`hearsay resume`"));
    }
    for track in &recorder.tracks {
        let text = format!("{}: {}", track.track, status::doing(track.state));
        findings.push(match track.state {
            TrackState::Recording | TrackState::Idle | TrackState::Paused => Finding::good(TOPIC, text),
            TrackState::Muted => {
                Finding::note(TOPIC, text, "unmute it in the system's sound settings, if you want to be heard")
            }
            TrackState::Silent => {
                Finding::bad(TOPIC, text, "is the switch on the microphone off, or another program its owner?")
            }
            TrackState::Stalled | TrackState::NoDevice => {
                Finding::bad(TOPIC, text, "it is opened again as soon as it delivers; is it plugged in?")
            }
            TrackState::Disk => Finding::bad(TOPIC, text, "is the disk full, read-only or gone? It goes on by itself"),
        });
    }
    findings.extend(recorder.warnings.iter().map(|warning| Finding::note(TOPIC, warning, "`hearsay status` has more")));
}

fn worker(worker: &WorkerStatus) -> Finding {
    let waiting = output::duration_of(worker.backlog_s);
    match (worker.running, worker.backlog_s >= 1.0) {
        (true, true) => Finding::good("worker", format!("transcribing, {waiting} of sound left")),
        (true, false) => Finding::good("worker", "everything is transcribed"),
        (false, false) => Finding::good("worker", "is not running, and has nothing to do"),
        (false, true) => Finding::note(
            "worker",
            format!("is not running, {waiting} of sound left"),
            "`hearsay work`, or `hearsay run`",
        ),
    }
}

/// What keeps the running worker from writing words as they are said.
fn live(worker: &WorkerStatus) -> Option<Finding> {
    let fault = worker.live_fault.as_ref()?;
    let text = format!("no words as they are said: {}", first_line(fault));
    Some(Finding::bad("live", text, "all else goes on; once that is mended, `hearsay live` tries again"))
}

fn model(home: &Home, config: &Config) -> Finding {
    if config.work.engine == EngineChoice::OpenAi {
        let text = match &config.openai.url {
            Some(url) => format!("{url} transcribes, and all speech that is recorded is sent there"),
            None => "engine = \"openai\" names no server, so nothing is transcribed".to_owned(),
        };
        return Finding::note("model", text, "url below [openai], or unset work.engine");
    }
    let folder = home.models();
    let path = match &config.work.model {
        Some(name) => speech::models::locate(&folder, name),
        None => speech::models::default_model(&folder),
    };
    whole("model", path, "recording works without; `hearsay models get base.en` fetches one")
}

/// The model of what is written while it is said, where it has one of its own.
fn live_model(home: &Home, config: &Config) -> Option<Finding> {
    let name = config.work.live_model.as_ref()?;
    let path = speech::models::locate(&home.models(), name);
    let advice = format!("all but `hearsay live` works without; `hearsay models get {name}`, or unset work.live_model");
    Some(whole("live model", path, &advice))
}

/// Whether a model is there, and whole.
fn whole(topic: &'static str, path: Result<PathBuf, ModelError>, advice: &str) -> Finding {
    match path.and_then(|path| speech::models::inspect(&path).map(|_| path)) {
        Ok(path) => Finding::good(topic, path.display().to_string()),
        Err(error) => Finding::note(topic, first_line(&error.to_string()), advice),
    }
}

/// An error's own hint is on a line of its own.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn microphone(name: &str, default: bool, bluetooth: bool) -> Device {
        Device {
            id: name.to_lowercase(),
            name: name.into(),
            kind: Kind::Microphone,
            default,
            bluetooth,
            source: "fake",
            detail: String::new(),
        }
    }

    #[test]
    fn a_bluetooth_microphone_is_told_of_and_a_missing_one_is_bad() {
        let devices = [microphone("Headset", true, true), microphone("Webcam", false, false)];
        let looked = |choice: &str| device("microphone", Kind::Microphone, choice, &devices);
        assert_eq!(looked("default").verdict, Verdict::Note);
        assert!(looked("default").text.contains("call quality"));
        assert_eq!(looked("webcam"), Finding::good("microphone", "Webcam"));
        assert_eq!((looked("usb").verdict, looked("none").verdict), (Verdict::Bad, Verdict::Note));
    }

    #[test]
    fn a_recorder_that_records_nothing_is_bad_and_a_muted_one_is_not() {
        let status = |state| {
            let json = r#"{"track":"mic","state":"recording","device":"A","muted":false,"level_db":null,
                "last_frame_age_s":null,"written_today_s":0.0,"gaps_today":0,"gaps_today_s":0.0}"#;
            let mut track: crate::status::TrackStatus = serde_json::from_str(json).unwrap();
            track.state = state;
            RecorderStatus { running: true, tracks: vec![track], ..RecorderStatus::stopped() }
        };
        for (state, verdict) in [
            (TrackState::Recording, Verdict::Good),
            (TrackState::Idle, Verdict::Good),
            (TrackState::Muted, Verdict::Note),
            (TrackState::Silent, Verdict::Bad),
            (TrackState::Stalled, Verdict::Bad),
            (TrackState::NoDevice, Verdict::Bad),
            (TrackState::Disk, Verdict::Bad),
        ] {
            let mut found = Vec::new();
            recorder(&status(state), &mut found);
            assert_eq!(found[0].verdict, verdict, "{found:?}");
            assert_eq!(found[0].advice.is_some(), verdict != Verdict::Good);
        }
    }

    #[test]
    fn what_keeps_words_from_coming_as_they_are_said_is_bad_and_told_with_what_to_do() {
        assert_eq!(live(&WorkerStatus::default()), None);
        let fault = "the model tiny.en (75 MB) is not here\nhint: get it with `hearsay models get tiny.en`".to_owned();
        let found = live(&WorkerStatus { live_fault: Some(fault), ..WorkerStatus::default() }).unwrap();
        assert_eq!(found.verdict, Verdict::Bad);
        assert_eq!(found.text, "no words as they are said: the model tiny.en (75 MB) is not here");
        assert!(found.advice.is_some());

        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let mut config = Config::default();
        assert_eq!(live_model(&home, &config), None, "it has none of its own");
        config.work.live_model = Some("no-such-model".to_owned());
        let found = live_model(&home, &config).unwrap();
        assert!(found.verdict == Verdict::Note && found.text.contains("no-such-model"), "{found:?}");
        let fixture = testkit::fixture("models/fixture-q8.bin");
        config.work.live_model = Some(fixture.to_string_lossy().into_owned());
        assert_eq!(live_model(&home, &config), Some(Finding::good("live model", fixture.display().to_string())));
    }
}
