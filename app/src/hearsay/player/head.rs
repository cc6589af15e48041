//! What happens in the device's callback: frames are taken from a ring. No allocation, lock, log line or I/O.

use rtrb::Consumer;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use timeline::{Position, WallTime};

/// A frame that is ready to be heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    /// The sample, for every channel.
    pub(crate) sample: f32,
    /// Where on the timeline it lies.
    pub(crate) at: Position,
    /// The order it belongs to; frames of older orders are dropped unheard.
    pub(crate) turn: u32,
}

/// Nothing was heard yet in this turn.
const NOWHERE: i64 = i64::MIN;

/// Where the sound is, told by the callback to everybody else.
#[derive(Debug)]
pub(crate) struct Place {
    /// The order whose frames are wanted.
    turn: AtomicU32,
    /// Speed in thousandths.
    speed: AtomicU32,
    /// The place of the last frame taken, [`NOWHERE`] before the first.
    last: AtomicI64,
    /// When (boot time, µs) that frame is heard.
    last_heard_at: AtomicI64,
    /// Where the turn began, then where its sound did: nothing before it is heard, though the device's delay would say so.
    from: AtomicI64,
    /// The last place where the sound left the timeline's course and went on elsewhere: in a loop, or over what is skipped.
    jump_from: AtomicI64,
    jump_to: AtomicI64,
    /// Frames that were missing when the device wanted them.
    starved: AtomicU64,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            turn: AtomicU32::new(0),
            speed: AtomicU32::new(1_000),
            last: AtomicI64::new(NOWHERE),
            last_heard_at: AtomicI64::new(0),
            from: AtomicI64::new(NOWHERE),
            jump_from: AtomicI64::new(NOWHERE),
            jump_to: AtomicI64::new(NOWHERE),
            starved: AtomicU64::new(0),
        }
    }
}

impl Place {
    /// Begins a new turn at `from`: what is in the ring is dropped, and the place is unknown until its first frame.
    pub(crate) fn next_turn(&self, from: Position) -> u32 {
        let turn = self.turn.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        self.from.store(from.0, Ordering::Relaxed);
        self.jump_to.store(NOWHERE, Ordering::Relaxed);
        self.last.store(NOWHERE, Ordering::Release);
        turn
    }

    /// How fast the frames to come run along the timeline.
    pub(crate) fn set_speed(&self, speed: f32) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0.5 to 3.0")]
        self.speed.store((speed * 1_000.0).round() as u32, Ordering::Relaxed);
    }

    /// What is being heard at `now` (boot time, µs). The device plays some time after the callback, so this lies
    /// behind the last frame taken.
    pub(crate) fn heard(&self, now: i64) -> Option<WallTime> {
        let last = self.last.load(Ordering::Acquire);
        if last == NOWHERE {
            return None;
        }
        let ahead = self.last_heard_at.load(Ordering::Relaxed).saturating_sub(now).max(0);
        let ahead = ahead.saturating_mul(i64::from(self.speed.load(Ordering::Relaxed))) / 1_000;
        let place = Position(last).wall().plus_micros(-ahead);
        let (jump_from, jump_to) = (self.jump_from.load(Ordering::Relaxed), self.jump_to.load(Ordering::Relaxed));
        // What was taken since a jump is still on its way to the ear: what lies before the jump is being heard.
        if jump_to != NOWHERE && last >= jump_to && place < Position(jump_to).wall() {
            let before = Position(jump_to).wall().micros_since(place);
            return Some(Position(jump_from).wall().plus_micros(-before));
        }
        let from = Position(self.from.load(Ordering::Relaxed).min(last));
        Some(place.max(from.wall()))
    }

    fn jumps(&self, from: Position, to: Position) {
        self.jump_from.store(from.0, Ordering::Relaxed);
        self.jump_to.store(to.0, Ordering::Relaxed);
    }

    /// The place of the last frame taken.
    pub(crate) fn last(&self) -> Option<Position> {
        let last = self.last.load(Ordering::Acquire);
        (last != NOWHERE).then_some(Position(last))
    }

    /// Frames that were missing so far.
    pub(crate) fn starved(&self) -> u64 {
        self.starved.load(Ordering::Relaxed)
    }
}

/// The callback's end of the ring.
pub(crate) struct Head {
    pub(crate) ring: Consumer<Frame>,
    pub(crate) place: std::sync::Arc<Place>,
    pub(crate) rate_hz: u32,
    /// The frame taken last.
    pub(crate) before: Option<Frame>,
}

