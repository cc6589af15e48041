//! A day on paper: who says which sentence when. The same seed gives the same day.

use super::sentences::{RATE, Sentence};
use testkit::Chance;

/// What a track is called; its place in the list is its number.
pub(crate) const TRACKS: [&str; 2] = ["mic", "loopback"];
/// A quarter of the day somebody speaks: 4 h of 16.
const SPEECH_SHARE: f64 = 0.25;
/// Within a conversation.
const SPEECH_SHARE_TALKING: f64 = 0.8;
const CONVERSATION_MIN: (f64, f64) = (2.0, 20.0);
/// Between lone remarks while nobody converses.
const REMARK_EVERY_MIN: (f64, f64) = (3.0, 9.0);
/// How often the one who spoke goes on.
const GOES_ON: f64 = 0.6;
/// How often the other begins before the one has ended.
const INTERRUPTS: f64 = 0.06;
/// The pause between sentences: log-normal.
const PAUSE_MEDIAN_S: f64 = 0.5;
const PAUSE_SIGMA: f64 = 0.9;
const PAUSE_S: (f64, f64) = (0.12, 8.0);
/// A slice is put together from stretches of this length.
const STRETCH_S: f64 = 120.0;

/// A sentence in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spoken {
    /// Which of [`TRACKS`].
    pub(crate) track: usize,
    /// When, in seconds.
    pub(crate) start_s: f64,
    /// Which sentence.
    pub(crate) sentence: usize,
    /// How loud, as a factor.
    pub(crate) gain: f64,
}

/// The whole of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Day {
    /// How long it is.
    pub(crate) length_s: f64,
    /// What is said, in the order in which it begins.
    pub(crate) spoken: Vec<Spoken>,
}

/// Draws from a seed, and plans.
struct Planner<'a> {
    sentences: &'a [Sentence],
    chance: Chance,
    left: Vec<usize>,
    spoken: Vec<Spoken>,
}

impl Day {
    /// A day of that many seconds: conversations, quiet with a remark now and then, and no sentence over a border of `file_s`.
    pub(crate) fn plan(sentences: &[Sentence], length_s: f64, file_s: f64, seed: u64) -> Self {
        let mut planner = Planner { sentences, chance: Chance::new(seed), left: Vec::new(), spoken: Vec::new() };
        let mut at = 5.0;
        while at < length_s {
            let talk_s = planner.between(CONVERSATION_MIN) * 60.0;
            let talk_s = talk_s.min(length_s * SPEECH_SHARE / 2.0);
            planner.converse(at, at + talk_s);
            let quiet_s = talk_s * (SPEECH_SHARE_TALKING / SPEECH_SHARE - 1.0) * planner.between((0.6, 1.4));
            planner.remark(at + talk_s, at + talk_s + quiet_s);
            at += talk_s + quiet_s;
        }
        let mut spoken = planner.spoken;
        let fits = |spoken: &Spoken| {
            let (start, end) = (spoken.start_s, spoken.start_s + length(sentences, spoken.sentence));
            end < length_s && ((start - 0.2) / file_s).floor() >= ((end + 0.2) / file_s).floor()
        };
        spoken.retain(fits);
        spoken.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        Self { length_s, spoken }
    }

    /// A shorter day in the same proportions: stretches of two minutes are sorted by how much is said in them, and of every so many the middle
    /// one is taken.
    pub(crate) fn slice(&self, sentences: &[Sentence], length_s: f64) -> Self {
        let mut stretches = self.stretches(sentences);
        let said = |stretch: &Vec<Spoken>| -> f64 { stretch.iter().map(|s| length(sentences, s.sentence)).sum() };
        stretches.sort_by(|a, b| said(a).total_cmp(&said(b)));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "minutes of a day")]
        let count = ((length_s / STRETCH_S).round() as usize).clamp(1, stretches.len().max(1));
        let mut slice = Self { length_s: 0.0, spoken: Vec::new() };
        for number in 0..count {
            let middle = (2 * number + 1) * stretches.len() / (2 * count);
            let moved = stretches.get(middle).into_iter().flatten();
            slice.spoken.extend(moved.map(|old| Spoken { start_s: old.start_s + slice.length_s, ..*old }));
            slice.length_s += STRETCH_S;
        }
        slice
    }

    /// What is said in every two minutes, less what goes over their borders; times count from the stretch's start.
    fn stretches(&self, sentences: &[Sentence]) -> Vec<Vec<Spoken>> {
        let mut stretches = Vec::new();
        let mut from = 0.0;
        while from + STRETCH_S <= self.length_s {
            let within = |spoken: &&Spoken| {
                spoken.start_s >= from + 0.2
                    && spoken.start_s + length(sentences, spoken.sentence) <= from + STRETCH_S - 0.2
            };
            let moved = self.spoken.iter().filter(within);
            stretches.push(moved.map(|old| Spoken { start_s: old.start_s - from, ..*old }).collect());
            from += STRETCH_S;
        }
        stretches
    }

    /// Seconds in which something is said, all tracks together.
    pub(crate) fn speech_s(&self, sentences: &[Sentence]) -> f64 {
        self.spoken.iter().map(|spoken| length(sentences, spoken.sentence)).sum()
    }
}

