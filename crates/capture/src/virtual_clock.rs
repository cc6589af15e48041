use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use timeline::{Clock, WallTime};

/// A clock that stands still until it is told to move.
#[derive(Debug, Default)]
pub struct VirtualClock {
    boot: AtomicI64,
    suspended: AtomicI64,
    wall: AtomicI64,
    boots: AtomicI64,
}

impl VirtualClock {
    /// A machine that booted a minute ago, at that moment by its wall clock.
    pub fn at(wall: WallTime) -> Arc<Self> {
        Arc::new(Self {
            boot: AtomicI64::new(60_000_000),
            suspended: AtomicI64::new(0),
            wall: AtomicI64::new(wall.as_micros()),
            boots: AtomicI64::new(1),
        })
    }

    /// Time passes, for both clocks.
    pub fn advance(&self, micros: i64) {
        self.boot.fetch_add(micros, SeqCst);
        self.wall.fetch_add(micros, SeqCst);
    }

    /// The machine sleeps: time passes, but not for whoever is awake.
    pub fn suspend(&self, micros: i64) {
        self.suspended.fetch_add(micros, SeqCst);
        self.advance(micros);
    }

    /// The machine boots: its boot clock begins again, a minute ago.
    pub fn reboot(&self) {
        self.boots.fetch_add(1, SeqCst);
        self.boot.store(60_000_000, SeqCst);
        self.suspended.store(0, SeqCst);
        self.wall.fetch_add(60_000_000, SeqCst);
    }

    /// The wall clock is set, forwards or backwards; no time passes.
    pub fn step_wall(&self, micros: i64) {
        self.wall.fetch_add(micros, SeqCst);
    }
}

impl Clock for VirtualClock {
    fn wall(&self) -> WallTime {
        WallTime::from_micros(self.wall.load(SeqCst))
    }

    fn boot_micros(&self) -> i64 {
        self.boot.load(SeqCst)
    }

    fn awake_micros(&self) -> i64 {
        self.boot.load(SeqCst) - self.suspended.load(SeqCst)
    }

    fn boot_id(&self) -> Option<String> {
        Some(format!("boot {}", self.boots.load(SeqCst)))
    }
}
