use crate::WallTime;

/// A frame of the absolute grid: 16 kHz, counted from the Unix epoch.
///
/// One frame is 62.5 µs, so every position has an exact wall time to half a microsecond, and a wall
/// time that came from a position finds it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub i64);

impl Position {
    /// The frame nearest to a moment.
    pub const fn nearest(time: WallTime) -> Self {
        // frames = µs * 16 / 1000, rounded to nearest; floor division keeps times before 1970 right.
        Self((time.as_micros() * 16 + 500).div_euclid(1_000))
    }

    /// When this frame is, rounded down to the microsecond.
    pub const fn wall(self) -> WallTime {
        WallTime::from_micros(self.0.saturating_mul(125).div_euclid(2))
    }

    /// The position `frames` later.
    #[must_use]
    pub const fn plus(self, frames: i64) -> Self {
        Self(self.0.saturating_add(frames))
    }

    /// Frames from `earlier` to here.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_finds_itself_again_through_wall_time() {
        for frame in (-50_000..50_000).chain(28_726_804_800_000..28_726_804_900_000) {
            assert_eq!(Position(frame).wall().position(), Position(frame));
        }
    }
}
