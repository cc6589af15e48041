use crate::WorkerError;
use notify::{EventKind, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// Wakes the worker when a file may have been finished. It only shortens the wait: what is there is found by
/// looking, on start, after every wake and every [`RESCAN`].
pub(crate) struct Watch {
    wake: Receiver<()>,
    _watcher: Box<dyn Watcher + Send>,
}

/// A watcher can overflow or not exist (a network drive); looking again this often makes it right.
pub(crate) const RESCAN: Duration = Duration::from_mins(1);

impl Watch {
    /// Watches a folder and everything below it.
    pub(crate) fn new(folder: &Path) -> Result<Self, WorkerError> {
        // One place is enough: a wake that is waiting says all that a second could.
        let (sender, wake) = sync_channel(1);
        // Without inotify watches to spare, polling does it.
        let watcher: Box<dyn Watcher + Send> = match start(notify::recommended_watcher(handler(sender.clone())), folder)
        {
            Ok(watcher) => watcher,
            Err(source) => {
                tracing::warn!(%source, "cannot watch the archive by events, looking every {} s", RESCAN.as_secs());
                let config = notify::Config::default().with_poll_interval(RESCAN);
                start(notify::PollWatcher::new(handler(sender), config), folder)
                    .map_err(|source| WorkerError::Watch { path: PathBuf::from(folder), source })?
            }
        };
        Ok(Self { wake, _watcher: watcher })
    }

    /// Waits for a wake, at most so long; whether one came.
    pub(crate) fn wait(&self, at_most: Duration) -> bool {
        match self.wake.recv_timeout(at_most) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            // The watcher is gone; the rescan goes on without it.
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(at_most);
                false
            }
        }
    }
}

fn start<W: Watcher + Send + 'static>(
    watcher: notify::Result<W>,
    folder: &Path,
) -> notify::Result<Box<dyn Watcher + Send>> {
    let mut watcher = watcher?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok(Box::new(watcher))
}

/// Runs on the watcher's own thread: only ever leaves a note, or its queue would overflow.
fn handler(sender: SyncSender<()>) -> impl Fn(notify::Result<notify::Event>) + Send + 'static {
    move |event| {
        if event.map_or(true, |event| matters(&event)) {
            match sender.try_send(()) {
                // Full means that a wake is waiting already; nobody waits any more when the worker ends.
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
    }
}

/// A finished segment appears by a rename; a folder that was moved in says nothing of its files; and an overflow
/// has no paths at all. Reading and writing are not news: the recorder writes all day. Nor is a FLAC, or every segment that is
/// packed would have the whole archive looked through; one that is put there by hand waits for the rescan.
fn matters(event: &notify::Event) -> bool {
    event.need_rescan()
        || matches!(event.kind, EventKind::Create(_) | EventKind::Modify(notify::event::ModifyKind::Name(_)))
            && event.paths.iter().any(|path| path.extension().is_none_or(|extension| extension == "wav"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn woken_by(change: impl FnOnce(&Path)) -> bool {
        let dir = tempfile::tempdir().unwrap();
        home::files::create_dir_all(&dir.path().join("day")).unwrap();
        let watch = Watch::new(dir.path()).unwrap();
        change(&dir.path().join("day"));
        watch.wait(Duration::from_secs(2))
    }

    #[test]
    fn a_finished_segment_wakes() {
        assert!(woken_by(|day| {
            home::files::create_new(&day.join("a.wav.part")).unwrap();
            std::fs::rename(day.join("a.wav.part"), day.join("a.wav")).unwrap();
        }));
    }

    #[test]
    fn a_segment_that_grows_does_not_wake() {
        assert!(!woken_by(|day| {
            let mut part = home::files::create_new(&day.join("a.wav.part")).unwrap();
            std::io::Write::write_all(&mut part, &[0; 4096]).unwrap();
        }));
    }
}
