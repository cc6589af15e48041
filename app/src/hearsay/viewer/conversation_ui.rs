//! The right side: what was said on the left, what was heard on the right, on one time.

mod edge;
mod menus;

use super::day_ui;
use super::hatch::hatch;
use super::layout::{self, Block, Plan, SPACE};
use super::mark;
use super::sign;
use super::state::{Action, Conversation, Line, State};
use super::style::{self, Palette};
use super::text;
use edge::{edge_ui, ends_ui};
use eframe::egui::accesskit::Role;
use eframe::egui::scroll_area::ScrollBarVisibility;
use eframe::egui::text::CCursor;
use eframe::egui::{
    Align, Align2, CursorIcon, Galley, Rect, Response, RichText, ScrollArea, Sense, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};
use menus::{line_menu_ui, menu_ui};
use std::ops::Range;
use std::sync::Arc;
use timeline::{Side, WallTime};

/// Room for the times at the left edge.
const EDGE: f32 = 68.0;
/// Between the columns.
const BETWEEN: f32 = 14.0;
/// Inside an utterance.
const PADDING: f32 = 9.0;
/// For the scroll bar.
const RIGHT: f32 = 14.0;
/// Frames for which the place is held after the lines changed: the scroll area knows their height only after the first.
const HELD: u8 = 2;
/// The room at both ends, for the buttons that ask for more.
const END: f32 = 44.0;

/// What was laid out, kept until the lines or the width change. Nothing here outlives the window.
#[derive(Default)]
pub(crate) struct Layout {
    made_for: Option<(u64, u64, u32, bool)>,
    plan: Plan,
    galleys: Vec<Arc<Galley>>,
    /// The first line in view and how far below the top it stood: what the reader's eye rests on.
    anchor: Option<(i64, f32)>,
    /// Frames for which the anchor is still to be held.
    held: u8,
    /// The opening whose marked line was scrolled to.
    shown: Option<u64>,
    /// The spoken line that was scrolled to.
    followed: Option<i64>,
}

/// Where the columns stand.
#[derive(Clone, Copy)]
struct Columns {
    left: f32,
    width: f32,
}

impl Columns {
    fn of(ui: &Ui) -> Self {
        let whole = ui.available_width() - EDGE - BETWEEN - RIGHT;
        Self { left: ui.max_rect().left() + EDGE, width: (whole / 2.0).max(80.0).floor() }
    }

    fn x(self, side: Side) -> (f32, f32) {
        match side {
            Side::Said => (self.left, self.width),
            Side::Heard => (self.left + self.width + BETWEEN, self.width),
            Side::Both => (self.left, self.width * 2.0 + BETWEEN),
        }
    }
}

/// The conversation with its columns' headings.
pub(crate) fn conversation_ui(ui: &mut Ui, state: &State, layout: &mut Layout) -> Option<Action> {
    let conversation = state.conversation.as_ref()?;
    let columns = Columns::of(ui);
    let wanted = day_ui::day_ui(ui, state, conversation, |ui| menu_ui(ui, state.hidden));
    heading_ui(ui, columns);
    if let Some(error) = &conversation.error {
        ui.label(RichText::new(error).color(Palette::of(ui).error));
    }
    if layout.renew(ui, conversation, columns) {
        // A conversation that was opened just now is scrolled to its marked line instead.
        layout.held = if layout.shown == Some(conversation.opening) { HELD } else { 0 };
    }
    // Without the spring: when lines come before those in view, the area would take the new place for one beyond its end.
    ui.spacing_mut().scroll.kinetic.rubber_band = false;
    let mut area = ScrollArea::vertical()
        .id_salt("conversation")
        .auto_shrink(false)
        .scroll_bar_visibility(ScrollBarVisibility::AlwaysVisible);
    if layout.held > 0
        && let Some(offset) = layout.anchored(conversation)
    {
        area = area.vertical_scroll_offset(offset);
        ui.ctx().request_repaint();
    }
    area.show_viewport(ui, |ui, viewport| lines_ui(ui, state, conversation, layout, columns, viewport)).inner.or(wanted)
}

fn heading_ui(ui: &mut Ui, columns: Columns) {
    let palette = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    for (side, label) in [(Side::Said, "You said"), (Side::Heard, "You heard")] {
        let (x, _) = columns.x(side);
        let font = eframe::egui::FontId::proportional(14.0);
        ui.painter().text(pos2(x + PADDING, rect.center().y), Align2::LEFT_CENTER, label, font, palette.side(side));
    }
}

impl Layout {
    /// Where the reader's eye rests: the first line in view, and before anything is drawn the marked one.
    pub(crate) fn place(&self, conversation: &Conversation) -> WallTime {
        let shown = self.shown == Some(conversation.opening);
        let key = self.anchor.filter(|_| shown).map(|(key, _)| key);
        let line = conversation.lines.iter().find(|line| Some(line.key) == key);
        line.map_or_else(|| conversation.place(), |line| line.span.start)
    }

