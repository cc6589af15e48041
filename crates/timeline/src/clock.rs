use crate::WallTime;
use chrono::Utc;

/// Where the time comes from. Injected, so that a test can be any day, any night of a clock change.
pub trait Clock: Send + Sync {
    /// What the wall clock says; may step either way.
    fn wall(&self) -> WallTime;
    /// Microseconds since the machine booted, suspend included; never steps.
    fn boot_micros(&self) -> i64;
    /// Microseconds that the machine has been awake, on a line of its own: [`boot_micros`](Self::boot_micros) without
    /// the time it was suspended. What waits or watches counts in these, so that a night's sleep is no failure.
    fn awake_micros(&self) -> i64;
    /// Which run of the machine [`boot_micros`](Self::boot_micros) counts in: a reading of another program belongs to
    /// the same clock where this is the same. `None` where that can't be known.
    fn boot_id(&self) -> Option<String> {
        None
    }
}

/// The system's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
    fn wall(&self) -> WallTime {
        WallTime::of(&Utc::now())
    }

    #[cfg(target_os = "linux")]
    fn boot_micros(&self) -> i64 {
        // CLOCK_MONOTONIC (std's Instant) stands still while the machine sleeps; this one doesn't.
        micros(rustix::time::ClockId::Boottime)
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
    fn boot_micros(&self) -> i64 {
        // Windows' and macOS' monotonic clocks go on (or are corrected) through sleep.
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        let since = START.get_or_init(std::time::Instant::now).elapsed().as_micros();
        i64::try_from(since).unwrap_or(i64::MAX)
    }

    #[cfg(target_os = "linux")]
    fn awake_micros(&self) -> i64 {
        micros(rustix::time::ClockId::Monotonic)
    }

    // The other systems' clocks above begin with the process.
    #[cfg(target_os = "linux")]
    fn boot_id(&self) -> Option<String> {
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned())
    }

    // How the other systems' clocks treat sleep differs by version; none has been tried. There, nothing was suspended.
    #[cfg(not(target_os = "linux"))]
    fn awake_micros(&self) -> i64 {
        self.boot_micros()
    }
}

#[cfg(target_os = "linux")]
fn micros(clock: rustix::time::ClockId) -> i64 {
    let t = rustix::time::clock_gettime(clock);
    t.tv_sec.saturating_mul(1_000_000).saturating_add(t.tv_nsec / 1_000)
}
