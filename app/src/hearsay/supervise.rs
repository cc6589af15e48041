//! Keeps the recorder and the worker running as children: what `hearsay run` does.
//!
//! Each child is in a process group of its own, so that Ctrl-C reaches this process only, and has a pipe as its stdin,
//! which is never written to. With `--supervised` a child ends in good order when that pipe closes. So stopping needs no
//! signal and works on every system, and nothing records unseen after this process was killed: the system closes the pipe.
//!
//! The recorder says what it has to say itself: nothing that it writes may wait for this process. What the worker says comes
//! through a pipe, so that it draws no bar and a line that it repeats at every start is said once. Threads: the main
//! thread looks after the children; `hs-lines` copies the worker's lines.

mod child;
mod lines;
mod restarts;

use crate::context::Context;
use crate::output;
use anyhow::Result;
use child::{Child, News, Program};
use home::Exit;
use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use timeline::{Clock as _, SystemClock};

/// How often the children are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long they may take to end in good order. The recorder takes a tenth of a second; the worker may be in the middle of
/// a window, which is done again next time.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the command line says for each.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    pub(crate) recorder: Vec<OsString>,
    pub(crate) worker: Vec<OsString>,
}

/// Runs both until `stop` is raised, or until the recorder can't be started as it is configured.
///
/// # Errors
/// Where a child can't be started the first time.
pub(crate) fn run(context: &Context, flags: &Flags, stop: &AtomicBool) -> Result<Exit> {
    let recorder =
        Program { name: "the recorder", executable: "hearsay-record", flags: &flags.recorder, through_us: false };
    let worker = Program { name: "the worker", executable: "hearsay-work", flags: &flags.worker, through_us: true };
    let (mut recorder, mut worker) = (Child::start(recorder, context)?, Child::start(worker, context)?);
    while !stop.load(Ordering::Relaxed) && !recorder.is_given_up() {
        std::thread::sleep(LOOK_EVERY);
        let now = SystemClock.awake_micros();
        for child in [&mut recorder, &mut worker] {
            if let Some(news) = child.step(now, context) {
                tell(child.name(), &news);
            }
        }
    }
    let gave_up = recorder.is_given_up();
    let well = end([&mut recorder, &mut worker]);
    Ok(match (gave_up, well) {
        (true, _) => Exit::Usage,
        (false, true) => Exit::Done,
        (false, false) => Exit::Partly,
    })
}

/// Asks all to end, and ends those that don't; whether all did by themselves.
fn end(mut children: [&mut Child<'_>; 2]) -> bool {
    for child in &mut children {
        child.ask_to_end();
    }
    let asked = SystemClock.awake_micros();
    let patience = i64::try_from(PATIENCE.as_micros()).unwrap_or(i64::MAX);
    while children.iter_mut().any(|child| child.is_running()) {
        if SystemClock.awake_micros().saturating_sub(asked) > patience {
            break;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    let mut well = true;
    for child in &mut children {
        if child.is_running() {
            well = false;
            output::note(&format!("{} did not end within {} s and was ended", child.name(), PATIENCE.as_secs()));
            child.kill();
        }
    }
    well
}

/// Says what became of a child. A child that dies again and again is told of twice, not for ever.
fn tell(name: &str, news: &News) {
    match news {
        News::Ended { how, again_in } => {
            output::note(&format!("{name} ended ({how}) and is started again in {} s", again_in.as_secs()));
        }
        News::EndsAgainAndAgain { how, times, again_in } => output::note(&format!(
            "{name} ended {times} times in a row ({how}); it is tried every {} s from now on",
            again_in.as_secs()
        )),
        News::CannotStart(error) => output::note(&format!("{name} cannot be started: {error}")),
        News::GivenUp => {
            output::error(&format!("{name} cannot run as it is configured, see above; it isn't tried again"));
        }
        News::WellAgain => output::note(&format!("{name} is well again")),
    }
}