    /// Lays out anew where something changed; true if so.
    fn renew(&mut self, ui: &Ui, conversation: &Conversation, columns: Columns) -> bool {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole points")]
        let width = columns.width as u32;
        let key = (conversation.opening, conversation.revision, width, ui.visuals().dark_mode);
        if self.made_for == Some(key) {
            return false;
        }
        let palette = Palette::of(ui);
        self.galleys = conversation.lines.iter().map(|line| galley(ui, line, columns, &palette)).collect();
        let block = |(line, galley): (&Line, &Arc<Galley>)| Block {
            side: line.side,
            start: line.span.start.as_micros(),
            end: line.span.end.as_micros(),
            height: galley.size().y + 2.0 * PADDING,
        };
        self.plan = layout::plan(&conversation.lines.iter().zip(&self.galleys).map(block).collect::<Vec<_>>());
        self.made_for = Some(key);
        true
    }

    /// The scroll offset at which the line that was in view stays where it was.
    fn anchored(&self, conversation: &Conversation) -> Option<f32> {
        if self.shown != Some(conversation.opening) {
            return None;
        }
        let (key, below) = self.anchor?;
        let i = conversation.lines.iter().position(|line| line.key == key)?;
        Some((END + self.plan.tops.get(i)? - below).max(0.0))
    }
}

fn galley(ui: &Ui, line: &Line, columns: Columns, palette: &Palette) -> Arc<Galley> {
    let (_, width) = columns.x(line.side);
    let color = if line.doubt.is_some() { palette.weak } else { palette.text };
    let room = (width - 2.0 * PADDING - sign::width(line), usize::MAX);
    ui.painter().layout_job(mark::job(
        &line.text,
        &line.found,
        &line.doubtful_words,
        (style::body(), color),
        palette,
        room,
    ))
}

fn lines_ui(
    ui: &mut Ui,
    state: &State,
    conversation: &Conversation,
    layout: &mut Layout,
    columns: Columns,
    viewport: Rect,
) -> Option<Action> {
    let height = layout.plan.height + 2.0 * END;
    ui.set_height(height.max(viewport.height()));
    let origin = ui.min_rect().top();
    let top = origin + END;
    let mut action = ends_ui(ui, conversation, columns, (origin, top + layout.plan.height + SPACE));
    let spoken = state.spoken().map(|line| line.key);
    let held = layout.held > 0;
    layout.held = layout.held.saturating_sub(1);
    if !held {
        layout.anchor = None;
    }
    for (i, line) in conversation.lines.iter().enumerate() {
        let (Some(y), Some(galley)) = (layout.plan.tops.get(i), layout.galleys.get(i)) else { continue };
        let (x, width) = columns.x(line.side);
        let rect = Rect::from_min_size(pos2(x, top + y), vec2(width, galley.size().y + 2.0 * PADDING));
        scroll_to(ui, state, conversation, (&mut layout.shown, &mut layout.followed), line, rect);
        if rect.bottom() < origin + viewport.top() || rect.top() > origin + viewport.bottom() {
            continue;
        }
        layout.anchor = layout.anchor.or(Some((line.key, rect.top() - origin - viewport.top())));
        let is_spoken = spoken == Some(line.key);
        let word = state.spoken_word(line).filter(|_| is_spoken).map(|word| &word.range);
        let look = Look { marked: conversation.marked == Some(line.key), spoken: is_spoken, word };
        let response = line_ui(ui, line, galley, rect, look);
        if response.clicked() {
            action = Some(clicked(line, galley, rect, &response));
        }
        response.context_menu(|ui| action = line_menu_ui(ui, line).or(action.take()));
    }
    let missing = state.days.shown.as_ref().map(|day| day.missing.as_slice()).unwrap_or_default();
    edge_ui(ui, conversation, layout, columns, top, missing);
    action.or(scrolled(ui, state, conversation, (viewport.top(), height - viewport.bottom())))
}

/// Brings the marked line of a new conversation and, while it follows, the spoken line into view.
fn scroll_to(
    ui: &Ui,
    state: &State,
    conversation: &Conversation,
    (shown, followed): (&mut Option<u64>, &mut Option<i64>),
    line: &Line,
    rect: Rect,
) {
    if *shown != Some(conversation.opening) && !conversation.waiting && conversation.marked == Some(line.key) {
        *shown = Some(conversation.opening);
        *followed = Some(line.key);
        ui.scroll_to_rect(rect, Some(Align::Center));
    }
    let spoken = state.playing.playback.playing && state.spoken().map(|spoken| spoken.key) == Some(line.key);
    if spoken && state.playing.follow && *followed != Some(line.key) {
        *followed = Some(line.key);
        let comfortable = ui.clip_rect().shrink2(vec2(0.0, ui.clip_rect().height() * 0.2));
        if !comfortable.y_range().contains(rect.center().y) {
            ui.scroll_to_rect(rect, Some(Align::Center));
        }
    }
}

