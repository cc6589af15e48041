//! The threads that read, so that the window never waits for the database, the index, the disk or the recorder.
//!
//! - `hs-find` owns a [`Library`] and answers questions. Of each kind only the latest question waits: who types faster
//!   than the index answers makes no queue. It does what the dialogs ask for, too.
//! - `hs-status` owns another and looks every second how the recorder and the worker are doing.
//! - `hs-peaks` looks through the sound for the waveform ([`peaks`](super::peaks)), and `hs-errand` does once what takes long ([`errands`]).
//! - `hs-live` looks what goes on while somebody watches ([`live`]).
//!
//! Answers lie in a bounded channel until the window takes them at its next frame, for which they ask. The threads end
//! when the [`Background`] is dropped.

use super::peaks::{Peaks, Wanted};
use super::state::{Answer, Errand, Health, News, Question, Readiness, Watched};
use super::{desk, errands, live, reading, setup, survey};
use crate::context::Context;
use crate::library::{Library, SearchOptions};
use crate::status;
use capture::control::{self, Request};
use home::Home;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use timeline::{Clock as _, SystemClock};

/// How often the recorder is asked how it is. All else is looked at as often, and where that takes long no more than a hundredth of the time.
const STATUS_EVERY: Duration = Duration::from_secs(1);
const LOOK_SHARE: i64 = 100;
/// Answers that may lie untaken.
const ANSWERS: usize = 16;
/// Pages that may be turned between two looks.
const WATCHES: usize = 64;

/// Called when there is something new to draw.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// The handle to the threads.
pub(crate) struct Background {
    waiting: Arc<Waiting>,
    peaks: Peaks,
    answers: Receiver<Answer>,
    /// Its end is the end of `hs-status`.
    _open: SyncSender<()>,
    /// What errands are given: what the commands are given, and the way back.
    given: Context,
    answer: SyncSender<Answer>,
    wake: Wake,
    /// To `hs-live`, whose end is this one's.
    watch: SyncSender<Watched>,
}

/// The questions that wait: one of each kind at most.
#[derive(Default)]
struct Waiting {
    questions: Mutex<Questions>,
    asked: Condvar,
}

#[derive(Default)]
struct Questions {
    queue: VecDeque<Question>,
    closed: bool,
}

/// Questions of a kind take each other's place while they wait.
#[derive(PartialEq)]
enum Kind {
    Search,
    Days,
    MoreHits,
    Lines,
    Going,
    Day,
    Year,
    Settings,
    Dialog,
}

