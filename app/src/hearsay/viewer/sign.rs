//! The signs of what the user wrote about a line. They are drawn: no font has to have them.

use super::state::Line;
use eframe::egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, StrokeKind, epaint::PathShape, pos2, vec2};
use std::f32::consts::TAU;

/// The room of each.
const WIDTH: f32 = 18.0;
/// From its middle to its edge.
const RADIUS: f32 = 6.0;
/// How far the inner corners of a star are from its middle, as a share of the outer ones.
const INNER: f32 = 0.42;

/// What the user did with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Star,
    Note,
    Correction,
}

fn signs(line: &Line) -> impl Iterator<Item = Sign> {
    let signs =
        [(line.starred, Sign::Star), (!line.notes.is_empty(), Sign::Note), (line.heard.is_some(), Sign::Correction)];
    signs.into_iter().filter_map(|(is, sign)| is.then_some(sign))
}

/// The room of those of a line.
#[expect(clippy::cast_precision_loss, reason = "three at most")]
pub(crate) fn width(line: &Line) -> f32 {
    signs(line).count() as f32 * WIDTH
}

/// Draws those of a line, the first at the right. `end` is the middle of the row's right edge.
pub(crate) fn paint(painter: &Painter, line: &Line, end: Pos2, color: Color32) {
    let mut middle = end - vec2(WIDTH / 2.0, 0.0);
    for sign in signs(line) {
        match sign {
            Sign::Star => star(painter, middle, color),
            Sign::Note => note(painter, middle, color),
            Sign::Correction => pencil(painter, middle, color),
        }
        middle.x -= WIDTH;
    }
}

/// Five corners, filled.
fn star(painter: &Painter, middle: Pos2, color: Color32) {
    let corner = |i: u8| {
        let (turn, far) = (f32::from(i) / 10.0 * TAU, if i.is_multiple_of(2) { RADIUS } else { RADIUS * INNER });
        middle + vec2(turn.sin() * far, -turn.cos() * far)
    };
    let corners: Vec<Pos2> = (0..10).map(corner).collect();
    let mut mesh = Mesh::default();
    mesh.colored_vertex(middle, color);
    for at in &corners {
        mesh.colored_vertex(*at, color);
    }
    for i in 1..=10 {
        mesh.add_triangle(0, i, i % 10 + 1);
    }
    painter.add(Shape::mesh(mesh));
    // Triangles alone have rough edges.
    painter.add(PathShape::closed_line(corners, (1.0, color)));
}

/// A sheet with two lines.
fn note(painter: &Painter, middle: Pos2, color: Color32) {
    let sheet = Rect::from_center_size(middle, vec2(1.6, 1.9) * RADIUS);
    painter.rect_stroke(sheet, 2.0, (1.2, color), StrokeKind::Inside);
    for y in [-2.0, 1.5] {
        painter.hline(sheet.left() + 2.5..=sheet.right() - 2.5, middle.y + y, (1.0, color));
    }
}

/// A stroke with a tip.
fn pencil(painter: &Painter, middle: Pos2, color: Color32) {
    let at = |x: f32, y: f32| pos2(middle.x + x * RADIUS, middle.y + y * RADIUS);
    painter.line_segment([at(0.9, -0.9), at(-0.4, 0.4)], (3.0, color));
    painter.line_segment([at(-0.4, 0.4), at(-0.9, 0.9)], (1.2, color));
}
