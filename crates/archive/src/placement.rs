//! Where a block belongs: by the clock, never by count. Functions over values; no file, no device.
//!
//! A device that stops delivering must not make its track shorter, and one that delivers unevenly must not make holes.
//! So each block's capture time is compared with a *line*: when it was due by the blocks before it. The line follows an
//! early block at once and a late one slowly, so that it stands at the earliest delivery; drift (±100 ppm) moves it along,
//! jitter doesn't. A block that is more than [`BREAK_MICROS`] late follows a break, and the track is filled up to where
//! the clock of the session says the block belongs.
//!
//! The samples stay as they came, so a device that drifts gets ahead of the session's clock or behind it. By how much is
//! the track's *shift*, renewed where a segment ends ([`Placement::anchor`]): a segment begins and ends when the clock
//! says so, and is read at the speed that lies between.

use timeline::{SampleRate, WallTime};

/// A block that comes this much later than it was due follows a break.
pub const BREAK_MICROS: i64 = 200_000;
/// A shift that is off by less than this stays: the sound of a device that keeps time is read as it is, bit by bit.
const HYSTERESIS_MICROS: i64 = 2_000;
/// Shifts are whole milliseconds, 16 frames of the 16 kHz grid.
const SHIFT_STEP_MICROS: i64 = 1_000;
/// A shift that changes faster than this, in parts per million, is no drift but sound that was placed wrongly.
const MAX_DRIFT_PPM: i64 = 5_000;
/// The line follows late blocks by at most this share of their length: 1 in 256, 39 times the drift of a poor device.
const FOLLOW_SHARE: i64 = 256;
/// A segment holds at most this many frames (2 GiB), whatever its border: WAV sizes are 32 bits.
const MAX_SEGMENT_FRAMES: u64 = 1 << 30;

/// What comes before a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The first block: its track begins at this frame of the session.
    Start {
        /// The frame.
        frame: u64,
    },
    /// Nothing: the block follows the last one.
    Append,
    /// A break. The boot clock says from when to when nothing came.
    Break {
        /// Frames of silence that bring the track back to the clock; 0 where it was ahead by more than the break.
        frames: u64,
        /// When the block was due.
        from: i64,
        /// When it was captured.
        to: i64,
    },
}

/// The place of one track in a session.
#[derive(Debug, Clone)]
pub struct Placement {
    session_boot: i64,
    rate: SampleRate,
    next_frame: u64,
    /// The boot clock at which the next block is due; nothing before the first.
    line: Option<i64>,
    /// How much later than by their count the frames are, in microseconds.
    shift: i64,
    /// The line when the shift was renewed.
    anchored: Option<i64>,
}

impl Placement {
    /// A track of which nothing came yet.
    pub const fn new(session_boot: i64, rate: SampleRate) -> Self {
        Self { session_boot, rate, next_frame: 0, line: None, shift: 0, anchored: None }
    }

    /// The session's index of the frame that comes next.
    pub const fn next_frame(&self) -> u64 {
        self.next_frame
    }

    /// When the next block is due, by the boot clock; nothing before the first.
    pub const fn due(&self) -> Option<i64> {
        self.line
    }

    /// The frame that the clock of the session shows at a moment of the boot clock.
    pub fn frame_at(&self, boot_micros: i64) -> u64 {
        self.rate.frames(boot_micros.saturating_sub(self.session_boot).saturating_sub(self.shift))
    }

    /// How much later than by their count the frames are by now, in microseconds: the sum of the device's drift.
    pub const fn shift(&self) -> i64 {
        self.shift
    }

    /// Renews the shift from the line, and gives it. For the ends of segments and before breaks.
    pub fn anchor(&mut self) -> i64 {
        self.shift = self.shift_by_now();
        self.anchored = self.line.or(self.anchored);
        self.shift
    }

    /// What the shift would be if it were renewed now.
    pub fn shift_by_now(&self) -> i64 {
        let Some(line) = self.line else { return self.shift };
        let by_count = self.session_boot.saturating_add(self.rate.micros(self.next_frame));
        let change = line.saturating_sub(by_count).saturating_sub(self.shift);
        if change.abs() <= HYSTERESIS_MICROS {
            return self.shift;
        }
        let elapsed = line.saturating_sub(self.anchored.unwrap_or(line)).max(0);
        let drift = HYSTERESIS_MICROS + elapsed / 1_000_000 * MAX_DRIFT_PPM;
        let change = change.clamp(-drift, drift) / SHIFT_STEP_MICROS * SHIFT_STEP_MICROS;
        self.shift.saturating_add(change)
    }

    /// Frames that were captured after the last block and got lost: the track moves on by so many. From when to when
    /// they were, by the boot clock; nothing before the first block.
    pub fn lose(&mut self, frames: u64) -> Option<(i64, i64)> {
        let from = self.line?;
        let to = from.saturating_add(self.rate.micros(frames));
        self.line = Some(to);
        self.next_frame = self.next_frame.saturating_add(frames);
        Some((from, to))
    }

    /// Takes a block of `frames` whose first frame was captured at `captured`, and says what comes before it.
    pub fn step(&mut self, captured: i64, frames: u64) -> Step {
        let length = self.rate.micros(frames);
        let (step, begin) = match self.line {
            None => {
                let frame = self.frame_at(captured);
                (self.next_frame, self.anchored) = (frame, Some(captured));
                (Step::Start { frame }, captured)
            }
            Some(line) => {
                let late = captured.saturating_sub(line);
                if late > BREAK_MICROS {
                    self.anchor();
                    let missing = self.frame_at(captured).saturating_sub(self.next_frame);
                    self.next_frame += missing;
                    (Step::Break { frames: missing, from: line, to: captured }, captured)
                } else {
                    (Step::Append, line.saturating_add(late.min(length / FOLLOW_SHARE)))
                }
            }
        };
        self.line = Some(begin.saturating_add(length));
        self.next_frame += frames;
        step
    }
}

