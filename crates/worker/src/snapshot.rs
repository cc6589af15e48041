//! Once a day a copy of the database beside it, on a thread of its own: the last one is kept.

use crate::WorkerError;
use crate::own_file::{self, failed};
use home::{Home, files};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use store::Store;
use timeline::WallTime;

/// The daily copy.
#[derive(Default)]
pub(crate) struct Snapshot {
    /// The day (UTC) of the last one that was tried, as days since 1970.
    day: Option<i64>,
    running: Option<JoinHandle<()>>,
}

const DAY_MICROS: i64 = 86_400_000_000;

impl Snapshot {
    /// To be called now and then while there is nothing else to do: begins today's copy where there is none yet. That it can't be made is told in
    /// the log, and tried again tomorrow.
    pub(crate) fn step(&mut self, home: &Home, now: WallTime) {
        let today = now.as_micros().div_euclid(DAY_MICROS);
        if self.running.as_ref().is_some_and(|thread| !thread.is_finished()) || self.day == Some(today) {
            return;
        }
        self.day = Some(today);
        let path = home.snapshot();
        if day_of(&path).is_some_and(|day| day >= today) {
            return;
        }
        let database = home.database();
        let copy = move || {
            if let Err(error) = keep(&database, &path) {
                tracing::warn!("the daily copy of the database can't be made: {}", home::one_line(&error));
            }
        };
        match thread::Builder::new().name("hs-snapshot".to_owned()).spawn(copy) {
            Ok(thread) => self.running = Some(thread),
            Err(error) => tracing::warn!("cannot start the thread hs-snapshot: {error}"),
        }
    }

    /// Waits until a copy that is being made is there; the next one is made as soon as there is nothing else to do.
    pub(crate) fn stop(&mut self) {
        self.day = None;
        if let Some(thread) = self.running.take()
            && thread.join().is_err()
        {
            tracing::warn!("the thread hs-snapshot has died");
        }
    }
}

/// The day of a file, as days since 1970.
fn day_of(path: &Path) -> Option<i64> {
    let since = fs::metadata(path).ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs() / 86_400).ok()
}

/// Copies the database and puts the copy in the place of the one before. What can't be finished is taken away: it may be what fills the disk.
fn keep(database: &Path, path: &Path) -> Result<(), WorkerError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    own_file::remove(&unfinished)?;
    let copied = Store::copy(database, &unfinished).map_err(WorkerError::from).and_then(|()| {
        File::open(&unfinished).and_then(|file| file.sync_all()).map_err(failed("sync", &unfinished))?;
        files::rename_durably(&unfinished, path).map_err(failed("rename", &unfinished))
    });
    if copied.is_err() {
        own_file::remove(&unfinished)?;
    }
    copied
}
