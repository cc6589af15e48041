//! Text with marks in it, as egui lays it out.

use super::style::Palette;
use super::text::pieces;
use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{Color32, FontId};
use std::ops::Range;

/// `text` wrapped at `width`, what was found and what is doubtful on a ground of its own; cut after `max_rows`.
pub(crate) fn job(
    text: &str,
    found: &[Range<usize>],
    doubtful: &[Range<usize>],
    look: (FontId, Color32),
    palette: &Palette,
    (width, max_rows): (f32, usize),
) -> LayoutJob {
    let mut job = LayoutJob {
        wrap: TextWrapping { max_width: width, max_rows, ..TextWrapping::default() },
        ..LayoutJob::default()
    };
    let (font, color) = look;
    for piece in pieces(text, found, doubtful) {
        let background = match (piece.found, piece.doubtful) {
            (true, _) => palette.found,
            (false, true) => palette.doubt,
            (false, false) => Color32::TRANSPARENT,
        };
        let format = TextFormat {
            font_id: font.clone(),
            color: if piece.found { palette.text } else { color },
            background,
            line_height: Some(font.size * 1.4),
            ..TextFormat::default()
        };
        job.append(text.get(piece.range).unwrap_or_default(), 0.0, format);
    }
    job
}
