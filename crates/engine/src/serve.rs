//! The pipe's end inside the engine.

use crate::batched::Batched;
use crate::pipe::Pipe;
use crate::queue::{Job, Queue};
use crate::{Asked, WhisperCpp, WhisperCppError, missing_features};
use home::EngineChoice;
use speech::wire::{self, FromEngine, ToEngine};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::thread;

/// Why the engine ended other than by the end of its input.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The model or the processor is not usable; the other end was told. Nothing to retry.
    #[error("{0}")]
    Refused(String),
    /// The pipe broke: the worker is gone.
    #[error("the pipe to the worker broke")]
    Pipe(#[from] io::Error),
}

/// What recognises.
enum Engine {
    Batched(Box<Batched>),
    WhisperCpp(Box<WhisperCpp>),
}

/// Loads the model, then answers windows from `input` on `output` until the input ends.
///
/// `on_end` is called when it does, from the reading thread: a window may be in the middle of its computation, which nothing but
/// the end of the process stops.
///
/// # Errors
/// [`ServeError::Refused`] where nothing can be recognised, [`ServeError::Pipe`] where the other end is gone.
pub fn serve<I, O>(input: I, output: O, asked: &Asked, on_end: impl FnOnce() + Send + 'static) -> Result<(), ServeError>
where
    I: Read + Send + 'static,
    O: Write + Send,
{
    let pipe = Pipe::new(output);
    let engine = match open(asked) {
        Ok(engine) => engine,
        Err(reason) => {
            pipe.say(&FromEngine::Refused { reason: reason.clone() })?;
            return Err(ServeError::Refused(reason));
        }
    };
    pipe.say(&engine.ready())?;
    let queue = Arc::new(Queue::default());
    let filling = Arc::clone(&queue);
    thread::Builder::new().name("hs-eng-input".to_owned()).spawn(move || {
        if let Err(error) = fill(input, &filling) {
            tracing::warn!(%error, "the worker's pipe broke");
        }
        filling.end();
        on_end();
    })?;
    match engine {
        Engine::Batched(batched) => batched.run(&queue, &pipe)?,
        Engine::WhisperCpp(whisper) => one_by_one(*whisper, &queue, &pipe)?,
    }
    Ok(())
}

impl Engine {
    fn ready(&self) -> FromEngine {
        match self {
            Self::Batched(batched) => FromEngine::Ready {
                engine: Batched::name(),
                multilingual: batched.multilingual(),
                at_once: batched.at_once(),
            },
            Self::WhisperCpp(whisper) => FromEngine::Ready {
                engine: WhisperCpp::name().to_owned(),
                multilingual: whisper.multilingual(),
                at_once: 1,
            },
        }
    }
}

fn one_by_one<O: Write>(mut whisper: WhisperCpp, queue: &Queue, pipe: &Pipe<O>) -> io::Result<()> {
    whisper.break_off_when(queue.break_off());
    while let Some(job) = queue.wait(0) {
        let ticket = job.ticket;
        pipe.say(&FromEngine::Begun { ticket })?;
        let answer = match whisper.recognise(&job.samples, &job.decoding) {
            Ok(recognised) => FromEngine::Done { ticket, recognised },
            Err(WhisperCppError::BrokenOff) => {
                queue.put_back(job);
                continue;
            }
            Err(error) => FromEngine::Failed { ticket, reason: error.to_string() },
        };
        queue.done(ticket);
        pipe.say(&answer)?;
    }
    Ok(())
}

fn open(asked: &Asked) -> Result<Engine, String> {
    let model = &asked.model;
    if let (EngineChoice::Hearsay, Some(kept)) = (asked.engine, &asked.kept) {
        return Batched::kept(model, kept).map(|batched| Engine::Batched(Box::new(batched)));
    }
    let info = speech::models::inspect(model).map_err(|error| error.to_string())?;
    match asked.engine {
        EngineChoice::Hearsay => {
            return Batched::open(model)
                .map(|batched| Engine::Batched(Box::new(batched)))
                .map_err(|error| home::one_line(&error));
        }
        EngineChoice::OpenAi => return Err("a server elsewhere needs no engine here".to_owned()),
        EngineChoice::WhisperRs => {}
    }
    let missing = missing_features();
    if !missing.is_empty() {
        return Err(format!(
            "this processor lacks {}, which this build of whisper.cpp needs; build it with GGML_AVX2=OFF GGML_FMA=OFF GGML_F16C=OFF GGML_BMI2=OFF, or set \
             engine = \"hearsay\" below [work]",
            missing.join(", ")
        ));
    }
    let whisper = WhisperCpp::open(model, &info).map_err(|error| error.to_string())?;
    Ok(Engine::WhisperCpp(Box::new(whisper)))
}

fn fill(mut input: impl Read, queue: &Queue) -> io::Result<()> {
    while let Some((said, samples)) = wire::read(&mut input)? {
        match said {
            ToEngine::Submit { ticket, lane, decoding } => {
                queue.push(Job { ticket, lane, decoding, samples, broken_off: 0 });
            }
            ToEngine::Cancel { ticket } => queue.cancel(ticket),
        }
    }
    Ok(())
}