/// A segment is longer than this: what drift moved in front of its border goes on behind it.
const MIN_SEGMENT_MICROS: i64 = 1_000_000;

/// The first frame of a session that lies behind the segment which holds `frame`: where the wall clock next shows a
/// multiple of `minutes` (of the UTC day's), the same instant for every track of the session. `session` is its start by
/// the count of the track: where the track is shifted, so is this. Where it is, a border less than a second away was
/// meant by the segment before.
pub fn segment_end(session: WallTime, rate: SampleRate, minutes: u32, frame: u64, started_by_drift: bool) -> u64 {
    let every = i64::from(minutes.clamp(1, 24 * 60)) * 60_000_000;
    let now = session.plus_micros(rate.micros(frame)).as_micros();
    let least = if started_by_drift { rate.frames(MIN_SEGMENT_MICROS) } else { 0 };
    let mut border = now.div_euclid(every).saturating_add(1).saturating_mul(every);
    loop {
        let end = rate.frames(border.saturating_sub(session.as_micros()));
        if end > frame.saturating_add(least) {
            return end.min(frame.saturating_add(MAX_SEGMENT_FRAMES));
        }
        // The frame is the border itself, by rounding.
        border = border.saturating_add(every);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: u64 = 160;
    const BLOCK_MICROS: i64 = 10_000;

    fn track() -> Placement {
        Placement::new(1_000_000, SampleRate::SPEECH)
    }

    struct Random(u64);
    impl Random {
        fn below(&mut self, n: u64) -> i64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % n).cast_signed()
        }
    }

    #[test]
    fn a_late_start_begins_at_the_clocks_frame() {
        assert_eq!(track().step(1_500_000, BLOCK), Step::Start { frame: 8_000 });
        assert_eq!(track().step(900_000, BLOCK), Step::Start { frame: 0 });
    }

    #[test]
    fn jitter_below_the_threshold_never_moves_anything() {
        let mut random = Random(3);
        let mut track = track();
        track.step(1_000_000, BLOCK);
        for block in 1..100_000 {
            let captured = 1_000_000 + block * BLOCK_MICROS + random.below(150_000);
            assert_eq!(track.step(captured, BLOCK), Step::Append, "block {block}");
        }
        assert_eq!(track.next_frame(), 100_000 * BLOCK);
    }

    #[test]
    fn eight_hours_of_drift_are_no_break() {
        for ppm in [-100_i64, 100, 1_000] {
            let mut track = track();
            track.step(1_000_000, BLOCK);
            for block in 1..8 * 360_000_i64 {
                let captured = 1_000_000 + block * BLOCK_MICROS + block * BLOCK_MICROS * ppm / 1_000_000;
                assert_eq!(track.step(captured, BLOCK), Step::Append, "block {block} at {ppm} ppm");
            }
        }
    }

    #[test]
    fn a_break_is_filled_up_to_the_clock_and_nothing_after_it_moves() {
        let mut random = Random(11);
        for _ in 0..1_000 {
            let mut track = track();
            track.step(1_000_000, BLOCK);
            let pause = 200_001 + random.below(4_000_000_000);
            let captured = 1_000_000 + BLOCK_MICROS + pause;
            let frames = SampleRate::SPEECH.frames(BLOCK_MICROS + pause) - BLOCK;
            assert_eq!(
                track.step(captured, BLOCK),
                Step::Break { frames, from: 1_000_000 + BLOCK_MICROS, to: captured }
            );
            for block in 1..50 {
                assert_eq!(track.step(captured + block * BLOCK_MICROS, BLOCK), Step::Append);
            }
            assert_eq!(track.next_frame(), track.frame_at(captured + 50 * BLOCK_MICROS));
        }
    }

    /// A stall is delivered late and all at once: silence is put in at first, and the next break takes it back.
    #[test]
    fn silence_that_was_too_much_is_made_good_by_the_next_break() {
        let mut track = track();
        track.step(1_000_000, BLOCK);
        let stall = 1_000_000 + BLOCK_MICROS + 500_000;
        assert!(matches!(track.step(stall, BLOCK), Step::Break { .. }));
        for block in 2..52 {
            assert_eq!(track.step(1_000_000 + block * BLOCK_MICROS, BLOCK), Step::Append);
        }
        let back = 1_000_000 + 52 * BLOCK_MICROS + 3_000_000;
        assert!(matches!(track.step(back, BLOCK), Step::Break { .. }));
        assert_eq!(track.next_frame(), track.frame_at(back) + BLOCK);
    }

    #[test]
    fn segments_of_all_rates_end_at_the_same_instant() {
        let session = WallTime::from_millis(1_795_425_312_347);
        for hz in [8_000, 16_000, 44_100, 48_000] {
            let rate = SampleRate::new(hz).unwrap();
            let mut frame = 0;
            for n in 1..300_i64 {
                frame = segment_end(session, rate, 5, frame, false);
                let border = (session.as_micros().div_euclid(300_000_000) + n) * 300_000_000;
                let off = session.plus_micros(rate.micros(frame)).as_micros() - border;
                assert!(off.abs() <= 500_000 / i64::from(hz) + 1, "{hz} Hz, segment {n}: {off} µs");
            }
        }
    }
}
