//! How much earlier than it arrives sound was captured.

use timeline::SampleRate;

/// A device that wakes up reports latencies of a second and more; one that runs has fragments of 40 ms.
const BELIEVABLE_MICROS: i64 = 200_000;

/// What the server said about a stream's timing, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// How long sound has been in the source before it got into the stream.
    pub(super) source: i64,
    /// How far ahead of what is heard the sink is whose monitor is recorded.
    pub(super) sink: i64,
    /// Frames that had got into the stream.
    pub(super) written: u64,
}

/// The latency of one stream.
///
/// Sound recorded from a monitor is yet to be heard; sound from a source is older than it looks. A sink that nothing
/// plays into has rendered up to 2 s ahead before its monitor is opened. Then the monitor has nothing until that time
/// has come, and the latency that the server reports in the meantime falls from 2 s to nothing: it says when the
/// first frame will come, and nothing about those after it.
#[derive(Debug)]
pub(super) struct Latency {
    rate: SampleRate,
    micros: i64,
    /// When the first frame will have been captured, on the boot clock, as long as none has come.
    first: Option<i64>,
    /// Frames that have come.
    frames: u64,
}

impl Latency {
    /// Of a stream that begins now.
    pub(super) fn new(rate: SampleRate) -> Self {
        Self { rate, micros: 0, first: None, frames: 0 }
    }

    /// The server has answered, at a moment of the boot clock.
    pub(super) fn told(&mut self, now: i64, timing: Timing) {
        let latency = timing.source - timing.sink;
        if self.frames == 0 {
            self.first = Some(now - latency - self.rate.micros(timing.written));
        } else {
            self.micros = if latency.abs() <= BELIEVABLE_MICROS { latency } else { 0 };
        }
    }

    /// When the first frame of a block was captured that has arrived now. Both on the boot clock, in microseconds.
    pub(super) fn captured(&mut self, now: i64, frames: u64) -> i64 {
        let without = now - self.rate.micros(frames);
        if let Some(first) = self.first.take() {
            // Sound that comes later than was said may be that of a device that was asleep until now.
            self.micros = if (-BELIEVABLE_MICROS..=0).contains(&(without - first)) { without - first } else { 0 };
        }
        self.frames += frames;
        without - self.micros
    }

    /// Whether any sound has come yet.
    pub(super) fn has_begun(&self) -> bool {
        self.frames > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: u64 = 1920;
    const BLOCK_MICROS: i64 = 40_000;

    fn latency() -> Latency {
        Latency::new(SampleRate::new(48_000).unwrap())
    }

    fn of_sink(sink: i64) -> Timing {
        Timing { source: 0, sink, written: 0 }
    }

    #[test]
    fn a_sink_that_wakes_up_moves_no_frame_whenever_the_server_is_asked() {
        // Rendered ahead up to 2,000,000: the first block comes then, and holds what is heard from then on.
        for asked in (0..2_000_000).step_by(10_000) {
            let mut latency = latency();
            latency.told(asked, of_sink(2_000_000 - asked));
            assert!(!latency.has_begun());
            for block in 0..3 {
                let due = 2_000_000 + block * BLOCK_MICROS;
                assert_eq!(latency.captured(due, BLOCK), due, "asked at {asked}");
                latency.told(due, Timing { source: 0, sink: BLOCK_MICROS, written: BLOCK });
            }
        }
    }

    #[test]
    fn a_device_that_was_asleep_and_one_that_was_never_asked_about_are_taken_as_they_arrive() {
        let mut asleep = latency();
        asleep.told(1_000_000, of_sink(0));
        assert_eq!(asleep.captured(1_150_000, BLOCK), 1_110_000);
        assert_eq!(latency().captured(1_150_000, BLOCK), 1_110_000);
    }

    #[test]
    fn sound_of_a_source_is_older_by_its_latency_and_an_unbelievable_one_counts_for_nothing() {
        let mut latency = latency();
        assert_eq!(latency.captured(1_000_000, BLOCK), 960_000);
        latency.told(1_000_000, Timing { source: 30_000, sink: 0, written: BLOCK });
        assert_eq!(latency.captured(1_040_000, BLOCK), 970_000);
        latency.told(1_040_000, Timing { source: 900_000, sink: 0, written: 2 * BLOCK });
        assert_eq!(latency.captured(1_080_000, BLOCK), 1_040_000);
    }

    #[test]
    fn what_waits_in_the_stream_when_the_server_answers_is_counted_back() {
        let mut latency = latency();
        latency.told(1_000_000, Timing { source: 0, sink: BLOCK_MICROS, written: BLOCK });
        assert_eq!(latency.captured(1_002_000, BLOCK), 1_000_000);
    }
}
