//! A level, from silence at the left to full scale at the right.

use eframe::egui::{Color32, Rect, Response, Sense, Ui, Vec2, vec2};

/// A level below this is silence to the meter.
const FLOOR_DB: f32 = -60.0;

/// Draws one of this size; nothing is filled where nothing comes.
pub(super) fn meter_ui(ui: &mut Ui, size: Vec2, level_db: Option<f32>, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect_filled(rect, 3.0, ui.visuals().widgets.inactive.bg_fill);
    let share = level_db.map_or(0.0, |db| (1.0 - db / FLOOR_DB).clamp(0.0, 1.0));
    if share > 0.0 {
        ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height())), 3.0, color);
    }
    response
}
