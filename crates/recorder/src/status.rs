use capture::control::RecorderStatus;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// The recorder's status, written by the writer several times a second and read by meter and socket.
#[derive(Debug, Clone)]
pub struct SharedStatus(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    status: Mutex<RecorderStatus>,
    rounds: AtomicU64,
}

impl SharedStatus {
    pub(crate) fn new() -> Self {
        let status = Mutex::new(RecorderStatus { running: true, ..RecorderStatus::stopped() });
        Self(Arc::new(Shared { status, rounds: AtomicU64::new(0) }))
    }

    /// The status as it was last written.
    pub fn read(&self) -> RecorderStatus {
        self.0.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often the writer has gone round: a writer that hangs doesn't.
    pub fn rounds(&self) -> u64 {
        self.0.rounds.load(Relaxed)
    }

    pub(crate) fn count_round(&self) {
        self.0.rounds.fetch_add(1, Relaxed);
    }

    pub(crate) fn write(&self, status: RecorderStatus) {
        *self.0.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }
}
