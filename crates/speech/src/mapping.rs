//! Words of a window back to the utterances they were said in.

use crate::parting::part;
use crate::{RATE, Recognised, RecognisedWord, Window, doubt};
use timeline::Position;

/// An utterance with its words on the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Where speech begins and ends by the voice detector, without pads.
    pub speech: (Position, Position),
    /// Its words, within the speech.
    pub words: Vec<HeardWord>,
    /// The words as one line. Empty where nothing was recognised in it.
    pub text: String,
    /// Mean probability of its words.
    pub p: f32,
    /// How likely the window holds no speech, by the model: one figure for all utterances of a window.
    pub no_speech_p: f32,
    /// Mean log-probability of its tokens.
    pub mean_logprob: f32,
    /// Mean probability of speech, by the voice detector.
    pub vad_mean: f32,
    /// Highest probability of speech, by the voice detector.
    pub vad_peak: f32,
    /// Tokens by seconds of its speech.
    pub tokens_per_s: f32,
    /// The language it was decoded as.
    pub language: Option<String>,
}

/// A word on the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardWord {
    /// Its text, trimmed.
    pub text: String,
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// Mean probability of its tokens.
    pub p: f32,
    /// Whether it follows the word before it without a space, as in Chinese or Japanese.
    pub glued: bool,
}

/// The utterances of a window in order, one for each piece, also where no word fell into it.
///
/// Notes about sounds (`[MUSIC]`) are taken out of
/// what has other words too.
pub fn utterances(window: &Window, recognised: &Recognised) -> Vec<Heard> {
    let mut heard: Vec<(Heard, Sums)> = window
        .pieces
        .iter()
        .map(|piece| {
            let heard = Heard {
                speech: piece.speech,
                words: Vec::new(),
                text: String::new(),
                p: 0.0,
                no_speech_p: recognised.no_speech_p,
                mean_logprob: 0.0,
                vad_mean: piece.vad_mean,
                vad_peak: piece.vad_peak,
                tokens_per_s: 0.0,
                language: recognised.language.clone(),
            };
            (heard, Sums::default())
        })
        .collect();
    for (word, piece) in recognised.words.iter().zip(part(&window.pieces, &recognised.words)) {
        let Some((piece, (heard, sums))) = window.pieces.get(piece).zip(heard.get_mut(piece)) else { continue };
        sums.add(word);
        let start = piece.place(word.start).max(heard.words.last().map_or(piece.speech.0, |before| before.end));
        let end = piece.place(word.end).max(start);
        heard.words.push(HeardWord {
            text: word.text.trim().to_owned(),
            start,
            end,
            p: word.p,
            glued: !word.text.starts_with(char::is_whitespace),
        });
    }
    heard
        .into_iter()
        .map(|(heard, sums)| {
            let mut heard = sums.close(heard);
            doubt::strip(&mut heard, joined);
            heard
        })
        .collect()
}

/// The words as one line.
fn joined(words: &[HeardWord]) -> String {
    words.iter().enumerate().fold(String::new(), |mut text, (at, word)| {
        if at > 0 && !word.glued {
            text.push(' ');
        }
        text.push_str(&word.text);
        text
    })
}

#[derive(Debug, Default)]
struct Sums {
    p: f32,
    words: f32,
    logprob: f32,
    tokens: f32,
}

impl Sums {
    #[expect(clippy::cast_precision_loss, reason = "tokens of a word are few")]
    fn add(&mut self, word: &RecognisedWord) {
        self.p += word.p;
        self.words += 1.0;
        self.logprob += word.logprob;
        self.tokens += word.tokens as f32;
    }

    #[expect(clippy::cast_precision_loss, reason = "an utterance is at most 30 s long")]
    fn close(self, mut heard: Heard) -> Heard {
        heard.text = joined(&heard.words);
        heard.p = if self.words > 0.0 { self.p / self.words } else { 0.0 };
        let seconds = heard.speech.1.since(heard.speech.0).max(1) as f32 / RATE as f32;
        heard.tokens_per_s = self.tokens / seconds;
        heard.mean_logprob = if self.tokens > 0.0 { self.logprob / self.tokens } else { 0.0 };
        heard
    }
}
