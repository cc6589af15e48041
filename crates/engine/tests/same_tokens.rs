//! Our exact numbers beside whisper.cpp's on the same weights, token by token: windows cut anywhere out of speech, noise and silence.
//!
//! whisper.cpp multiplies in 16 bits and keeps keys and values in them, so where two tokens are equally likely it may take the other one.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "a test that can't read its fixture has failed, and tells its figures"
)]

use speech::RATE;
use std::io::Write;
use std::path::Path;
use testkit::{Chance, Noise, count, fixture};
use whisper::{Backend, Batch, Cpu, Decode, Mel, Model, Numbers, Row, Scores, Token, Window};
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

/// Two tokens whose logits are closer than this are equally likely.
const CLOSE: f32 = 0.02;
/// Windows that may differ where they are: 2 %, and one in any case.
const FEW: usize = 50;
/// Tokens of a window at most.
const MOST_TOKENS: usize = 200;

/// The fixture's weights written out in 16 bits.
fn in_halves(to: &Path) {
    let bytes = std::fs::read(fixture("models/fixture-q8.bin")).unwrap();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let mut at = 48 + 8 + 4 * number(48) * number(52);
    let words = number(at);
    at += 4;
    for _ in 0..words {
        at += 4 + number(at);
    }
    let mut out = bytes[..at].to_vec();
    out[44..48].copy_from_slice(&1_u32.to_le_bytes());
    while at < bytes.len() {
        let (dims, name_len, kind) = (number(at), number(at + 4), number(at + 8));
        let sizes = at + 12..at + 12 + 4 * dims;
        let elements: usize = sizes.clone().step_by(4).map(number).product();
        out.extend(&bytes[at..at + 8]);
        out.extend(u32::to_le_bytes(u32::from(kind > 0)));
        out.extend(&bytes[sizes.start..sizes.end + name_len]);
        at = sizes.end + name_len;
        let len =
            [4 * elements, 2 * elements, elements / 32 * 34][[0, 1, 8].iter().position(|it| *it == kind).unwrap()];
        let payload = &bytes[at..at + len];
        match kind {
            8 => out.extend(payload.as_chunks::<34>().0.iter().flat_map(|block| {
                let scale = float([block[0], block[1]]);
                block[2..].iter().flat_map(move |byte| half(scale * f32::from(byte.cast_signed())))
            })),
            _ => out.extend(payload),
        }
        at += len;
    }
    home::files::create_new(to).unwrap().write_all(&out).unwrap();
}

/// To 16 bits; what is below the least normal one becomes zero.
fn half(number: f32) -> [u8; 2] {
    let bits = number.abs().to_bits();
    let rounded = bits + 0xfff + (bits >> 13 & 1);
    let half = if rounded < 113 << 23 { 0 } else { (rounded - (112 << 23)) >> 13 };
    (half as u16 | u16::from(number < 0.0) << 15).to_le_bytes()
}

/// A number of 16 bits; the fixture has no infinite ones.
fn float(bytes: [u8; 2]) -> f32 {
    let half = u16::from_le_bytes(bytes);
    let sign = if half >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(half >> 10 & 31), f32::from(half & 1_023));
    let value = if exponent == 0 {
        fraction / 1_024.0 * 2.0_f32.powi(-14)
    } else {
        (1.0 + fraction / 1_024.0) * 2.0_f32.powi(exponent - 15)
    };
    sign * value
}

fn sound(track: &str) -> Vec<f32> {
    let mut reader = hound::WavReader::open(fixture(&format!("days/{track}.wav"))).unwrap();
    reader.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect()
}

/// So many windows: three of four out of speech, the others of sounds in which nobody speaks.
fn windows(count: usize) -> Vec<Vec<f32>> {
    let tracks = ["standup.mic", "standup.loopback", "call.mic", "call.loopback"].map(sound);
    let noises = [Noise::DigitalSilence, Noise::Room, Noise::LoudRoom, Noise::Hum, Noise::Fan, Noise::Hiss];
    let mut chance = Chance::new(20);
    let mut below = |end: usize| chance.below(end as u64) as usize;
    (0..count)
        .map(|at| {
            let len = RATE / 2 + below(29 * RATE);
            if at % 4 == 3 {
                return noises[at / 4 % noises.len()].frames(len, at as u64);
            }
            let track = &tracks[at % tracks.len()];
            let start = below(track.len() - len);
            track[start..start + len].to_vec()
        })
        .collect()
}

/// How both decode.
#[derive(Debug, Clone, Copy)]
struct Way {
    beams: usize,
    timestamps: bool,
}

const WAYS: [Way; 3] =
    [Way { beams: 1, timestamps: false }, Way { beams: 1, timestamps: true }, Way { beams: 5, timestamps: false }];