/// The kind of a question; `None` for one that changes something, which is never left out.
fn kind(question: &Question) -> Option<Kind> {
    match question {
        Question::Search { .. } => Some(Kind::Search),
        Question::Days { .. } => Some(Kind::Days),
        Question::MoreHits { .. } => Some(Kind::MoreHits),
        Question::Go { .. } | Question::GoAt { .. } | Question::GoBeyond { .. } => Some(Kind::Going),
        Question::Day { .. } => Some(Kind::Day),
        Question::Year { .. } => Some(Kind::Year),
        Question::Lines { .. } | Question::More { .. } => Some(Kind::Lines),
        Question::Settings { .. } => Some(Kind::Settings),
        Question::WouldForget { .. } => Some(Kind::Dialog),
        Question::Models { .. } | Question::Estimate { .. } | Question::Passes { .. } | Question::Compare { .. } => {
            Some(Kind::Dialog)
        }
        Question::Draw { .. }
        | Question::Queue { .. }
        | Question::Prefer { .. }
        | Question::Star { .. }
        | Question::Write { .. }
        | Question::Pause { .. }
        | Question::Resume
        | Question::Forget { .. }
        | Question::Set { .. }
        | Question::Cancel { .. } => None,
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Questions> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, question: Question) {
        let mut questions = self.lock();
        questions.queue.retain(|waiting| kind(waiting).is_none() || kind(waiting) != kind(&question));
        questions.queue.push_back(question);
        self.asked.notify_one();
    }

    /// Whether something waits.
    fn is_asked(&self) -> bool {
        let questions = self.lock();
        questions.closed || !questions.queue.is_empty()
    }

    /// Puts a question behind all that wait, unless they make it superfluous.
    fn put_off(&self, question: Question) {
        let mut questions = self.lock();
        if !questions.queue.iter().any(|waiting| matches!(kind(waiting), Some(Kind::Search | Kind::Days))) {
            questions.queue.push_back(question);
        }
    }

    /// The next question; `None` when the window is gone.
    fn next(&self) -> Option<Question> {
        let mut questions = self.lock();
        loop {
            if questions.closed {
                return None;
            }
            if let Some(question) = questions.queue.pop_front() {
                return Some(question);
            }
            questions = self.asked.wait(questions).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Background {
    /// Starts the threads.
    pub(crate) fn start(home: &Home, config: Option<&Path>, wake: &Wake) -> std::io::Result<Self> {
        let waiting = Arc::new(Waiting::default());
        let (answer, answers) = sync_channel(ANSWERS);
        let (open, closed) = sync_channel(0);
        let finder = Finder { home: home.clone(), config: config.map(ToOwned::to_owned), library: None };
        let (questions, found, wake_found) = (Arc::clone(&waiting), answer.clone(), Arc::clone(wake));
        std::thread::Builder::new()
            .name("hs-find".to_owned())
            .spawn(move || finder.run(&questions, &found, &wake_found))?;
        let (watch, watched) = sync_channel(WATCHES);
        let (at, moments, wake_live) = (home.clone(), answer.clone(), Arc::clone(wake));
        std::thread::Builder::new()
            .name("hs-live".to_owned())
            .spawn(move || live::run(&at, &watched, &moments, &wake_live))?;
        let peaks = Peaks::start(home, answer.clone(), Arc::clone(wake))?;
        let (given, ring) = (given(home, config), Arc::clone(wake));
        let (home, wake, health) = (home.clone(), Arc::clone(wake), answer.clone());
        std::thread::Builder::new()
            .name("hs-status".to_owned())
            .spawn(move || watch_health(&home, &health, &closed, &wake))?;
        Ok(Self { waiting, peaks, answers, _open: open, given, answer, wake: ring, watch })
    }

    /// Puts a question; an older one of its kind that still waits is forgotten.
    pub(crate) fn ask(&self, question: Question) {
        match question {
            Question::Draw { number, span, columns } => self.peaks.ask(Wanted { number, span, columns }),
            question => self.waiting.put(question),
        }
    }

    /// What goes on is watched from now on, or isn't.
    pub(crate) fn watch(&self, watched: Watched) {
        // Nobody turns pages faster than the thread looks.
        if let Err(error) = self.watch.try_send(watched) {
            tracing::error!("what goes on isn't watched: {error}");
        }
    }

    /// Begins what takes long.
    pub(crate) fn go(&self, errand: Errand) {
        errands::go(errand, self.given.clone(), self.answer.clone(), Arc::clone(&self.wake));
    }

    /// What was answered since the last call.
    pub(crate) fn answers(&self) -> impl Iterator<Item = Answer> + '_ {
        self.answers.try_iter()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.waiting.lock().closed = true;
        self.waiting.asked.notify_all();
    }
}

/// `hs-find`.
struct Finder {
    home: Home,
    /// The configuration that was named, if one was.
    config: Option<PathBuf>,
    library: Option<Library>,
}

impl Finder {
    fn run(mut self, questions: &Waiting, answers: &SyncSender<Answer>, wake: &Wake) {
        while let Some(question) = questions.next() {
            let Some(answer) = self.answer(question, questions) else { continue };
            if answers.send(answer).is_err() {
                return;
            }
            wake();
        }
    }

    /// The answer; `None` where the question gave way to others that wait, and is put off.
    fn answer(&mut self, question: Question, questions: &Waiting) -> Option<Answer> {
        let Self { home, config, library } = self;
        let config = config.as_deref();
        Some(match question {
            Question::Search { number, text, said, heard, within } => {
                let options = SearchOptions { said, heard, span: within, typing: true, ..SearchOptions::default() };
                let found = with(home, library, |library| reading::search(library, &text, &options));
                Answer::Search { number, found }
            }
            Question::MoreHits { number, text, said, heard, within } => {
                let span = Some(within);
                let options = SearchOptions { said, heard, span, typing: true, ..SearchOptions::default() };
                let found = with(home, library, |library| reading::search(library, &text, &options));
                Answer::MoreHits { number, found }
            }
            Question::Days { number, text, said, heard } => {
                let options = SearchOptions { said, heard, typing: true, ..SearchOptions::default() };
                let gives_way = || questions.is_asked();
                let days = with(home, library, |library| library.days(&text, &options, &gives_way));
                let Some(days) = days.transpose() else {
                    questions.put_off(Question::Days { number, text, said, heard });
                    return None;
                };
                Answer::Days { number, days: days.map(|found| found.days) }
            }
            Question::Go { number, text } => {
                let line = with(home, library, |library| {
                    reading::nearest(library, timeline::parse_time(&text, SystemClock.wall())?)
                });
                Answer::Gone { number, line }
            }
            Question::GoAt { number, time } => {
                Answer::Gone { number, line: with(home, library, |library| reading::nearest(library, time)) }
            }
            Question::Day { number, day } => {
                Answer::Day { number, day: with(home, library, |library| survey::day(home, library, day)) }
            }
            Question::Year { number, year } => {
                Answer::Year { number, days: with(home, library, |library| survey::year(library, year)) }
            }
            Question::GoBeyond { number, span, later } => {
                let line =
                    with(
                        home,
                        library,
                        |library| Ok(reading::next(library, span, later, false)?.map(|(line, _)| line)),
                    );
                Answer::Gone { number, line }
            }
            Question::Lines { number, span, hidden } => {
                let lines = with(home, library, |library| reading::lines(library, span, hidden));
                Answer::Lines { number, span, lines, end: None }
            }
            Question::More { number, span, later, hidden } => {
                match with(home, library, |library| reading::more(library, span, later, hidden)) {
                    Ok(Some((span, lines))) => Answer::Lines { number, span, lines: Ok(lines), end: None },
                    Ok(None) => Answer::Lines { number, span, lines: Ok(Vec::new()), end: Some(later) },
                    Err(error) => Answer::Lines { number, span, lines: Err(error), end: None },
                }
            }
            Question::Models { number } => dialog(number, desk::models(home)),
            Question::Estimate { number, span, model } => dialog(number, desk::estimate(home, config, span, &model)),
            Question::Queue { number, span, model } => dialog(number, desk::queue(home, config, span, &model)),
            Question::Passes { number, span } => {
                let news = with(home, library, |library| desk::passes(home, library, span));
                Answer::Dialog { number, news }
            }
            Question::Compare { number, span, left, right } => {
                dialog(number, desk::compare(home, &span, &left, &right))
            }
            Question::Prefer { number, span, pass } => dialog(number, desk::prefer(home, &span, pass.as_ref())),
            Question::Star { key, starred } => {
                Answer::Starred(desk::star(home, key, starred).map_err(|error| home::one_line(error.as_ref())))
            }
            Question::Write { number, key, writing, text } => {
                dialog(number, desk::write(home, key, writing, text.as_deref()))
            }
            Question::Pause { minutes } => Answer::Recorder(recorder(home, &Request::Pause { minutes })),
            Question::Resume => Answer::Recorder(recorder(home, &Request::Resume)),
            Question::WouldForget { number, minutes } => dialog(number, desk::would_forget(home, minutes)),
            Question::Forget { number, forgetting } => dialog(number, desk::forget(home, &forgetting)),
            Question::Settings { number } => {
                let setup = setup::gather(&given(home, config)).map_err(|error| home::one_line(error.as_ref()));
                Answer::Settings { number, setup }
            }
            Question::Set { key, value } => {
                let done = setup::set(&given(home, config), key, value.as_deref());
                Answer::Set { key, done: done.map_err(|error| home::one_line(error.as_ref())) }
            }
            Question::Cancel { number, pass } => dialog(number, desk::cancel(home, &pass)),
            // These never come here: `ask` gives them to threads of their own.
            // `hs-peaks` does.
            Question::Draw { .. } => return None,
        })
    }
}

/// What the commands are given.
fn given(home: &Home, config: Option<&Path>) -> Context {
    let config_file = config.map(ToOwned::to_owned);
    Context { home: home.clone(), home_named: true, config_file, verbose: 0, now: SystemClock.wall() }
}

fn recorder(home: &Home, request: &Request) -> Result<(), String> {
    control::ask(home, request).map(drop).map_err(|error| home::one_line(&error))
}

pub(super) fn dialog(number: u64, news: anyhow::Result<News>) -> Answer {
    Answer::Dialog { number, news: news.map_err(|error| home::one_line(error.as_ref())) }
}

/// Runs `read` on the library, opened if need be. After an error it is opened anew the next time.
fn with<T>(
    home: &Home,
    library: &mut Option<Library>,
    read: impl FnOnce(&mut Library) -> anyhow::Result<T>,
) -> Result<T, String> {
    let mut opened = match library.take() {
        Some(library) => library,
        None => Library::open(home).map_err(|error| home::one_line(error.as_ref()))?,
    };
    let result = read(&mut opened).map_err(|error| home::one_line(error.as_ref()))?;
    *library = Some(opened);
    Ok(result)
}

/// `hs-status`.
fn watch_health(home: &Home, answers: &SyncSender<Answer>, closed: &Receiver<()>, wake: &Wake) {
    let mut library = None;
    let (mut health, mut due): (Option<Health>, i64) = (None, i64::MIN);
    let mut shown = None;
    loop {
        let began = SystemClock.boot_micros();
        let health = match &mut health {
            Some(health) if began < due => {
                if let Some(status) = &mut health.status {
                    status.recorder = status::recorder(home);
                }
                health
            }
            health => {
                let looked = health.insert(look(home, &mut library));
                let now = SystemClock.boot_micros();
                due = now.saturating_add((now - began).saturating_mul(LOOK_SHARE));
                looked
            }
        };
        // A window that shows this already has nothing to draw.
        let news = format!("{:?}", roughly(health));
        if shown.as_ref() != Some(&news) {
            match answers.try_send(Answer::Health(Box::new(health.clone()))) {
                Ok(()) => {
                    shown = Some(news);
                    wake();
                }
                // The window doesn't draw at the moment; the next look is fresher anyway.
                Err(TrySendError::Full(_)) => {}
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
        if closed.recv_timeout(STATUS_EVERY) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// As far as the window shows it: what the disk has left changes all the time.
fn roughly(health: &Health) -> Health {
    let mut rough = health.clone();
    if let Some(status) = &mut rough.status {
        status.disk_free_bytes = None;
        status.disk_days_left_as_flac = None;
        status.disk_days_left = status.disk_days_left.map(f64::round);
    }
    rough
}

fn look(home: &Home, library: &mut Option<Library>) -> Health {
    let looked = with(home, library, |library| Ok((library.status()?, readiness(home, library)?)));
    match looked {
        Ok((status, readiness)) => Health { status: Some(status), readiness, error: None },
        Err(error) => Health { status: None, readiness: Readiness::Unknown, error: Some(error) },
    }
}

fn readiness(home: &Home, library: &mut Library) -> anyhow::Result<Readiness> {
    if library.nearest(SystemClock.wall())?.is_some() {
        // The index is a folder; whether it is whole is told by the search itself.
        return Ok(if home.index().is_dir() { Readiness::Ready } else { Readiness::NoIndex });
    }
    if archive::Archive::open(home).days()?.is_empty() {
        return Ok(Readiness::NoSound);
    }
    let model = speech::models::default_model(&home.models());
    Ok(if model.is_ok() { Readiness::NoTranscript } else { Readiness::NoModel })
}
