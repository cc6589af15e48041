use crate::WallTime;
use chrono::Utc;

/// Where the time comes from. Injected, so that a test can be any day, any night of a clock change.
pub trait Clock: Send + Sync {
    /// What the wall clock says; may step either way.
    fn wall(&self) -> WallTime;
    /// Microseconds since the machine booted, suspend included; never steps.
    fn boot_micros(&self) -> i64;
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
        let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        t.tv_sec.saturating_mul(1_000_000).saturating_add(t.tv_nsec / 1_000)
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
    fn boot_micros(&self) -> i64 {
        // Windows' and macOS' monotonic clocks go on (or are corrected) through sleep.
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        let since = START.get_or_init(std::time::Instant::now).elapsed().as_micros();
        i64::try_from(since).unwrap_or(i64::MAX)
    }
}