#[expect(clippy::cast_precision_loss, reason = "samples of a sentence")]
fn length(sentences: &[Sentence], number: usize) -> f64 {
    sentences.get(number).map_or(0.0, |sentence| sentence.sound.len() as f64 / f64::from(RATE))
}

impl Planner<'_> {
    fn converse(&mut self, from: f64, to: f64) {
        let (mut at, mut track) = (from, 0);
        while at < to {
            let turn = !self.happens(GOES_ON);
            if turn {
                track = 1 - track;
            }
            let early = if turn && self.happens(INTERRUPTS) { 0.8 } else { 0.0 };
            let end = self.say(track, at - early);
            at = end + (PAUSE_MEDIAN_S * (PAUSE_SIGMA * self.normal()).exp()).clamp(PAUSE_S.0, PAUSE_S.1);
        }
    }

    fn remark(&mut self, from: f64, to: f64) {
        let mut at = from + self.between(REMARK_EVERY_MIN) * 60.0;
        while at < to - 15.0 {
            let track = usize::from(self.happens(0.3));
            self.say(track, at);
            at += self.between(REMARK_EVERY_MIN) * 60.0;
        }
    }

    /// Every sentence once, then all of them again in another order. Gives the sentence's end.
    fn say(&mut self, track: usize, start_s: f64) -> f64 {
        if self.left.is_empty() {
            self.left = (0..self.sentences.len()).collect();
        }
        let at = usize::try_from(self.chance.below(self.left.len() as u64)).unwrap_or(0);
        let sentence = self.left.swap_remove(at);
        // Mostly within 5 dB of each other.
        let gain = 10_f64.powf((self.normal() * 2.5 - 3.0).clamp(-12.0, 3.0) / 20.0);
        self.spoken.push(Spoken { track, start_s, sentence, gain });
        start_s + length(self.sentences, sentence)
    }

    #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
    fn unit(&mut self) -> f64 {
        (self.chance.any() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn happens(&mut self, how_often: f64) -> bool {
        self.unit() < how_often
    }

    fn between(&mut self, (from, to): (f64, f64)) -> f64 {
        from + (to - from) * self.unit()
    }

    /// A standard normal number (Box and Muller).
    fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.unit().max(1e-12), self.unit());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences() -> Vec<Sentence> {
        let sentence = |seconds: usize| Sentence { text: "one two".to_owned(), sound: vec![0.1; seconds * 16_000] };
        (2..6).map(sentence).collect()
    }

    #[test]
    fn a_day_is_a_quarter_speech_and_the_same_for_the_same_seed() {
        let sentences = sentences();
        let day = Day::plan(&sentences, 16.0 * 3_600.0, 3_600.0, 5);
        assert_eq!(day, Day::plan(&sentences, 16.0 * 3_600.0, 3_600.0, 5));
        let share = day.speech_s(&sentences) / day.length_s;
        assert!((0.2..0.3).contains(&share), "{share}");
        let on_mic = day.spoken.iter().filter(|spoken| spoken.track == 0).count();
        assert!(on_mic * 3 > day.spoken.len() && on_mic * 3 < 2 * day.spoken.len());
        for spoken in &day.spoken {
            let end = spoken.start_s + length(&sentences, spoken.sentence);
            assert!((spoken.start_s / 3_600.0).floor() >= (end / 3_600.0).floor(), "over a border: {spoken:?}");
        }
    }

    #[test]
    fn nobody_talks_over_himself() {
        let sentences = sentences();
        let day = Day::plan(&sentences, 3.0 * 3_600.0, 3_600.0, 7);
        for track in 0..2 {
            let own: Vec<_> = day.spoken.iter().filter(|spoken| spoken.track == track).collect();
            for pair in own.windows(2) {
                let end = pair[0].start_s + length(&sentences, pair[0].sentence);
                assert!(end <= pair[1].start_s, "{pair:?}");
            }
        }
    }

    #[test]
    fn a_slice_has_the_proportions_of_its_day() {
        let sentences = sentences();
        let slice = Day::plan(&sentences, 16.0 * 3_600.0, 3_600.0, 5).slice(&sentences, 1_200.0);
        assert!((slice.length_s - 1_200.0).abs() < 1e-9);
        let share = slice.speech_s(&sentences) / slice.length_s;
        assert!((0.18..0.32).contains(&share), "{share}");
    }
}
