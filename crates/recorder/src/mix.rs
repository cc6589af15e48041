//! Several streams of sound into one, each frame where the clock says it belongs.

use crate::condition::Piece;
use std::collections::{BTreeMap, VecDeque};
use timeline::SampleRate;

/// A stream that delivered nothing for so long isn't waited for: it is idle.
const PATIENCE_MICROS: i64 = 1_500_000;
/// A piece this near to where its stream goes on follows it; one further off comes behind a break.
const SEAM_MICROS: i64 = 100_000;
/// A stream that is this far off by the clock is brought back, for devices drift.
const OFF_MICROS: i64 = 2_000;
/// By one frame in so many: faster than any device drifts, and not to be heard.
const SLIP_EVERY: usize = 480;

/// Adds streams up. What all of them have delivered comes out; what only some have, once the others are idle.
#[derive(Debug)]
pub(crate) struct Mixer {
    rate: SampleRate,
    /// When frame 0 of the mix was, by the boot clock.
    epoch: Option<i64>,
    /// The frame that the first of `sums` is.
    first: i64,
    /// The sum at each frame, and whether there was sound at all.
    sums: VecDeque<(i32, bool)>,
    /// The frame at which each stream goes on.
    next: BTreeMap<String, i64>,
}

impl Mixer {
    pub(crate) fn new(rate: SampleRate) -> Self {
        Self { rate, epoch: None, first: 0, sums: VecDeque::new(), next: BTreeMap::new() }
    }

    /// Adds a piece of a stream.
    pub(crate) fn push(&mut self, stream: &str, (captured, frames): &Piece) {
        let epoch = *self.epoch.get_or_insert(*captured);
        let by_clock = self.frame_at(captured - epoch);
        let (seam, near) = (self.frame_at(SEAM_MICROS), self.frame_at(OFF_MICROS));
        let mut at = self.next.get(stream).copied().filter(|next| (by_clock - next).abs() <= seam).unwrap_or(by_clock);
        let slip = if (by_clock - at).abs() > near { (by_clock - at).signum() } else { 0 };
        for (n, sample) in (1..).zip(frames) {
            // Where it is ahead, a frame is left out now and then; where it is behind, one comes twice.
            let copies = if n % SLIP_EVERY == 0 { 1 + slip } else { 1 };
            for _ in 0..copies {
                self.add(at, *sample);
                at += 1;
            }
        }
        self.next.insert(stream.to_owned(), at);
    }

    fn add(&mut self, frame: i64, sample: i16) {
        // What came out already can't be added to.
        let Ok(place) = usize::try_from(frame - self.first) else { return };
        if self.sums.len() <= place {
            self.sums.resize(place + 1, (0, false));
        }
        if let Some((sum, there)) = self.sums.get_mut(place) {
            *sum += i32::from(sample);
            *there = true;
        }
    }

    /// A stream is over: nothing waits for it any more.
    pub(crate) fn end(&mut self, stream: &str) {
        self.next.remove(stream);
    }

    /// What is ready at a moment of the boot clock.
    pub(crate) fn take(&mut self, now: i64) -> Vec<Piece> {
        let Some(epoch) = self.epoch else { return Vec::new() };
        let patience = self.frame_at(now - PATIENCE_MICROS - epoch);
        let newest = self.first + i64::try_from(self.sums.len()).unwrap_or(0);
        // A stream behind that is idle; the others are waited for.
        let ready = self.next.values().copied().filter(|next| *next > patience).min().unwrap_or(newest);
        self.release(ready.max(patience).min(newest))
    }

    /// All that is there.
    pub(crate) fn finish(&mut self) -> Vec<Piece> {
        let newest = self.first + i64::try_from(self.sums.len()).unwrap_or(0);
        self.release(newest)
    }

    fn release(&mut self, until: i64) -> Vec<Piece> {
        let count = usize::try_from(until - self.first).unwrap_or(0).min(self.sums.len());
        let (mut pieces, mut begun): (Vec<Piece>, bool) = (Vec::new(), false);
        for (sum, there) in self.sums.drain(..count) {
            if there {
                if !begun {
                    let micros = self.rate.micros(self.first.unsigned_abs()) * self.first.signum();
                    pieces.push((self.epoch.unwrap_or(0) + micros, Vec::new()));
                }
                if let Some((_, frames)) = pieces.last_mut() {
                    frames.push(saturate(sum));
                }
            }
            begun = there;
            self.first += 1;
        }
        pieces
    }

