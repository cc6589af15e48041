//! How fast models were when they were last measured on this machine: `speeds.json` in the models folder, by the model's sum.

use super::{ModelError, record};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use timeline::WallTime;

const FILE: &str = "speeds.json";

/// A measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Seconds of speech per second of work, the way from sound to words.
    pub speech_x: f64,
    /// How many threads recognised; 0: as many as there are physical cores.
    pub threads: u32,
    /// The engine's name and version.
    pub engine: String,
    /// When, in microseconds since the Unix epoch.
    pub measured_us: i64,
}

impl Speed {
    /// When it was measured.
    pub fn measured(&self) -> WallTime {
        WallTime::from_micros(self.measured_us)
    }
}

/// All measurements, by the SHA-256 of the model.
pub(super) fn all(models: &Path) -> Result<BTreeMap<String, Speed>, ModelError> {
    record::read(models, FILE)
}

/// Keeps a measurement in the place of an earlier one.
///
/// # Errors
/// [`ModelError::Record`] where the record can't be read, [`ModelError::Io`] where it can't be written.
pub fn keep_speed(models: &Path, sha256: &str, speed: Speed) -> Result<(), ModelError> {
    record::change(models, FILE, |speeds| speeds.insert(sha256.to_owned(), speed.clone()) != Some(speed))
}

/// Takes a model's measurement out of the record; one that stays harms nothing.
pub(super) fn forget(models: &Path, sha256: &str) {
    let forgotten =
        record::change(models, FILE, |speeds: &mut BTreeMap<String, Speed>| speeds.remove(sha256).is_some());
    if let Err(error) = forgotten {
        tracing::debug!(error = home::one_line(&error), "the speed was not taken out of the record");
    }
}