fn theirs(state: &mut WhisperState, samples: &[f32], way: Way, end: Token) -> Vec<Token> {
    let mut parameters = FullParams::new(match way.beams {
        1 => SamplingStrategy::Greedy { best_of: 1 },
        beams => SamplingStrategy::BeamSearch { beam_size: beams as i32, patience: -1.0 },
    });
    parameters.set_n_threads(1);
    parameters.set_language(Some("en"));
    parameters.set_no_context(true);
    parameters.set_no_timestamps(!way.timestamps);
    parameters.set_single_segment(true);
    parameters.set_max_tokens(MOST_TOKENS as i32);
    parameters.set_suppress_blank(true);
    parameters.set_suppress_nst(true);
    parameters.set_temperature_inc(0.0);
    parameters.set_no_speech_thold(1.0);
    parameters.set_print_progress(false);
    state.full(parameters, samples).unwrap();
    let segments: Vec<_> = state.as_iter().collect();
    let tokens = segments.iter().flat_map(|segment| (0..segment.n_tokens()).filter_map(|at| segment.get_token(at)));
    tokens.map(|token| token.token_data().id as Token).filter(|token| *token != end).collect()
}

fn ours(model: &Model, windows: &[Vec<f32>], way: Way) -> Vec<Vec<Token>> {
    let mut batch = Batch::new(Cpu::new(model, 8), model);
    let decode = Decode { beams: way.beams, timestamps: way.timestamps, most_tokens: MOST_TOKENS, ..Decode::default() };
    for (id, sound) in (0..).zip(windows) {
        batch.push(Window { id, mel: model.mels().mel(sound), decode: decode.clone() }).unwrap();
    }
    let mut heard: Vec<_> = batch.finish().into_iter().map(Result::unwrap).collect();
    heard.sort_by_key(|heard| heard.id);
    heard.iter().map(|heard| heard.tokens.iter().map(|scored| scored.token).collect()).collect()
}

/// How far the logits of two tokens are apart behind the same text.
fn apart(model: &Model, mel: &Mel, way: Way, text: &[Token], pair: [Token; 2]) -> f32 {
    let vocabulary = model.vocabulary();
    let mut prompt = vec![vocabulary.start()];
    if !way.timestamps {
        prompt.push(vocabulary.no_timestamps());
    }
    prompt.extend(text);
    let places: Vec<u16> = (0..prompt.len() as u16).collect();
    let row = |(at, token): (usize, &Token)| Row {
        slot: 0,
        token: *token,
        lines: &places[..=at],
        scored: at + 1 == prompt.len(),
        watched: false,
    };
    let rows: Vec<Row<'_>> = prompt.iter().enumerate().map(row).collect();
    let (mut cpu, mut scores) = (Cpu::new(model, 1), Scores::default());
    cpu.encode(&[(0, mel)]);
    cpu.step(&rows, &mut scores);
    let logits = scores.row(0);
    (logits[pair[0] as usize] - logits[pair[1] as usize]).abs()
}

#[test]
fn both_engines_write_the_same_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fixture-f16.bin");
    in_halves(&path);
    let model = Model::open(&path, Numbers::Exact).unwrap();
    let context = WhisperContext::new_with_params(&path, WhisperContextParameters::default()).unwrap();
    let mut state = context.create_state().unwrap();
    let windows = windows(count("HEARSAY_SAME_WINDOWS", 6) as usize);
    for way in WAYS {
        let (mut other, mut tokens, mut timed) = (Vec::new(), 0, 0);
        for (sound, ours) in windows.iter().zip(ours(&model, &windows, way)) {
            let mut theirs = theirs(&mut state, sound, way, model.vocabulary().end());
            // With timestamps it leaves out what comes behind the last one, and doesn't write the pair's second.
            let shared = if way.timestamps { ours.len().min(theirs.len()) } else { ours.len() };
            if way.timestamps {
                theirs.truncate(shared);
            }
            tokens += theirs.len();
            if ours[..shared] == theirs[..] {
                continue;
            }
            let first = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
            let end = model.vocabulary().end();
            // The rules on timestamps differ. Ours are openai-whisper's: one may be written where none are asked for, and a timed text begins with one.
            let is_time =
                |tokens: &[Token]| tokens.get(first).is_some_and(|token| *token >= model.vocabulary().timestamps());
            if is_time(&ours) != is_time(&theirs) {
                timed += 1;
                continue;
            }
            let pair = [&ours, &theirs].map(|tokens| tokens.get(first).copied().unwrap_or(end));
            let mel = model.mels().mel(sound);
            let apart = apart(&model, &mel, way, &ours[..first], pair);
            eprintln!("{} samples, apart by {apart}:\n  {ours:?}\n  {theirs:?}", sound.len());
            other.push(apart);
        }
        eprintln!(
            "{way:?}: {} of {} windows differ, {timed} by the rules on timestamps, {tokens} tokens; logits apart {other:?}",
            other.len() + timed,
            windows.len()
        );
        // Mostly those in which nobody speaks, which are a quarter.
        assert!(timed <= windows.len() / 3, "{way:?}: {timed} by the rules on timestamps");
        assert!(other.len() <= (windows.len() / FEW).max(1), "{way:?}");
        // Of beams the sums count, of which one token says little.
        assert!(way.beams > 1 || other.iter().all(|apart| *apart < CLOSE), "{way:?}");
        assert!(tokens > 10 * windows.len(), "there is text");
    }
}
