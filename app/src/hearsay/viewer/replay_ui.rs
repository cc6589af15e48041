//! The row below the player: what is left out, what is selected and what is done with it, and how much is shown.

use super::state::{Action, State, Turn};
use super::style::{self, Palette};
use super::text;
use eframe::egui::accesskit::Role;
use eframe::egui::{Align, Button, Context, Key, Layout, Modifiers, RichText, Ui, WidgetInfo, vec2};

/// What screen readers and tests know the buttons by.
pub(crate) const SKIP: &str = "Skip silence";
pub(crate) const LOOP: &str = "Loop what is selected";
pub(crate) const EXPORT: &str = "Export what is selected";
pub(crate) const CLEAR: &str = "Select nothing";
/// How much a press of `+` shows of what was shown.
const CLOSER: f64 = 0.6;

/// The row.
pub(crate) fn replay_ui(ui: &mut Ui, state: &State) -> Option<Action> {
    ui.horizontal(|ui| {
        let mut action = selection_ui(ui, state);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            action = zoom_ui(ui, state).or(action.take());
        });
        action
    })
    .inner
    .map(Action::Turn)
}

fn selection_ui(ui: &mut Ui, state: &State) -> Option<Turn> {
    let replay = &state.replay;
    let mut turn = None;
    let hint = "Jump over what nobody is heard in for longer than 1.5 s";
    if toggle_ui(ui, "Skip silence", SKIP, replay.skips_silence, hint) {
        turn = Some(Turn::ToggleSilence);
    }
    let hint = "Play what is selected, or the line that is heard, again and again (R)";
    if toggle_ui(ui, "Loop", LOOP, replay.looping, hint) {
        turn = Some(Turn::ToggleLoop);
    }
    let Some(selected) = replay.selected else { return turn };
    if button_ui(ui, "Export", EXPORT, "Write what is selected into a file: sound or text") {
        turn = Some(Turn::AskExport);
    }
    if button_ui(ui, "\u{d7}", CLEAR, "Select nothing (Esc)") {
        turn = Some(Turn::ClearSelection);
    }
    // It goes where there is no room for it.
    if ui.available_width() > 260.0 {
        #[expect(clippy::cast_precision_loss, reason = "minutes at most")]
        let seconds = selected.len_micros() as f64 / 1e6;
        let told = format!("{} to {}, {seconds:.1} s", text::clock(selected.start), text::clock(selected.end));
        ui.label(RichText::new(told).font(style::small()).color(Palette::of(ui).weak));
    }
    turn
}

/// Drawn from the right.
fn zoom_ui(ui: &mut Ui, state: &State) -> Option<Turn> {
    let mut turn = None;
    if button_ui(ui, "+", "Show less of the waveform", "Show less of it, closer (+, or the wheel)") {
        turn = Some(Turn::ZoomHere { by: CLOSER });
    }
    if button_ui(ui, "\u{2212}", "Show more of the waveform", "Show more of it (-, or the wheel)") {
        turn = Some(Turn::ZoomHere { by: 1.0 / CLOSER });
    }
    if let Some(shown) = state.shown()
        && ui.available_width() > 150.0
    {
        ui.add_space(4.0);
        let told = format!("{} to {}", text::clock(shown.start), text::clock(shown.end));
        ui.label(RichText::new(told).font(style::small()).color(Palette::of(ui).weak));
    }
    let trouble = state.replay.sketch.as_ref().and_then(|sketch| sketch.trouble.as_ref());
    if let Some(trouble) = trouble {
        let told = RichText::new("Not all of it can be read").font(style::small()).color(Palette::of(ui).error);
        ui.label(told).on_hover_text(trouble);
    }
    turn
}

fn toggle_ui(ui: &mut Ui, label: &str, name: &str, on: bool, hint: &str) -> bool {
    let palette = Palette::of(ui);
    let color = if on { palette.heard } else { palette.text };
    let fill = if on { color.gamma_multiply(0.2) } else { ui.visuals().widgets.inactive.weak_bg_fill };
    let text = RichText::new(label).font(style::small()).color(color);
    let button = ui.add(Button::new(text).fill(fill).min_size(vec2(0.0, 24.0)));
    button.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, name));
    button.on_hover_text(hint).clicked()
}

fn button_ui(ui: &mut Ui, label: &str, name: &str, hint: &str) -> bool {
    let button = ui.add(Button::new(RichText::new(label).font(style::small())).min_size(vec2(26.0, 24.0)));
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    button.on_hover_text(hint).clicked()
}

/// The keys for it; letters belong to a field in which something is typed.
pub(super) fn keys(ctx: &Context) -> Vec<Action> {
    let keys = [
        (Key::R, Turn::ToggleLoop),
        (Key::Escape, Turn::ClearSelection),
        (Key::Plus, Turn::ZoomHere { by: CLOSER }),
        (Key::Equals, Turn::ZoomHere { by: CLOSER }),
        (Key::Minus, Turn::ZoomHere { by: 1.0 / CLOSER }),
    ];
    let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    keys.into_iter().filter(|(key, _)| pressed(*key)).map(|(_, turn)| Action::Turn(turn)).collect()
}
