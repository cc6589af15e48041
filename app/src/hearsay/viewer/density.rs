//! How much of each stretch of a day is filled with something: a pure function of spans.

use timeline::{Side, Span};

/// Which of two rows something belongs to: said above, heard below; what is of both sides is in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// What was said.
    Said,
    /// What was heard.
    Heard,
}

impl Row {
    /// Whether what is of `side` stands in it.
    pub(crate) fn has(self, side: Side) -> bool {
        match side {
            Side::Both => true,
            Side::Said => self == Self::Said,
            Side::Heard => self == Self::Heard,
        }
    }
}

/// The share, 0 to 1, of each of `columns` equal stretches of `day` that the spans of a row fill. Spans that overlap count once where they
/// are in the order of their starts.
pub(crate) fn density(day: &Span, spans: &[(Side, Span)], row: Row, columns: usize) -> Vec<f32> {
    let mut filled = vec![0_i64; columns];
    let length = day.len_micros().max(1);
    let count = i64::try_from(columns).unwrap_or(i64::MAX).max(1);
    let border = |column: i64| {
        let whole = i128::from(length) * i128::from(column) / i128::from(count);
        i64::try_from(whole).unwrap_or(i64::MAX)
    };
    let mut until = 0;
    for (_, span) in spans.iter().filter(|(side, _)| row.has(*side)) {
        let from = span.start.micros_since(day.start).max(until).max(0);
        let to = span.end.micros_since(day.start).min(length);
        until = until.max(to);
        let first = i64::try_from(i128::from(from) * i128::from(count) / i128::from(length)).unwrap_or(0);
        for column in first.. {
            let (start, end) = (border(column), border(column + 1));
            let Some(sum) = usize::try_from(column).ok().and_then(|column| filled.get_mut(column)) else { break };
            if start >= to {
                break;
            }
            *sum += (to.min(end) - from.max(start)).max(0);
        }
    }
    let share = |(column, filled): (i64, i64)| {
        let of = (border(column + 1) - border(column)).max(1);
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = filled as f32 / of as f32;
        share.min(1.0)
    };
    (0..).zip(filled).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use timeline::WallTime;

    fn span(from: i64, to: i64) -> Span {
        Span::new(WallTime::from_micros(1_000_000 + from), WallTime::from_micros(1_000_000 + to))
    }

    #[test]
    fn every_stretch_knows_how_much_of_it_is_filled() {
        let day = span(0, 1_000);
        let spans = [(Side::Said, span(-50, 100)), (Side::Heard, span(200, 300)), (Side::Both, span(450, 550))];
        assert_eq!(density(&day, &spans, Row::Said, 4), [0.4, 0.2, 0.2, 0.0]);
        assert_eq!(density(&day, &spans, Row::Heard, 4), [0.2, 0.4, 0.2, 0.0]);
        assert_eq!(density(&day, &[], Row::Heard, 2), [0.0, 0.0]);
    }

    #[test]
    fn what_several_passes_heard_counts_once() {
        let day = span(0, 1_000);
        let spans = [(Side::Said, span(0, 250)), (Side::Said, span(10, 200)), (Side::Said, span(100, 500))];
        assert_eq!(density(&day, &spans, Row::Said, 2), [1.0, 0.0]);
    }
}