/// Frames follow each other within this, half a second, on the timeline's course: pauses in the sound are skipped from 2 s on, silence
/// by 0.9 s at least, and a loop goes back.
const COURSE: i64 = 8_000;

impl Head {
    /// The next frames, one per call of `put`, as many as the device wants; silence where none are ready. The last of them
    /// is heard at `heard_at` (boot time, µs) plus their own length.
    pub(crate) fn take(&mut self, frames: usize, heard_at: i64, mut put: impl FnMut(f32)) {
        let turn = self.place.turn.load(Ordering::Acquire);
        let (mut last, mut taken, mut missing) = (None, 0_usize, 0_u64);
        for i in 0..frames {
            let frame = std::iter::from_fn(|| self.ring.pop().ok()).find(|frame| frame.turn == turn);
            if let Some(frame) = frame {
                match self.before.replace(frame).filter(|before| before.turn == turn) {
                    // Where there was no sound at the turn's place, it begins behind it.
                    None => self.place.from.store(frame.at.0, Ordering::Relaxed),
                    Some(before) if (0..COURSE).contains(&frame.at.since(before.at)) => {}
                    Some(before) => self.place.jumps(before.at, frame.at),
                }
                last = Some(frame.at);
                taken = i + 1;
            } else {
                missing += 1;
            }
            put(frame.map_or(0.0, |frame| frame.sample));
        }
        if missing > 0 {
            self.place.starved.fetch_add(missing, Ordering::Relaxed);
        }
        // A turn that began meanwhile has its own place; a stale one must not overwrite it.
        if let Some(last) = last
            && self.place.turn.load(Ordering::Acquire) == turn
        {
            let length = i64::try_from(taken as u64 * 1_000_000 / u64::from(self.rate_hz.max(1))).unwrap_or(0);
            self.place.last_heard_at.store(heard_at.saturating_add(length), Ordering::Relaxed);
            self.place.last.store(last.0, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn frames_of_an_older_order_are_never_heard() {
        let place = Arc::new(Place::default());
        let (mut producer, ring) = rtrb::RingBuffer::new(64);
        let mut head = Head { ring, place: Arc::clone(&place), rate_hz: 48_000, before: None };
        let old = place.next_turn(Position(0));
        for i in 0..10 {
            producer.push(Frame { sample: 0.1, at: Position(i), turn: old }).unwrap();
        }
        let new = place.next_turn(Position(0));
        assert_eq!(place.heard(0), None, "nothing of the new order was heard yet");
        producer.push(Frame { sample: 0.7, at: Position(1_000), turn: new }).unwrap();
        let mut out = Vec::new();
        head.take(3, 0, |sample| out.push(sample));
        assert_eq!(out, [0.7, 0.0, 0.0]);
        assert_eq!((place.last(), place.starved()), (Some(Position(1_000)), 2));
    }

    #[test]
    fn the_place_is_that_of_the_frame_being_heard() {
        let place = Arc::new(Place::default());
        let (mut producer, ring) = rtrb::RingBuffer::new(20_000);
        let mut head = Head { ring, place: Arc::clone(&place), rate_hz: 16_000, before: None };
        let turn = place.next_turn(Position(0));
        for i in 0..16_000 {
            producer.push(Frame { sample: 0.0, at: Position(i), turn }).unwrap();
        }
        // Taken at boot time 0; the device plays the first of them 100 ms later.
        head.take(16_000, 100_000, |_| {});
        let heard = |now: i64| place.heard(now).unwrap().as_micros() / 1_000;
        assert_eq!((heard(100_000), heard(600_000), heard(9_000_000)), (0, 499, 999));
    }

    #[test]
    fn behind_a_jump_the_place_is_still_before_it_until_it_is_heard() {
        for (to, name) in [(64_000, "forwards"), (800, "backwards")] {
            let place = Arc::new(Place::default());
            let (mut producer, ring) = rtrb::RingBuffer::new(20_000);
            let mut head = Head { ring, place: Arc::clone(&place), rate_hz: 16_000, before: None };
            let turn = place.next_turn(Position(0));
            for i in (0..8_000).chain(to..to + 1_600) {
                producer.push(Frame { sample: 0.0, at: Position(i), turn }).unwrap();
            }
            // Taken at boot time 0; the device plays the first of them 200 ms later, and the jump after half a second more.
            head.take(9_600, 200_000, |_| {});
            let heard = |now_ms: i64| place.heard(now_ms * 1_000).unwrap().as_micros() / 1_000;
            let to_ms = to / 16;
            assert_eq!((heard(650), heard(699), heard(720)), (449, 498, to_ms + 19), "{name}");
        }
    }
}
