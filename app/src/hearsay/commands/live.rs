//! `hearsay live`: words as they are said.

use crate::context::Context;
use crate::interrupt::stop_flag;
use crate::output::{self, Out};
use crate::rows::SearchRow;
use anyhow::Result;
use home::{Exit, Home, Lock};
use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{State, Store, Utterance};
use timeline::{Clock, Span, SystemClock, TrackName, WallTime};

/// How to read along.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct LiveArgs {
    /// One JSON object per utterance
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
It needs `hearsay run` (or record and work) beside it, and ends with Ctrl-C. What it shows is provisional: a few minutes later the same sound is read again in longer stretches, and that is kept.

Example:
  hearsay live";

/// How often new words are looked for, and how often the worker is told that somebody still watches.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(100);
pub(crate) const RENEW_EVERY_MICROS: i64 = 5_000_000;
/// How long the worker goes on after it was last told.
pub(crate) const WATCHED_MICROS: i64 = 15_000_000;
/// How far back an utterance may begin that is shown now.
const REACH_MICROS: i64 = 120_000_000;

/// Prints utterances until it is interrupted.
pub(crate) fn run(args: &LiveArgs, context: &Context) -> Result<Exit> {
    context.home.ensure()?;
    let stop = stop_flag()?;
    let store = Store::open(&context.home.database())?;
    say_what_is_missing(&context.home);
    let (mut out, mut shown) = (Out::stdout(), Shown::since(context.now));
    let (mut renewed, mut seen, mut fault) = (i64::MIN / 2, None, None);
    while !stop.load(Ordering::Relaxed) {
        let now = SystemClock.boot_micros();
        if now - renewed >= RENEW_EVERY_MICROS {
            // What was wrong before is tried again as soon as somebody watches.
            if renewed >= 0 {
                say_what_is_wrong(&context.home, &store, &mut fault)?;
            }
            renewed = now;
            store.set_live_until(SystemClock.wall().plus_micros(WATCHED_MICROS))?;
        }
        let last = store.last_change()?;
        if last != std::mem::replace(&mut seen, last) {
            let wall = SystemClock.wall();
            let span = Span::new(wall.plus_micros(-REACH_MICROS), wall.plus_micros(REACH_MICROS));
            for utterance in store.utterances(&span)?.iter().filter(|utterance| shown.is_new(utterance)) {
                if args.json { out.json(&SearchRow::utterance(utterance))? } else { print(&mut out, utterance)? }
            }
            out.flush()?;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(Exit::Done)
}

/// What was shown: a better pass's words for the same moment aren't shown again.
struct Shown {
    began: WallTime,
    until: HashMap<TrackName, WallTime>,
}

impl Shown {
    fn since(began: WallTime) -> Self {
        Self { began, until: HashMap::new() }
    }

    /// Whether it is to be shown now, and never again.
    fn is_new(&mut self, utterance: &Utterance) -> bool {
        let until = self.until.get(&utterance.track).copied().unwrap_or(self.began);
        let new = utterance.state != State::Hidden && utterance.span.start >= until;
        if new {
            self.until.insert(utterance.track.clone(), utterance.span.end);
        }
        new
    }
}

fn print(out: &mut Out, utterance: &Utterance) -> std::io::Result<()> {
    let time = utterance.span.start.local().format("%H:%M:%S").to_string();
    writeln!(out, "{} {:5}  {}", out.dim(&time), utterance.side, utterance.text)
}

/// Says once what keeps the worker from writing anything.
fn say_what_is_wrong(home: &Home, store: &Store, said: &mut Option<String>) -> Result<()> {
    let fault = store.live_fault()?.filter(|_| Lock::is_held(&home.worker_lock()));
    if let Some(fault) = fault.as_ref().filter(|fault| said.as_ref() != Some(*fault)) {
        output::note(&format!("no words as they are said: {fault}"));
    }
    *said = fault;
    Ok(())
}

fn say_what_is_missing(home: &Home) {
    if !Lock::is_held(&home.recorder_lock()) {
        output::note("nothing is being recorded");
        output::hint("`hearsay run` records and transcribes");
    } else if !Lock::is_held(&home.worker_lock()) {
        output::note("nobody transcribes what is recorded");
        output::hint("`hearsay work` does, beside the recorder");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use timeline::{PassName, Side, UtteranceId};

    fn utterance(start_s: i64, end_s: i64, state: State) -> Utterance {
        let at = |second: i64| WallTime::from_millis(1_795_425_312_000 + second * 1_000);
        let (track, pass) = (TrackName::mic(), PassName::new("3fa29c1b").unwrap());
        Utterance {
            key: 1,
            id: UtteranceId { start: at(start_s), track: track.clone(), pass: pass.clone(), repeat: 1 },
            track,
            side: Side::Said,
            span: Span::new(at(start_s), at(end_s)),
            text: "Good morning.".to_owned(),
            language: None,
            p: 0.9,
            no_speech_p: 0.0,
            mean_logprob: -0.1,
            vad_mean: 0.9,
            vad_peak: 0.9,
            tokens_per_s: 4.0,
            repetition: 0.0,
            state,
            reason: None,
            pass,
            echo_of: None,
            replay_of: None,
            words: Vec::new(),
        }
    }

    #[test]
    fn the_same_moment_is_shown_once_whichever_pass_tells_of_it() {
        let mut shown = Shown::since(WallTime::from_millis(1_795_425_312_000));
        assert!(!shown.is_new(&utterance(-3, -1, State::Shown)), "said before anybody watched");
        assert!(shown.is_new(&utterance(1, 3, State::Shown)));
        assert!(!shown.is_new(&utterance(2, 4, State::Hidden)));
        assert!(!shown.is_new(&utterance(1, 4, State::Shown)), "the main pass's words for it");
        assert!(shown.is_new(&utterance(4, 5, State::Doubtful)));
    }
}
