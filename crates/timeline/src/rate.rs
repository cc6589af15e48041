/// Frames per second of a track or a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleRate(u32);

impl SampleRate {
    /// 16 kHz: what Whisper and Silero were trained on, and the archive's default.
    pub const SPEECH: Self = Self(16_000);

    /// A rate between 1 Hz and 768 kHz; `None` beyond.
    pub const fn new(hz: u32) -> Option<Self> {
        if hz >= 1 && hz <= 768_000 { Some(Self(hz)) } else { None }
    }

    /// Frames per second.
    pub const fn hz(self) -> u32 {
        self.0
    }

    /// How long `frames` last, in microseconds, rounded to nearest.
    pub fn micros(self, frames: u64) -> i64 {
        let hz = u128::from(self.0);
        let micros = (u128::from(frames) * 1_000_000 + hz / 2) / hz;
        i64::try_from(micros).unwrap_or(i64::MAX)
    }

    /// How many frames `micros` microseconds hold, rounded to nearest; none for negative durations.
    pub fn frames(self, micros: i64) -> u64 {
        let micros = u128::from(u64::try_from(micros).unwrap_or(0));
        let frames = (micros * u128::from(self.0) + 500_000) / 1_000_000;
        u64::try_from(frames).unwrap_or(u64::MAX)
    }
}

impl std::fmt::Display for SampleRate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_way_through_microseconds() {
        for hz in [8_000, 16_000, 44_100, 48_000] {
            let rate = SampleRate::new(hz).unwrap();
            for frames in (0..200_000).step_by(7).chain([u64::from(hz) * 86_400 * 366]) {
                assert_eq!(rate.frames(rate.micros(frames)), frames, "{hz} Hz");
            }
        }
    }
}
