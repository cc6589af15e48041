//! A stretch as a line of a plain file, version 1.
//!
//! A line is a JSON object that stands for itself: it names its pass with all that makes it. Times are RFC 3339 in UTC with
//! microseconds, durations are microseconds.
//!
//! ```text
//! v           1; a line of a later version is left alone
//! mark        16 hexadecimal digits: tells this statement from every other
//! pass        name, model, sha256 (of the model's file), engine, params, rank, created
//! track, side
//! start, end  what the line speaks for
//! outcome     words | nothing | quarantined | uncovered (the pass doesn't cover it any more)
//! reason      why it was quarantined; absent where it wasn't
//! speech_us   the speech in it
//! compute_us  how long the engine worked on it
//! utterances  id, start, end, text, language, p, no_speech_p, mean_logprob, vad_mean, vad_peak, tokens_per_s, repetition,
//!             state, reason, echo_of, replay_of, words: text, after_us (after the utterance's start), len_us, p
//! ```

use crate::utterance::start_of_id;
use crate::{NewPass, NewUtterance, Outcome, State, Stretch, Word};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use timeline::{Moment, PassName, Side, Span, TrackName, UtteranceId};

/// The form that this program writes and reads.
const VERSION: u32 = 1;
/// What stands for no outcome.
const UNCOVERED: &str = "uncovered";

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    v: u32,
    mark: String,
    pass: PassPart<'a>,
    track: TrackName,
    side: Side,
    start: Moment,
    end: Moment,
    outcome: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    speech_us: i64,
    compute_us: i64,
    utterances: Vec<UtterancePart<'a>>,
}

#[derive(Serialize, Deserialize)]
struct PassPart<'a> {
    name: PassName,
    model: Cow<'a, str>,
    sha256: Cow<'a, str>,
    engine: Cow<'a, str>,
    params: Cow<'a, Value>,
    rank: i64,
    created: Moment,
}

#[derive(Serialize, Deserialize)]
struct UtterancePart<'a> {
    id: UtteranceId,
    start: Moment,
    end: Moment,
    text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Cow<'a, str>>,
    p: f32,
    no_speech_p: f32,
    mean_logprob: f32,
    vad_mean: f32,
    vad_peak: f32,
    tokens_per_s: f32,
    repetition: f32,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo_of: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_of: Option<Cow<'a, str>>,
    words: Vec<WordPart<'a>>,
}

#[derive(Serialize, Deserialize)]
struct WordPart<'a> {
    text: Cow<'a, str>,
    after_us: i64,
    len_us: i64,
    p: f32,
}

/// What every line of every version begins with.
#[derive(Deserialize)]
struct Head {
    v: u32,
    mark: String,
}

impl Stretch {
    /// The stretch as a line of a plain file, without its end. The form is version 1: see `crates/README.md`.
    pub fn to_line(&self, mark: u64) -> String {
        let NewPass { model, model_sha256, engine, params, rank, created } = &self.pass;
        let name = self.pass.name();
        let line = Line {
            v: VERSION,
            mark: format!("{mark:016x}"),
            track: self.track.clone(),
            side: self.side,
            start: Moment(self.span.start),
            end: Moment(self.span.end),
            outcome: self.outcome.map_or(UNCOVERED, Outcome::as_str).into(),
            reason: self.reason.as_deref().map(Cow::Borrowed),
            speech_us: self.speech_micros,
            compute_us: self.compute_micros,
            utterances: self.utterances.iter().map(|(repeat, said)| part(said, *repeat, &self.track, &name)).collect(),
            pass: PassPart {
                name,
                model: model.into(),
                sha256: model_sha256.into(),
                engine: engine.into(),
                params: Cow::Borrowed(params),
                rank: *rank,
                created: Moment(*created),
            },
        };
        serde_json::to_string(&line).unwrap_or_else(|_| unreachable!("every key is a text, so JSON can hold it"))
    }

