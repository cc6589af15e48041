//! What a device's rate really is: some say 48 kHz and deliver 44.1.

use timeline::SampleRate;

/// Delivery is measured over so much unbroken time.
const WINDOW_MICROS: i64 = 10_000_000;
/// The earliest arrival within so much time at either end of a window counts: only lateness has to be ruled out.
const EDGE_MICROS: i64 = 1_000_000;
/// Blocks further apart than this don't follow each other: a loopback was idle, a device slept.
const BROKEN_MICROS: i64 = 500_000;
/// A clock that is this far off isn't a clock that drifts (20 times what a poor device does), it has another rate.
const WRONG_PPM: i64 = 2_000;
/// Two windows agree where they differ by less than this.
const AGREE_PPM: i64 = 1_000;
/// A rate this near to a standard one is that.
const SNAP_PPM: i64 = 5_000;
/// The rates that devices have.
const STANDARD: [u32; 12] =
    [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000];

/// Frames against the clock.
#[derive(Debug)]
pub(crate) struct Measure {
    rate: SampleRate,
    /// When the last block came.
    last: Option<i64>,
    window: Option<Window>,
    /// What the window before measured, in Hz, where that was wrong.
    suspect: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: i64,
    frames: u64,
    /// How early the earliest block came against the nominal rate, and when that was: at the begin and of late.
    first: (i64, i64),
    recent: Option<(i64, i64)>,
}

impl Measure {
    pub(crate) fn new(rate: SampleRate) -> Self {
        Self { rate, last: None, window: None, suspect: None }
    }

    /// Takes a block; gives the rate that two windows in a row have measured, where it isn't the nominal one.
    pub(crate) fn push(&mut self, captured: i64, frames: u64, lost_before: u64) -> Option<SampleRate> {
        let last = self.last.replace(captured);
        if lost_before > 0 || last.is_none_or(|last| captured - last > BROKEN_MICROS) {
            (self.window, self.suspect) = (None, None);
        }
        let new = Window { began: captured, frames: 0, first: (captured, captured), recent: None };
        let window = self.window.get_or_insert(new);
        let offset = captured - self.rate.micros(window.frames);
        window.frames += frames;
        let age = captured - window.began;
        if age <= EDGE_MICROS {
            window.first = window.first.min((offset, captured));
        } else if age >= WINDOW_MICROS - EDGE_MICROS {
            window.recent = Some(window.recent.map_or((offset, captured), |recent| recent.min((offset, captured))));
        }
        if age < WINDOW_MICROS { None } else { self.conclude() }
    }

    fn conclude(&mut self) -> Option<SampleRate> {
        let window = self.window.take()?;
        let ((first, from), (recent, to)) = (window.first, window.recent?);
        let (slipped, length) = (recent - first, to - from);
        if (slipped * 1_000_000 / length).abs() <= WRONG_PPM {
            self.suspect = None;
            return None;
        }
        let hz = i64::from(self.rate.hz());
        // The later the blocks, the fewer frames came in that time.
        let measured = hz * (length - slipped) / length;
        match self.suspect.replace(measured) {
            Some(before) if (before - measured).abs() * 1_000_000 <= hz * AGREE_PPM => snapped(measured),
            _ => None,
        }
    }
}

fn snapped(hz: i64) -> Option<SampleRate> {
    let near = |standard: &&u32| (i64::from(**standard) - hz).abs() * 1_000_000 <= hz * SNAP_PPM;
    let hz = STANDARD.iter().find(near).copied().or_else(|| u32::try_from(hz).ok())?;
    SampleRate::new(hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is measured where a device says one rate and has another, in blocks of 40 ms, late by what `late` says.
    fn measured(says: u32, has: f64, late: impl Fn(usize) -> i64) -> Option<SampleRate> {
        let rate = SampleRate::new(says).unwrap();
        let mut measure = Measure::new(rate);
        let frames = u64::from(says) / 25;
        (0..2_500).find_map(|n| {
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a test")]
            let captured = (n as f64 * frames as f64 / has * 1e6) as i64;
            measure.push(captured + late(n), frames, 0)
        })
    }

    #[test]
    fn a_device_that_says_another_rate_is_found_out() {
        for (says, has) in [(48_000, 44_100), (44_100, 48_000), (16_000, 48_000), (48_000, 8_000)] {
            assert_eq!(measured(says, f64::from(has), |_| 0), SampleRate::new(has), "says {says}, has {has}");
        }
        assert_eq!(measured(48_000, 47_000.0, |_| 0).map(SampleRate::hz).map(|hz| hz / 100), Some(470));
    }

    #[test]
    fn drift_and_jitter_are_no_other_rate() {
        for has in [48_000.0, 48_004.8, 47_995.2, 48_040.0] {
            assert_eq!(measured(48_000, has, |n| i64::try_from(n * 7_919 % 90_000).unwrap()), None, "{has}");
        }
    }

    #[test]
    fn a_stalled_reader_is_no_other_rate() {
        // Every 8 s nothing is read for 0.4 s, and then everything at once.
        let late = |n: usize| if n % 200 < 10 { i64::try_from(10 - n % 200).unwrap() * 40_000 } else { 0 };
        assert_eq!(measured(48_000, 48_000.0, late), None);
    }
}
