//! SHA-256 of models, each file read once.

use super::locate::lies_in;
use super::{ModelError, known_by_file, record};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Beside the models: path to sum, valid while size and time of change are the same.
const FILE: &str = "checksums.json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    bytes: u64,
    changed_us: u64,
    sha256: String,
}

impl Entry {
    /// The sum, if the file hasn't changed since.
    fn holds(&self, (bytes, changed_us): (u64, u64)) -> Option<&String> {
        ((self.bytes, self.changed_us) == (bytes, changed_us)).then_some(&self.sha256)
    }
}

/// The model's SHA-256, from the record where the file hasn't changed since; compared with the published one where
/// the file's name is a known model's, and otherwise, in the models folder, with the one of its first use: nothing
/// changes a model there but damage. Files elsewhere are their owner's to change.
///
/// # Errors
/// [`ModelError::Checksum`] where it isn't what it should be, [`ModelError::Record`] where that isn't known because the record can't be read,
/// [`ModelError::Io`] where the file can't be read.
pub fn checksum(models: &Path, path: &Path) -> Result<String, ModelError> {
    let now = state(path)?;
    let recorded = sums(models)?.0.remove(&key(path));
    let first_use = recorded.as_ref().filter(|_| lies_in(models, path)).map(|entry| entry.sha256.clone());
    let expected = published(path).map(str::to_owned).or(first_use);
    if let Some(sha256) = recorded.as_ref().and_then(|entry| entry.holds(now)) {
        return compare(path, expected, sha256.clone());
    }
    let sha256 = compare(path, expected, hash_file(path)?)?;
    remember(models, path, &sha256)?;
    Ok(sha256)
}

/// Reads the whole file and compares it with the published sum, or with the one recorded at its first use.
///
/// # Errors
/// As [`checksum`].
pub fn verify(models: &Path, path: &Path) -> Result<String, ModelError> {
    let recorded = sums(models)?.0.remove(&key(path)).map(|entry| entry.sha256);
    let found = compare(path, published(path).map(str::to_owned).or(recorded), hash_file(path)?)?;
    remember(models, path, &found)?;
    Ok(found)
}

/// Reads the whole file and compares it with what it must be.
///
/// # Errors
/// [`ModelError::Checksum`] where it is something else, [`ModelError::Io`] where it can't be read.
pub fn demand(path: &Path, sha256: &str) -> Result<(), ModelError> {
    compare(path, Some(sha256.to_owned()), hash_file(path)?).map(drop)
}

/// What is known of a model's content without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SumState {
    /// Its sum was never computed; it is when the model is first used.
    Unchecked,
    /// It hasn't changed since its sum was right.
    Checked,
    /// Its size or its time of change is another than when its sum was right.
    Changed,
}

/// What is known of a model, and its sum if that still holds.
pub(super) fn sum_state(record: &Sums, path: &Path) -> (SumState, Option<String>) {
    let Some(entry) = record.0.get(&key(path)) else { return (SumState::Unchecked, None) };
    match state(path).ok().and_then(|now| entry.holds(now)) {
        Some(sha256) => (SumState::Checked, Some(sha256.clone())),
        None => (SumState::Changed, None),
    }
}

/// All recorded sums.
pub(super) struct Sums(BTreeMap<PathBuf, Entry>);

impl Sums {
    /// The sums of files that are there.
    pub(super) fn of_files(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(path, _)| path.is_file()).map(|(_, entry)| entry.sha256.as_str())
    }
}

/// The record as it is now.
///
/// # Errors
/// [`ModelError::Record`] where it can't be read.
pub(super) fn sums(models: &Path) -> Result<Sums, ModelError> {
    Ok(Sums(record::read(models, FILE)?))
}

/// The user put this file here just now: its sum is what it must be from now on.
///
/// # Errors
/// [`ModelError::Checksum`] where it bears a known model's name and isn't it, [`ModelError::Record`], [`ModelError::Io`].
pub fn accept(models: &Path, path: &Path) -> Result<String, ModelError> {
    let sha256 = compare(path, published(path).map(str::to_owned), hash_file(path)?)?;
    remember(models, path, &sha256)?;
    Ok(sha256)
}

/// Takes a file out of the record.
pub(super) fn forget(models: &Path, path: &Path) {
    let key = key(path);
    let forgotten = record::change(models, FILE, |sums: &mut BTreeMap<PathBuf, Entry>| sums.remove(&key).is_some());
    if let Err(error) = forgotten {
        tracing::debug!(error = home::one_line(&error), "the checksum was not taken out of the record");
    }
}

pub(super) fn published(path: &Path) -> Option<&'static str> {
    known_by_file(path.file_name()?.to_str()?).map(|known| known.sha256)
}

fn compare(path: &Path, expected: Option<String>, found: String) -> Result<String, ModelError> {
    match expected {
        Some(expected) if expected != found => Err(ModelError::Checksum { path: path.to_owned(), expected, found }),
        _ => Ok(found),
    }
}

/// Records the sum of a file as it is now. A record that can't be written costs time, nothing else.
///
/// # Errors
/// [`ModelError::Record`] where what is recorded can't be read.
pub(super) fn remember(models: &Path, path: &Path, sha256: &str) -> Result<(), ModelError> {
    let Ok((bytes, changed_us)) = state(path) else { return Ok(()) };
    let entry = Entry { bytes, changed_us, sha256: sha256.to_owned() };
    let key = key(path);
    match record::change(models, FILE, |sums| sums.insert(key, entry.clone()) != Some(entry)) {
        Err(error @ ModelError::Record { .. }) => Err(error),
        Err(error) => {
            tracing::debug!(error = home::one_line(&error), "the checksum was not recorded");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn key(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn state(path: &Path) -> Result<(u64, u64), ModelError> {
    let failed = |source| ModelError::Io { path: path.to_owned(), operation: "read", source };
    let metadata = fs::metadata(path).map_err(failed)?;
    let changed = metadata.modified().map_err(failed)?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok((metadata.len(), u64::try_from(changed.as_micros()).unwrap_or(u64::MAX)))
}

fn hash_file(path: &Path) -> Result<String, ModelError> {
    let failed = |source| ModelError::Io { path: path.to_owned(), operation: "read", source };
    let mut hash = Sha256::new();
    let mut file = File::open(path).map_err(failed)?;
    hash_rest(&mut file, &mut hash).map_err(failed)?;
    Ok(hex(hash))
}

/// Adds all that is left of a file.
pub(super) fn hash_rest(file: &mut File, hash: &mut Sha256) -> std::io::Result<u64> {
    let mut bytes = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        let some = file.read(&mut bytes)?;
        if some == 0 {
            return Ok(total);
        }
        hash.update(bytes.get(..some).unwrap_or_default());
        total += u64::try_from(some).unwrap_or(0);
    }
}

/// The sum as it is written everywhere.
pub(super) fn hex(hash: Sha256) -> String {
    use std::fmt::Write as _;
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing into a String can't fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}
