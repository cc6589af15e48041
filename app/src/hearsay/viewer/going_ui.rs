//! The dialogs for going to a time, and of what the keys do.

use super::dialog_ui::{end_ui, title, told_ui, weak};
use super::state::{Action, Going, Whither};
use super::style::{self, Palette};
use eframe::egui::accesskit::Role;
use eframe::egui::{Grid, Key, Margin, RichText, TextEdit, Ui, WidgetInfo, vec2};

/// The field's label for screen readers, and what finds it.
pub(crate) const TIME: &str = "Go to the time";

/// Asks for a time.
pub(super) fn going_ui(ui: &mut Ui, going: &Going) -> Option<Action> {
    title(ui, "Go to");
    let mut text = going.text.clone();
    let field = TextEdit::singleline(&mut text)
        .hint_text("14:05, yesterday, 2026-11-22T14:05, 10m ago")
        .font(style::body())
        .margin(Margin::symmetric(10, 7))
        .char_limit(64)
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, TIME));
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    response.request_focus();
    told_ui(ui, None, going.told.error.as_ref());
    let ended =
        end_ui(ui, "Close", |ui| ui.button("Go").clicked().then(|| Action::Go(Whither::Text(going.text.clone()))));
    if response.changed() {
        return Some(Action::TypeWhither(text));
    }
    if entered { Some(Action::Go(Whither::Text(going.text.clone()))) } else { ended }
}

const KEYS: [(&str, &str); 14] = [
    ("Ctrl 1,  Ctrl 2,  Ctrl 3", "Read, live, settings"),
    ("/  or  Ctrl F", "Search; Esc leaves the field"),
    ("Enter,  Shift Enter", "The next hit, the one before"),
    ("Space  or  K", "Play, pause"),
    ("J,  L  or  arrows", "Back and forward by 5 seconds"),
    ("R", "Play what is selected again and again, or the line that is heard"),
    ("+  and  -", "Show less or more of the waveform"),
    ("T", "What was said last"),
    ("G", "Go to a time"),
    ("[  and  ]", "The day before, the next day"),
    ("D", "The next word that may have been misheard"),
    ("Tab,  Enter", "Move to a button or a line, press it"),
    ("Esc", "Close what lies over the window; select nothing"),
    ("?", "This list"),
];

/// What the keys do.
pub(super) fn keys_ui(ui: &mut Ui) -> Option<Action> {
    title(ui, "Keys");
    let palette = Palette::of(ui);
    Grid::new("keys").num_columns(2).spacing(vec2(24.0, 8.0)).show(ui, |ui| {
        for (keys, meaning) in KEYS {
            ui.label(RichText::new(keys).color(palette.text));
            weak(ui, meaning);
            ui.end_row();
        }
    });
    end_ui(ui, "Close", |_| None)
}