    /// Reads [`to_line`](Self::to_line) back. The error says what is wrong and holds no word of the line.
    ///
    /// # Errors
    /// Where the line is of a later version, isn't such a line at all, or contradicts itself.
    pub fn from_line(line: &str) -> Result<Self, &'static str> {
        let head: Head = serde_json::from_str(line).map_err(|_| "it isn't one that hearsay wrote")?;
        if head.v != VERSION {
            return Err("it was written by another version of hearsay");
        }
        let line: Line<'_> = serde_json::from_str(line).map_err(|_| "it isn't one that hearsay wrote")?;
        let outcome = match (Outcome::parse(&line.outcome), line.outcome.as_ref()) {
            (None, UNCOVERED) => None,
            (None, _) => return Err("its outcome isn't one"),
            (outcome, _) => outcome,
        };
        let PassPart { name, model, sha256, engine, params, rank, created } = line.pass;
        let pass = NewPass {
            model: model.into_owned(),
            model_sha256: sha256.into_owned(),
            engine: engine.into_owned(),
            params: params.into_owned(),
            rank,
            created: created.0,
        };
        if pass.name() != name {
            return Err("its pass has another name");
        }
        let track = line.track;
        let stretch = Self {
            side: line.side,
            span: Span::new(line.start.0, line.end.0),
            outcome,
            reason: line.reason.map(Cow::into_owned),
            speech_micros: line.speech_us,
            compute_micros: line.compute_us,
            utterances: line
                .utterances
                .into_iter()
                .map(|said| read(said, &track, &name).ok_or("an utterance's id doesn't fit what it says"))
                .collect::<Result<_, _>>()?,
            pass,
            track,
        };
        stretch.fault().map_or(Ok(stretch), Err)
    }

    /// The mark of a line; `None` where it has none.
    pub fn mark_of(line: &str) -> Option<u64> {
        let head: Head = serde_json::from_str(line).ok()?;
        u64::from_str_radix(&head.mark, 16).ok()
    }
}

fn part<'a>(said: &'a NewUtterance, repeat: u32, track: &TrackName, pass: &PassName) -> UtterancePart<'a> {
    UtterancePart {
        id: UtteranceId {
            start: start_of_id(said.span.start),
            track: track.clone(),
            pass: pass.clone(),
            repeat: repeat.max(1),
        },
        start: Moment(said.span.start),
        end: Moment(said.span.end),
        text: said.text.as_str().into(),
        language: said.language.as_deref().map(Cow::Borrowed),
        p: said.p,
        no_speech_p: said.no_speech_p,
        mean_logprob: said.mean_logprob,
        vad_mean: said.vad_mean,
        vad_peak: said.vad_peak,
        tokens_per_s: said.tokens_per_s,
        repetition: said.repetition,
        state: said.state,
        reason: said.reason.as_deref().map(Cow::Borrowed),
        echo_of: said.echo_of.as_deref().map(Cow::Borrowed),
        replay_of: said.replay_of.as_deref().map(Cow::Borrowed),
        words: said
            .words
            .iter()
            .map(|word| WordPart {
                text: word.text.as_str().into(),
                after_us: word.span.start.micros_since(said.span.start),
                len_us: word.span.len_micros(),
                p: word.p,
            })
            .collect(),
    }
}

fn read(said: UtterancePart<'_>, track: &TrackName, pass: &PassName) -> Option<(u32, NewUtterance)> {
    let span = Span::new(said.start.0, said.end.0);
    let own = said.id.track == *track && said.id.pass == *pass && said.id.start == start_of_id(span.start);
    let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    own.then(|| {
        let words = said.words.into_iter().map(|word| {
            let start = span.start.plus_micros(word.after_us);
            Word { span: Span::new(start, start.plus_micros(word.len_us)), text: word.text.into_owned(), p: word.p }
        });
        let new = NewUtterance {
            span,
            text: said.text.into_owned(),
            language: owned(said.language),
            p: said.p,
            no_speech_p: said.no_speech_p,
            mean_logprob: said.mean_logprob,
            vad_mean: said.vad_mean,
            vad_peak: said.vad_peak,
            tokens_per_s: said.tokens_per_s,
            repetition: said.repetition,
            state: said.state,
            reason: owned(said.reason),
            echo_of: owned(said.echo_of),
            replay_of: owned(said.replay_of),
            words: words.collect(),
        };
        (said.id.repeat, new)
    })
}
