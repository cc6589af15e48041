use crate::PassPlan;
use speech::{EngineError, Recogniser, Vad, VadError};
use std::path::PathBuf;

/// What the live lane needs to be told.
pub struct LiveSettings {
    /// Finds the lane's model. It is asked when the worker begins, and again after the lane failed: what was missing may be there by then.
    pub model: Box<dyn Fn() -> Result<LiveModel, EngineError> + Send>,
    /// Makes a voice detector for each track.
    pub vad: Box<dyn Fn() -> Result<Vad, VadError> + Send>,
}

/// What recognises words as they are said.
pub struct LiveModel {
    /// Its pass, which ranks lowest.
    pub plan: PassPlan,
    /// The model's file, to be named where something is wrong with it.
    pub file: PathBuf,
    /// A recogniser of its own, for a smaller model; `None`: it shares the other lanes', and overtakes them there.
    pub recogniser: Option<Box<dyn Recogniser + Send>>,
}
