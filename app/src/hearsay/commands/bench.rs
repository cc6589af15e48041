//! `hearsay bench`: how fast this machine is with a model.

use super::sibling;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, Out};
use anyhow::{Context as _, Result};
use home::{EngineChoice, Exit, WorkConfig};
use speech::models::{self, Model, Speed};
use speech::{Decoding, EngineOptions, EngineProcess, FRAME, Lane, RATE, Recognised, Recogniser, Request};
use speech::{Vad, WindowFinder, WindowParams};
use std::io::{Cursor, Write};
use std::path::Path;
use std::time::Duration;
use timeline::{Clock, Position, SystemClock};

/// Which model, and for whom the figures are.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct BenchArgs {
    /// The model: the name of an installed one, or a file [default: the one that `hearsay work` takes]
    #[arg(long, value_name = "NAME|FILE")]
    model: Option<String>,
    /// Only this engine [default: each of them]
    #[arg(long, value_name = "NAME", value_parser = engine)]
    engine: Option<EngineChoice>,
    /// One JSON object per engine
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay bench
  hearsay bench --model small.en
  hearsay bench --engine hearsay --json | jq .speech_x

It recognises half a minute of speech that it carries with it, several times, with each engine; `engine` below `[work]` chooses between them. A recorder or a worker that runs meanwhile makes the figures worse.";

/// Half a minute of sentences, 16 kHz, mono, 16 bit: what a full window holds.
static SPEECH: &[u8] = include_bytes!("../../../assets/speech.wav");
/// A window so short that almost nothing is to be decoded: 0.4 s.
const SHORT: usize = RATE * 2 / 5;
/// Every window is timed so often; the middle one counts.
const RUNS: usize = 3;
/// How long the detector is timed, in times the sound.
const VAD_RUNS: u32 = 4;
/// Silence in front of and behind the speech when the whole way is timed, in samples.
const SILENCE: usize = 12 * RATE;
/// The longest that a window may take before it is given up.
const PATIENCE: Duration = Duration::from_mins(10);
/// What a day is taken to be: 16 hours of two tracks, with 4 hours of speech in them.
const DAY_SOUND_S: f64 = 2.0 * 16.0 * 3_600.0;
const DAY_SPEECH_S: f64 = 4.0 * 3_600.0;

/// What was measured; the row of `bench --json`. Times are in seconds.
#[derive(Debug, serde::Serialize)]
struct Figures {
    model: String,
    /// As in the configuration.
    engine: &'static str,
    /// Name and version.
    version: String,
    /// 0: as many as there are physical cores.
    threads: u32,
    beam_size: u32,
    /// Loading the model.
    load_s: f64,
    vad: &'static str,
    /// The voice detector, × real time.
    vad_x: f64,
    /// What a window of `window_s` took, in its two parts.
    encode_s: f64,
    decode_s: f64,
    window_s: f64,
    tokens: u32,
    /// Windows that it computes at once.
    at_once: usize,
    /// Finding the speech in a track, packing and recognising it, as many windows at once as the engine takes: × real time of speech.
    speech_x: f64,
    /// The same without finding the speech.
    recognised_x: f64,
    /// How long a day of 16 hours takes, both tracks, with 4 hours of speech in them.
    day_s: f64,
}

/// Measures and prints.
pub(crate) fn run(args: &BenchArgs, context: &Context) -> Result<Exit> {
    let (config, _) = context.config()?;
    let asked = args.model.as_deref().or(config.work.model.as_deref());
    let model = models::choose(&context.home.models(), asked)?;
    output::say(&format!("measuring with {}; a large model takes minutes", model.name));
    let mut out = Out::stdout();
    for engine in EngineChoice::LOCAL.into_iter().filter(|engine| args.engine.is_none_or(|only| only == *engine)) {
        let figures = measure(&context.home.models(), &model, &WorkConfig { engine, ..config.work.clone() })?;
        if engine == config.work.on_this_machine().engine {
            keep(&figures, &model, context);
        }
        if args.json {
            out.json(&figures)?;
        } else {
            print(&figures, &mut out)?;
        }
        out.flush()?;
    }
    Ok(Exit::Done)
}

