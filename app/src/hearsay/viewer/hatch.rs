//! Slanted lines: what stands here may not have been said, or nothing does where something should be.

use eframe::egui::{Color32, Painter, Rect, pos2};

/// Draws them over all of `rect`, so many points apart.
pub(super) fn hatch(painter: &Painter, rect: Rect, apart: f32, color: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        painter.line_segment([pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())], (1.0, color));
        x += apart;
    }
}
