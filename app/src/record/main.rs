//! `hearsay-record`: takes the microphone and the loopback at once, into segments.
//!
//! It needs nothing but the sound system and the disk: no model, no database, no window. Threads: `hs-write` places,
//! cuts and writes; `hs-mic` and `hs-loop` keep the devices open; `hs-outputs` asks what plays; `hs-control` answers on
//! the socket; `hs-notify` shows notifications; the main thread waits for signals, tells systemd that all is well, and
//! draws the meter. The main thread must not be blocked: the system hands signals to it, and the others aren't interrupted.
//!
//! Exit codes: 0 done, also after SIGINT and SIGTERM · 2 usage · 3 one of the two tracks recorded nothing · 4 nothing
//! could be recorded. Nothing is printed on stdout.

mod arguments;
#[path = "../consent.rs"]
mod consent;
mod control;
mod meter;
mod notices;
mod service;

use crate::arguments::Arguments;
use anyhow::{Context, anyhow};
use capture::control::RecorderStatus;
use capture::{CaptureError, Source};
use clap::Parser;
use home::{Config, Exit, Home, Lock, LockError, SourceChoice};
use recorder::{Command, Recorder, Report, SharedStatus, Start};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;
use timeline::{Clock, SystemClock};

/// How often the main thread looks for signals and draws.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Devices that sleep may take so long to wake; time that is counted begins with the sound, or after this.
const WAKE_MICROS: i64 = 3_000_000;
/// A sound server may take so long to start after the session has.
const SERVER_MICROS: i64 = 5_000_000;
/// Requests that may wait for the writer.
const COMMANDS: usize = 8;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    meter::log_to_stderr();
    match run(&arguments) {
        Ok(exit) => exit.into(),
        Err(error) => {
            say(&format!("error: {}", home::one_line(error.as_ref())));
            Exit::Failed.into()
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let home = Home::resolve(arguments.home.as_deref())?;
    let (config, file) = match Config::load(&home, arguments.config.as_deref()) {
        Ok((config, file)) => (arguments.over(config.record), file),
        Err(error) => {
            say(&format!("error: {}", home::one_line(&error)));
            return Ok(Exit::Usage);
        }
    };
    if !arguments.yes && !arguments.supervised && consent::is_owed(&home, file.as_deref()) {
        say("error: nobody has agreed yet to be recorded here");
        say("hint: `hearsay record` asks; --yes says that whoever is recorded has agreed");
        return Ok(Exit::Usage);
    }
    home.ensure().context("the home cannot be used; choose another with --home")?;
    if config.mic == "none" && config.loopback == "none" {
        say("error: nothing to record: both --mic and --loopback are none");
        return Ok(Exit::Usage);
    }
    let _lock = lock(&home)?;
    let stop = stop_on_signals()?;
    if arguments.supervised {
        service::stop_with_stdin(stop.clone()).context("cannot start a thread")?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let patient = arguments.supervised || service::is_systemds();
    let source = source(config.source, &clock, patient, &stop)
        .map_err(|error| recorder::RecorderError::NoDevice { reasons: error.to_string() })?;
    let notify = notices::notices(config.notify);
    let start = Start { notify, patient, ..Start::new(&home, &config, source, clock.clone()) };
    let recorder = Recorder::start(start, &stop)?;
    let status = recorder.status();
    let (sender, commands) = sync_channel(COMMANDS);
    let control = control::serve(&home, &status, sender);
    say(&recorder.summary());
    let writer = spawn_writer(recorder, stop.clone(), commands)?;
    watch(arguments, &stop, clock.as_ref(), &status, &writer);
    let report = writer.join().map_err(|_| anyhow!("the writer failed; what was written up to then is safe"))?;
    drop(control);
    Ok(conclude(&report))
}

/// How devices are reached. A session that has just begun may not have its sound server yet, and what is chosen here stays:
/// whoever has the time waits a moment for it.
fn source(
    choice: SourceChoice,
    clock: &Arc<dyn Clock>,
    patient: bool,
    stop: &AtomicBool,
) -> Result<Arc<dyn Source>, CaptureError> {
    let start = clock.awake_micros();
    let waits = patient && cfg!(target_os = "linux") && choice != SourceChoice::Cpal;
    while waits && clock.awake_micros() - start < SERVER_MICROS && !stop.load(SeqCst) {
        if let Ok(pulse) = capture::source(SourceChoice::Pulse, clock.clone()) {
            return Ok(pulse);
        }
        std::thread::sleep(LOOK_EVERY);
    }
    capture::source(choice, clock.clone())
}

/// Draws the meter and gives signs of life, until it is time to stop.
fn watch(
    arguments: &Arguments,
    stop: &AtomicBool,
    clock: &dyn Clock,
    status: &SharedStatus,
    writer: &std::thread::JoinHandle<Report>,
) {
    let start = clock.boot_micros();
    let mut began = None;
    let mut meter = (!arguments.supervised).then(meter::Meter::new);
    let mut life = service::Life::begin(status.clone());
    while !stop.load(SeqCst) && !writer.is_finished() {
        std::thread::sleep(LOOK_EVERY);
        life.look();
        let (now, status) = (clock.boot_micros(), status.read());
        if began.is_none() && (now - start >= WAKE_MICROS || all_deliver(&status)) {
            began = Some(now);
        }
        let elapsed = began.map_or(0, |began| now - began);
        if arguments.length.is_some_and(|length| elapsed >= length) {
            stop.store(true, SeqCst);
        }
        if let Some(meter) = &mut meter {
            meter.draw(elapsed, &status);
        }
    }
    service::tell_of_the_end();
    if let Some(meter) = meter {
        meter.end();
    }
}

fn all_deliver(status: &RecorderStatus) -> bool {
    status.tracks.iter().filter(|track| track.device.is_some()).all(|track| track.last_frame_age_s.is_some())
}

fn lock(home: &Home) -> anyhow::Result<Lock> {
    Lock::acquire(&home.recorder_lock()).map_err(|error| match error {
        LockError::Held { .. } => {
            anyhow!("a recorder already runs on {}; `hearsay status` shows it", home.root().display())
        }
        LockError::Io { .. } => anyhow!("{error}; is the folder writable?"),
    })
}

/// SIGINT and SIGTERM end the recording in good order; a second one ends the process at once.
fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    const INTERRUPTED: i32 = 130;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // In this order: the first signal finds the flag down and raises it, the second finds it up.
        signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, stop.clone())?;
        signal_hook::flag::register(signal, stop.clone())?;
    }
    Ok(stop)
}

fn spawn_writer(
    recorder: Recorder,
    stop: Arc<AtomicBool>,
    commands: Receiver<Command>,
) -> anyhow::Result<std::thread::JoinHandle<Report>> {
    let run = move || recorder.run(&stop, &commands);
    std::thread::Builder::new().name("hs-write".into()).spawn(run).context("cannot start a thread")
}

fn conclude(report: &Report) -> Exit {
    for track in &report.tracks {
        for path in &track.paths {
            say(&format!("  {:9} {}", track.name.as_str(), path.display()));
        }
    }
    let empty: Vec<String> = report.tracks.iter().filter(|it| it.frames == 0).map(|it| it.name.to_string()).collect();
    let lost = report.tracks.iter().any(|track| track.lost_frames > 0);
    if empty.len() == report.tracks.len() {
        say("nothing was recorded");
        Exit::Failed
    } else if !empty.is_empty() {
        say(&format!("nothing was recorded on {}", empty.join(", ")));
        Exit::Partly
    } else if lost {
        say("some sound was lost; `hearsay gaps` lists what");
        Exit::Partly
    } else {
        Exit::Done
    }
}

/// A line for the user, on stderr: stdout is for data. That nobody reads it is no reason to stop recording.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}
