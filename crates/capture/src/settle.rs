use crate::Block;
use std::collections::VecDeque;
use timeline::SampleRate;

/// A block that comes later than this was held up, or sound is missing before it.
const LATE_MICROS: i64 = 120_000;
/// Sound has to come late for so long, without catching up, before some is held to be missing.
const PROOF_MICROS: i64 = 250_000;
/// And no block waits longer than this for what comes after it.
const WAIT_MICROS: i64 = 600_000;
/// How fast a device's clock may drift from ours, in parts per million.
/// Real ones stay within 100; a rate that isn't quite what it says is measured by whoever writes, up to this.
const DRIFT_PPM: i64 = 2000;

/// Says when each block was captured, better than its arrival does.
///
/// A block can only arrive late: a busy machine, a stopped process or a burst from a server delay it. So the earliest
/// arrivals, counted back in frames, are the line on which all blocks lie. A block far behind the line is held back for
/// a quarter of a second: if those after it catch up, nothing was missing; if they don't, a stretch of sound
/// is missing, and the line is drawn anew. The first blocks of a stream are held back as long.
///
/// Frames lost in the ring are known by number and need no proof.
#[derive(Debug)]
pub struct Settle {
    rate: SampleRate,
    /// When frame 0 of the count was captured, as it looks by now.
    line: Option<i64>,
    /// Frames counted so far.
    frames: u64,
    held: Vec<Held>,
    settled: VecDeque<Settled>,
}

/// A block whose time is settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// When its first frame was captured: microseconds on the boot clock.
    pub captured: i64,
    /// Frames between the block before and this one that the ring had no room for.
    pub lost_before: u64,
    /// Its frames.
    pub sound: Vec<f32>,
}

#[derive(Debug)]
struct Held {
    /// Frames counted before it.
    before: u64,
    /// How many of them the ring had no room for, right before it.
    lost: u64,
    /// When it was captured if it came without delay.
    captured: i64,
    /// When frame 0 was captured if this block came without delay.
    offset: i64,
    sound: Vec<f32>,
}

impl Settle {
    /// For a stream that begins now.
    pub fn new(rate: SampleRate) -> Self {
        Self { rate, line: None, frames: 0, held: Vec::new(), settled: VecDeque::new() }
    }

    /// Takes the next block of the stream.
    pub fn push(&mut self, block: Block, sound: &[f32]) {
        let before = self.frames + block.lost_before;
        self.frames = before + block.frames as u64;
        let offset = block.captured - self.rate.micros(before);
        self.part_from_what_waits(block.captured, offset);
        self.held.push(Held {
            before,
            lost: block.lost_before,
            captured: block.captured,
            offset,
            sound: sound.to_vec(),
        });
        match self.line {
            Some(line) if offset <= line + LATE_MICROS => {
                // The device's clock may be the slower one, so the line may rise, slowly.
                let drift = self.rate.micros(block.frames as u64) * DRIFT_PPM / 1_000_000;
                self.release((line + drift.max(1)).min(offset));
            }
            _ => {
                // In a burst all blocks come at once: that proves nothing yet.
                let first = self.held.first().map_or(block.captured, |first| first.captured);
                if block.captured - first >= PROOF_MICROS {
                    self.redraw();
                }
            }
        }
    }

    /// What waits is no measure of a block that comes long after it: the machine slept, or the reader was stopped. It comes
    /// out, and what follows has to prove itself against it.
    fn part_from_what_waits(&mut self, captured: i64, offset: i64) {
        let first = self.held.first().map_or(captured, |first| first.captured);
        let earliest = self.held.iter().map(|held| held.offset).min();
        if captured - first >= PROOF_MICROS && earliest.is_some_and(|earliest| offset > earliest + LATE_MICROS) {
            self.redraw();
        }
    }

    /// Time passes: what has been held for too long comes out.
    pub fn tick(&mut self, now: i64) {
        if self.held.first().is_some_and(|first| now - first.captured > WAIT_MICROS) {
            self.redraw();
        }
    }

    /// The stream is over: what is held comes out.
    pub fn finish(&mut self) {
        self.redraw();
    }

    /// The next block whose time is settled.
    pub fn pop(&mut self) -> Option<Settled> {
        self.settled.pop_front()
    }

