use testkit::Chance;
use timeline::{Side, Span, WallTime};

/// So many different words.
pub(crate) const VOCABULARY: u64 = 60_000;
/// Ten years.
const DAYS: u64 = 3_652;
const DAY_MICROS: i64 = 86_400_000_000;
/// 2016-11-24T00:00:00Z, a Thursday.
const FIRST_DAY: i64 = 1_479_945_600_000_000;
/// People speak from eight in the morning on.
const MORNING_MICROS: i64 = 8 * 3_600_000_000;

/// An utterance that nobody said.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) side: Side,
    pub(crate) span: Span,
    pub(crate) words: Vec<String>,
}

impl Made {
    pub(crate) fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// Ten years of conversations: words by Zipf's law, more of them on workdays, in bursts between pauses.
pub(crate) struct Corpus {
    chance: Chance,
    wanted: u64,
    made: u64,
    day: u64,
    now: i64,
}

impl Corpus {
    pub(crate) fn new(seed: u64, wanted: u64) -> Self {
        Self { chance: Chance::new(seed), wanted, made: 0, day: 0, now: FIRST_DAY }
    }

    /// The next day; `None` after ten years.
    pub(crate) fn day(&mut self) -> Option<Vec<Made>> {
        if self.day == DAYS {
            return None;
        }
        // A weekend has a third of a workday. The first day is a Thursday.
        let weight = |days: u64| (0..days).map(|day| if (day + 3) % 7 >= 5 { 1 } else { 3 }).sum::<u64>();
        self.now = FIRST_DAY + i64::try_from(self.day).unwrap_or(0) * DAY_MICROS + MORNING_MICROS;
        self.day += 1;
        let until = self.wanted * weight(self.day) / weight(DAYS);
        Some(self.conversation(until - self.made))
    }

    /// So many utterances, following those before.
    pub(crate) fn conversation(&mut self, count: u64) -> Vec<Made> {
        let mut made = Vec::new();
        for _ in 0..count {
            let pause = if self.chance.below(40) == 0 { 240_000_000 } else { 1_200_000 };
            self.now += 300_000 + self.below(pause);
            let words: Vec<String> = (0..3 + self.chance.below(15)).map(|_| word(zipf(&mut self.chance))).collect();
            let length = i64::try_from(words.len()).unwrap_or(1) * 330_000;
            let span = Span::new(WallTime::from_micros(self.now), WallTime::from_micros(self.now + length));
            self.now += length;
            let side = if self.chance.below(2) == 0 { Side::Said } else { Side::Heard };
            made.push(Made { side, span, words });
        }
        self.made += count;
        made
    }

    fn below(&mut self, end: u64) -> i64 {
        i64::try_from(self.chance.below(end)).unwrap_or(0)
    }
}

/// A word's rank, from 1, with a probability of about one over itself.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "31 bits, and 1 to 60,000"
)]
pub(crate) fn zipf(chance: &mut Chance) -> u64 {
    (VOCABULARY as f64).powf(chance.below(1 << 31) as f64 / (1_u64 << 31) as f64) as u64
}

/// The word of a rank: syllables, the frequent ones short. Neighbours in rank don't begin alike.
pub(crate) fn word(rank: u64) -> String {
    const CONSONANTS: [&str; 16] = ["b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "sh"];
    const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
    const SYLLABLES: u64 = 80;
    let mut rest = rank;
    let mut word = String::new();
    loop {
        let syllable = usize::try_from(rest % SYLLABLES).unwrap_or(0);
        let (consonant, vowel) = (CONSONANTS.get(syllable / VOWELS.len()), VOWELS.get(syllable % VOWELS.len()));
        word.extend(consonant.into_iter().chain(vowel).copied());
        rest /= SYLLABLES;
        if rest == 0 {
            return word;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_same_seed_makes_the_same_ten_years_of_so_many_utterances() {
        let make = || {
            let mut corpus = Corpus::new(1, 20_000);
            std::iter::from_fn(|| corpus.day()).collect::<Vec<_>>()
        };
        let days = make();
        assert_eq!(days.len() as u64, DAYS);
        let all: Vec<&Made> = days.iter().flatten().collect();
        assert_eq!(all.len(), 20_000);
        assert!(all.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "nobody is interrupted");
        assert!(days[1].len() > 2 * days[2].len(), "a Friday and a Saturday");
        let texts = |days: &[Vec<Made>]| days.iter().flatten().map(Made::text).collect::<Vec<_>>();
        assert_eq!(texts(&days), texts(&make()));
    }

    #[test]
    fn every_rank_has_a_word_of_its_own_and_frequent_ones_are_short() {
        let words: HashSet<String> = (1..=VOCABULARY).map(word).collect();
        assert_eq!(words.len() as u64, VOCABULARY);
        assert!(word(7).len() <= 3 && word(40_000).len() >= 6);
    }
}
