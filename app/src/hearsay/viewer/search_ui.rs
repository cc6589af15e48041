//! The left side: the search field, the sides, the notes, the hits.

use super::completion::{Suggestion, suggestions};
use super::state::{Action, Line, Readiness, Search, State};
use super::style::{self, Palette};
use super::{histogram_ui, mark, sign, text};
use eframe::egui::accesskit::Role;
use eframe::egui::containers::menu::MenuButton;
use eframe::egui::text::CCursor;
use eframe::egui::text_selection::CCursorRange;
use eframe::egui::{
    Align2, Button, Id, Key, Margin, Rect, RichText, ScrollArea, Sense, StrokeKind, TextEdit, Ui, WidgetInfo, pos2,
    vec2,
};
use timeline::{Clock as _, Side, SystemClock};

/// The search field's label for screen readers, and what finds it.
pub(crate) const FIELD: &str = "Search";

/// Height of a hit: a line about it and two lines of it.
const ROW_HEIGHT: f32 = 76.0;
const ROW_MARGIN: f32 = 9.0;
/// With fewer hits below those in view, more are asked for.
const NEAR_THE_END: usize = 60;

/// The left side of the window.
pub(crate) fn search_ui(ui: &mut Ui, state: &State) -> Option<Action> {
    let mut action = field_ui(ui, &state.search);
    action = action.or(completion_ui(ui, &state.search.text));
    ui.add_space(2.0);
    action = action.or(sides_ui(ui, &state.search));
    action = action.or(narrowed_ui(ui, &state.search));
    notes_ui(ui, &state.search);
    action = action.or(histogram_ui::histogram_ui(ui, &state.search));
    ui.add_space(2.0);
    if state.search.found.hits.is_empty() {
        return action.or(nothing_ui(ui, state));
    }
    action.or(hits_ui(ui, &state.search))
}

/// Where the search field's focus is asked for.
pub(crate) fn field_id() -> Id {
    Id::unique("search field")
}

fn field_ui(ui: &mut Ui, search: &Search) -> Option<Action> {
    let mut text = search.text.clone();
    let line = Palette::of(ui).line;
    ui.visuals_mut().widgets.inactive.bg_stroke = (1.0, line).into();
    let field = TextEdit::singleline(&mut text)
        .id(field_id())
        .hint_text("Search what was said and heard")
        .font(style::body())
        .margin(Margin::symmetric(10, 7))
        .char_limit(256)
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    ui.visuals_mut().widgets.inactive.bg_stroke = eframe::egui::Stroke::NONE;
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, enabled, FIELD));
    let enter = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if response.changed() {
        return Some(Action::Type(text));
    }
    (enter && !search.found.hits.is_empty()).then_some(Action::Open(0))
}

/// How the word that is being typed may go on.
fn completion_ui(ui: &mut Ui, text: &str) -> Option<Action> {
    let all = suggestions(text);
    if all.is_empty() {
        return None;
    }
    let palette = Palette::of(ui);
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for suggestion in all {
            let word = RichText::new(&suggestion.word).font(style::small()).color(palette.text);
            let chip = ui.add(Button::new(word).fill(palette.hover).min_size(vec2(0.0, 22.0)));
            chip.widget_info(|| WidgetInfo::labeled(Role::Button, true, completion_label(&suggestion)));
            if chip.on_hover_text(suggestion.about).clicked() {
                type_on(ui, &suggestion.text);
                action = Some(Action::Type(suggestion.text));
            }
        }
    });
    action
}

/// What screen readers and tests know a way on by.
pub(crate) fn completion_label(suggestion: &Suggestion) -> String {
    format!("{}, {}", suggestion.word, suggestion.about)
}

/// The field has the keys again, behind its last character.
fn type_on(ui: &Ui, text: &str) {
    let mut state = TextEdit::load_state(ui.ctx(), field_id()).unwrap_or_default();
    let end = CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::one(end)));
    state.store(ui.ctx(), field_id());
    ui.memory_mut(|memory| memory.request_focus(field_id()));
}

