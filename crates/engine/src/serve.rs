//! The pipe's end inside the engine.

use crate::queue::{Job, Queue};
use crate::{ENGINE, Whisper, WhisperError, missing_features};
use speech::wire::{self, FromEngine, ToEngine};
use std::io::{self, Read, Write};
use std::path::Path;
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

/// Loads the model, then answers windows from `input` on `output` until the input ends.
///
/// `on_end` is called when it does, from the reading thread: a window may be in the middle of its computation, which nothing but
/// the end of the process stops.
///
/// # Errors
/// [`ServeError::Refused`] where nothing can be recognised, [`ServeError::Pipe`] where the other end is gone.
pub fn serve<I, O>(
    input: I,
    mut output: O,
    model: &Path,
    on_end: impl FnOnce() + Send + 'static,
) -> Result<(), ServeError>
where
    I: Read + Send + 'static,
    O: Write,
{
    let mut whisper = match open(model) {
        Ok(whisper) => whisper,
        Err(reason) => {
            wire::write(&mut output, &FromEngine::Refused { reason: reason.clone() }, &[])?;
            return Err(ServeError::Refused(reason));
        }
    };
    let ready = FromEngine::Ready { engine: ENGINE.to_owned(), multilingual: whisper.multilingual() };
    wire::write(&mut output, &ready, &[])?;
    let queue = Arc::new(Queue::default());
    let filling = Arc::clone(&queue);
    thread::Builder::new().name("hs-eng-input".to_owned()).spawn(move || {
        if let Err(error) = fill(input, &filling) {
            tracing::warn!(%error, "the worker's pipe broke");
        }
        filling.end();
        on_end();
    })?;
    whisper.break_off_when(queue.break_off());
    while let Some(job) = queue.next() {
        wire::write(&mut output, &FromEngine::Begun { ticket: job.ticket }, &[])?;
        let answer = match whisper.recognise(&job.samples, &job.decoding) {
            Ok(recognised) => FromEngine::Done { ticket: job.ticket, recognised },
            Err(WhisperError::BrokenOff) => {
                queue.put_back(job);
                continue;
            }
            Err(error) => FromEngine::Failed { ticket: job.ticket, reason: error.to_string() },
        };
        wire::write(&mut output, &answer, &[])?;
    }
    Ok(())
}

fn open(model: &Path) -> Result<Whisper, String> {
    let missing = missing_features();
    if !missing.is_empty() {
        return Err(format!(
            "this processor lacks {}, which this build of whisper.cpp needs; build it with GGML_AVX2=OFF GGML_FMA=OFF GGML_F16C=OFF GGML_BMI2=OFF",
            missing.join(", ")
        ));
    }
    let info = speech::models::inspect(model).map_err(|error| error.to_string())?;
    Whisper::open(model, &info).map_err(|error| error.to_string())
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
