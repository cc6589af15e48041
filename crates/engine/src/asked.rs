//! What the engine is started with.

use home::EngineChoice;
use speech::engine_arguments::{CHECKED, ENGINE, MODELS, SHA256, STANDS_BACK};
use std::ffi::OsString;
use std::path::PathBuf;

/// The command line of `hearsay-engine`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The model's file.
    pub model: PathBuf,
    /// What recognises.
    pub engine: EngineChoice,
    /// Whether it stands back behind other engines.
    pub stands_back: bool,
    /// Where the model is kept packed, for our own engine; `None`: nowhere.
    pub kept: Option<Kept>,
}

/// Where a model is kept packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The folder of models.
    pub models: PathBuf,
    /// What the sum of the model's file has to be.
    pub sha256: String,
    /// Whether the file was found to have that sum just now.
    pub checked: bool,
}

impl Asked {
    /// None where the command line isn't one of the engine's.
    pub fn of(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let model = PathBuf::from(arguments.next()?);
        let (mut engine, mut stands_back, mut checked) = (None, false, false);
        let (mut models, mut sha256) = (None, None);
        while let Some(argument) = arguments.next() {
            match argument.to_str()? {
                ENGINE => engine = Some(EngineChoice::named(arguments.next()?.to_str()?)?),
                MODELS => models = Some(PathBuf::from(arguments.next()?)),
                SHA256 => sha256 = Some(arguments.next()?.into_string().ok()?),
                STANDS_BACK => stands_back = true,
                CHECKED => checked = true,
                _ => return None,
            }
        }
        let kept = models.zip(sha256).map(|(models, sha256)| Kept { models, sha256, checked });
        Some(Self { model, engine: engine?, stands_back, kept })
    }
}