fn sides_ui(ui: &mut Ui, search: &Search) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut action = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        for (side, label, on) in [(Side::Said, "Said", search.said), (Side::Heard, "Heard", search.heard)] {
            let color = palette.side(side);
            let text = RichText::new(label).font(style::small()).color(if on { color } else { palette.weak });
            let fill = if on { color.gamma_multiply(0.16) } else { ui.visuals().panel_fill };
            let stroke = (1.0, if on { color.gamma_multiply(0.7) } else { palette.line });
            let chip = ui.add(Button::new(text).fill(fill).stroke(stroke).min_size(vec2(54.0, 24.0)));
            chip.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, format!("Search what was {side}")));
            if chip.clicked() {
                action = Some(Action::ToggleSide(side));
            }
        }
        action = since_ui(ui, search).or(action.take());
        let count = count(search);
        ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            ui.label(RichText::new(count).font(style::small()).color(palette.weak));
        });
    });
    action
}

/// Stretches of time up to now that can be chosen.
const SINCE: [(&str, &str); 4] = [
    ("Today", "today"),
    ("The last 7 days", "last 7d"),
    ("The last 30 days", "last 30d"),
    ("The last year", "last 365d"),
];

/// When it was said.
fn since_ui(ui: &mut Ui, search: &Search) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut action = None;
    let text = RichText::new("When").font(style::small()).color(palette.weak);
    let chip = Button::new(text).fill(ui.visuals().panel_fill).stroke((1.0, palette.line)).min_size(vec2(54.0, 24.0));
    let menu = MenuButton::from_button(chip).ui(ui, |ui| {
        ui.set_min_width(150.0);
        for (label, span) in SINCE {
            if ui.button(label).clicked() {
                action = timeline::parse_span(span, SystemClock.wall()).ok().map(|span| Action::Narrow(Some(span)));
                ui.close();
            }
        }
        if search.narrowed.is_some() && ui.button("Any time").clicked() {
            action = Some(Action::Narrow(None));
            ui.close();
        }
    });
    menu.0.widget_info(|| WidgetInfo::labeled(Role::Button, true, "When it was said"));
    action
}

/// What the label of the way back is.
pub(crate) const EVERYWHERE: &str = "Search all of the time again";

/// The time that the search is narrowed to, and the way back.
fn narrowed_ui(ui: &mut Ui, search: &Search) -> Option<Action> {
    let span = search.narrowed?;
    let palette = Palette::of(ui);
    let text = RichText::new(format!("{}   ×", text::stretch(&span))).font(style::small()).color(palette.text);
    let chip = ui.add(Button::new(text).fill(palette.hover).stroke((1.0, palette.line)).min_size(vec2(54.0, 24.0)));
    chip.widget_info(|| WidgetInfo::labeled(Role::Button, true, EVERYWHERE));
    chip.on_hover_text(EVERYWHERE).clicked().then_some(Action::Narrow(None))
}

/// How much was found, and how fast.
fn count(search: &Search) -> String {
    let n = search.found.hits.len();
    if search.text.trim().is_empty() {
        String::new()
    } else if search.waiting && n == 0 {
        "searching".to_owned()
    } else {
        let hits = match (n, search.found.cut) {
            (1, _) => "1 hit".to_owned(),
            (n, false) => format!("{n} hits"),
            (n, true) => format!("the latest {n} hits"),
        };
        format!("{hits} in {:.0} ms", (search.found.took.as_secs_f64() * 1_000.0).max(1.0))
    }
}

fn notes_ui(ui: &mut Ui, search: &Search) {
    let palette = Palette::of(ui);
    if let Some(error) = &search.error {
        ui.label(RichText::new(error).font(style::small()).color(palette.error));
    }
    for note in &search.found.notes {
        ui.label(RichText::new(note).font(style::small()).color(palette.weak));
    }
}

fn nothing_ui(ui: &mut Ui, state: &State) -> Option<Action> {
    let palette = Palette::of(ui);
    let search = &state.search;
    if search.text.trim().is_empty() && matches!(state.health.readiness, Readiness::Ready | Readiness::Unknown) {
        return help_ui(ui, &palette, &search.history);
    } else if !search.waiting && search.error.is_none() && !search.text.trim().is_empty() {
        ui.add_space(24.0);
        ui.vertical_centered(|ui| {
            ui.label(RichText::new("Nothing found").font(style::body()).color(palette.text));
            ui.label(
                RichText::new("Fewer words, or a beginning such as prob*").font(style::small()).color(palette.weak),
            );
        });
    }
    None
}

