use sha2::{Digest, Sha256};
use speech::{Recognised, RecognisedWord, Request};

/// Something that makes words of a window's sound.
pub(crate) trait Ears {
    /// The words of a window.
    fn hear(&mut self, request: &Request) -> Recognised;
}

/// Its "text" is a hash of the window's samples: stricter than a model, since any sample that differs or moves changes the words.
pub(crate) struct HashEngine;

/// Samples of a word: 0.4 s.
const WORD: usize = 6_400;

impl Ears for HashEngine {
    /// The first word is the hash of the whole window and of the language it was told, the others of their own samples and the place. Where it was told
    /// none, it finds out one of three.
    fn hear(&mut self, request: &Request) -> Recognised {
        let samples = &request.samples;
        let whole = hash(samples, 0);
        let language = request.decoding.language.clone().unwrap_or_else(|| found(&whole).to_owned());
        let words = samples.chunks(WORD).enumerate().map(|(at, own)| {
            let start = at * WORD;
            let text = if at == 0 { format!("{whole}{language}") } else { hash(own, start) };
            RecognisedWord { text: format!(" {text}"), start, end: start + own.len(), p: 0.9, logprob: -0.2, tokens: 2 }
        });
        Recognised { words: words.collect(), language: Some(language), no_speech_p: 0.01, compute_micros: 1 }
    }
}

fn found(hash: &str) -> &'static str {
    match hash.as_bytes().first() {
        Some(b'0'..=b'4') => "en",
        Some(b'5'..=b'9') => "de",
        _ => "fr",
    }
}

fn hash(samples: &[f32], start: usize) -> String {
    let mut hash = Sha256::new();
    hash.update(start.to_le_bytes());
    for sample in samples {
        hash.update(sample.to_le_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    format!("{:016x}", u64::from_be_bytes(*digest.first_chunk().unwrap()))
}
