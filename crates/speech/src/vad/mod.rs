//! The voice detector: how likely 32 ms of sound hold speech.
//!
//! Silero's official 16 kHz model, run by a forward pass of our own, or by ONNX Runtime, which takes seven times as
//! long. Both use the same file and agree within 1e-4, so that what is recognised does not depend on which of them
//! ran. Neither does any I/O after [`Vad::open`].

mod builtin;
mod library;
mod onnx;
mod onnx_file;

use std::path::{Path, PathBuf};

/// Samples of one frame at 16 kHz: what the model was trained on, 32 ms.
pub const FRAME: usize = 512;
/// Frames that are dealt with at once: a quarter of a second. More gain nothing, and what is behind a window's end is heard in vain.
pub(crate) const BATCH: usize = 8;
/// Samples before the frame that the model wants to see again.
const CONTEXT: usize = 64;
/// What the model is given at once.
const INPUT: usize = CONTEXT + FRAME;
/// The official model, see `silero/README.md`.
static MODEL: &[u8] = include_bytes!("../../silero/silero_vad_16k_op15.onnx");

/// Which backend runs the detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VadChoice {
    /// The built-in pass.
    #[default]
    Builtin,
    /// ONNX Runtime or an error.
    Onnx,
}

impl From<home::VadChoice> for VadChoice {
    fn from(choice: home::VadChoice) -> Self {
        match choice {
            home::VadChoice::Onnx => Self::Onnx,
            home::VadChoice::Builtin => Self::Builtin,
        }
    }
}

/// Why the detector can't run.
#[derive(Debug, thiserror::Error)]
pub enum VadError {
    /// No ONNX Runtime was found where one was demanded. Installing one, or `vad = "builtin"`, helps.
    #[error("no ONNX Runtime (1.17 or newer) was found; looked at {}", list(.0))]
    NoLibrary(Vec<PathBuf>),
    /// ONNX Runtime refused its library, the model or a frame.
    #[error("ONNX Runtime: {operation}")]
    Onnx {
        /// What was being done.
        operation: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The bundled model is not the one this was built for: a broken build.
    #[error("the bundled voice detector lacks {0}")]
    Model(&'static str),
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

enum Backend {
    Onnx(Box<onnx::Onnx>),
    Builtin(Box<builtin::Builtin>),
}

/// The voice detector with its memory of the sound so far.
pub struct Vad {
    backend: Backend,
    context: [f32; CONTEXT],
}

impl Vad {
    /// Opens the detector. `library` is the ONNX Runtime of the configuration, tried before the others:
    /// `HEARSAY_ONNXRUNTIME`, `ORT_DYLIB_PATH`, beside the executable, `~/.local/share/hearsay/lib`, the system's.
    ///
    /// # Errors
    /// [`VadError::NoLibrary`] or [`VadError::Onnx`] where ONNX Runtime was demanded and can't be had.
    pub fn open(choice: VadChoice, library: Option<&Path>) -> Result<Self, VadError> {
        let backend = match choice {
            VadChoice::Builtin => Backend::Builtin(Box::new(builtin::Builtin::new(MODEL)?)),
            VadChoice::Onnx => Backend::Onnx(Box::new(onnx::Onnx::open(library)?)),
        };
        Ok(Self { backend, context: [0.0; CONTEXT] })
    }

    /// `onnx` or `builtin`.
    pub fn backend(&self) -> &'static str {
        match self.backend {
            Backend::Onnx(_) => "onnx",
            Backend::Builtin(_) => "builtin",
        }
    }

    /// Forgets the sound so far.
    pub fn reset(&mut self) {
        self.context = [0.0; CONTEXT];
        match &mut self.backend {
            Backend::Onnx(onnx) => onnx.reset(),
            Backend::Builtin(builtin) => builtin.reset(),
        }
    }

    /// How likely the next 512 samples hold speech, 0 to 1.
    ///
    /// # Errors
    /// As [`probabilities`](Self::probabilities).
    pub fn probability(&mut self, frame: &[f32; FRAME]) -> Result<f32, VadError> {
        let mut one = Vec::with_capacity(1);
        self.probabilities(std::slice::from_ref(frame), &mut one)?;
        Ok(one.pop().unwrap_or_default())
    }

    /// The same for some frames in a row, which is faster for eight or more at once and gives the same bits; what was in `out` goes.
    ///
    /// # Errors
    /// [`VadError::Onnx`] where ONNX Runtime fails; the built-in pass never does.
    pub fn probabilities(&mut self, frames: &[[f32; FRAME]], out: &mut Vec<f32>) -> Result<(), VadError> {
        out.clear();
        for frames in frames.chunks(BATCH) {
            let mut inputs = vec![[0.0; INPUT]; frames.len()];
            for (input, frame) in inputs.iter_mut().zip(frames) {
                let (context, new) = input.split_at_mut(CONTEXT);
                context.copy_from_slice(&self.context);
                new.copy_from_slice(frame);
                let (_, tail) = frame.split_at(FRAME - CONTEXT);
                self.context.copy_from_slice(tail);
            }
            match &mut self.backend {
                Backend::Onnx(onnx) => {
                    for input in &inputs {
                        out.push(onnx.probability(input)?);
                    }
                }
                Backend::Builtin(builtin) => builtin.probabilities(&inputs, out)?,
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Vad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vad").field("backend", &self.backend()).finish_non_exhaustive()
    }
}
