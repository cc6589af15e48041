//! The way back to the worker.

use speech::wire::{self, FromEngine};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Threads share it; a frame is written in one piece.
pub(crate) struct Pipe<O>(Mutex<O>);

impl<O: Write> Pipe<O> {
    pub(crate) fn new(output: O) -> Self {
        Self(Mutex::new(output))
    }

    /// # Errors
    /// Where the worker is gone.
    pub(crate) fn say(&self, said: &FromEngine) -> io::Result<()> {
        wire::write(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), said, &[])
    }
}
