//! The recogniser as a server elsewhere that speaks OpenAI's protocol: speaches, vLLM, whisper.cpp's server, OpenAI's own.
//!
//! **The sound of every window leaves this machine for that host**, so it is used only where the user's configuration names the host. It goes there directly: no
//! proxy, no redirect is followed.
//!
//! A window is posted as a WAV file to `/audio/transcriptions`, with `response_format=verbose_json` and a time for every word; where the server has times for
//! segments only, their words share them. [`RemoteOptions::at_once`] threads, `hs-remote`, each have one request under way.
//!
//! # Whose fault it is
//!
//! What fails is either the window's fault or the server's, and only the first may be held against the window. A server that can't be reached has no opinion on
//! it. One that can, but refuses it, falls silent or answers nonsense, is given a second of silence: where it deals with that, the window has failed; where
//! it doesn't, the server isn't well. The window then waits, for as long as it takes or as [`RemoteOptions::patience`] says, and is posted again.

mod desk;
mod fault;
mod form;
mod language_name;
mod options;
mod outage;
mod server;
mod transcript;

pub use options::RemoteOptions;

use crate::models::{Model, ModelInfo};
use crate::{EngineError, Lane, Recognised, Recogniser, Request, Ticket};
use desk::Desk;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;
use timeline::{Clock, SystemClock};

/// Most windows that may wait, as of the engine on this machine.
const QUEUE: usize = 64;
/// Most requests under way, whatever is asked for.
const MOST_AT_ONCE: usize = 16;

/// A server's queue.
#[derive(Debug)]
pub struct RemoteEngine {
    desk: Arc<Desk>,
    done: Receiver<(Ticket, Result<Recognised, EngineError>)>,
    /// Submitted and not answered.
    under_way: BTreeSet<Ticket>,
    next_ticket: u64,
    at_once: usize,
}

impl RemoteEngine {
    /// Starts the threads. The server is asked for the first window, and not before.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for an address that isn't one, [`EngineError::Start`] where the system gives no threads.
    pub fn new(options: RemoteOptions) -> Result<Self, EngineError> {
        let at_once = options.at_once.clamp(1, MOST_AT_ONCE);
        let (answer, done) = sync_channel(QUEUE + MOST_AT_ONCE);
        let desk = Arc::new(Desk::new(options)?);
        for _ in 0..at_once {
            let (desk, answer) = (Arc::clone(&desk), answer.clone());
            let thread = std::thread::Builder::new().name("hs-remote".to_owned());
            let started = thread.spawn(move || desk.work(&answer));
            started.map_err(|source| EngineError::Start { path: PathBuf::from("hs-remote"), source })?;
        }
        Ok(Self { desk, done, under_way: BTreeSet::new(), next_ticket: 0, at_once })
    }

    /// What stands for the server's model where passes are made of models. What it really runs nobody can check, so it has no checksum; its
    /// shape is guessed from its name, for nothing but the order of passes.
    pub fn model(name: &str) -> Model {
        let shape = SHAPES.iter().find(|(part, ..)| name.to_lowercase().contains(part));
        let (_, width, encoder_layers, decoder_layers) = shape.copied().unwrap_or(LARGE);
        let multilingual = name.strip_suffix(".en").is_none();
        let info = ModelInfo { bytes: 0, multilingual, width, encoder_layers, decoder_layers, mel_bands: 80 };
        Model { name: name.to_owned(), path: PathBuf::new(), sha256: String::new(), info }
    }
}

/// Part of a name, width, layers of the encoder and of the decoder of OpenAI's models (Radford et al. 2022, table 1, and the model card for turbo).
type Shape = (&'static str, u32, u32, u32);

const LARGE: Shape = ("large", 1_280, 32, 32);
const SHAPES: [Shape; 6] = [
    ("turbo", 1_280, 32, 4),
    LARGE,
    ("medium", 1_024, 24, 24),
    ("small", 768, 12, 12),
    ("base", 512, 6, 6),
    ("tiny", 384, 4, 4),
];

impl Recogniser for RemoteEngine {
    fn submit(&mut self, request: Request, lane: Lane) -> Result<Ticket, EngineError> {
        if self.under_way.len() >= QUEUE {
            return Err(EngineError::Full(QUEUE));
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.under_way.insert(ticket);
        self.desk.add(ticket, lane, request);
        Ok(ticket)
    }

    fn next(&mut self, timeout: Duration) -> Option<(Ticket, Result<Recognised, EngineError>)> {
        let called = SystemClock.boot_micros();
        while !self.under_way.is_empty() {
            let waited = Duration::from_micros((SystemClock.boot_micros() - called).unsigned_abs());
            match self.done.recv_timeout(timeout.saturating_sub(waited)) {
                Ok((ticket, result)) if self.under_way.remove(&ticket) => return Some((ticket, result)),
                // It was taken back meanwhile.
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
        None
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.under_way.remove(&ticket);
        self.desk.take_back(ticket);
    }

    fn at_once(&self) -> usize {
        self.at_once
    }
}

impl Drop for RemoteEngine {
    /// The threads end by themselves, one that waits for the server once it has answered or its time is up.
    fn drop(&mut self) {
        self.desk.end();
    }
}
