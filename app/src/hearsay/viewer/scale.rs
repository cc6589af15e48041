//! From the timeline to a strip on the screen and back. Pure.

use eframe::egui::Rect;
use timeline::{Span, WallTime};

/// A stretch of the timeline and the place where it is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) rect: Rect,
    pub(crate) span: Span,
}

impl Scale {
    /// Where a moment lies.
    pub(crate) fn x(&self, time: WallTime) -> f32 {
        let share = seconds(time.micros_since(self.span.start)) / seconds(self.span.len_micros().max(1));
        #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
        let share = share as f32;
        self.rect.left() + share.clamp(0.0, 1.0) * self.rect.width()
    }

    /// The moment at a place; at the nearest end of one beside it.
    pub(crate) fn time(&self, x: f32) -> WallTime {
        let share = f64::from(((x - self.rect.left()) / self.rect.width().max(1.0)).clamp(0.0, 1.0));
        #[expect(clippy::cast_possible_truncation, reason = "within the span")]
        let micros = (share * seconds(self.span.len_micros()) * 1e6) as i64;
        self.span.start.plus_micros(micros)
    }

    /// What a span takes of `row`, a point at least.
    pub(crate) fn stretch(&self, span: &Span, row: Rect) -> Rect {
        let (from, to) = (self.x(span.start), self.x(span.end));
        Rect::from_x_y_ranges(from..=to.max(from + 1.0), row.y_range())
    }

    /// How long so many points are.
    pub(crate) fn micros(&self, points: f32) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "less than the span")]
        let micros = (f64::from(points / self.rect.width().max(1.0)) * seconds(self.span.len_micros()) * 1e6) as i64;
        micros
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of what is shown")]
pub(crate) fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{pos2, vec2};

    #[test]
    fn a_place_is_the_time_it_shows() {
        let span = Span::new(WallTime::from_millis(1_795_425_312_000), WallTime::from_millis(1_795_425_552_000));
        let scale = Scale { rect: Rect::from_min_size(pos2(10.0, 0.0), vec2(800.0, 30.0)), span };
        assert_eq!(scale.time(-5.0), span.start);
        assert_eq!(scale.time(410.0), span.middle());
        assert!((scale.x(scale.time(333.0)) - 333.0).abs() < 0.1);
        assert_eq!(scale.time(9_000.0), span.end);
        assert_eq!(scale.micros(-400.0), -120_000_000);
    }
}