/// What scrolling by hand does: the reader isn't pulled back by the sound, and beyond either end there is more. `left` is
/// how much there is above and below what is in view.
fn scrolled(ui: &Ui, state: &State, conversation: &Conversation, left: (f32, f32)) -> Option<Action> {
    let by = ui.input(|input| input.smooth_scroll_delta().y);
    if !ui.ui_contains_pointer() || by.abs() < 0.5 {
        return None;
    }
    let playing = &state.playing;
    if playing.follow && playing.playback.playing {
        return Some(Action::Follow(false));
    }
    let (above, below) = left;
    let earlier = by > 0.0 && above <= 1.0 && !conversation.at_start;
    let later = by < 0.0 && below <= 1.0 && !conversation.at_end;
    match (conversation.waiting, earlier, later) {
        (false, true, _) => Some(Action::Earlier),
        (false, _, true) => Some(Action::Later),
        _ => None,
    }
}

#[derive(Clone, Copy)]
struct Look<'a> {
    marked: bool,
    spoken: bool,
    /// Where the word that is being heard stands.
    word: Option<&'a Range<usize>>,
}

/// A click on a word plays from there; beside the words, and from the keyboard, from the line's beginning.
fn clicked(line: &Line, galley: &Galley, rect: Rect, response: &Response) -> Action {
    let word = response.interact_pointer_pos().and_then(|pointer| {
        let pointer = pointer - (rect.min + vec2(PADDING, PADDING)).to_vec2();
        line.words.iter().position(|word| word_rect(galley, &line.text, &word.range).contains(pointer))
    });
    word.map_or(Action::PlayLine(line.key), |word| Action::PlayWord(line.key, word))
}

/// Where a word stands, from the text's corner on. Of one that goes on in the next row, its beginning.
pub(crate) fn word_rect(galley: &Galley, text: &str, range: &Range<usize>) -> Rect {
    let characters = |until: usize| text.get(..until).unwrap_or(text).chars().count();
    let mut start = CCursor::new(characters(range.start));
    start.prefer_next_row = true;
    let (start, end) = (galley.pos_from_cursor(start), galley.pos_from_cursor(CCursor::new(characters(range.end))));
    let right = if end.top() > start.top() { galley.rect.right() } else { end.right() };
    Rect::from_min_max(start.min, pos2(right, start.bottom()))
}

/// What screen readers and tests know a line by.
pub(crate) fn line_label(line: &Line) -> String {
    let about = text::about(line);
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join("; ")) };
    format!("{} at {}: {}{about}", line.side, text::clock(line.span.start), line.text)
}

fn line_ui(ui: &Ui, line: &Line, galley: &Arc<Galley>, rect: Rect, look: Look<'_>) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(("line", line.key)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, look.spoken, line_label(line)));
    let palette = Palette::of(ui);
    let color = palette.side(line.side);
    let painter = ui.painter();
    let strength = match (look.spoken, response.hovered() || response.has_focus()) {
        (true, _) => 0.26,
        (false, true) => 0.15,
        (false, false) => 0.07,
    };
    painter.rect_filled(rect, style::ROUND, color.gamma_multiply(strength));
    if line.doubt.is_some() {
        hatch(painter, rect, 9.0, palette.weak.gamma_multiply(0.16));
    }
    if look.marked {
        painter.rect_stroke(rect, style::ROUND, (1.0, color.gamma_multiply(0.8)), StrokeKind::Inside);
    }
    if look.spoken {
        let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        painter.rect_filled(bar, 2.0, color);
    }
    let corner = rect.min + vec2(PADDING, PADDING);
    if let Some(word) = look.word {
        let word = word_rect(galley, &line.text, word).translate(corner.to_vec2()).expand2(vec2(2.0, 0.0));
        painter.rect_filled(word, 3.0, color.gamma_multiply(0.45));
    }
    painter.galley(corner, Arc::clone(galley), palette.text);
    let row = style::body().size * 0.7;
    sign::paint(painter, line, pos2(rect.right() - PADDING / 2.0, rect.top() + PADDING + row), palette.weak);
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    let doubt = line
        .doubt
        .as_ref()
        .map(|doubt| if line.hidden { format!("Hidden: {doubt}") } else { format!("Doubtful: {doubt}") });
    let origin = Some(line.origin.clone()).filter(|origin| !origin.is_empty());
    let about: Vec<String> = doubt.into_iter().chain(text::about(line)).chain(origin).collect();
    if about.is_empty() { response } else { response.on_hover_text(about.join("\n")) }
}
