//! A model as it is computed with, kept from load to load.

use crate::asked::Kept;
use home::{Lock, files};
use speech::models::{self, ModelError};
use std::io;
use std::path::Path;
use whisper::{Error, Model, Numbers};

/// What stays free on the disk, for sound: the recorder warns below this.
const STAYS_FREE: u64 = 2 << 30;
/// Whoever packs holds it, so that there is one who writes.
const LOCK: &str = "packing.lock";

/// Loads a model: packed where that is kept, else from its own file, which is checked first and then packed for the next time. Where it can't be packed, a
/// read-only folder or a full disk for example, it is loaded all the same.
///
/// # Errors
/// What is wrong with the model, in words.
pub(crate) fn load(model: &Path, kept: &Kept) -> Result<Model, String> {
    let path = models::packed(&kept.models, &kept.sha256);
    let open = || Model::open_packed(&path, model, Numbers::Fast, kept.sha256.as_bytes());
    match open() {
        Ok(loaded) => return Ok(loaded),
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::info!(reason = home::one_line(&error), "the model is packed anew"),
    }
    models::inspect(model).map_err(|error| error.to_string())?;
    if !kept.checked {
        models::demand(model, &kept.sha256).map_err(|error| error.to_string())?;
    }
    match pack(model, kept, &path).map(|()| open()) {
        Ok(Ok(loaded)) => return Ok(loaded),
        Ok(Err(error)) => tracing::warn!(reason = home::one_line(&error), "the packed model can't be used"),
        Err(NotPacked::Held) => {}
        Err(error) => tracing::info!(reason = home::one_line(&error), "the model isn't packed"),
    }
    Model::open(model, Numbers::Fast).map_err(|error| home::one_line(&error))
}

/// Why a model isn't kept packed. It is used all the same.
#[derive(Debug, thiserror::Error)]
enum NotPacked {
    /// Another engine is packing. Nothing to do about it.
    #[error("another engine is at it")]
    Held,
    /// The disk has no room. When it has, the next load tries again, as in the other cases.
    #[error("the disk has too little room")]
    NoRoom,
    /// The folder can't be used.
    #[error("cannot use the folder of packed models")]
    Folder(#[from] io::Error),
    /// The records of models can't be.
    #[error(transparent)]
    Models(#[from] ModelError),
    /// The model can't be read, or the packed one not be written.
    #[error(transparent)]
    Pack(#[from] Error),
}

fn pack(model: &Path, kept: &Kept, path: &Path) -> Result<(), NotPacked> {
    let folder = path.parent().unwrap_or(&kept.models);
    files::create_dir_all(folder)?;
    let _lock = Lock::acquire(&folder.join(LOCK)).map_err(|_| NotPacked::Held)?;
    models::tidy_packed(&kept.models)?;
    // Eight bits a weight: half of the usual sixteen, twice of the fewest there are.
    let most = model.metadata()?.len().saturating_mul(2);
    if free(folder)? < most.saturating_add(STAYS_FREE) {
        return Err(NotPacked::NoRoom);
    }
    // The lock is ours, so whoever began this one is gone. The name is free for a file of its own: the one that is mapped somewhere has another.
    let part = path.with_extension("part");
    let file = files::create_or_truncate(&part)?;
    let packed = Model::pack(model, Numbers::Fast, kept.sha256.as_bytes(), (&file, &part));
    // Its sums say whether it is whole, so it needn't be synced.
    let done = packed.map_err(NotPacked::from).and_then(|()| Ok(std::fs::rename(&part, path)?));
    if done.is_err() {
        #[expect(clippy::disallowed_methods, reason = "a file of our own that was not finished")]
        std::fs::remove_file(&part)?;
    }
    done
}

/// Bytes that are free on the disk of a folder.
#[cfg(unix)]
fn free(folder: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Where it isn't known, writing says when there is no room.
#[cfg(not(unix))]
fn free(_: &Path) -> io::Result<u64> {
    Ok(u64::MAX)
}
