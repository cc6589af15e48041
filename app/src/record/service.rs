//! What the service manager and the supervisor are told, and what they say.

use recorder::SharedStatus;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// Rounds of the main thread between two signs of life: systemd allows 30 s.
const SIGN_EVERY: u32 = 50;

/// Ends the recording when stdin closes: with whoever started it, nothing records that nobody sees.
pub(crate) fn stop_with_stdin(stop: Arc<AtomicBool>) -> std::io::Result<()> {
    let watch = move || {
        let mut rest = [0; 64];
        while matches!(std::io::stdin().read(&mut rest), Ok(1..)) {}
        stop.store(true, SeqCst);
    };
    std::thread::Builder::new().name("hs-stdin".into()).spawn(watch).map(drop)
}

/// Whether systemd started this process and waits to be told that it is ready.
pub(crate) fn is_systemds() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some()
}

/// Signs of life for systemd; nothing where it doesn't ask for them.
pub(crate) struct Life {
    status: SharedStatus,
    /// Rounds that the writer had gone at the last sign.
    rounds: u64,
    looks: u32,
}

impl Life {
    /// Says that recording (or a pause) has begun.
    pub(crate) fn begin(status: SharedStatus) -> Self {
        tell(Sign::Ready);
        Self { status, rounds: 0, looks: 0 }
    }

    /// To be called by the main thread ten times a second. Gives a sign only while the writer goes round: one that
    /// hangs is to be started again.
    pub(crate) fn look(&mut self) {
        self.looks += 1;
        let rounds = self.status.rounds();
        if self.looks >= SIGN_EVERY && rounds != self.rounds {
            (self.looks, self.rounds) = (0, rounds);
            tell(Sign::Alive);
        }
    }
}

/// Says that the recording is about to end.
pub(crate) fn tell_of_the_end() {
    tell(Sign::Stopping);
}

#[derive(Debug, Clone, Copy)]
enum Sign {
    Ready,
    Alive,
    Stopping,
}

#[cfg(target_os = "linux")]
fn tell(sign: Sign) {
    let state = match sign {
        Sign::Ready => sd_notify::NotifyState::Ready,
        Sign::Alive => sd_notify::NotifyState::Watchdog,
        Sign::Stopping => sd_notify::NotifyState::Stopping,
    };
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!("systemd cannot be told of {sign:?}: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn tell(_sign: Sign) {}
