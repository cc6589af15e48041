//! Our own recogniser, the crate `whisper`: some threads, each with many windows under way, one token each per step.

use crate::pipe::Pipe;
use crate::queue::{Job, Queue};
use crate::words::{Token, words};
use crate::{Kept, limits, packed};
use speech::wire::FromEngine;
use speech::{Decoding, Lane, RATE, Recognised, Ticket};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use timeline::{Clock, SystemClock};
use whisper::{Backend, Batch, Cpu, Decode, Error, Heard, Language, Model, Numbers, Window};

/// Windows that a thread has under way at most. More of them share the reading of the weights among more; beyond these it is the products that cost.
const MOST_SLOTS: usize = 8;
/// What the windows under way may take of the memory, all threads together.
const SLOT_MEMORY: usize = 1 << 30;

/// A loaded model.
#[derive(Debug)]
pub struct Batched {
    model: Model,
    threads: usize,
    /// Of each thread.
    slots: usize,
    /// Threads that have something to do: what a step took is counted once.
    busy: AtomicUsize,
}

/// What a window needs beside its place in the batch.
struct UnderWay {
    samples: usize,
    micros: i64,
}

impl Batched {
    /// Loads a model.
    ///
    /// # Errors
    /// [`Error`] where it can't be read or is not whole.
    pub fn open(model: &Path) -> Result<Self, Error> {
        Ok(Self::of(Model::open(model, Numbers::Fast)?))
    }

