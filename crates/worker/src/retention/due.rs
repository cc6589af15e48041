//! When retention is due next: `retain.json` in the home, which the worker moves on and a command may move to now.

use crate::WorkerError;
use home::{Home, files};
use serde::{Deserialize, Serialize};
use std::io::Write;
use timeline::WallTime;

#[derive(Serialize, Deserialize)]
struct Due {
    due: WallTime,
}

/// When it is due; `None` where it was never run, or nobody can say.
pub fn due(home: &Home) -> Option<WallTime> {
    let bytes = std::fs::read(home.retain_file()).ok()?;
    serde_json::from_slice::<Due>(&bytes).ok().map(|due| due.due)
}

/// Says when it is due next.
///
/// # Errors
/// [`WorkerError::File`], with the file.
pub fn set_due(home: &Home, due: WallTime) -> Result<(), WorkerError> {
    let path = home.retain_file();
    let new = path.with_extension("json.new");
    let write = || -> std::io::Result<()> {
        let mut file = files::create_or_truncate(&new)?;
        file.write_all(&serde_json::to_vec(&Due { due })?)?;
        file.sync_all()?;
        files::rename_durably(&new, &path)
    };
    write().map_err(|source| WorkerError::File { operation: "write", path, source })
}