fn engine(name: &str) -> Result<EngineChoice, String> {
    EngineChoice::named(name)
        .ok_or_else(|| format!("one of {}", EngineChoice::LOCAL.map(EngineChoice::name).join(", ")))
}

/// For `hearsay models list`.
fn keep(figures: &Figures, model: &Model, context: &Context) {
    let speed = Speed {
        speech_x: figures.speech_x,
        threads: figures.threads,
        engine: figures.version.clone(),
        measured_us: context.now.as_micros(),
    };
    if let Err(error) = models::keep_speed(&context.home.models(), &model.sha256, speed) {
        output::note(&format!("the figures were not kept: {}", home::one_line(&error)));
    }
}

fn measure(models: &Path, model: &Model, config: &WorkConfig) -> Result<Figures> {
    let speech = speech()?;
    let mut vad =
        Vad::open(config.vad.into(), config.onnxruntime.as_deref()).context("cannot start the voice detector")?;
    let window_s = length_s(speech.len());
    let vad_x = window_s / time_vad(&mut vad, &speech)?;
    let options = EngineOptions {
        engine: config.engine,
        sha256: Some(model.sha256.clone()),
        models: Some(models.to_owned()),
        ..EngineOptions::default()
    };
    let began = SystemClock.boot_micros();
    let engine = EngineProcess::spawn(&sibling::path("hearsay-engine")?, &model.path, options)?;
    let load_s = seconds_since(began);
    let decoding = Decoding {
        language: Some("en".to_owned()),
        beam_size: config.beam_size,
        temperature: config.temperature,
        threads: config.threads,
        ..Decoding::default()
    };
    let mut timed = Timed { engine, decoding };
    // The first window finds memory cold and files unread.
    timed.window(&speech)?;
    let (full_s, tokens) = timed.middle(&speech)?;
    let (short_s, few) = timed.middle(speech.get(..SHORT).unwrap_or_default())?;
    let (encode_s, decode_s) = parts(full_s, tokens, short_s, few);
    let at_once = timed.engine.at_once();
    let (way_s, speech_s, track_s) = timed.whole_way(&mut vad, &speech, at_once)?;
    let recognised_x = speech_s / (way_s - track_s / vad_x).max(way_s / 100.0);
    Ok(Figures {
        model: model.name.clone(),
        engine: config.engine.name(),
        version: timed.engine.info().engine.clone(),
        threads: config.threads,
        beam_size: config.beam_size,
        load_s,
        vad: vad.backend(),
        vad_x,
        encode_s,
        decode_s,
        window_s,
        tokens,
        at_once,
        speech_x: speech_s / way_s,
        recognised_x,
        day_s: DAY_SOUND_S / vad_x + DAY_SPEECH_S / recognised_x,
    })
}

/// The time of a window in two: what it takes before the first token, and the tokens. Both windows are encoded alike, since Whisper always sees 30 s;
/// so the tokens that one has more are the time that it takes longer.
fn parts(full_s: f64, tokens: u32, short_s: f64, few: u32) -> (f64, f64) {
    let more = f64::from(tokens.saturating_sub(few)).max(1.0);
    let decode_s = ((full_s - short_s) / more * f64::from(tokens)).clamp(0.0, full_s);
    (full_s - decode_s, decode_s)
}

/// An engine and how it decodes.
struct Timed {
    engine: EngineProcess,
    decoding: Decoding,
}

impl Timed {
    fn window(&mut self, samples: &[f32]) -> Result<Recognised> {
        self.submit(samples)?;
        self.answer()
    }

    fn submit(&mut self, samples: &[f32]) -> Result<()> {
        let request = Request { samples: samples.to_vec(), decoding: self.decoding.clone() };
        self.engine.submit(request, Lane::Backlog)?;
        Ok(())
    }

    fn answer(&mut self) -> Result<Recognised> {
        let (_, recognised) = self.engine.next(PATIENCE).context("the engine gave no answer")?;
        Ok(recognised?)
    }

