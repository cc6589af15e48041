use crate::{Span, WallTime};
use std::collections::BTreeMap;

/// A set of moments, kept as spans that are disjoint, don't touch and are in order.
///
/// This is the algebra behind "what is there, what is covered, what is left to do".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpanSet {
    /// Start to end of each span.
    ends: BTreeMap<WallTime, WallTime>,
}

impl SpanSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the moments of `span`; spans that overlap or touch become one.
    pub fn insert(&mut self, span: Span) {
        if span.is_empty() {
            return;
        }
        let (mut start, mut end) = (span.start, span.end);
        let joined: Vec<(WallTime, WallTime)> =
            self.ends.range(..=end).rev().take_while(|(_, e)| **e >= start).map(|(s, e)| (*s, *e)).collect();
        for (s, e) in joined {
            self.ends.remove(&s);
            start = start.min(s);
            end = end.max(e);
        }
        self.ends.insert(start, end);
    }

    /// Takes the moments of `span` out.
    pub fn remove(&mut self, span: Span) {
        if span.is_empty() {
            return;
        }
        let cut: Vec<(WallTime, WallTime)> =
            self.ends.range(..span.end).rev().take_while(|(_, e)| **e > span.start).map(|(s, e)| (*s, *e)).collect();
        for (s, e) in cut {
            self.ends.remove(&s);
            if s < span.start {
                self.ends.insert(s, span.start);
            }
            if span.end < e {
                self.ends.insert(span.end, e);
            }
        }
    }

    /// The spans, earliest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Span> + '_ {
        self.ends.iter().map(|(s, e)| Span { start: *s, end: *e })
    }

    /// Whether there is no moment in it.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How much time it holds, in microseconds.
    pub fn len_micros(&self) -> i64 {
        self.iter().map(|s| s.len_micros()).fold(0, i64::saturating_add)
    }

    /// The span around `time`, if it is in the set.
    pub fn around(&self, time: WallTime) -> Option<Span> {
        let (s, e) = self.ends.range(..=time).next_back()?;
        (time < *e).then_some(Span { start: *s, end: *e })
    }

    /// Whether `time` is in it.
    pub fn contains(&self, time: WallTime) -> bool {
        self.around(time).is_some()
    }

    /// Whether every moment of `span` is in it. An empty span always is.
    pub fn covers(&self, span: &Span) -> bool {
        span.is_empty() || self.around(span.start).is_some_and(|around| around.end >= span.end)
    }

    /// The part of it inside `span`.
    #[must_use]
    pub fn within(&self, span: &Span) -> Self {
        let first = self.around(span.start).map_or(span.start, |around| around.start);
        self.ends
            .range(first..span.end.max(first))
            .filter_map(|(s, e)| Span { start: *s, end: *e }.intersect(span))
            .collect()
    }

    /// What is in it and not in `other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut left = self.clone();
        for span in other.iter() {
            left.remove(span);
        }
        left
    }
}

impl FromIterator<Span> for SpanSet {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        let mut set = Self::new();
        set.extend(spans);
        set
    }
}

impl Extend<Span> for SpanSet {
    fn extend<I: IntoIterator<Item = Span>>(&mut self, spans: I) {
        for span in spans {
            self.insert(span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: i64, end: i64) -> Span {
        Span::new(WallTime::from_micros(start), WallTime::from_micros(end))
    }

    /// Random inserts and removals, compared with a plain array of booleans.
    #[test]
    fn behaves_like_a_set_of_moments() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..200 {
            let (mut set, mut model) = (SpanSet::new(), [false; 64]);
            for _ in 0..20 {
                let start = random(64);
                let end = start + random(65 - start);
                let insert = random(3) > 0;
                let s = span(start.cast_signed(), end.cast_signed());
                if insert {
                    set.insert(s);
                } else {
                    set.remove(s);
                }
                model[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()].fill(insert);
                for (i, there) in model.iter().enumerate() {
                    assert_eq!(set.contains(WallTime::from_micros(i64::try_from(i).unwrap())), *there);
                }
                let spans: Vec<Span> = set.iter().collect();
                assert!(spans.windows(2).all(|w| w[0].end < w[1].start), "disjoint, not touching: {spans:?}");
                assert_eq!(set.len_micros(), i64::try_from(model.iter().filter(|m| **m).count()).unwrap());
                let half = span(16, 48);
                let inside: SpanSet = set.within(&half);
                assert_eq!(
                    set.minus(&[half].into_iter().collect()).len_micros() + inside.len_micros(),
                    set.len_micros()
                );
            }
        }
    }

    #[test]
    fn covers_asks_for_every_moment() {
        let set: SpanSet = [span(0, 10), span(20, 30)].into_iter().collect();
        assert!(set.covers(&span(2, 10)) && set.covers(&span(25, 25)));
        assert!(!set.covers(&span(5, 25)) && !set.covers(&span(12, 13)));
    }
}
