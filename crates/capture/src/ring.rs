//! The fixed ring between a device's callback and whoever takes the sound out.

use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use timeline::SampleRate;

/// How much sound a ring holds: what the writer may stall for (a disk that spins up, a machine that swaps).
const RING_S: u64 = 10;
/// How many blocks a ring holds: 10 s of the shortest blocks that servers deliver (64 frames at 48 kHz).
const RING_BLOCKS: usize = 8192;

/// What one callback delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// When its first frame was captured: microseconds on the boot clock.
    pub captured: i64,
    /// How many mono frames it has.
    pub frames: usize,
    /// Frames that came between the block before and this one and didn't fit into the ring.
    pub lost_before: u64,
}

/// What both ends and the watchdog can see.
#[derive(Debug, Default)]
struct Seen {
    /// Frames delivered, the lost ones included.
    frames: AtomicU64,
    /// Frames up to the end of the last block that held anything but digital zero.
    loud: AtomicU64,
}

/// The callback's end. Never allocates, waits or logs.
#[derive(Debug)]
pub struct Feed {
    frames: Producer<f32>,
    blocks: Producer<Block>,
    seen: Arc<Seen>,
    channels: usize,
    rate: SampleRate,
    lost: u64,
}

/// The writer's end.
#[derive(Debug)]
pub struct Intake {
    frames: Consumer<f32>,
    blocks: Consumer<Block>,
    seen: Arc<Seen>,
    rate: SampleRate,
}

/// A ring for a device of that rate whose frames have `channels` samples.
pub fn ring(rate: SampleRate, channels: usize) -> (Feed, Intake) {
    let capacity = usize::try_from(u64::from(rate.hz()) * RING_S).unwrap_or(usize::MAX);
    let (frames_in, frames_out) = RingBuffer::new(capacity);
    let (blocks_in, blocks_out) = RingBuffer::new(RING_BLOCKS);
    let seen = Arc::new(Seen::default());
    let feed =
        Feed { frames: frames_in, blocks: blocks_in, seen: seen.clone(), channels: channels.max(1), rate, lost: 0 };
    (feed, Intake { frames: frames_out, blocks: blocks_out, seen, rate })
}

impl Feed {
    /// Copies a block of interleaved samples in, as the mean of its channels. `captured` is the moment of its first
    /// frame on the boot clock. A block that doesn't fit is counted and left out whole.
    pub fn push<T: Copy>(&mut self, interleaved: &[T], to_f32: impl Fn(T) -> f32, captured: i64) {
        let frames = interleaved.len() / self.channels;
        if frames == 0 {
            return;
        }
        let so_far = self.seen.frames.fetch_add(frames as u64, Relaxed) + frames as u64;
        // Sound ends this with its first sample; silence costs one look at each.
        if interleaved.iter().any(|sample| to_f32(*sample) != 0.0) {
            self.seen.loud.store(so_far, Relaxed);
        }
        let room = if self.blocks.is_full() { None } else { self.frames.write_chunk_uninit(frames).ok() };
        let Some(room) = room else {
            self.lost += frames as u64;
            return;
        };
        let mono = interleaved.chunks_exact(self.channels).map(|frame| mean(frame, &to_f32));
        room.fill_from_iter(mono);
        let block = Block { captured, frames, lost_before: std::mem::take(&mut self.lost) };
        if self.blocks.push(block).is_err() {
            debug_assert!(false, "this end alone fills the ring, and there was room");
        }
    }

    /// The device's rate.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// Samples per frame.
    pub fn channels(&self) -> usize {
        self.channels
    }
}

/// A frame of any number of channels as one sample. One channel comes out bit by bit as it went in.
#[expect(clippy::cast_precision_loss, reason = "a device has a handful of channels")]
fn mean<T: Copy>(frame: &[T], to_f32: impl Fn(T) -> f32) -> f32 {
    match frame {
        [one] => to_f32(*one),
        all => all.iter().map(|sample| to_f32(*sample)).sum::<f32>() / all.len() as f32,
    }
}

impl Intake {
    /// The next block, its frames (mono, ±1) in place of what `out` held; `None` where none is waiting.
    pub fn next(&mut self, out: &mut Vec<f32>) -> Option<Block> {
        let block = self.blocks.pop().ok()?;
        out.clear();
        if let Ok(chunk) = self.frames.read_chunk(block.frames) {
            let (first, second) = chunk.as_slices();
            out.extend_from_slice(first);
            out.extend_from_slice(second);
            chunk.commit_all();
        }
        Some(block)
    }

    /// The device's rate.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// Whether the device has let go of its end: what still waits is all there will be.
    pub fn is_over(&self) -> bool {
        self.blocks.is_abandoned()
    }

    /// A view for the watchdog.
    pub(crate) fn heartbeat(&self) -> Heartbeat {
        Heartbeat { seen: self.seen.clone(), rate: self.rate }
    }
}

/// The watchdog's view of a ring.
#[derive(Debug, Clone)]
pub(crate) struct Heartbeat {
    seen: Arc<Seen>,
    rate: SampleRate,
}

/// What has come into a ring so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Frames delivered, the lost ones included.
    pub(crate) frames: u64,
    /// Frames up to the end of the last block that held anything but digital zero.
    pub(crate) loud: u64,
    /// The device's rate.
    pub(crate) rate: SampleRate,
}

impl Heartbeat {
    /// What has come so far.
    pub(crate) fn heard(&self) -> Heard {
        Heard { frames: self.seen.frames.load(Relaxed), loud: self.seen.loud.load(Relaxed), rate: self.rate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate() -> SampleRate {
        SampleRate::new(1000).unwrap()
    }

    #[test]
    fn channels_become_their_mean_and_one_channel_stays_as_it_is() {
        let (mut feed, mut intake) = ring(rate(), 2);
        feed.push(&[1.0f32, 0.0, -0.5, -0.5], |s| s, 7);
        let mut out = Vec::new();
        assert_eq!(intake.next(&mut out), Some(Block { captured: 7, frames: 2, lost_before: 0 }));
        assert_eq!(out, [0.5, -0.5]);
        let (mut feed, mut intake) = ring(rate(), 1);
        feed.push(&[0.1f32, 0.2], |s| s, 1);
        intake.next(&mut out);
        assert_eq!(out, [0.1, 0.2]);
        assert_eq!(intake.next(&mut out), None);
    }

    #[test]
    fn an_overrun_is_counted_to_the_frame_and_the_next_block_keeps_its_time() {
        let (mut feed, mut intake) = ring(rate(), 1);
        let second = vec![0.25f32; 1000];
        for at in 0..13 {
            feed.push(&second, |s| s, at * 1_000_000);
        }
        let mut out = Vec::new();
        let mut blocks = 0;
        while let Some(block) = intake.next(&mut out) {
            assert_eq!((block.captured, block.lost_before, out.len()), (blocks * 1_000_000, 0, 1000));
            blocks += 1;
        }
        assert_eq!(blocks, 10);
        feed.push(&second[..10], |s| s, 13_000_000);
        let block = intake.next(&mut out).unwrap();
        assert_eq!((block.captured, block.lost_before, block.frames), (13_000_000, 3000, 10));
    }
}
