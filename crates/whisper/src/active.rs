//! A window that is being decoded.

use crate::chance::Chance;
use crate::hypothesis::Hypothesis;
use crate::rules::{Rules, place};
use crate::{Backend, Error, Heard, Language, Row, Scores, Token, Vocabulary, Window, retry, search, timing};
use kernels::{Isa, log_sum_exp};

/// Hypotheses of a window at most.
const MOST_BEAMS: usize = 8;

/// How far a window is.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) window: Window,
    /// Whether somebody waits for it.
    pub(crate) urgent: bool,
    rules: Rules,
    chance: Chance,
    /// Text that came before, the start, and what steers: language, task, whether timestamps are written.
    prompt: Vec<Token>,
    /// Where in the prompt the start is.
    start: usize,
    /// Tokens of the prompt that were read.
    read: usize,
    /// Positions of the decoder.
    context: usize,
    most_tokens: usize,
    language: Option<(Language, f32)>,
    no_speech: f32,
    going: Vec<Hypothesis>,
    finished: Vec<Hypothesis>,
    steps: usize,
    /// The decoder gave scores that are no numbers.
    failed: bool,
    /// What was heard the first time, if this is the second.
    before: Option<Heard>,
}

impl Active {
    /// # Errors
    /// [`Error::Language`] and [`Error::CannotTranslate`] where the model can't do what is asked.
    pub(crate) fn new(window: Window, vocabulary: &Vocabulary, context: usize) -> Result<Self, Error> {
        let decode = &window.decode;
        let language = known_language(vocabulary, &window)?;
        let mut prompt = Vec::new();
        if !decode.prompt.is_empty() {
            prompt.push(vocabulary.before());
            let from = decode.prompt.len().saturating_sub(context / 2 - 1);
            prompt.extend(decode.prompt.iter().skip(from).filter(|token| **token < vocabulary.end()));
        }
        let start = prompt.len();
        prompt.push(vocabulary.start());
        let most = context / 2;
        let mut active = Self {
            rules: Rules::new(vocabulary, decode),
            chance: Chance::new(decode.seed),
            start,
            read: 0,
            context,
            most_tokens: if decode.most_tokens == 0 { most } else { decode.most_tokens.min(most) },
            language: None,
            no_speech: 0.0,
            going: Vec::new(),
            finished: Vec::new(),
            steps: 0,
            failed: false,
            before: None,
            prompt,
            window,
            urgent: false,
        };
        if let Some(language) = language {
            active.set_language(vocabulary, language, 1.0);
        }
        Ok(active)
    }

    /// What becomes of a result: nothing yet, where the window is to be decoded once more. Its sound was read and the slot knows it, so that is new work for the
    /// decoder alone.
    pub(crate) fn settle(&mut self, heard: Heard, vocabulary: &Vocabulary) -> Option<Heard> {
        if let Some(before) = self.before.take() {
            return Some(retry::better(before, heard));
        }
        let decode = &self.window.decode;
        if decode.retry <= 0.0 || decode.temperature > 0.0 || !retry::is_rejected(&heard) {
            return Some(heard);
        }
        self.window.decode.temperature = decode.retry;
        self.window.decode.beams = 1;
        self.chance = Chance::new(retry::seed(&self.window.mel));
        self.prompt.truncate(self.start + 1);
        self.set_language(vocabulary, heard.language, heard.language_p);
        (self.read, self.steps) = (0, 0);
        self.going.clear();
        self.before = Some(heard);
        None
    }

    /// Lines at most for which it is noted where the alignment heads looked.
    pub(crate) fn most_looks(&self) -> usize {
        if !self.window.decode.words {
            return 0;
        }
        // The start, and up to three tokens behind it that steer.
        4 + self.beams() * self.most_tokens
    }

    fn beams(&self) -> usize {
        self.window.decode.beams.clamp(1, MOST_BEAMS)
    }

    fn set_language(&mut self, vocabulary: &Vocabulary, language: Language, p: f32) {
        self.language = Some((language, p));
        if vocabulary.multilingual() {
            self.prompt.extend(vocabulary.language(language));
            let task = if self.window.decode.translate { vocabulary.translate() } else { vocabulary.transcribe() };
            self.prompt.push(task);
        }
        if !self.window.decode.timestamps {
            self.prompt.push(vocabulary.no_timestamps());
        }
    }

