//! A year of days, the fuller the stronger. A click goes to the day's first words.

use super::state::{Action, Calendar, DayTalk, State, Whither};
use super::style::{self, Palette};
use super::{dialog_ui, text};
use crate::output;
use chrono::Datelike as _;
use eframe::egui::accesskit::Role;
use eframe::egui::{Align2, Button, CursorIcon, Rect, RichText, Sense, Ui, WidgetInfo, pos2, vec2};
use timeline::{Span, WallTime};

/// Of a day.
const CELL: f32 = 18.0;
/// Between two months.
const GAP: f32 = 22.0;
/// Of the month's name.
const NAME: f32 = 20.0;
/// Rows of weeks that a month may have.
const WEEKS: f32 = 6.0;
const MONTH: f32 = 7.0 * CELL;

/// Of four months side by side.
pub(super) const WIDTH: f32 = 4.0 * MONTH + 3.0 * GAP;

/// How wide the months are, side by side, where there is room for `available`.
fn months_a_row(available: f32) -> usize {
    [4, 3, 2].into_iter().find(|months| width_of(*months) <= available).unwrap_or(1)
}

#[expect(clippy::cast_precision_loss, reason = "at most six")]
fn width_of(months: usize) -> f32 {
    MONTH * months as f32 + GAP * (months as f32 - 1.0)
}

/// The dialog.
pub(super) fn calendar_dialog_ui(ui: &mut Ui, state: &State) -> Option<Action> {
    dialog_ui::title(ui, "Go to a day");
    let action = calendar_ui(ui, &state.calendar, state.conversation.as_ref().map(super::state::Conversation::place));
    action.or(dialog_ui::end_ui(ui, "Close", |_| None))
}

/// The year and its months; `here` is the moment that is read.
pub(super) fn calendar_ui(ui: &mut Ui, calendar: &Calendar, here: Option<WallTime>) -> Option<Action> {
    let year = calendar.year?;
    let palette = Palette::of(ui);
    let mut action = None;
    ui.horizontal(|ui| {
        for (label, name, to) in [("\u{2039}", "The year before", year - 1), ("\u{203a}", "The next year", year + 1)] {
            let button = ui.add(Button::new(label).min_size(vec2(28.0, 26.0)));
            button.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
            if button.on_hover_text(name).clicked() {
                action = Some(Action::Year(to));
            }
        }
        ui.label(RichText::new(year.to_string()).size(17.0).color(palette.text));
        let sum: i64 = calendar.days.iter().map(|day| day.speech_micros).sum();
        let told = match (&calendar.error, calendar.waiting) {
            (Some(error), _) => error.clone(),
            (None, true) => String::new(),
            (None, false) if sum == 0 => "nothing was said or heard".to_owned(),
            (None, false) => format!("{} of speech", output::duration(sum)),
        };
        let color = if calendar.error.is_some() { palette.error } else { palette.weak };
        ui.label(RichText::new(told).font(style::small()).color(color));
    });
    let a_row = months_a_row(ui.available_width().min(WIDTH));
    let months: Vec<&[DayTalk]> =
        calendar.days.chunk_by(|a, b| a.day.middle().local().month() == b.day.middle().local().month()).collect();
    let most = calendar.days.iter().map(|day| day.speech_micros).max().unwrap_or(0).max(1);
    let size = vec2(width_of(a_row), NAME + WEEKS * CELL + 6.0);
    for row in 0..12_usize.div_ceil(a_row) {
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        for (column, month) in months.iter().skip(row * a_row).take(a_row).enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "at most six")]
            let left = rect.left() + (MONTH + GAP) * column as f32;
            action = month_ui(ui, (left, rect.top()), month, most, here).or(action);
        }
    }
    action
}

fn month_ui(ui: &Ui, (left, top): (f32, f32), month: &[DayTalk], most: i64, here: Option<WallTime>) -> Option<Action> {
    let palette = Palette::of(ui);
    let first = month.first()?.day.middle().local();
    let name = first.format("%B").to_string();
    ui.painter().text(pos2(left, top), Align2::LEFT_TOP, name, style::small(), palette.weak);
    let before = first.weekday().num_days_from_monday();
    let mut action = None;
    for (number, talk) in (before..).zip(month) {
        #[expect(clippy::cast_precision_loss, reason = "at most six weeks")]
        let corner = pos2(left + (number % 7) as f32 * CELL, top + NAME + (number / 7) as f32 * CELL);
        let cell = Rect::from_min_size(corner, vec2(CELL - 2.0, CELL - 2.0));
        let is_here = here.is_some_and(|here| talk.day.contains(here));
        if day_ui(ui, cell, talk, most, is_here) {
            action = Some(Action::Go(Whither::Behind(talk.day.start)));
        }
    }
    action
}

/// What screen readers and tests know a day by.
pub(crate) fn day_label(day: &Span, speech_micros: i64) -> String {
    format!("{}: {} of speech", text::day(day.middle()), output::duration(speech_micros))
}

fn day_ui(ui: &Ui, cell: Rect, talk: &DayTalk, most: i64, is_here: bool) -> bool {
    let palette = Palette::of(ui);
    let number = talk.day.middle().local().day();
    let small = eframe::egui::FontId::proportional(9.5);
    let painter = ui.painter();
    if talk.speech_micros == 0 {
        painter.text(cell.center(), Align2::CENTER_CENTER, number, small, palette.weak.gamma_multiply(0.6));
        return false;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = (talk.speech_micros as f32 / most as f32).sqrt();
    let response = ui.interact(cell, ui.scope_id().with(("day", talk.day.start.as_micros())), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, day_label(&talk.day, talk.speech_micros)));
    painter.rect_filled(cell, 3.0, palette.heard.gamma_multiply(0.18 + 0.62 * share));
    if is_here || response.hovered() || response.has_focus() {
        painter.rect_stroke(cell, 3.0, (1.5, palette.text), eframe::egui::StrokeKind::Inside);
    }
    painter.text(cell.center(), Align2::CENTER_CENTER, number, small, palette.text);
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    response.on_hover_text(day_label(&talk.day, talk.speech_micros)).clicked()
}