    /// Believes what is held: its earliest arrival is the line.
    fn redraw(&mut self) {
        if let Some(line) = self.held.iter().map(|held| held.offset).min() {
            self.release(line);
        }
    }

    fn release(&mut self, line: i64) {
        self.line = Some(line);
        let rate = self.rate;
        self.settled.extend(self.held.drain(..).map(|held| Settled {
            captured: line + rate.micros(held.before),
            lost_before: held.lost,
            sound: held.sound,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: usize = 40;
    const BLOCK_MICROS: i64 = 40_000;

    /// Blocks of 40 ms at 1 kHz, captured at `captured` and arriving `late` afterwards; what comes out of them.
    fn settled(blocks: &[(i64, i64)]) -> Vec<i64> {
        let mut settle = Settle::new(SampleRate::new(1000).unwrap());
        for (captured, late) in blocks {
            settle.push(Block { captured: captured + late, frames: BLOCK, lost_before: 0 }, &[0.0; BLOCK]);
        }
        settle.finish();
        std::iter::from_fn(|| settle.pop()).map(|block| block.captured).collect()
    }

    fn row(from: i64, count: i64) -> impl Iterator<Item = (i64, i64)> {
        (0..count).map(move |i| (from + i * BLOCK_MICROS, 0))
    }

    #[test]
    fn a_stalled_reader_is_not_a_gap() {
        let mut blocks: Vec<(i64, i64)> = row(1_000_000, 100).collect();
        // 1.2 s during which nothing was read, then everything at once.
        for (block, left) in blocks.iter_mut().skip(30).zip((1..=30).rev()) {
            block.1 = left * BLOCK_MICROS;
        }
        for (got, (captured, _)) in settled(&blocks).iter().zip(&blocks) {
            assert!((got - captured).abs() < 2_000, "{got} for {captured}");
        }
    }

    #[test]
    fn a_burst_at_the_start_is_placed_where_it_was_captured() {
        let mut blocks: Vec<(i64, i64)> = row(1_000_000, 20).collect();
        for (block, left) in blocks.iter_mut().zip((1..=5).rev()) {
            block.1 = left * BLOCK_MICROS + 90_000;
        }
        assert_eq!(settled(&blocks)[0], 1_000_000);
    }

    #[test]
    fn missing_sound_is_a_gap_of_its_length() {
        let blocks: Vec<(i64, i64)> = row(1_000_000, 50).chain(row(9_000_000, 50)).collect();
        let got = settled(&blocks);
        assert_eq!(got.len(), 100);
        assert!((got[49] - (1_000_000 + 49 * BLOCK_MICROS)).abs() < 2_000);
        assert_eq!(got[50], 9_000_000);
    }

    #[test]
    fn what_comes_after_a_sleep_is_not_placed_with_the_block_that_waited_meanwhile() {
        // One block of a new stream, and nothing could be asked in the minute until the next came.
        let blocks: Vec<(i64, i64)> = row(1_000_000, 1).chain(row(60_000_000, 20)).collect();
        let got = settled(&blocks);
        assert_eq!((got[0], got[1], got[20]), (1_000_000, 60_000_000, 60_000_000 + 19 * BLOCK_MICROS));
        // One that was late, so that it waits.
        let late = (1_000_000 + 50 * BLOCK_MICROS, 150_000);
        let blocks: Vec<(i64, i64)> = row(1_000_000, 50).chain([late]).chain(row(60_000_000, 20)).collect();
        let got = settled(&blocks);
        assert!((got[50] - late.0).abs() <= late.1, "{got:?}");
        assert_eq!(got[51], 60_000_000);
    }

    #[test]
    fn a_reader_that_is_stopped_right_after_the_first_block_makes_no_gap() {
        let mut blocks: Vec<(i64, i64)> = row(1_000_000, 60).collect();
        for (block, left) in blocks.iter_mut().skip(1).zip((1..=30).rev()) {
            block.1 = left * BLOCK_MICROS;
        }
        for (got, (captured, _)) in settled(&blocks).iter().zip(&blocks) {
            assert!((got - captured).abs() < 2_000, "{got} for {captured}");
        }
    }

    #[test]
    fn jitter_moves_nothing_and_drift_is_followed() {
        let jitter = [0, 30_000, 5_000, 90_000, 0, 60_000, 10_000];
        for ppm in [-1000, -100, 100, 1000] {
            let captured = (0..90_000).map(|i| i * BLOCK_MICROS + i * BLOCK_MICROS * ppm / 1_000_000);
            let blocks: Vec<(i64, i64)> = captured.zip(jitter.into_iter().cycle()).collect();
            for (got, (captured, _)) in settled(&blocks).iter().zip(&blocks) {
                assert!((got - captured).abs() < 1_000, "{ppm} ppm: {got} for {captured}");
            }
        }
    }

    #[test]
    fn lost_frames_are_known_by_number() {
        let mut settle = Settle::new(SampleRate::new(1000).unwrap());
        for i in 0..20 {
            let block = Block { captured: i * BLOCK_MICROS, frames: BLOCK, lost_before: 0 };
            settle.push(block, &[0.0; BLOCK]);
        }
        let block = Block { captured: 25 * BLOCK_MICROS, frames: BLOCK, lost_before: 5 * BLOCK as u64 };
        settle.push(block, &[0.0; BLOCK]);
        let last = std::iter::from_fn(|| settle.pop()).last().unwrap();
        assert_eq!((last.captured, last.lost_before), (25 * BLOCK_MICROS, 5 * BLOCK as u64));
    }

    #[test]
    fn a_short_sound_after_a_long_silence_waits_half_a_second_at_most() {
        let mut settle = Settle::new(SampleRate::new(1000).unwrap());
        settle.push(Block { captured: 0, frames: BLOCK, lost_before: 0 }, &[0.0; BLOCK]);
        settle.tick(500_000);
        assert_eq!(settle.pop(), None);
        settle.tick(700_000);
        assert!(settle.pop().is_some());
    }

    /// What comes out of an intake through a settle that is emptied every 20 ms up to `until`: when, and the sample.
    fn taken(intake: &mut crate::Intake, settle: &mut Settle, from: i64, until: i64) -> Vec<(i64, f32)> {
        let (mut out, mut sound) = (Vec::new(), Vec::new());
        for now in (from..=until).step_by(20_000) {
            while let Some(block) = intake.next(&mut sound) {
                settle.push(block, &sound);
            }
            settle.tick(now);
            out.extend(std::iter::from_fn(|| settle.pop()).map(|block| (block.captured, block.sound[0])));
        }
        out
    }

    #[test]
    fn packets_of_ten_ms_with_an_idle_hour_between_them_are_placed_where_they_were_played() {
        let source = crate::FakeSource::new();
        let rate = SampleRate::new(48_000).unwrap();
        source.plug_in("speakers", crate::Kind::Loopback, rate, 2);
        let devices = crate::Source::devices(&source).unwrap();
        let mut opened = crate::Source::open(&source, &devices[0]).unwrap();
        let mut settle = Settle::new(rate);
        // As WASAPI: nothing at all while nothing plays, then packets of 480 frames; each tone louder than the last.
        let tones = [(7_003_000, 100), (3_607_123_000, 4), (3_608_000_000, 200), (7_300_000_000, 30)];
        for (number, (begin, packets)) in (1u8..).zip(tones) {
            let level = f32::from(number) / 8.0;
            let tone = vec![level; packets * 480 * 2];
            assert!(source.deliver_packets("speakers", &tone, begin));
            let end = begin + rate.micros(packets as u64 * 480);
            let got = taken(&mut opened.intake, &mut settle, end, end + 800_000);
            assert_eq!(got.len(), packets, "every packet of tone {number}");
            for ((captured, sample), wanted) in got.iter().zip((begin..).step_by(10_000)) {
                assert!((captured - wanted).abs() <= 1_000, "tone {number}: {captured} for {wanted}");
                assert_eq!(sample.to_bits(), level.to_bits());
            }
        }
    }

    #[test]
    fn a_rate_off_by_1000_ppm_is_followed_through_a_stall() {
        for ppm in [-1000, 1000] {
            let mut blocks: Vec<(i64, i64)> =
                (0..30_000).map(|i| (i * BLOCK_MICROS + i * BLOCK_MICROS * ppm / 1_000_000, 0)).collect();
            for (block, left) in blocks.iter_mut().skip(20_000).zip((1..=50).rev()) {
                block.1 = left * BLOCK_MICROS;
            }
            for (got, (captured, _)) in settled(&blocks).iter().zip(&blocks) {
                assert!((got - captured).abs() < 3_000, "{ppm} ppm: {got} for {captured}");
            }
        }
    }
}