    /// Adds what the decoder is to read next. `places` counts from 0 up to the decoder's positions.
    pub(crate) fn rows<'a>(&'a self, slot: usize, places: &'a [u16], rows: &mut Vec<Row<'a>>) {
        let words = self.window.decode.words;
        if self.read < self.prompt.len() {
            let last = self.prompt.len() - 1;
            for (position, token) in self.prompt.iter().enumerate().skip(self.read) {
                let lines = places.get(..=position).unwrap_or_default();
                let scored = position == self.start || position == last;
                rows.push(Row { slot, token: *token, lines, scored, watched: words && position >= self.start });
            }
            return;
        }
        for hypothesis in &self.going {
            let token = hypothesis.written.last().map_or(0, |scored| scored.token);
            rows.push(Row { slot, token, lines: &hypothesis.lines, scored: true, watched: words });
        }
    }

    /// Takes what the decoder said to the rows, the `first`th of the scores and those behind it; gives the number of scores that it took.
    pub(crate) fn take(&mut self, isa: Isa, vocabulary: &Vocabulary, scores: &mut Scores, first: usize) -> usize {
        let read_start = self.read <= self.start;
        let last = self.prompt.len() - 1;
        let is_prompt = self.read < self.prompt.len();
        let count =
            if is_prompt { usize::from(read_start) + usize::from(last != self.start) } else { self.going.len() };
        // Infinite or no number as soon as one score is, or all of them say never.
        self.failed = (first..first + count).any(|at| !log_sum_exp(isa, scores.row(at)).is_finite());
        if self.failed {
            return count;
        }
        if !is_prompt {
            self.choose(isa, vocabulary, scores, first);
            return count;
        }
        self.read = self.prompt.len();
        if read_start {
            let logits = scores.row(first);
            let no_speech = logits.get(place(vocabulary.no_speech())).copied().unwrap_or(f32::NEG_INFINITY);
            self.no_speech = (no_speech - log_sum_exp(isa, logits)).exp();
            if self.language.is_none() {
                let (language, p) = self.detect(isa, vocabulary, logits);
                self.set_language(vocabulary, language, p);
                return count;
            }
        }
        let lines = (0..).take(self.prompt.len()).collect();
        self.going = vec![Hypothesis { lines, ..Hypothesis::default() }];
        self.choose(isa, vocabulary, scores, first + count - 1);
        count
    }

    /// The likeliest language, and its probability among all.
    fn detect(&self, isa: Isa, vocabulary: &Vocabulary, logits: &[f32]) -> (Language, f32) {
        let tokens = vocabulary.all_languages();
        let logits = logits.get(place(tokens.start)..place(tokens.end)).unwrap_or_default();
        let allowed = &self.window.decode.allowed;
        let best = (0..)
            .zip(logits)
            .filter_map(|(number, logit)| Some((Language::numbered(number)?, *logit)))
            .filter(|(language, _)| allowed.is_empty() || allowed.contains(language))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        best.map_or((Language::ENGLISH, 0.0), |(language, logit)| (language, (logit - log_sum_exp(isa, logits)).exp()))
    }

    fn choose(&mut self, isa: Isa, vocabulary: &Vocabulary, scores: &mut Scores, first: usize) {
        self.steps += 1;
        let (beams, temperature) = (self.beams(), self.window.decode.temperature);
        let mut offers = Vec::with_capacity(self.going.len());
        for (at, hypothesis) in self.going.iter().enumerate() {
            let logits = scores.row(first + at);
            self.rules.apply(isa, &hypothesis.tokens(), logits);
            offers.push(match beams {
                1 => search::one(isa, logits, temperature, &mut self.chance).into_iter().collect(),
                _ => search::best(isa, logits, beams + 1),
            });
        }
        let (mut going, finished) = search::continued(&self.going, &offers, beams, vocabulary.end());
        for (beam, hypothesis) in going.iter_mut().enumerate() {
            let line = beam * self.context + hypothesis.lines.len();
            hypothesis.lines.push(u16::try_from(line).unwrap_or(u16::MAX));
        }
        self.finished.extend(finished);
        self.finished.truncate(beams);
        self.going = going;
        let full = self.prompt.len() + self.steps > self.context || self.steps >= self.most_tokens;
        if full && self.finished.len() < beams {
            let missing = beams - self.finished.len();
            self.finished.extend(self.going.drain(..).take(missing));
        }
    }

    /// The result, once there is one.
    ///
    /// Every step either leaves hypotheses that go on, of which there are at most as many as the decoder has positions, or a result; so a window always ends.
    pub(crate) fn result(&mut self, isa: Isa, backend: &impl Backend, slot: usize) -> Option<Result<Heard, Error>> {
        if self.failed {
            return Some(Err(Error::NoNumbers { window: self.window.id }));
        }
        if self.finished.len() < self.beams() && !self.going.is_empty() || self.read < self.prompt.len() {
            return None;
        }
        // Nothing goes on and nothing is finished: no token was allowed.
        let Some(best) = self.best() else { return Some(Err(Error::NoNumbers { window: self.window.id })) };
        let times = if self.window.decode.words { self.times(isa, backend, slot, &best) } else { Vec::new() };
        let (language, language_p) = self.language.unwrap_or((Language::ENGLISH, 0.0));
        Some(Ok(Heard {
            id: self.window.id,
            mean_logprob: best.mean_logprob(),
            tokens: best.written,
            times,
            language,
            language_p,
            no_speech: self.no_speech,
        }))
    }

    fn times(&self, isa: Isa, backend: &impl Backend, slot: usize, best: &Hypothesis) -> Vec<(f32, f32)> {
        let lines = best.lines.iter().skip(self.start);
        let looks: Vec<&[f32]> = lines.map(|line| backend.looks(slot, *line)).filter(|look| !look.is_empty()).collect();
        let steering = self.prompt.len() - self.start - 1;
        let mut times = timing::times(isa, &looks, backend.heads(), self.window.mel.heard / 2, steering);
        times.truncate(best.written.len());
        times
    }

    /// The one with the best log-probability per token of text; the earlier one of two that are equal.
    #[expect(clippy::cast_precision_loss, reason = "at most some hundred tokens")]
    fn best(&mut self) -> Option<Hypothesis> {
        let score = |hypothesis: &Hypothesis| hypothesis.sum / hypothesis.written.len().max(1) as f32;
        let finished = std::mem::take(&mut self.finished);
        finished.into_iter().reduce(|best, other| if score(&other) > score(&best) { other } else { best })
    }
}

fn known_language(vocabulary: &Vocabulary, window: &Window) -> Result<Option<Language>, Error> {
    let decode = &window.decode;
    if !vocabulary.multilingual() {
        return if decode.translate { Err(Error::CannotTranslate) } else { Ok(Some(Language::ENGLISH)) };
    }
    let known = |language: &Language| vocabulary.language(*language).is_some();
    if let Some(unknown) = decode.language.iter().chain(&decode.allowed).find(|language| !known(language)) {
        return Err(Error::Language(unknown.code().to_owned()));
    }
    Ok(decode.language.or(match *decode.allowed {
        [only] => Some(only),
        _ => None,
    }))
}
