use speech::{EngineError, Lane, Recognised, RecognisedWord, Recogniser, Request, Ticket};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Samples of a word: 0.2 s, which is how fast people speak.
const WORD: usize = 3_200;
/// Who waits for a second window gives up after so many looks.
const PATIENCE: u32 = 3;

/// A recogniser in this process that hears `w0 w1 w2 ...`, a word for each fifth of a second, so that the same sound gives the same words
/// wherever it begins and how loud it is.
#[derive(Default)]
pub(crate) struct Counting {
    waiting: VecDeque<(Ticket, Request)>,
    submitted: u64,
    newest_first: bool,
    looks: u32,
    fails: Option<fn() -> EngineError>,
    mended: Arc<AtomicBool>,
}

impl Counting {
    /// Answers the last window first, once there are two.
    pub(crate) fn newest_first(newest_first: bool) -> Self {
        Self { newest_first, ..Self::default() }
    }

    /// Fails with each window, if it is to, until it is mended.
    pub(crate) fn failing(fails: Option<fn() -> EngineError>, mended: &Arc<AtomicBool>) -> Self {
        Self { fails, mended: Arc::clone(mended), ..Self::default() }
    }
}

impl Recogniser for Counting {
    fn submit(&mut self, request: Request, _: Lane) -> Result<Ticket, EngineError> {
        let ticket = Ticket(self.submitted);
        self.submitted += 1;
        self.waiting.push_back((ticket, request));
        Ok(ticket)
    }

    fn next(&mut self, _: Duration) -> Option<(Ticket, Result<Recognised, EngineError>)> {
        self.looks += 1;
        if self.newest_first && self.waiting.len() < 2 && self.looks < PATIENCE {
            return None;
        }
        self.looks = 0;
        let (ticket, request) = if self.newest_first { self.waiting.pop_back() } else { self.waiting.pop_front() }?;
        let fails = self.fails.filter(|_| !self.mended.load(Ordering::Relaxed));
        Some((ticket, fails.map_or_else(|| Ok(count(&request.samples)), |fails| Err(fails()))))
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.waiting.retain(|(waiting, _)| *waiting != ticket);
    }
}

fn count(samples: &[f32]) -> Recognised {
    let words = (0..samples.len() / WORD).map(|n| {
        let (start, end) = (n * WORD, (n + 1) * WORD);
        RecognisedWord { text: format!(" w{n}"), start, end, p: 0.9, logprob: -0.1, tokens: 1 }
    });
    Recognised { words: words.collect(), language: Some("en".to_owned()), no_speech_p: 0.01, compute_micros: 1 }
}