    fn frame_at(&self, micros: i64) -> i64 {
        i64::try_from(self.rate.frames(micros.abs())).unwrap_or(i64::MAX) * micros.signum()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range")]
fn saturate(sum: i32) -> i16 {
    sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;
    const TENTH: usize = 1_600;

    fn mixer() -> Mixer {
        Mixer::new(SampleRate::SPEECH)
    }

    fn tenth(at_tenths: i64, sample: i16) -> Piece {
        (10 * S + at_tenths * S / 10, vec![sample; TENTH])
    }

    fn all(pieces: Vec<Piece>) -> Vec<(i64, i16, usize)> {
        pieces.into_iter().map(|(at, frames)| (at - 10 * S, frames[0], frames.len())).collect()
    }

    #[test]
    fn two_streams_are_added_where_both_are_and_saturate() {
        let mut mixer = mixer();
        for n in 0..10 {
            mixer.push("a", &tenth(n, 20_000));
            mixer.push("b", &tenth(n, if n < 5 { 1_000 } else { 20_000 }));
        }
        let pieces = mixer.take(11 * S);
        let [(at, frames)] = pieces.as_slice() else { panic!("{}", pieces.len()) };
        assert_eq!((*at, frames.len()), (10 * S, 10 * TENTH));
        assert_eq!((frames[0], frames[5 * TENTH - 1], frames[5 * TENTH]), (21_000, 21_000, i16::MAX));
    }

    #[test]
    fn what_only_one_has_waits_for_the_other_until_that_is_idle() {
        let mut mixer = mixer();
        mixer.push("a", &tenth(0, 5));
        mixer.push("b", &tenth(0, 7));
        assert_eq!(all(mixer.take(10 * S)), [(0, 12, TENTH)]);
        mixer.push("a", &tenth(1, 5));
        assert_eq!(all(mixer.take(10 * S + S / 5)), [], "the other may still come");
        mixer.push("b", &tenth(1, 7));
        assert_eq!(all(mixer.take(10 * S + S / 5)), [(S / 10, 12, TENTH)]);
        mixer.push("a", &tenth(2, 5));
        assert_eq!(all(mixer.take(12 * S)), [(S / 5, 5, TENTH)]);
        mixer.end("b");
        mixer.push("a", &tenth(30, 6));
        assert_eq!(all(mixer.take(13 * S + S / 10)), [(3 * S, 6, TENTH)], "a hole is a hole");
    }

    #[test]
    fn a_stream_that_drifts_is_brought_back_frame_by_frame_and_never_breaks() {
        for ppm in [-300, 300] {
            let mut mixer = mixer();
            for n in 0..3_000_i64 {
                mixer.push("a", &(10 * S + n * S / 10 + n * S / 10 * ppm / 1_000_000, vec![1; TENTH]));
            }
            let pieces = all(mixer.finish());
            assert_eq!(pieces.len(), 1, "{ppm} ppm");
            let by_clock = 300 * 16_000 + 300 * 16_000 * ppm / 1_000_000;
            let off = i64::try_from(pieces[0].2).unwrap() - by_clock;
            assert!(off.abs() <= 16 * 3, "{ppm} ppm: {off} frames off after five minutes");
        }
    }

    #[test]
    fn jitter_leaves_no_seam_and_a_jump_is_placed_by_the_clock() {
        let mut mixer = mixer();
        for n in 0..50 {
            let (at, frames) = tenth(n, 3);
            mixer.push("a", &(at + n * 7 % 4_000 - 2_000, frames));
        }
        let (at, frames) = tenth(60, 4);
        mixer.push("a", &(at, frames));
        let pieces = all(mixer.finish());
        assert_eq!(pieces.iter().map(|piece| piece.2).collect::<Vec<_>>(), [50 * TENTH, TENTH]);
        assert!((pieces[1].0 - 6 * S).abs() < 100, "{pieces:?}");
    }

    #[test]
    fn what_comes_too_late_is_left_out_and_moves_nothing() {
        let mut mixer = mixer();
        mixer.push("a", &tenth(0, 1));
        mixer.take(20 * S);
        mixer.push("b", &tenth(-3, 9));
        mixer.push("b", &tenth(0, 9));
        mixer.push("a", &tenth(1, 1));
        assert_eq!(all(mixer.take(20 * S)), [(S / 10, 1, TENTH)]);
    }
}
