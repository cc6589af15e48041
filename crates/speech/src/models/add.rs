//! Models that come from elsewhere on this machine, and models that go.

use super::checksums::{self, hex, published};
use super::fetch::{io_error, plain, throw_away};
use super::locate::lies_in;
use super::{ModelError, inspect, packed, speeds};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Copies a model file into the models folder, so that it is found by its name. It is hashed while it is copied, and takes the place of another of
/// its name only when it is whole.
///
/// # Errors
/// [`ModelError::Broken`] where it isn't a whole model, [`ModelError::Checksum`] where it isn't what `sha256` says, or bears a known model's name and
/// isn't it, [`ModelError::Record`], [`ModelError::Io`]. What was there before stays in each case.
pub fn add(models: &Path, from: &Path, sha256: Option<&str>) -> Result<PathBuf, ModelError> {
    inspect(from)?;
    // Before anything is copied: its sum couldn't be recorded.
    checksums::sums(models)?;
    let file = from.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let path = models.join(plain(file)?);
    let expected = sha256.map(str::to_lowercase).or_else(|| published(&path).map(str::to_owned));
    if fs::canonicalize(from).ok() == fs::canonicalize(&path).ok() {
        match expected {
            Some(expected) => checksums::demand(&path, &expected)?,
            None => drop(super::verify(models, &path)?),
        }
        return Ok(path);
    }
    let failed = |operation| io_error(&path, operation);
    home::files::create_dir_all(models).map_err(failed("create the folder of"))?;
    // Not the name of a download under way.
    let part = models.join(format!("{file}.adding"));
    let added = copy(from, &part).and_then(|found| {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(ModelError::Checksum { path: from.to_owned(), expected, found });
        }
        // The copy, not what it was made of: that may have changed meanwhile.
        inspect(&part)?;
        home::files::rename_durably(&part, &path).map_err(failed("rename"))?;
        Ok(found)
    });
    match added {
        Ok(sha256) => {
            // Also where another file of that name was there before: this one is what the user wants now.
            checksums::remember(models, &path, &sha256)?;
            Ok(path)
        }
        Err(error) => {
            throw_away(&part);
            Err(error)
        }
    }
}

/// Deletes a model's file out of the models folder, and what is recorded of it.
///
/// # Errors
/// [`ModelError::Elsewhere`] for a file that lies anywhere else, [`ModelError::Record`], [`ModelError::Io`].
pub fn remove(models: &Path, path: &Path) -> Result<(), ModelError> {
    if !lies_in(models, path) {
        return Err(ModelError::Elsewhere { path: path.to_owned() });
    }
    let sum = checksums::sum_state(&checksums::sums(models)?, path).1;
    // Before the file goes: its entry is found by where it really lies.
    checksums::forget(models, path);
    #[expect(clippy::disallowed_methods, reason = "the user asked for it by the model's name")]
    fs::remove_file(path).map_err(io_error(path, "remove"))?;
    if let Some(sum) = sum {
        speeds::forget(models, &sum);
        packed::forget(models, &sum);
    }
    Ok(())
}

/// Copies and syncs; gives the sum of what was copied.
fn copy(from: &Path, to: &Path) -> Result<String, ModelError> {
    let (reading, writing) = (io_error(from, "read"), io_error(to, "write"));
    let mut source = File::open(from).map_err(&reading)?;
    let mut copy = home::files::create_or_truncate(to).map_err(&writing)?;
    let (mut hash, mut bytes) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let some = source.read(&mut bytes).map_err(&reading)?;
        let new = bytes.get(..some).unwrap_or_default();
        if new.is_empty() {
            break;
        }
        hash.update(new);
        copy.write_all(new).map_err(&writing)?;
    }
    copy.sync_all().map_err(&writing)?;
    Ok(hex(hash))
}
