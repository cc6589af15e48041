//! What is behind a server that really recognises: the engine with the fixture model.

use crate::home::model;
use serde_json::{Value, json};
use speech::{Decoding, EngineOptions, EngineProcess, Lane, RATE, Recognised, RecognisedWord, Recogniser, Request};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use testkit::{HttpReply, HttpRequest};

/// An engine that is asked over HTTP.
pub(crate) struct Recognising(Mutex<EngineProcess>);

impl Recognising {
    pub(crate) fn new() -> Self {
        let engine = Path::new(env!("CARGO_BIN_EXE_hearsay-engine"));
        Self(Mutex::new(EngineProcess::spawn(engine, &model(), EngineOptions::default()).unwrap()))
    }

    /// As OpenAI's own server: words without punctuation, times in seconds, the name of the language.
    pub(crate) fn answer(&self, request: &HttpRequest) -> HttpReply {
        assert_eq!(request.path, "/v1/audio/transcriptions");
        let mut engine = self.0.lock().unwrap();
        let samples = samples(&request.body);
        let length = samples.len();
        engine.submit(Request { samples, decoding: Decoding::default() }, Lane::Backlog).unwrap();
        let (_, recognised) = engine.next(Duration::from_mins(5)).expect("an answer");
        HttpReply::Json(200, verbose(&recognised.unwrap(), length).to_string())
    }
}

/// The WAV file in a form.
fn samples(form: &[u8]) -> Vec<f32> {
    let at = form.windows(4).position(|four| four == b"RIFF").unwrap();
    let mut wav = hound::WavReader::new(&form[at..]).unwrap();
    wav.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect()
}

#[expect(clippy::cast_precision_loss, reason = "seconds of half a minute")]
fn seconds(samples: usize) -> f64 {
    (samples as f64 / RATE as f64 * 100.0).round() / 100.0
}

fn verbose(recognised: &Recognised, length: usize) -> Value {
    let text: String = recognised.words.iter().map(|word| word.text.as_str()).collect();
    let plain = |word: &RecognisedWord| {
        word.text.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '$').to_owned()
    };
    let words: Vec<Value> = recognised
        .words
        .iter()
        .filter(|word| !plain(word).is_empty())
        .map(|word| json!({ "word": plain(word), "start": seconds(word.start), "end": seconds(word.end) }))
        .collect();
    let logprobs: Vec<f32> = recognised
        .words
        .iter()
        .map(|word| word.logprob / f32::from(u16::try_from(word.tokens).unwrap().max(1)))
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    let mean = logprobs.iter().sum::<f32>() / logprobs.len().max(1) as f32;
    let segment = json!({ "id": 0, "seek": 0, "start": 0.0, "end": seconds(length), "text": text, "tokens": [], "temperature": 0.0,
        "avg_logprob": mean, "compression_ratio": 1.0, "no_speech_prob": recognised.no_speech_p });
    json!({ "task": "transcribe", "language": "english", "duration": seconds(length), "text": text.trim(), "words": words,
        "segments": if text.is_empty() { json!([]) } else { json!([segment]) } })
}