    /// Loads a model that is kept packed, and packs it where it isn't.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn kept(model: &Path, kept: &Kept) -> Result<Self, String> {
        packed::load(model, kept).map(Self::of)
    }

    fn of(model: Model) -> Self {
        let threads = limits::threads(&Decoding::default());
        let slots = (SLOT_MEMORY / threads / model.slot_bytes().max(1)).clamp(1, MOST_SLOTS);
        Self { model, threads, slots, busy: AtomicUsize::new(0) }
    }

    /// Recognises one window, 16 kHz and at most 30 s, on the caller's thread.
    ///
    /// # Errors
    /// [`Error`]; the model is usable afterwards.
    pub fn recognise(&self, samples: &[f32], decoding: &Decoding) -> Result<Recognised, Error> {
        let began = SystemClock.boot_micros();
        if samples.len() < limits::SHORTEST {
            return Ok(Recognised::default());
        }
        let mut batch = Batch::new(Cpu::new(&self.model, 1), &self.model);
        batch.push(self.window(0, samples, decoding)?)?;
        let Some(heard) = batch.finish().pop() else { return Ok(Recognised::default()) };
        let micros = SystemClock.boot_micros() - began;
        Ok(self.recognised(&heard?, &UnderWay { samples: samples.len(), micros }))
    }

    /// Name and version.
    pub(crate) fn name() -> String {
        format!("hearsay {}", env!("CARGO_PKG_VERSION"))
    }

    /// Whether the model knows other languages than English.
    pub(crate) fn multilingual(&self) -> bool {
        self.model.vocabulary().multilingual()
    }

    /// Windows that are under way at once when there are enough.
    pub(crate) fn at_once(&self) -> usize {
        self.threads * self.slots
    }

    /// Answers the queue's windows until it ends.
    ///
    /// # Errors
    /// Where the worker is gone, or there are no threads to be had.
    pub(crate) fn run<O: Write + Send>(&self, queue: &Queue, pipe: &Pipe<O>) -> io::Result<()> {
        thread::scope(|scope| {
            let started: io::Result<Vec<_>> = (0..self.threads)
                .map(|number| {
                    let work = move || self.work(number, queue, pipe).inspect_err(|_| queue.end());
                    thread::Builder::new().name(format!("hs-eng-{number}")).spawn_scoped(scope, work)
                })
                .collect();
            let started = started.inspect_err(|_| queue.end())?;
            let panicked = |_| Err(io::Error::other("a thread panicked"));
            started.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(panicked))
        })
    }

    fn work<O: Write>(&self, number: usize, queue: &Queue, pipe: &Pipe<O>) -> io::Result<()> {
        // One slot more than are filled: a window that someone waits for finds it free.
        let cpu = Cpu::new(&self.model, self.slots + 1);
        let mut batch = Batch::new(cpu, &self.model);
        let mut under_way: BTreeMap<u64, UnderWay> = BTreeMap::new();
        loop {
            // One at a time: what waits meanwhile doesn't wait for more than one run of the encoder.
            let job = if batch.is_idle() {
                let Some(job) = queue.wait(number) else { return Ok(()) };
                self.busy.fetch_add(1, Ordering::Relaxed);
                Some(job)
            } else if batch.free() > 0 {
                let live_only = batch.free() == 1;
                queue.take(number, live_only)
            } else {
                None
            };
            if let Some(job) = job {
                self.begin(&job, &mut batch, &mut under_way, queue, pipe)?;
            }
            for ticket in queue.cancelled(under_way.keys().copied().map(Ticket)) {
                batch.cancel(ticket.0);
                under_way.remove(&ticket.0);
            }
            let began = SystemClock.boot_micros();
            let heard = batch.step();
            let spent = SystemClock.boot_micros() - began;
            let share = i64::try_from(under_way.len() * self.busy.load(Ordering::Relaxed)).unwrap_or(1).max(1);
            for window in under_way.values_mut() {
                window.micros += spent / share;
            }
            for heard in heard {
                let (ticket, answer) = match heard {
                    Ok(heard) => (Ticket(heard.id), Ok(heard)),
                    Err(Error::NoNumbers { window }) => (Ticket(window), Err(Error::NoNumbers { window })),
                    // A step has no others; whoever waits for the engine is told when it ends.
                    Err(error) => return Err(io::Error::other(error)),
                };
                let Some(window) = under_way.remove(&ticket.0) else { continue };
                queue.done(ticket);
                pipe.say(&match answer {
                    Ok(heard) => FromEngine::Done { ticket, recognised: self.recognised(&heard, &window) },
                    Err(error) => FromEngine::Failed { ticket, reason: error.to_string() },
                })?;
            }
            if batch.is_idle() {
                self.busy.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    /// Puts a window into the batch, or answers it at once.
    fn begin<B: Backend, O: Write>(
        &self,
        job: &Job,
        batch: &mut Batch<'_, B>,
        under_way: &mut BTreeMap<u64, UnderWay>,
        queue: &Queue,
        pipe: &Pipe<O>,
    ) -> io::Result<()> {
        let ticket = job.ticket;
        pipe.say(&FromEngine::Begun { ticket })?;
        let began = SystemClock.boot_micros();
        let pushed = if job.samples.len() < limits::SHORTEST {
            Ok(false)
        } else {
            self.window(ticket.0, &job.samples, &job.decoding)
                .and_then(|window| match job.lane {
                    Lane::Live => batch.push_urgent(window),
                    Lane::Backlog | Lane::Campaign => batch.push(window),
                })
                .map(|()| true)
        };
        let answer = match pushed {
            Ok(true) => {
                let micros = SystemClock.boot_micros() - began;
                under_way.insert(ticket.0, UnderWay { samples: job.samples.len(), micros });
                return Ok(());
            }
            Ok(false) => FromEngine::Done { ticket, recognised: Recognised::default() },
            Err(error) => FromEngine::Failed { ticket, reason: error.to_string() },
        };
        queue.done(ticket);
        pipe.say(&answer)
    }

    fn window(&self, id: u64, samples: &[f32], decoding: &Decoding) -> Result<Window, Error> {
        let Decoding { language, allowed, translate, beam_size, temperature, retry, .. } = decoding;
        let known = |code: &String| Language::of_code(code).ok_or_else(|| Error::Language(code.clone()));
        // An English-only model reads English, whatever it is told.
        let (language, allowed) =
            if self.multilingual() { (language.as_ref(), allowed.as_slice()) } else { (None, &[][..]) };
        let decode = Decode {
            language: language.map(known).transpose()?,
            allowed: allowed.iter().map(known).collect::<Result<_, _>>()?,
            translate: *translate,
            most_tokens: limits::most_tokens(samples.len()),
            beams: usize::try_from(*beam_size).unwrap_or(usize::MAX),
            temperature: *temperature,
            retry: *retry,
            words: true,
            ..Decode::default()
        };
        let mel = self.model.mels().mel(samples);
        Ok(Window { id, mel, decode })
    }

    fn recognised(&self, heard: &Heard, window: &UnderWay) -> Recognised {
        let times = heard.times.iter().map(|(_, end)| sample(*end)).chain(std::iter::repeat(window.samples));
        let tokens: Vec<Token> = heard
            .tokens
            .iter()
            .zip(times)
            .map(|(scored, end)| Token {
                bytes: self.model.vocabulary().bytes(scored.token).to_vec(),
                p: scored.logprob.exp(),
                logprob: scored.logprob,
                end,
            })
            .collect();
        Recognised {
            words: words(&tokens, window.samples),
            language: Some(heard.language.code().to_owned()),
            no_speech_p: heard.no_speech,
            compute_micros: window.micros,
        }
    }
}

/// The sample at which so many seconds of a window have passed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "30 s at most, and not negative"
)]
fn sample(seconds: f32) -> usize {
    (seconds * RATE as f32).round() as usize
}
