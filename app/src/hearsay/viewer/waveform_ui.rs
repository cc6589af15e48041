//! The waveform: said above, heard below, over what is shown of the timeline.
//!
//! As in audio editors: a click goes there, a drag selects, a drag with Shift or another button moves what is shown, and
//! the wheel zooms around the pointer.

use super::hatch::hatch;
use super::scale::{Scale, seconds};
use super::state::{Action, Conversation, State, Turn};
use super::style::{self, Palette};
use super::text;
use super::waveform::{Column, Sketch};
use eframe::egui::{
    Align2, CursorIcon, Id, Mesh, Painter, PointerButton, Rangef, Rect, Response, Sense, Shape, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use std::ops::RangeInclusive;
use timeline::{Side, Span, WallTime};

/// What screen readers and tests know it by.
pub(crate) const PLACE: &str = "Place";
/// Room at the left for which side is which, and at the right.
pub(crate) const GUTTERS: (f32, f32) = (46.0, 4.0);
const HEIGHTS: RangeInclusive<f32> = 54.0..=84.0;
/// This share of the window's height.
const SHARE: f32 = 0.105;
/// How much a notch of the wheel, about 50 points, zooms.
const ZOOM_PER_POINT: f64 = 0.004;
const HELP: &str =
    "Click: go there. Drag: select. Drag with Shift or the other button: move. Wheel: zoom, with Shift: move.";

/// The waveform of a conversation.
pub(crate) fn waveform_ui(ui: &mut Ui, state: &State, conversation: &Conversation) -> Option<Action> {
    let palette = Palette::of(ui);
    let window = ui.input(|input| input.content_rect().height());
    let size = vec2(ui.available_width(), (window * SHARE).clamp(*HEIGHTS.start(), *HEIGHTS.end()));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let shown = state.shown()?;
    let across = rect.left() + GUTTERS.0..=rect.right() - GUTTERS.1;
    let scale = Scale { rect: Rect::from_x_y_ranges(across, rect.y_range()), span: shown };
    let position = state.playing.playback.position;
    let place = position.map_or(0.0, |position| seconds(position.micros_since(conversation.span.start)));
    response.widget_info(|| WidgetInfo::slider(true, place, PLACE));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, style::ROUND, ui.visuals().extreme_bg_color);
    words_ui(&painter, &scale, conversation, &palette);
    let lanes = Lanes::of(rect);
    for (side, lane) in [(Side::Said, lanes.said), (Side::Heard, lanes.heard)] {
        lane_ui(ui, &scale, state.replay.sketch.as_deref(), side, lane);
    }
    painter.hline(scale.rect.x_range(), rect.center().y, (1.0, palette.line));
    if let Some(selected) = state.replay.selected {
        selection_ui(&painter, &scale, selected, state.replay.looping, &palette);
    }
    names_ui(&painter, rect, &lanes, &palette);
    if let Some(position) = position.filter(|position| shown.contains(*position)) {
        let x = scale.x(position);
        painter.vline(x, rect.y_range(), (2.0, palette.text));
        painter.circle_filled(pos2(x, rect.top() + 3.0), 4.0, palette.text);
    }
    painter.rect_stroke(rect, style::ROUND, (1.0, palette.line), StrokeKind::Inside);
    let clicked = response.interact_pointer_pos().filter(|_| response.clicked());
    let sought = clicked.map(|pointer| Action::Seek(scale.time(pointer.x)));
    let action = sought.or_else(|| turned(ui, &response, &scale).map(Action::Turn));
    let response = match response.hover_pos().filter(|_| !response.dragged()) {
        Some(pointer) => {
            let at = text::clock(scale.time(pointer.x));
            response.on_hover_ui_at_pointer(|ui| {
                ui.label(at);
                super::dialog_ui::weak(ui, HELP);
            })
        }
        None => response,
    };
    response.on_hover_cursor(CursorIcon::PointingHand);
    action.or_else(|| wanted(ui, state, &scale))
}

/// What the pointer does.
fn turned(ui: &Ui, response: &Response, scale: &Scale) -> Option<Turn> {
    let begun_at = Id::unique("where a selection of the waveform began");
    let shift = ui.input(|input| input.modifiers.shift);
    let other = response.dragged_by(PointerButton::Secondary) || response.dragged_by(PointerButton::Middle);
    let begun: Option<WallTime> = ui.data(|data| data.get_temp(begun_at));
    if response.drag_started_by(PointerButton::Primary) && !shift {
        let origin = ui.input(|input| input.pointer.press_origin()).unwrap_or(response.rect.center());
        ui.data_mut(|data| data.insert_temp(begun_at, scale.time(origin.x)));
        return None;
    }
    if let Some(begun) = begun {
        let done = response.drag_stopped() || !response.dragged();
        if done {
            ui.data_mut(|data| data.remove_temp::<WallTime>(begun_at));
        }
        let at = response.interact_pointer_pos().or_else(|| ui.input(|input| input.pointer.latest_pos()));
        let at = at.map_or(begun, |pointer| scale.time(pointer.x));
        return Some(Turn::Select { span: Span::new(begun.min(at), begun.max(at)), done });
    }
    if response.dragged() && (shift || other) {
        return Some(Turn::Pan(-scale.micros(response.drag_delta().x))).filter(|_| response.drag_delta().x != 0.0);
    }
    let pointer = response.hover_pos()?;
    let (wheel, zoom) = ui.input(|input| (input.smooth_scroll_delta(), f64::from(input.zoom_delta())));
    if wheel.x.abs() > wheel.y.abs() {
        return Some(Turn::Pan(-scale.micros(wheel.x)));
    }
    let by = (-f64::from(wheel.y) * ZOOM_PER_POINT).exp() / zoom;
    ((by - 1.0).abs() > 1e-4).then(|| Turn::Zoom { around: scale.time(pointer.x), by })
}