/// The query language, in the words people know it by.
const EXAMPLES: [(&str, &str); 7] = [
    ("budget meeting", "both words"),
    ("\"next week\"", "a phrase, across sentences too"),
    ("post*", "a beginning"),
    ("said:budget", "only where you said it"),
    ("heard:\"legal team\"", "only where you heard it"),
    ("budget OR price -old", "either word, without another"),
    ("on:yesterday", "a day; also since: and until:"),
];

fn help_ui(ui: &mut Ui, palette: &Palette, history: &[String]) -> Option<Action> {
    let mut action = None;
    if !history.is_empty() {
        ui.add_space(14.0);
        ui.label(RichText::new("Searched before").font(style::small()).color(palette.weak));
    }
    for text in history {
        let again = ui.add(Button::new(RichText::new(text).color(palette.text)).frame(false).truncate());
        if again.clicked() {
            type_on(ui, text);
            action = Some(Action::Type(text.clone()));
        }
    }
    ui.add_space(18.0);
    ui.label(RichText::new("You can search for").font(style::small()).color(palette.weak));
    ui.add_space(2.0);
    eframe::egui::Grid::new("examples").num_columns(2).spacing(vec2(18.0, 9.0)).show(ui, |ui| {
        for (query, meaning) in EXAMPLES {
            ui.label(RichText::new(query).monospace().color(palette.text));
            ui.label(RichText::new(meaning).font(style::small()).color(palette.weak));
            ui.end_row();
        }
    });
    action
}

fn hits_ui(ui: &mut Ui, search: &Search) -> Option<Action> {
    let mut action = None;
    ui.spacing_mut().item_spacing.y = 4.0;
    ScrollArea::vertical().id_salt("hits").auto_shrink(false).show_rows(
        ui,
        ROW_HEIGHT,
        search.found.hits.len(),
        |ui, rows| {
            for (i, hit) in search.found.hits.iter().enumerate().take(rows.end).skip(rows.start) {
                if hit_ui(ui, hit, search.opened == Some(hit.key)) {
                    action = Some(Action::Open(i));
                }
            }
            if action.is_none() && search.found.cut && rows.end + NEAR_THE_END >= search.found.hits.len() {
                action = Some(Action::MoreHits);
            }
        },
    );
    action
}

/// What screen readers and tests know a hit by.
pub(crate) fn hit_label(hit: &Line) -> String {
    format!("{} {} {}: {}", hit.side, text::day(hit.span.start), text::clock(hit.span.start), hit.text)
}

fn hit_ui(ui: &mut Ui, hit: &Line, opened: bool) -> bool {
    let palette = Palette::of(ui);
    // Room for the scroll bar.
    let size = vec2(ui.available_width() - 8.0, ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, opened, hit_label(hit)));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        let color = palette.side(hit.side);
        if opened {
            painter.rect_filled(rect, style::ROUND, color.gamma_multiply(0.13));
            painter.rect_stroke(rect, style::ROUND, (1.0, color.gamma_multiply(0.5)), StrokeKind::Inside);
        } else if response.hovered() || response.has_focus() {
            painter.rect_filled(rect, style::ROUND, palette.hover);
        }
        let inner = rect.shrink(ROW_MARGIN);
        let bar = Rect::from_min_size(pos2(rect.left() + 3.0, inner.top()), vec2(3.0, inner.height()));
        painter.rect_filled(bar, 2.0, color);
        let left = inner.left() + 4.0;
        painter.text(pos2(left, inner.top()), Align2::LEFT_TOP, hit.side.as_str(), style::small(), color);
        let when = format!("{}   {}", text::day(hit.span.start), text::clock(hit.span.start));
        let written =
            painter.text(pos2(inner.right(), inner.top()), Align2::RIGHT_TOP, when, style::small(), palette.weak);
        sign::paint(painter, hit, written.left_center() - vec2(4.0, 0.0), palette.weak);
        let shown = text::snippet(&hit.text, &hit.found);
        let ink = if hit.doubt.is_some() { palette.weak } else { palette.text };
        let font = eframe::egui::FontId::proportional(14.0);
        let job = mark::job(&shown.text, &shown.found, &[], (font, ink), &palette, (inner.right() - left, 2));
        let galley = painter.layout_job(job);
        painter.galley(pos2(left, inner.top() + 18.0), galley, ink);
    }
    response.on_hover_cursor(eframe::egui::CursorIcon::PointingHand).clicked()
}
