//! The day that is read: which one, the way to others, and all of it from midnight to midnight.

use super::density::{Row, density};
use super::hatch::hatch;
use super::scale::Scale;
use super::state::{Action, Conversation, Day, State, Whither};
use super::style::{self, Palette};
use super::text;
use crate::ledger;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align2, Button, Color32, CursorIcon, Painter, Rect, RichText, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use timeline::{Side, WallTime};

/// Of the two rows together.
const HEIGHT: f32 = 40.0;
/// Below them, for the hours.
const HOURS: f32 = 15.0;
const RIGHT: f32 = 14.0;

/// What screen readers and tests know the strip by.
pub(crate) const STRIP: &str = "The day, from midnight to midnight";
/// What opens the calendar is known by.
pub(crate) const CALENDAR: &str = "Calendar";

/// The day's name with its neighbours, and its strip. `more` stands at the right.
pub(crate) fn day_ui(
    ui: &mut Ui,
    state: &State,
    conversation: &Conversation,
    more: impl FnOnce(&mut Ui) -> Option<Action>,
) -> Option<Action> {
    let place = state.playing.playback.position.filter(|place| conversation.span.contains(*place));
    let named = ui.horizontal(|ui| name_ui(ui, state, conversation, more)).inner;
    let day = state.days.shown.as_ref().filter(|day| !day.span.is_empty())?;
    named.or(strip_ui(ui, day, conversation, place))
}

fn name_ui(
    ui: &mut Ui,
    state: &State,
    conversation: &Conversation,
    more: impl FnOnce(&mut Ui) -> Option<Action>,
) -> Option<Action> {
    ui.add_space(4.0);
    ui.spacing_mut().item_spacing.x = 4.0;
    let mut action = None;
    let mut button = |ui: &mut Ui, text: RichText, name: &str, hint: &str, wanted: Action| {
        let button = ui.add(Button::new(text).min_size(vec2(26.0, 26.0)));
        button.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
        if button.on_hover_text(hint).clicked() {
            action = Some(wanted);
        }
    };
    let go = |later| Action::Go(Whither::Day { later });
    button(ui, "\u{2039}".into(), "The day before", "The day before ([)", go(false));
    let read = state.days.shown.as_ref().map_or_else(|| conversation.place(), |day| day.span.middle());
    let name = RichText::new(text::day(read)).size(15.0);
    button(ui, name, CALENDAR, "Choose a day", Action::ShowCalendar);
    button(ui, "\u{203a}".into(), "The next day", "The next day (])", go(true));
    let more = ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
        ui.add_space(RIGHT - 4.0);
        more(ui)
    });
    action.or(more.inner)
}

fn strip_ui(ui: &mut Ui, day: &Day, conversation: &Conversation, place: Option<WallTime>) -> Option<Action> {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width() - RIGHT, HEIGHT + HOURS);
    let (all, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, STRIP));
    let rect = Rect::from_min_size(all.min, vec2(all.width(), HEIGHT)).shrink2(vec2(4.0, 0.0));
    let scale = Scale { rect, span: day.span };
    let painter = ui.painter_at(all);
    painter.rect_filled(rect, 3.0, ui.visuals().extreme_bg_color);
    let middle = rect.center().y;
    for (row, side, y) in
        [(Row::Said, Side::Said, rect.top()..=middle), (Row::Heard, Side::Heard, middle..=rect.bottom())]
    {
        row_ui(&painter, day, scale, (row, palette.side(side)), Rect::from_x_y_ranges(rect.x_range(), y));
    }
    for missing in &day.missing {
        for (row, y) in [(Row::Said, rect.top()..=middle), (Row::Heard, middle..=rect.bottom())] {
            if row.has(missing.side) {
                let there = scale.stretch(&missing.span, Rect::from_x_y_ranges(rect.x_range(), y));
                hatch(&painter, there, 5.0, palette.error.gamma_multiply(0.55));
            }
        }
    }
    hours_ui(&painter, scale, &palette);
    painter.hline(rect.x_range(), middle, (1.0, palette.line));
    painter.rect_stroke(rect, 3.0, (1.0, palette.line), StrokeKind::Inside);
    let open = scale.stretch(&conversation.span, rect).expand2(vec2(1.0, 0.0));
    painter.rect_stroke(open, 2.0, (1.5, palette.text), StrokeKind::Outside);
    if let Some(place) = place.filter(|place| day.span.contains(*place)) {
        painter.vline(scale.x(place), rect.y_range(), (1.0, palette.text));
    }
    let hovered = response.hover_pos().map(|pointer| hover(day, scale.time(pointer.x), pointer.y < middle));
    let response = match hovered {
        Some(told) => response.on_hover_text_at_pointer(told),
        None => response,
    };
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    let pointer = response.clicked().then(|| response.interact_pointer_pos())??;
    Some(Action::Go(Whither::At(scale.time(pointer.x))))
}

/// Where there is sound, and how much of it is speech.
fn row_ui(painter: &Painter, day: &Day, scale: Scale, (row, color): (Row, Color32), place: Rect) {
    for (_, span) in day.sound.iter().filter(|(side, _)| row.has(*side)) {
        painter.rect_filled(scale.stretch(span, place), 0.0, color.gamma_multiply(0.13));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "points of a strip")]
    let columns = (place.width() / 2.0).clamp(1.0, 2_000.0) as usize;
    let width = place.width() / columns_f32(columns);
    for (column, share) in density(&day.span, &day.spoken, row, columns).into_iter().enumerate() {
        if share <= 0.0 {
            continue;
        }
        let height = (place.height() * share.sqrt()).max(2.0);
        let left = place.left() + width * columns_f32(column);
        let (top, bottom) = match row {
            Row::Said => (place.bottom() - height, place.bottom()),
            Row::Heard => (place.top(), place.top() + height),
        };
        painter.rect_filled(Rect::from_min_max(pos2(left, top), pos2(left + width, bottom)), 0.0, color);
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most two thousand")]
const fn columns_f32(columns: usize) -> f32 {
    columns as f32
}

/// The hours at which a line is drawn, and the time written.
const EVERY_HOURS: i64 = 3;
const HOUR_MICROS: i64 = 3_600_000_000;

fn hours_ui(painter: &Painter, scale: Scale, palette: &Palette) {
    let hours = scale.span.len_micros() / HOUR_MICROS;
    for hour in (0..=hours).step_by(usize::try_from(EVERY_HOURS).unwrap_or(3)) {
        let time = scale.span.start.plus_micros(hour * HOUR_MICROS);
        let x = scale.x(time);
        painter.vline(x, scale.rect.y_range(), (1.0, palette.line));
        let align = match hour {
            0 => Align2::LEFT_TOP,
            hour if hour + EVERY_HOURS > hours => Align2::RIGHT_TOP,
            _ => Align2::CENTER_TOP,
        };
        // Daylight saving moves what the clock shows, and the end of the day is its 24th hour.
        let label =
            if hour == hours && hours == 24 { "24:00".to_owned() } else { time.local().format("%H:%M").to_string() };
        painter.text(pos2(x, scale.rect.bottom() + 2.0), align, label, style::tiny(), palette.weak);
    }
}

/// The time under the pointer, and what is missing there.
fn hover(day: &Day, time: WallTime, said: bool) -> String {
    let row = if said { Row::Said } else { Row::Heard };
    let missing = day.missing.iter().find(|missing| row.has(missing.side) && missing.span.contains(time));
    let clock = text::clock(time);
    match missing {
        Some(missing) => format!("{clock}\nno sound: {}", ledger::because(missing.cause)),
        None => clock,
    }
}
