//! How fast models were when they were last measured on this machine: `speeds.json` in the models folder, by the model's sum.

use super::ModelError;
use super::fetch::io_error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
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
pub(super) fn all(models: &Path) -> BTreeMap<String, Speed> {
    let text = std::fs::read_to_string(models.join(FILE)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Keeps a measurement in the place of an earlier one.
///
/// # Errors
/// [`ModelError::Io`] where the record can't be written.
pub fn keep_speed(models: &Path, sha256: &str, speed: Speed) -> Result<(), ModelError> {
    let mut speeds = all(models);
    speeds.insert(sha256.to_owned(), speed);
    write(models, &speeds).map_err(io_error(&models.join(FILE), "write"))
}

/// Takes a model's measurement out of the record; one that stays harms nothing.
pub(super) fn forget(models: &Path, sha256: &str) {
    let mut speeds = all(models);
    if speeds.remove(sha256).is_some()
        && let Err(error) = write(models, &speeds)
    {
        tracing::debug!(%error, "the speed was not taken out of the record");
    }
}

fn write(models: &Path, speeds: &BTreeMap<String, Speed>) -> std::io::Result<()> {
    home::files::create_dir_all(models)?;
    let part = models.join(format!("{FILE}.{}.part", std::process::id()));
    let mut file = home::files::create_or_truncate(&part)?;
    file.write_all(serde_json::to_string_pretty(speeds)?.as_bytes())?;
    file.sync_all()?;
    home::files::rename_durably(&part, &models.join(FILE))
}
