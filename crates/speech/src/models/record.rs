//! What is recorded beside the models: `checksums.json` and `speeds.json`, a JSON object each.
//!
//! A record is changed under a lock, so that of two processes neither loses what the other wrote, and takes its name when it is whole. One that is missing is
//! empty. One that can't be read is an error: taken as empty, a damaged model would be recorded as good, and all other sums would be lost.

use super::ModelError;
use home::{Lock, LockError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// Whoever changes a record holds it.
const LOCK: &str = "records.lock";
/// Each lasts a tenth of a second; a change is a small file that is synced.
const TRIES: u32 = 30;

/// All of a record.
pub(super) fn read<K: DeserializeOwned + Ord, V: DeserializeOwned>(
    models: &Path,
    file: &str,
) -> Result<BTreeMap<K, V>, ModelError> {
    let path = models.join(file);
    let unusable = |reason: String| ModelError::Record { path: path.clone(), reason };
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| unusable(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// Changes a record; written only where `change` says that it is another now.
pub(super) fn change<K, V>(
    models: &Path,
    file: &str,
    change: impl FnOnce(&mut BTreeMap<K, V>) -> bool,
) -> Result<(), ModelError>
where
    K: Serialize + DeserializeOwned + Ord,
    V: Serialize + DeserializeOwned,
{
    let path = models.join(file);
    let failed = |source: io::Error| ModelError::Io { path: path.clone(), operation: "write", source };
    home::files::create_dir_all(models).map_err(failed)?;
    let _lock = lock(models)?;
    let mut record = read(models, file)?;
    if !change(&mut record) {
        return Ok(());
    }
    let write = || {
        // Nobody else writes it: we hold the lock.
        let part = models.join(format!("{file}.part"));
        let mut out = home::files::create_or_truncate(&part)?;
        out.write_all(serde_json::to_string_pretty(&record)?.as_bytes())?;
        out.sync_all()?;
        home::files::rename_durably(&part, &path)
    };
    write().map_err(failed)
}

fn lock(models: &Path) -> Result<Lock, ModelError> {
    let path = models.join(LOCK);
    let mut tried = 1;
    loop {
        match Lock::acquire(&path) {
            Ok(lock) => return Ok(lock),
            Err(LockError::Held { .. }) if tried < TRIES => tried += 1,
            Err(error) => {
                return Err(ModelError::Io { path, operation: "lock", source: io::Error::other(error) });
            }
        }
    }
}
