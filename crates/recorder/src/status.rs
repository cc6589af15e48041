use capture::control::RecorderStatus;
use std::sync::{Arc, Mutex, PoisonError};

/// The recorder's status, written by the writer several times a second and read by meter and socket.
#[derive(Debug, Clone)]
pub struct SharedStatus(Arc<Mutex<RecorderStatus>>);

impl SharedStatus {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(RecorderStatus { running: true, ..RecorderStatus::stopped() })))
    }

    /// The status as it was last written.
    pub fn read(&self) -> RecorderStatus {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn write(&self, status: RecorderStatus) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }
}