/// What has to be drawn anew.
fn wanted(ui: &Ui, state: &State, scale: &Scale) -> Option<Action> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width in pixels")]
    let columns = (scale.rect.width() * ui.pixels_per_point()).round().max(1.0) as usize;
    let wanted = (scale.span, columns);
    (state.replay.asked != Some(wanted)).then_some(Action::Turn(Turn::Draw { span: wanted.0, columns: wanted.1 }))
}

/// Where words are: the colour of their side, faintly.
fn words_ui(painter: &Painter, scale: &Scale, conversation: &Conversation, palette: &Palette) {
    let lanes = Lanes::of(painter.clip_rect());
    for line in conversation.lines.iter().filter(|line| line.span.overlaps(&scale.span)) {
        let y = match line.side {
            Side::Said => lanes.said,
            Side::Heard => lanes.heard,
            Side::Both => Rangef::new(lanes.said.min, lanes.heard.max),
        };
        let (from, to) = (scale.x(line.span.start), scale.x(line.span.end));
        let bar = Rect::from_x_y_ranges(from..=to.max(from + 2.0), y);
        painter.rect_filled(bar, 2.0, palette.side(line.side).gamma_multiply(0.16));
    }
}

/// The waveform of one side. What wasn't looked at yet stays empty, what has no sound is hatched.
fn lane_ui(ui: &Ui, scale: &Scale, sketch: Option<&Sketch>, side: Side, lane: Rangef) {
    let Some(sketch) = sketch.filter(|sketch| sketch.span.overlaps(&scale.span)) else { return };
    let columns = if side == Side::Said { &sketch.said } else { &sketch.heard };
    let palette = Palette::of(ui);
    let color = palette.side(side);
    let (middle, half) = (lane.center(), lane.span() / 2.0);
    let mut mesh = Mesh::default();
    let count = i64::try_from(columns.len()).unwrap_or(1).max(1);
    let time = |column: i64| sketch.span.start.plus_micros(sketch.span.len_micros() * column / count);
    let mut gap: Option<WallTime> = None;
    for (at, column) in (0..).zip(columns) {
        if *column == Column::Gap {
            gap.get_or_insert(time(at));
        } else if let Some(from) = gap.take() {
            gap_ui(ui, scale, Span::new(from, time(at)), lane);
        }
        let Column::Sound(low, high) = column else { continue };
        if time(at + 1) <= scale.span.start || time(at) >= scale.span.end {
            continue;
        }
        let (top, bottom) = (middle - half * level(*high), middle - half * level(*low));
        let (top, bottom) = (top.min(middle - 0.5), bottom.max(middle + 0.5));
        let bar = Rect::from_x_y_ranges(scale.x(time(at))..=scale.x(time(at + 1)), top..=bottom);
        mesh.add_colored_rect(bar, color);
    }
    if let Some(from) = gap {
        gap_ui(ui, scale, Span::new(from, sketch.span.end), lane);
    }
    ui.painter().with_clip_rect(scale.rect.intersect(ui.clip_rect())).add(Shape::mesh(mesh));
}

fn gap_ui(ui: &Ui, scale: &Scale, gap: Span, lane: Rangef) {
    let Some(gap) = gap.intersect(&scale.span) else { return };
    let rect = Rect::from_x_y_ranges(scale.x(gap.start)..=scale.x(gap.end), lane);
    hatch(ui.painter(), rect, 9.0, Palette::of(ui).weak.gamma_multiply(0.35));
}

/// How high a sample stands, -1 to 1: quiet speech is seen as well.
fn level(sample: i16) -> f32 {
    let level = f32::from(sample) / 32_768.0;
    level.signum() * level.abs().powf(0.6)
}

fn selection_ui(painter: &Painter, scale: &Scale, selected: Span, looping: bool, palette: &Palette) {
    let Some(visible) = selected.intersect(&scale.span) else { return };
    let rect = Rect::from_x_y_ranges(scale.x(visible.start)..=scale.x(visible.end), painter.clip_rect().y_range());
    painter.rect_filled(rect, 0.0, palette.text.gamma_multiply(0.13));
    let stroke = (if looping { 2.5 } else { 1.0 }, palette.text.gamma_multiply(if looping { 1.0 } else { 0.6 }));
    for (edge, x) in [(selected.start, rect.left()), (selected.end, rect.right())] {
        if scale.span.start <= edge && edge <= scale.span.end {
            painter.vline(x, rect.y_range(), stroke);
        }
    }
}

/// Which side is which, for who doesn't know by the colours.
fn names_ui(painter: &Painter, rect: Rect, lanes: &Lanes, palette: &Palette) {
    for (lane, name, color) in [(lanes.said, "said", palette.said), (lanes.heard, "heard", palette.heard)] {
        let at = pos2(rect.left() + GUTTERS.0 - 7.0, lane.center());
        painter.text(at, Align2::RIGHT_CENTER, name, style::small(), color);
    }
}

/// Where the two sides stand.
struct Lanes {
    said: Rangef,
    heard: Rangef,
}

impl Lanes {
    fn of(rect: Rect) -> Self {
        let middle = rect.center().y;
        Self {
            said: Rangef::new(rect.top() + 3.0, middle - 1.5),
            heard: Rangef::new(middle + 1.5, rect.bottom() - 3.0),
        }
    }
}
