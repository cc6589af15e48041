//! Whether there is room to record: looked up every second, so that recording stops before the disk is full, and goes
//! on by itself once there is room again.

use home::Home;
use std::sync::Arc;

/// Below so many bytes the user is warned: 17 hours of both tracks.
pub const WARN_BYTES: u64 = 2 << 30;
/// Below so many bytes nothing is written: a full disk hurts the whole system, and databases on it.
pub const STOP_BYTES: u64 = 200_000_000;
/// With so many recording goes on: half as many again, so that it doesn't start and stop by turns.
pub const RESUME_BYTES: u64 = 300_000_000;
/// How often is looked.
const LOOK_EVERY_MICROS: i64 = 1_000_000;

/// Says how many bytes are free for the home, or why it can't be written at all.
pub type Room = Arc<dyn Fn() -> Result<u64, String> + Send + Sync>;

/// What is free for a home, by the file system.
pub fn room_of(home: &Home) -> Room {
    let root = home.root().to_owned();
    Arc::new(move || {
        if !root.is_dir() {
            return Err(format!("{} is gone", root.display()));
        }
        free(&root)
    })
}

#[cfg(unix)]
fn free(root: &std::path::Path) -> Result<u64, String> {
    let stat = rustix::fs::statvfs(root).map_err(|error| format!("{}: {error}", root.display()))?;
    if stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
        return Err(format!("{} is read-only", root.display()));
    }
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Not known without unsafe code or another crate: writing finds out.
#[cfg(not(unix))]
fn free(_root: &std::path::Path) -> Result<u64, String> {
    Ok(u64::MAX)
}

/// How the disk is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Disk {
    /// There is room.
    Well,
    /// There is room for so many bytes still.
    Low(u64),
    /// Too little room: nothing is written.
    Full(u64),
    /// The home can't be written.
    Gone(String),
}

impl Disk {
    /// The state that follows, with what is free now.
    fn next(&self, free: Result<u64, String>) -> Self {
        let needed = if matches!(self, Self::Well | Self::Low(_)) { STOP_BYTES } else { RESUME_BYTES };
        match free {
            Err(reason) => Self::Gone(reason),
            Ok(bytes) if bytes < needed => Self::Full(bytes),
            Ok(bytes) if bytes < WARN_BYTES => Self::Low(bytes),
            Ok(_) => Self::Well,
        }
    }

    /// Whether nothing is to be written.
    pub(crate) fn stops(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Gone(_))
    }

    /// A sentence for the user, where something is wrong.
    pub(crate) fn warning(&self) -> Option<String> {
        match self {
            Self::Well => None,
            Self::Low(bytes) => Some(format!("only {} are left on the disk; make room", size(*bytes))),
            Self::Full(bytes) => Some(format!("nothing is recorded: {} are left on the disk; make room", size(*bytes))),
            Self::Gone(reason) => Some(format!("nothing is recorded: the home cannot be written ({reason})")),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn size(bytes: u64) -> String {
    if bytes >= 1_000_000_000 { format!("{:.1} GB", bytes as f64 / 1e9) } else { format!("{} MB", bytes / 1_000_000) }
}

/// Looks, and remembers.
pub(crate) struct DiskWatch {
    room: Room,
    state: Disk,
    looked: Option<i64>,
}

impl DiskWatch {
    pub(crate) fn new(room: Room) -> Self {
        Self { room, state: Disk::Well, looked: None }
    }

    pub(crate) fn state(&self) -> &Disk {
        &self.state
    }

    /// Looks if it is time to. Says, if it was, whether another kind of state has begun.
    pub(crate) fn look(&mut self, boot: i64) -> Option<bool> {
        if self.looked.is_some_and(|looked| (0..LOOK_EVERY_MICROS).contains(&(boot - looked))) {
            return None;
        }
        self.looked = Some(boot);
        let next = self.state.next((self.room)());
        let changed = std::mem::discriminant(&next) != std::mem::discriminant(&self.state);
        self.state = next;
        Some(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_below_200_mb_and_goes_on_at_300() {
        let mut disk = Disk::Well;
        for (free, stops) in [
            (5_000_000_000, false),
            (1_000_000_000, false),
            (STOP_BYTES, false),
            (STOP_BYTES - 1, true),
            (STOP_BYTES + 1, true),
            (RESUME_BYTES - 1, true),
            (RESUME_BYTES, false),
            (STOP_BYTES, false),
            (5_000_000_000, false),
        ] {
            disk = disk.next(Ok(free));
            assert_eq!(disk.stops(), stops, "{free} bytes");
            assert_eq!(disk.warning().is_some(), free < WARN_BYTES, "{free} bytes");
        }
        disk = disk.next(Err("it is gone".into()));
        assert!(disk.stops());
        assert!(!disk.next(Ok(WARN_BYTES)).stops());
    }

    #[test]
    fn a_home_that_is_not_there_has_no_room() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("home"));
        let room = room_of(&home);
        assert!(room().unwrap_err().ends_with("is gone"));
        home.ensure().unwrap();
        assert!(room().unwrap() > 0);
    }
}
