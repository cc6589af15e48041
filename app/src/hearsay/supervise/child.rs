//! One child: started, watched, started again, and asked to end by closing its stdin.

use super::lines::{self, Said};
use super::restarts::{Next, Restarts, STEADY, WELL};
use crate::commands::sibling;
use crate::context::Context;
use anyhow::{Context as _, Result};
use std::ffi::OsString;
use std::process::{self, ExitStatus, Stdio};
use std::time::Duration;
use timeline::{Clock as _, SystemClock};

/// What is to be kept running.
#[derive(Debug, Clone, Copy)]
pub(super) struct Program<'a> {
    /// As people are told of it.
    pub(super) name: &'static str,
    /// The executable.
    pub(super) executable: &'static str,
    /// What it is told beside home and configuration.
    pub(super) flags: &'a [OsString],
    /// Whether what it says goes through us; else it has our stderr.
    pub(super) through_us: bool,
}

/// A program that is kept running.
pub(super) struct Child<'a> {
    program: Program<'a>,
    state: State,
    restarts: Restarts,
    said: Said,
}

enum State {
    /// It runs since then (awake time, µs), and wasn't yet found to be well.
    Running { process: process::Child, since: i64, well: bool },
    /// It is started again at that time.
    Waiting { until: i64 },
    /// It isn't started again.
    GivenUp,
}

/// What the person at the terminal should know.
#[derive(Debug)]
pub(super) enum News {
    Ended { how: String, again_in: Duration },
    EndsAgainAndAgain { how: String, times: u32, again_in: Duration },
    CannotStart(String),
    GivenUp,
    WellAgain,
}

impl<'a> Child<'a> {
    pub(super) fn start(program: Program<'a>, context: &Context) -> Result<Self> {
        let (restarts, said) = (Restarts::default(), Said::default());
        let mut child = Self { program, state: State::GivenUp, restarts, said };
        child.spawn(context)?;
        Ok(child)
    }

    pub(super) fn name(&self) -> &'static str {
        self.program.name
    }

    pub(super) fn is_given_up(&self) -> bool {
        matches!(self.state, State::GivenUp)
    }

    /// Looks how it is at `now` (awake time, µs), and starts it again where that is due.
    pub(super) fn step(&mut self, now: i64, context: &Context) -> Option<News> {
        match &mut self.state {
            State::GivenUp => None,
            State::Waiting { until } if now < *until => None,
            State::Waiting { .. } => {
                let error = self.spawn(context).err()?;
                // An upgrade may be replacing the executables at this moment.
                self.next(now, Duration::ZERO, None);
                self.restarts.is_news().then(|| News::CannotStart(home::one_line(error.as_ref())))
            }
            State::Running { process, since, well } => {
                let lived = Duration::from_micros(now.saturating_sub(*since).unsigned_abs());
                // A child that can't be asked is taken for a living one; there is nothing else that could be done.
                if let Ok(Some(status)) = process.try_wait() {
                    return self.on_end(now, lived, status);
                }
                if lived < WELL || *well {
                    return None;
                }
                *well = true;
                self.said.forget();
                self.restarts.is_well().then_some(News::WellAgain)
            }
        }
    }

    fn on_end(&mut self, now: i64, lived: Duration, status: ExitStatus) -> Option<News> {
        let how = describe(status);
        let Some(again_in) = self.next(now, lived, status.code()) else { return Some(News::GivenUp) };
        let times = self.restarts.in_a_row();
        match (self.restarts.is_news(), times >= STEADY) {
            (false, _) => None,
            (true, false) => Some(News::Ended { how, again_in }),
            (true, true) => Some(News::EndsAgainAndAgain { how, times, again_in }),
        }
    }

    /// Settles when it is started again, if it is.
    fn next(&mut self, now: i64, lived: Duration, code: Option<i32>) -> Option<Duration> {
        match self.restarts.ended(lived, code) {
            Next::Never => {
                self.state = State::GivenUp;
                None
            }
            Next::Again(pause) => {
                let micros = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
                self.state = State::Waiting { until: now.saturating_add(micros) };
                Some(pause)
            }
        }
    }

    fn spawn(&mut self, context: &Context) -> Result<()> {
        let Program { executable, flags, through_us, .. } = self.program;
        let mut command = sibling::command(executable, context)?;
        command.arg("--supervised").args(flags).stdin(Stdio::piped()).stdout(Stdio::null());
        if through_us {
            command.stderr(Stdio::piped());
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command.spawn().with_context(|| format!("cannot start {executable}"))?;
        if let Some(stderr) = process.stderr.take() {
            lines::copy(stderr, &self.said)?;
        }
        self.state = State::Running { process, since: SystemClock.awake_micros(), well: false };
        Ok(())
    }

    /// Closes its stdin. One that waits to be started isn't any more.
    pub(super) fn ask_to_end(&mut self) {
        match &mut self.state {
            State::Running { process, .. } => drop(process.stdin.take()),
            State::Waiting { .. } => self.state = State::GivenUp,
            State::GivenUp => {}
        }
    }

    pub(super) fn is_running(&mut self) -> bool {
        let State::Running { process, .. } = &mut self.state else { return false };
        matches!(process.try_wait(), Ok(None))
    }

    /// Ends it at once.
    pub(super) fn kill(&mut self) {
        if let State::Running { process, .. } = &mut self.state {
            // It may have ended meanwhile.
            process.kill().ok();
            process.wait().ok();
        }
    }
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("by signal {signal}");
    }
    status.code().map_or_else(|| "in an unknown way".to_owned(), |code| format!("exit code {code}"))
}