    /// Seconds and tokens of the middle run.
    fn middle(&mut self, samples: &[f32]) -> Result<(f64, u32)> {
        let mut runs = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            let recognised = self.window(samples)?;
            let tokens = recognised.words.iter().map(|word| word.tokens).sum::<u32>();
            runs.push((output::seconds(recognised.compute_micros), tokens));
        }
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        runs.get(RUNS / 2).copied().context("nothing was timed")
    }

    /// A track with the speech so many times between silences, as the worker would deal with it: the time it takes, the seconds of speech, and of all of it.
    fn whole_way(&mut self, vad: &mut Vad, speech: &[f32], times: usize) -> Result<(f64, f64, f64)> {
        let silence = vec![0.0; SILENCE];
        let track = [&silence[..], &[speech, &silence[..]].concat().repeat(times)].concat();
        let end = Position(i64::try_from(track.len())?);
        let (began, mut start, mut speech_micros) = (SystemClock.boot_micros(), Position(0), 0);
        while start < end {
            let mut finder = WindowFinder::new(start, &WindowParams::default());
            let from = finder.reads_from().0;
            let mut lead = vec![0.0; usize::try_from(-from).unwrap_or(0)];
            lead.extend_from_slice(track.get(usize::try_from(from).unwrap_or(0)..).unwrap_or_default());
            let window = match finder.push(vad, &lead)? {
                Some(window) => window,
                None => finder.finish(end),
            };
            start = window.span.1;
            speech_micros += window.speech_micros();
            if !window.pieces.is_empty() {
                if self.engine.waiting() > times {
                    self.answer()?;
                }
                self.submit(&window.samples)?;
            }
        }
        while self.engine.waiting() > 0 {
            self.answer()?;
        }
        if speech_micros == 0 {
            return Err(Failure::new("the voice detector found no speech where there is some").into());
        }
        Ok((seconds_since(began), output::seconds(speech_micros), length_s(track.len())))
    }
}

/// Seconds that the detector takes for the sound.
fn time_vad(vad: &mut Vad, sound: &[f32]) -> Result<f64> {
    let (frames, _) = sound.as_chunks::<FRAME>();
    let mut probabilities = Vec::with_capacity(frames.len());
    let began = SystemClock.boot_micros();
    for _ in 0..VAD_RUNS {
        vad.probabilities(frames, &mut probabilities)?;
    }
    Ok(seconds_since(began) / f64::from(VAD_RUNS))
}

fn speech() -> Result<Vec<f32>> {
    let mut reader = hound::WavReader::new(Cursor::new(SPEECH)).context("the speech inside is broken")?;
    let samples = reader.samples::<i16>().map(|sample| sample.map(|sample| f32::from(sample) / 32_768.0));
    Ok(samples.collect::<Result<_, _>>()?)
}

fn seconds_since(began: i64) -> f64 {
    output::seconds(SystemClock.boot_micros() - began)
}

#[expect(clippy::cast_precision_loss, reason = "samples of a window")]
fn length_s(samples: usize) -> f64 {
    samples as f64 / RATE as f64
}

fn print(figures: &Figures, out: &mut Out) -> Result<()> {
    let Figures { model, version, at_once, vad, vad_x, encode_s, decode_s, window_s, tokens, speech_x, day_s, .. } =
        figures;
    let threads = match figures.threads {
        0 => "a thread per core".to_owned(),
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    };
    writeln!(out, "model            {model} in {version}, {threads}, loaded in {:.1} s", figures.load_s)?;
    writeln!(out, "voice detector   {vad_x:.0} x real time ({vad})")?;
    writeln!(
        out,
        "a full window    {:.0} ms to encode, {:.0} ms to decode {tokens} tokens ({window_s:.0} s of speech)",
        encode_s * 1e3,
        decode_s * 1e3
    )?;
    let together = if *at_once > 1 { format!(", {at_once} windows at once") } else { String::new() };
    writeln!(out, "the whole way    {speech_x:.1} x real time of speech{together}")?;
    writeln!(out, "A day of 16 hours, both sides, with 4 hours of speech takes about {}", output::duration_of(*day_s))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_parted_by_the_tokens_that_one_has_more() {
        let (encode_s, decode_s) = parts(3.0, 100, 1.2, 10);
        assert!((encode_s - 1.0).abs() < 1e-9 && (decode_s - 2.0).abs() < 1e-9);
        // Two that took alike: all of it is encoding.
        assert_eq!(parts(1.0, 5, 1.0, 5), (1.0, 0.0));
    }
}
