//! Which words of a window were said in which of its utterances.
//!
//! Words and utterances are both in order, so it is a matter of where to part the words. The recogniser's clock is good to a tenth of a
//! second or two, while the pauses that are left in a window are hardly longer; so besides time it counts where sentences end, and
//! that nobody's utterance is without words. The best parting of all is found by dynamic programming over (utterances, words).

use crate::{Piece, RATE, RecognisedWord};

/// What an utterance that ends in the middle of a sentence costs, in seconds that one word is off.
const UNFINISHED: f32 = 0.3;
/// What an utterance without words costs, likewise.
const EMPTY: f32 = 0.6;
/// A word was said at its middle, or this many samples (0.1 s) before its end: behind a pause the recogniser lets it begin where the last
/// word ended.
const NEAR_END: usize = 1_600;
const SENTENCE_ENDS: [char; 8] = ['.', '?', '!', '…', '。', '？', '！', '।'];

/// For each word, the piece it was said in.
pub(crate) fn part(pieces: &[Piece], words: &[RecognisedWord]) -> Vec<usize> {
    // costs[cut]: the least cost of parting the first `cut` words among the pieces so far; froms: where the last piece's words begin.
    let mut costs: Vec<f32> = (0..=words.len()).map(|cut| if cut == 0 { 0.0 } else { f32::INFINITY }).collect();
    let mut froms: Vec<Vec<usize>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let off = seconds_off(piece, words);
        let best = |cut: usize| {
            let end = end_cost(words, cut);
            let upto = off.get(cut).copied().unwrap_or(f32::INFINITY);
            let cost = |(from, (before, off)): (usize, (&f32, &f32))| {
                (before + upto - off + if from == cut { EMPTY } else { end }, from)
            };
            let least = costs.iter().zip(&off).take(cut + 1).enumerate().map(cost);
            least.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f32::INFINITY, cut))
        };
        let (next, from): (Vec<f32>, Vec<usize>) = (0..=words.len()).map(best).unzip();
        costs = next;
        froms.push(from);
    }
    let mut assigned = vec![0; words.len()];
    let mut cut = words.len();
    for (piece, from) in froms.iter().enumerate().rev() {
        let begin = from.get(cut).copied().unwrap_or(0);
        if let Some(own) = assigned.get_mut(begin..cut) {
            own.fill(piece);
        }
        cut = begin;
    }
    assigned
}

/// How far the first 0, 1, 2, ... words lie outside the piece's sound in all, in seconds.
#[expect(clippy::cast_precision_loss, reason = "a window has half a million samples")]
fn seconds_off(piece: &Piece, words: &[RecognisedWord]) -> Vec<f32> {
    let mut sum = 0.0;
    let off = words.iter().map(|word| {
        let said = word.start.midpoint(word.end).max(word.end.saturating_sub(NEAR_END));
        let samples = piece.packed.start.saturating_sub(said) + said.saturating_sub(piece.packed.end);
        sum += samples as f32 / RATE as f32;
        sum
    });
    std::iter::once(0.0).chain(off).collect()
}

/// What it costs that an utterance ends in front of the word `cut`.
fn end_cost(words: &[RecognisedWord], cut: usize) -> f32 {
    let last = cut.checked_sub(1).and_then(|at| words.get(at));
    if cut == words.len() || last.is_some_and(|word| word.text.ends_with(SENTENCE_ENDS)) { 0.0 } else { UNFINISHED }
}

#[cfg(test)]
mod tests {
    use super::*;
    use timeline::Position;

    fn pieces(borders: &[usize]) -> Vec<Piece> {
        let piece = |(start, end): (&usize, &usize)| Piece {
            packed: *start..*end,
            speech: (Position(0), Position(0)),
            sound_start: Position(0),
            vad_mean: 0.9,
            vad_peak: 1.0,
        };
        borders.iter().zip(borders.iter().skip(1)).map(piece).collect()
    }

    fn words(said: &[(&str, usize)]) -> Vec<RecognisedWord> {
        let mut start = 0;
        said.iter()
            .map(|(text, end)| {
                let word =
                    RecognisedWord { text: format!(" {text}"), start, end: *end, p: 0.9, logprob: -0.1, tokens: 1 };
                start = *end;
                word
            })
            .collect()
    }

    #[test]
    fn words_belong_where_they_were_said() {
        let words = words(&[("Good", 8_000), ("morning.", 16_000), ("Hello", 30_000), ("there.", 40_000)]);
        assert_eq!(part(&pieces(&[0, 20_000, 45_000]), &words), [0, 0, 1, 1]);
        assert_eq!(part(&pieces(&[0, 45_000]), &words), [0; 4]);
        assert_eq!(part(&pieces(&[0, 20_000, 45_000]), &[]), [0_usize; 0]);
    }

    #[test]
    fn a_sentence_end_near_the_pause_is_the_better_border() {
        // The clock puts "eleven." just behind the pause at 1.25 s.
        let words = words(&[("Half", 8_000), ("past", 16_000), ("eleven.", 25_000), ("Do", 28_000), ("we?", 36_000)]);
        assert_eq!(part(&pieces(&[0, 20_000, 40_000]), &words), [0, 0, 0, 1, 1]);
    }

    #[test]
    fn no_utterance_is_left_without_words_for_a_tenth_of_a_second() {
        let words = words(&[
            ("Later", 8_000),
            ("today.", 16_000),
            ("Thank", 19_000),
            ("you.", 19_500),
            ("Fine", 50_000),
            ("then.", 58_000),
        ]);
        assert_eq!(part(&pieces(&[0, 20_000, 40_000, 60_000]), &words), [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn an_utterance_in_which_nothing_was_recognised_stays_empty() {
        let words = words(&[("Good", 8_000), ("morning.", 16_000), ("Hello", 150_000), ("there.", 160_000)]);
        assert_eq!(part(&pieces(&[0, 20_000, 120_000, 170_000]), &words), [0, 0, 2, 2]);
    }
}
