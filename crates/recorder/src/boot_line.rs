//! A moment that another recorder wrote down, on the boot clock of this one.

use timeline::WallTime;

/// Both clocks at one moment, as they were written down: a wall time beside them is a moment of that boot clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BootLine {
    pub(crate) at: WallTime,
    /// What the boot clock said at `at`.
    pub(crate) boot_us: i64,
    /// [`timeline::Clock::boot_id`] of that clock; what was written before there were such ids, or where there are none, has none.
    pub(crate) boot_id: Option<String>,
}

impl BootLine {
    /// The moment that a wall time is on the boot clock with that id; none where the line isn't known to be of the same.
    pub(crate) fn boot_at(&self, wall: WallTime, boot_id: Option<&str>) -> Option<i64> {
        let same = boot_id.is_some() && boot_id == self.boot_id.as_deref();
        same.then(|| self.boot_us.saturating_add(wall.micros_since(self.at)))
    }
}
