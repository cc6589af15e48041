//! The bar under the conversation: play, place, speed, sides.

use super::replay_ui::replay_ui;
use super::state::{Action, Conversation, SPEED_CHOICES, STEP_MICROS, State};
use super::style::{self, Palette};
use super::text;
use super::waveform_ui::waveform_ui;
use crate::player::Ears;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, Button, Color32, ComboBox, CornerRadius, Layout, Rect, RichText, Sense, Shape, Stroke, Ui, WidgetInfo, vec2,
};

/// The player's bar; nothing where no conversation is open.
pub(crate) fn player_ui(ui: &mut Ui, state: &State) -> Option<Action> {
    let conversation = state.conversation.as_ref()?;
    let palette = Palette::of(ui);
    let playback = &state.playing.playback;
    if let Some(error) = &playback.error {
        let told =
            if playback.playing { format!("Some of it is missing: {error}") } else { format!("Not playing: {error}") };
        ui.label(RichText::new(told).font(style::small()).color(palette.error));
    }
    let turned = waveform_ui(ui, state, conversation);
    let pressed = ui.horizontal(|ui| controls_ui(ui, state, conversation)).inner;
    let chosen = replay_ui(ui, state);
    pressed.or(chosen).or(turned)
}

fn controls_ui(ui: &mut Ui, state: &State, conversation: &Conversation) -> Option<Action> {
    let palette = Palette::of(ui);
    let playback = &state.playing.playback;
    let mut action = play_button(ui, playback.playing);
    for (label, name, by) in [("-5 s", "Back 5 seconds", -STEP_MICROS), ("+5 s", "Forward 5 seconds", STEP_MICROS)] {
        let button = ui.add(Button::new(RichText::new(label).font(style::small())).min_size(vec2(44.0, 26.0)));
        button.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
        if button.on_hover_text(format!("{name} (arrow keys)")).clicked() {
            action = Some(Action::SeekBy(by));
        }
    }
    ui.add_space(4.0);
    let now = playback.position.unwrap_or(conversation.span.start);
    ui.label(RichText::new(text::clock(now)).size(17.0).color(palette.text));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        action = speed_ui(ui, state.playing.speed).or(action.take());
        action = ears_ui(ui, state.playing.ears).or(action.take());
        if !state.playing.follow && playback.playing {
            let back = Button::new(RichText::new("Follow").font(style::small()));
            if ui.add(back).on_hover_text("Go back to the line that is being heard").clicked() {
                action = Some(Action::Follow(true));
            }
        }
    });
    action
}

fn play_button(ui: &mut Ui, playing: bool) -> Option<Action> {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(34.0, 34.0), Sense::click());
    let label = if playing { "Pause" } else { "Play" };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let fill = if response.hovered() { palette.heard } else { palette.heard.gamma_multiply(0.85) };
    let painter = ui.painter();
    painter.circle_filled(rect.center(), 17.0, fill);
    if response.has_focus() {
        painter.circle_stroke(rect.center(), 19.0, (1.0, palette.heard));
    }
    let ink = if ui.visuals().dark_mode { Color32::from_rgb(0x13, 0x15, 0x19) } else { Color32::WHITE };
    let c = rect.center();
    if playing {
        for x in [-5.5, 1.5] {
            painter.rect_filled(Rect::from_min_size(c + vec2(x, -6.5), vec2(4.0, 13.0)), 1.0, ink);
        }
    } else {
        let triangle = vec![c + vec2(-4.5, -7.5), c + vec2(8.0, 0.0), c + vec2(-4.5, 7.5)];
        painter.add(Shape::convex_polygon(triangle, ink, Stroke::NONE));
    }
    response.on_hover_text(format!("{label} (Space)")).clicked().then_some(Action::TogglePlay)
}

/// Drawn from the right.
fn speed_ui(ui: &mut Ui, speed: f32) -> Option<Action> {
    let mut chosen = speed;
    let name = |speed: f32| format!("{speed}x");
    let shown = RichText::new(name(speed)).font(style::small());
    let response = ComboBox::from_id_salt("speed").width(58.0).height(320.0).selected_text(shown).show_ui(ui, |ui| {
        for choice in SPEED_CHOICES {
            ui.selectable_value(&mut chosen, choice, name(choice));
        }
    });
    response.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Speed"));
    ((chosen - speed).abs() > f32::EPSILON).then_some(Action::Speed(chosen))
}

/// Drawn from the right.
fn ears_ui(ui: &mut Ui, ears: Ears) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut action = None;
    ui.spacing_mut().item_spacing.x = 0.0;
    ui.add_space(10.0);
    let west = CornerRadius { nw: 6, sw: 6, ne: 0, se: 0 };
    let east = CornerRadius { nw: 0, sw: 0, ne: 6, se: 6 };
    for (choice, label, name, round) in [
        (Ears::Heard, "Heard", "Play only what was heard", east),
        (Ears::Said, "Said", "Play only what was said", CornerRadius::ZERO),
        (Ears::Mix, "Both", "Play both sides", west),
    ] {
        let on = ears == choice;
        let color = match choice {
            Ears::Mix => palette.text,
            Ears::Said => palette.said,
            Ears::Heard => palette.heard,
        };
        let text = RichText::new(label).font(style::small()).color(if on { color } else { palette.weak });
        let fill = if on { color.gamma_multiply(0.18) } else { ui.visuals().widgets.inactive.weak_bg_fill };
        let button = ui.add(Button::new(text).fill(fill).corner_radius(round).min_size(vec2(54.0, 26.0)));
        button.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, name));
        if button.on_hover_text(name).clicked() {
            action = Some(Action::Ears(choice));
        }
    }
    ui.add_space(10.0);
    ui.spacing_mut().item_spacing.x = 8.0;
    action
}
