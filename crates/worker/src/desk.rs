use crate::planned_window::PlannedWindow;
use crate::queue::{Answer, Queue};
use crate::{Follower, WorkerError, conversation, links};
use archive::Archive;
use speech::{Heard, doubt};
use store::{NewUtterance, Outcome, Store, Word};
use timeline::{Clock, Side, Span, SpanSet};

/// What every lane works with: the sound, the recogniser, and where words are put down.
pub(crate) struct Desk {
    pub(crate) archive: Archive,
    pub(crate) store: Store,
    pub(crate) follower: Follower,
    pub(crate) queue: Queue,
    pub(crate) clock: Box<dyn Clock>,
}

/// What was stored of a window.
pub(crate) struct Stored {
    pub(crate) planned: PlannedWindow,
    pub(crate) utterances: usize,
    /// Why it was left out.
    pub(crate) left_out: Option<String>,
}

/// What came of a window.
struct Came {
    outcome: Outcome,
    utterances: Vec<NewUtterance>,
    compute_micros: i64,
    reason: Option<String>,
}

impl Came {
    fn without_words(outcome: Outcome, reason: Option<String>) -> Self {
        Self { outcome, utterances: Vec::new(), compute_micros: 0, reason }
    }
}

impl Desk {
    /// Stores what came of a window of a pass, in one transaction. The index doesn't follow yet.
    pub(crate) fn store_answer(&mut self, pass: i64, answer: Answer) -> Result<Stored, WorkerError> {
        match answer {
            Answer::Recognised(planned, recognised) => {
                let heard = speech::utterances(&planned.window, &recognised);
                // A stretch in which the model found no word at all is covered, and that is all there is to say of it.
                let mut utterances: Vec<NewUtterance> =
                    heard.iter().filter(|heard| !heard.text.is_empty()).map(utterance).collect();
                let shares = links::shares(&planned, heard.iter().map(|heard| !heard.text.is_empty()));
                match planned.side {
                    Side::Said => links::link_echoes(&self.store, pass, &mut utterances, &shares)?,
                    Side::Heard => links::link_replays(&self.store, &self.archive, &mut utterances)?,
                    Side::Both => {}
                }
                let outcome = if utterances.is_empty() { Outcome::Nothing } else { Outcome::Words };
                let compute_micros = recognised.compute_micros;
                self.commit(pass, planned, Came { outcome, utterances, compute_micros, reason: None })
            }
            Answer::GivenUp(planned, error) => {
                self.commit(pass, planned, Came::without_words(Outcome::Quarantined, Some(error.to_string())))
            }
        }
    }

    /// Stores that nothing was said in a window.
    pub(crate) fn store_nothing(&mut self, pass: i64, planned: PlannedWindow) -> Result<Stored, WorkerError> {
        self.commit(pass, planned, Came::without_words(Outcome::Nothing, None))
    }

    fn commit(&mut self, pass: i64, planned: PlannedWindow, came: Came) -> Result<Stored, WorkerError> {
        let Came { outcome, utterances, compute_micros, reason } = came;
        let stored = Stored { utterances: utterances.len(), left_out: reason.clone(), planned };
        let planned = &stored.planned;
        self.store.commit_window(&store::WindowRow {
            pass,
            track: planned.track.clone(),
            span: planned.span,
            gaps: SpanSet::from_iter([planned.span]).minus(&planned.sound),
            outcome,
            reason,
            speech_micros: planned.window.speech_micros(),
            compute_micros,
            utterances,
        })?;
        Ok(stored)
    }

    /// The language of the conversation that a window belongs to; `None` where it has to be found out.
    pub(crate) fn language_before(&self, pass: i64, planned: &PlannedWindow) -> Result<Option<String>, WorkerError> {
        let start = planned.window.pieces.first().map_or(planned.span.start, |piece| piece.speech.0.wall());
        conversation::language(&self.store, pass, &planned.track, start)
    }

    /// Lets the index see what was stored.
    pub(crate) fn follow(&mut self) -> Result<(), WorkerError> {
        self.follower.catch_up(&self.store).map(|_| ())
    }
}

fn utterance(heard: &Heard) -> NewUtterance {
    let judgement = doubt::judge(heard);
    let span = |from: timeline::Position, to: timeline::Position| Span::new(from.wall(), to.wall());
    NewUtterance {
        span: span(heard.speech.0, heard.speech.1),
        text: heard.text.clone(),
        language: heard.language.clone(),
        p: heard.p,
        no_speech_p: heard.no_speech_p,
        mean_logprob: heard.mean_logprob,
        vad_mean: heard.vad_mean,
        vad_peak: heard.vad_peak,
        tokens_per_s: heard.tokens_per_s,
        repetition: doubt::repetition(heard),
        state: state(judgement.state),
        reason: judgement.reason.map(str::to_owned),
        echo_of: None,
        replay_of: None,
        words: heard
            .words
            .iter()
            .map(|word| Word { span: span(word.start, word.end), text: word.text.clone(), p: word.p })
            .collect(),
    }
}

fn state(state: doubt::State) -> store::State {
    match state {
        doubt::State::Shown => store::State::Shown,
        doubt::State::Doubtful => store::State::Doubtful,
        doubt::State::Hidden => store::State::Hidden,
    }
}
