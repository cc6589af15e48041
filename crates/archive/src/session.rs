use crate::Row;
use timeline::WallTime;

/// A run of the recorder between two steps of the wall clock: one line from the boot clock to wall time.
///
/// Within a session the order of sound is (session, frame); wall time is a label on it. So neither daylight saving nor a
/// clock that is set can reorder or stretch anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    id: String,
    wall: WallTime,
    boot_micros: i64,
}

/// A wall clock that moved by more than this against the boot clock ends a session.
pub const MAX_STEP_MICROS: i64 = 2_000_000;

impl Session {
    /// A session that begins now; both readings are of one moment.
    pub fn start(wall: WallTime, boot_micros: i64) -> Self {
        // On a whole millisecond, which is 16 frames of the 16 kHz grid: every frame of the session then lies on the
        // grid exactly, and its id is its whole start.
        let cut = wall.as_micros().rem_euclid(1_000);
        let wall = wall.plus_micros(-cut);
        Self { id: wall.compact(), wall, boot_micros: boot_micros.saturating_sub(cut) }
    }

    /// Its name: the compact form of its start.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The wall time of its frame 0.
    pub const fn wall(&self) -> WallTime {
        self.wall
    }

    /// The boot clock at its frame 0.
    pub const fn boot_micros(&self) -> i64 {
        self.boot_micros
    }

    /// The wall time that the session gives to a moment of the boot clock.
    pub const fn wall_at(&self, boot_micros: i64) -> WallTime {
        self.wall.plus_micros(boot_micros.saturating_sub(self.boot_micros))
    }

    /// How far the wall clock has moved against the session's line: 0 while nobody sets it.
    pub const fn step_micros(&self, wall: WallTime, boot_micros: i64) -> i64 {
        wall.micros_since(self.wall_at(boot_micros))
    }

    /// Whether the wall clock has moved so far that a new session must start.
    pub const fn must_end(&self, wall: WallTime, boot_micros: i64) -> bool {
        self.step_micros(wall, boot_micros).saturating_abs() > MAX_STEP_MICROS
    }

    /// The journal's row for its start, with the [`Clock::boot_id`](timeline::Clock::boot_id) of its boot clock.
    pub fn row(&self, boot_id: Option<String>) -> Row {
        Row::Session {
            at: self.wall,
            session: self.id.clone(),
            boot_us: self.boot_micros,
            boot_id,
            utc_offset_s: self.wall.local_offset_s(),
        }
    }
}
