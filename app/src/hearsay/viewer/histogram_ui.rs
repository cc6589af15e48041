//! How often the search finds something, over time: a click on a bar narrows the search to it, and so does a stroke over several.

use super::histogram::Bar;
use super::state::{Action, Search};
use super::style::{self, Palette};
use eframe::egui::accesskit::Role;
use eframe::egui::{Align2, Id, Rect, Sense, Ui, WidgetInfo, pos2, vec2};
use timeline::Span;

const HEIGHT: f32 = 40.0;
/// Below the bars, for the times at both ends.
const TIMES: f32 = 16.0;
/// Of the smallest bar.
const LEAST: f32 = 3.0;
const GAP: f32 = 1.0;

/// The bars of what was found. They come a moment after the hits, and have their room before.
pub(crate) fn histogram_ui(ui: &mut Ui, search: &Search) -> Option<Action> {
    let bars = search.bars.as_slice();
    if search.found.hits.is_empty() && bars.is_empty() {
        return None;
    }
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), HEIGHT + TIMES);
    let (all, stroke) = ui.allocate_exact_size(size, Sense::drag());
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return None };
    let place = Rect::from_min_size(all.min, vec2(all.width(), HEIGHT));
    let most = bars.iter().map(|bar| bar.hits).max().unwrap_or(0).max(1);
    let brushed = brushed(ui, &stroke, place, bars.len());
    let mut action = None;
    for (number, bar) in bars.iter().enumerate() {
        let column = column(place, number, bars.len());
        if bar.hits == 0 {
            ui.painter().hline(column.x_range(), column.bottom() - 0.5, (1.0, palette.line));
            continue;
        }
        let response = ui.interact(column, ui.scope_id().with(("bar", number)), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, bar_label(bar)));
        let top = column.bottom() - (HEIGHT * share(bar.hits, most)).max(LEAST);
        let strong =
            response.hovered() || response.has_focus() || brushed.is_some_and(|(a, b)| a <= number && number <= b);
        let color = if strong { palette.text } else { palette.both };
        ui.painter().rect_filled(Rect::from_min_max(pos2(column.left(), top), column.max), 1.0, color);
        if response.on_hover_text(bar_label(bar)).clicked() {
            action = Some(Action::Narrow(Some(bar.span)));
        }
    }
    let below = place.bottom() + 2.0;
    for (x, align, bar) in [(all.left(), Align2::LEFT_TOP, first), (all.right(), Align2::RIGHT_TOP, last)] {
        ui.painter().text(pos2(x, below), align, bar.when(), style::small(), palette.weak);
    }
    if stroke.drag_stopped()
        && let Some((from, to)) = brushed
        && let (Some(from), Some(to)) = (bars.get(from), bars.get(to))
    {
        action = Some(Action::Narrow(Some(Span::new(from.span.start, to.span.end))));
    }
    action
}

/// What screen readers and tests know a bar by.
pub(crate) fn bar_label(bar: &Bar) -> String {
    let hits = if bar.hits == 1 { "1 hit".to_owned() } else { format!("{} hits", bar.hits) };
    format!("{hits}, {}", bar.when())
}

#[expect(clippy::cast_precision_loss, reason = "at most a few hundred bars")]
fn column(place: Rect, number: usize, of: usize) -> Rect {
    let width = place.width() / of as f32;
    let left = place.left() + width * number as f32;
    Rect::from_min_size(pos2(left, place.top()), vec2((width - GAP).max(1.0), place.height()))
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share(hits: u64, most: u64) -> f32 {
    hits as f32 / most as f32
}

/// The first and the last bar that a stroke goes over.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most a few hundred bars, and clamped"
)]
fn brushed(ui: &Ui, stroke: &eframe::egui::Response, place: Rect, of: usize) -> Option<(usize, usize)> {
    let began: Id = stroke.id.with("began");
    let number =
        |x: f32| (((x - place.left()) / place.width() * of as f32).max(0.0) as usize).min(of.saturating_sub(1));
    let pointer = stroke.interact_pointer_pos()?;
    if stroke.drag_started() {
        let origin = ui.input(|input| input.pointer.press_origin()).unwrap_or(pointer);
        ui.data_mut(|data| data.insert_temp(began, number(origin.x)));
    }
    let from = ui.data(|data| data.get_temp::<usize>(began))?;
    let to = number(pointer.x);
    Some((from.min(to), from.max(to)))
}
