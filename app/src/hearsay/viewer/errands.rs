//! What is done once and takes long, each on a thread of its own: fetching a model, listening to a device, starting to record, writing a file.

use super::background::{Wake, dialog};
use super::exporting;
use super::state::{Answer, Errand, Fetched, Tried};
use crate::consent;
use crate::context::Context;
use crate::failure::Failure;
use crate::level::{self, Heard};
use anyhow::{Context as _, Result};
use capture::{Device, Kind};
use speech::models::{self, Mirrors, Wanted};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use timeline::SystemClock;

/// A recorder that ends within this time was not started.
const STARTING: Duration = Duration::from_millis(1_500);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Goes on it. Where it fails, or no thread can be started for it, the answer says so.
pub(super) fn go(errand: Errand, given: Context, answers: SyncSender<Answer>, wake: Wake) {
    let (failed, unstarted) = (failing(&errand), answers.clone());
    let run = move || match errand {
        Errand::Fetch(name) => fetch(&given, &name, &answers, &wake),
        Errand::Listen(kind, device) => listen(&given, kind, &device, &answers, &wake),
        Errand::Record { agreed } if !agreed && !consent::has_recorded(&given.home) => {
            tell(&answers, &wake, Answer::Unasked);
        }
        Errand::Record { .. } => {
            let started = start(&given).map_err(|error| home::one_line(error.as_ref()));
            tell(&answers, &wake, Answer::Recorder(started));
        }
        Errand::Export { number, span, form, path } => {
            tell(&answers, &wake, dialog(number, exporting::export(&given.home, span, form, &path)));
        }
    };
    if let Err(error) = std::thread::Builder::new().name("hs-errand".to_owned()).spawn(run)
        && let Err(error) = unstarted.try_send(failed(format!("no thread can be started: {error}")))
    {
        tracing::error!("an errand wasn't gone on, and nobody could be told: {error}");
    }
}

/// The answer that says why it came to nothing.
fn failing(errand: &Errand) -> impl FnOnce(String) -> Answer + use<> {
    let errand = errand.clone();
    move |why| match errand {
        Errand::Fetch(_) => Answer::Fetched(Fetched::Failed(why)),
        Errand::Listen(..) => Answer::Tried(Tried::Failed(why)),
        Errand::Record { .. } => Answer::Recorder(Err(why)),
        Errand::Export { number, .. } => Answer::Dialog { number, news: Err(why) },
    }
}

/// The window may be gone, and then nobody wants to know.
fn tell(answers: &SyncSender<Answer>, wake: &Wake, answer: Answer) {
    if answers.send(answer).is_ok() {
        wake();
    }
}

fn fetch(given: &Context, name: &str, answers: &SyncSender<Answer>, wake: &Wake) {
    let mut told = None;
    let mut progress = |at: models::Progress| {
        // A percent is as much as a bar shows.
        let share = at.of.filter(|of| *of > 0).map(|of| at.have * 100 / of);
        if told != Some(share) {
            told = Some(share);
            // One that is lost is made up for by the next.
            if answers.try_send(Answer::Fetched(Fetched::Part { have: at.have, of: at.of })).is_ok() {
                wake();
            }
        }
    };
    let fetched = match get(given, name, &mut progress) {
        Ok(()) => Fetched::Done,
        Err(error) => Fetched::Failed(home::one_line(error.as_ref())),
    };
    tell(answers, wake, Answer::Fetched(fetched));
}

fn get(given: &Context, name: &str, progress: &mut dyn FnMut(models::Progress)) -> Result<()> {
    given.home.ensure()?;
    let set = given.config()?.0.models;
    let mirrors = Mirrors { others: set.mirrors, proxy: set.proxy, ..Mirrors::at(&set.mirror) };
    models::get(&given.home.models(), &mirrors, &Wanted::new(name, None)?, progress)?;
    Ok(())
}

fn listen(given: &Context, kind: Kind, device: &str, answers: &SyncSender<Answer>, wake: &Wake) {
    let tried = match heard(given, kind, device, answers, wake) {
        Ok(heard) => Tried::Heard(heard),
        Err(error) => Tried::Failed(home::one_line(error.as_ref())),
    };
    tell(answers, wake, Answer::Tried(tried));
}

fn heard(given: &Context, kind: Kind, name: &str, answers: &SyncSender<Answer>, wake: &Wake) -> Result<Heard> {
    let source = capture::source(given.config()?.0.record.source, Arc::new(SystemClock))?;
    let is_it = |device: &Device| device.kind == kind && device.name == name;
    let device = source.devices()?.into_iter().find(is_it).with_context(|| format!("{name} is gone"))?;
    level::listen(&source, &device, level::LISTEN, |db| {
        // One that is lost is made up for by the next.
        if answers.try_send(Answer::Tried(Tried::Listening(Some(db)))).is_ok() {
            wake();
        }
        Ok(())
    })
}

/// Starts `hearsay run` so that it outlives the window.
fn start(given: &Context) -> Result<()> {
    let mut command = given.another().context("cannot tell where this program lies")?;
    command.arg("run").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().context("cannot start recording")?;
    let mut waited = Duration::ZERO;
    while waited < STARTING {
        if let Some(status) = child.try_wait().context("cannot start recording")? {
            return Err(Failure::new(format!("recording didn't start: {status}"))
                .hint("`hearsay run` in a terminal says why")
                .into());
        }
        std::thread::sleep(LOOK_EVERY);
        waited += LOOK_EVERY;
    }
    Ok(())
}
