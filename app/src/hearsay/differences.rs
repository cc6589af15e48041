//! Where two passes heard different words. Pure.
//!
//! Utterances that overlap in time are put side by side, up to the next moment at which both are silent; the words of such a stretch are aligned so that as few as
//! possible are changed, new or lost. Capitals and punctuation don't count.

use crate::alignment::{Pair, align, folded};
use serde::Serialize;
use store::{Utterance, Word};
use timeline::Span;

/// What became of some words from the left to the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Others stand in their place.
    Changed,
    /// Only on the right.
    New,
    /// Only on the left.
    Lost,
}

/// A place where the words differ.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// From its first word to its last.
    pub(crate) span: Span,
    pub(crate) kind: Kind,
    pub(crate) left: Vec<Word>,
    pub(crate) right: Vec<Word>,
}

/// How many words are the same, and how many aren't.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) same: usize,
    /// Words of the left in whose place others stand.
    pub(crate) changed: usize,
    pub(crate) new: usize,
    pub(crate) lost: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.same += other.same;
        self.changed += other.changed;
        self.new += other.new;
        self.lost += other.lost;
    }

    /// Whether any word isn't the same.
    pub(crate) fn differ(&self) -> bool {
        self.changed + self.new + self.lost > 0
    }
}

/// The mean probability of words; `None` of none.
#[expect(clippy::cast_precision_loss, reason = "a handful of words")]
pub(crate) fn mean(words: &[Word]) -> Option<f32> {
    (!words.is_empty()).then(|| words.iter().map(|word| word.p).sum::<f32>() / words.len() as f32)
}

/// A stretch of at least so many words ends with the next utterance, silence or not: aligning takes the product of both sides.
const LONGEST: usize = 1_000;

/// What differs between what two passes heard on one track, each in the order of time, and the counts.
pub(crate) fn differences(left: &[Utterance], right: &[Utterance]) -> (Vec<Difference>, Counts) {
    let (mut found, mut counts) = (Vec::new(), Counts::default());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let start = |utterance: Option<&&Utterance>| utterance.map(|it| it.span.start);
    while let Some(first) = [start(left.peek()), start(right.peek())].into_iter().flatten().min() {
        let (mut end, mut words) = (first, (Vec::new(), Vec::new()));
        loop {
            let side = match (start(left.peek()), start(right.peek())) {
                (Some(left), Some(right)) if right < left => true,
                (Some(_), _) => false,
                (None, Some(_)) => true,
                (None, None) => break,
            };
            let (of, to) = if side { (&mut right, &mut words.1) } else { (&mut left, &mut words.0) };
            let begins = end == first || start(of.peek()).is_some_and(|start| start < end);
            let Some(next) = of.next_if(|_| begins && to.len() < LONGEST) else { break };
            end = end.max(next.span.end);
            to.extend(next.words.iter().filter(|word| !folded(&word.text).is_empty()).cloned());
        }
        compare(&words.0, &words.1, &mut found, &mut counts);
    }
    (found, counts)
}

/// Aligns words with as few changes as possible, and adds what differs.
fn compare(left: &[Word], right: &[Word], found: &mut Vec<Difference>, counts: &mut Counts) {
    let fold = |words: &[Word]| words.iter().map(|word| folded(&word.text)).collect::<Vec<_>>();
    let mut open = (Vec::new(), Vec::new());
    for pair in align(&fold(left), &fold(right)) {
        if let Pair::Same(..) = pair {
            counts.same += 1;
            close(&mut open, found, counts);
        } else {
            open.0.extend(pair.left().and_then(|at| left.get(at)).cloned());
            open.1.extend(pair.right().and_then(|at| right.get(at)).cloned());
        }
    }
    close(&mut open, found, counts);
}

/// Makes a difference of what was gathered since the last word that is the same.
fn close(open: &mut (Vec<Word>, Vec<Word>), found: &mut Vec<Difference>, counts: &mut Counts) {
    let (left, right) = std::mem::take(open);
    let spans = left.iter().chain(&right).map(|word| word.span);
    let Some(span) = spans.reduce(|a, b| Span::new(a.start.min(b.start), a.end.max(b.end))) else { return };
    let kind = match (left.is_empty(), right.is_empty()) {
        (true, _) => Kind::New,
        (_, true) => Kind::Lost,
        _ => Kind::Changed,
    };
    let changed = left.len().min(right.len());
    counts.changed += changed;
    counts.lost += left.len() - changed;
    counts.new += right.len() - changed;
    found.push(Difference { span, kind, left, right });
}
