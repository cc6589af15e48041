//! What was heard when, out of looks at the player while it plays. Pure: looks go in, stretches come out.
//!
//! A stretch is time through which the sound ran along the timeline at the player's speed. It ends where that is not so
//! any more (a jump, a pause, a device that stood still), and after [`STRETCH_MICROS`], so that a kill leaves little unsaid.

use archive::Played;
use timeline::WallTime;

/// A stretch is no longer than this.
const STRETCH_MICROS: i64 = 10_000_000;
/// Looks come every 20 ms; where the sound isn't within this of where it should be, it did not run on.
const TOLERANCE_MICROS: i64 = 150_000;

/// The stretch under way.
#[derive(Debug, Default)]
pub(super) struct Diary {
    current: Option<Played>,
}

impl Diary {
    /// At `now` this place of the archive is being heard. The stretch that ended with that, if one did.
    pub(super) fn heard(&mut self, now: WallTime, place: WallTime, speed: f32) -> Option<Played> {
        let fresh = Played { at: now, end: now, from: place, to: place, speed };
        let Some(current) = &mut self.current else {
            self.current = Some(fresh);
            return None;
        };
        if place == current.from {
            // The device was opened and its first frame is still on its way to the ear.
            (current.at, current.end) = (now, now);
            return None;
        }
        let expected = along(now.micros_since(current.at), current.speed);
        let ran_on = place.micros_since(current.from).saturating_sub(expected).abs() <= TOLERANCE_MICROS;
        if ran_on {
            (current.end, current.to) = (now, place);
        }
        if ran_on && now.micros_since(current.at) < STRETCH_MICROS {
            return None;
        }
        self.current.replace(fresh).filter(is_some)
    }

    /// Nothing is heard any more: the stretch up to the last look.
    pub(super) fn end(&mut self) -> Option<Played> {
        self.current.take().filter(is_some)
    }
}

fn is_some(stretch: &Played) -> bool {
    stretch.end > stretch.at && stretch.to > stretch.from
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "seconds at 0.5 to 3 times the speed")]
fn along(micros: i64, speed: f32) -> i64 {
    (micros as f64 * f64::from(speed)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every 20 ms from `from_ms` to `to_ms`, the sound being `ahead_ms` ahead of them.
    fn play(diary: &mut Diary, from_ms: i64, to_ms: i64, ahead_ms: i64, speed: f32) -> Vec<Played> {
        let place = |ms: i64| along(ms, speed) + ahead_ms;
        let mut found = Vec::new();
        for now in (from_ms..=to_ms).step_by(20) {
            found.extend(diary.heard(WallTime::from_millis(now), WallTime::from_millis(place(now)), speed));
        }
        found
    }

    fn stretch(at: i64, end: i64, from: i64, to: i64, speed: f32) -> Played {
        let [at, end, from, to] = [at, end, from, to].map(WallTime::from_millis);
        Played { at, end, from, to, speed }
    }

    #[test]
    fn what_is_heard_through_is_one_stretch_and_a_jump_begins_another() {
        let mut diary = Diary::default();
        assert!(play(&mut diary, 0, 4_000, 900_000, 1.0).is_empty());
        let found = play(&mut diary, 4_020, 6_000, 100_000, 1.0);
        assert_eq!(found, [stretch(0, 4_000, 900_000, 904_000, 1.0)]);
        assert_eq!(diary.end(), Some(stretch(4_020, 6_000, 104_020, 106_000, 1.0)));
        assert_eq!(diary.end(), None);
    }

    #[test]
    fn long_ones_are_told_in_parts_without_a_hole() {
        let mut diary = Diary::default();
        let mut found = play(&mut diary, 0, 25_000, 0, 1.5);
        found.extend(diary.end());
        assert_eq!(found.len(), 3);
        assert_eq!((found[0].from, found[2].to), (WallTime::from_millis(0), WallTime::from_millis(37_500)));
        assert!(found.windows(2).all(|pair| pair[0].end == pair[1].at && pair[0].to == pair[1].from), "{found:?}");
    }

    #[test]
    fn the_time_that_the_first_frame_takes_to_the_ear_is_not_heard() {
        let mut diary = Diary::default();
        for now in (0..=300).step_by(20) {
            assert_eq!(diary.heard(WallTime::from_millis(now), WallTime::from_millis(5_000), 1.0), None);
        }
        assert!(play(&mut diary, 320, 2_000, 4_700, 1.0).is_empty());
        assert_eq!(diary.end(), Some(stretch(300, 2_000, 5_000, 6_700, 1.0)));
        diary.heard(WallTime::from_millis(0), WallTime::from_millis(0), 1.0);
        assert_eq!(diary.end(), None, "a moment is no stretch");
    }
}
