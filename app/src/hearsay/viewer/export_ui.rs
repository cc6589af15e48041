//! The dialog that asks what is exported, and where to.

use super::dialog_ui::{end_ui, title, told_ui, weak};
use super::state::{Action, Export, Form, Turn};
use super::{style, text};
use eframe::egui::accesskit::Role;
use eframe::egui::{Button, Key, Margin, TextEdit, Ui, WidgetInfo};

/// The field's label for screen readers, and what finds it.
pub(crate) const FILE: &str = "Into the file";

/// Asks for the form and the file.
pub(super) fn export_ui(ui: &mut Ui, export: &Export) -> Option<Action> {
    title(ui, "Export what is selected");
    let (from, to) = (text::clock(export.span.start), text::clock(export.span.end));
    weak(ui, format!("{}, from {from} to {to}", text::day(export.span.start)));
    let mut action = None;
    ui.horizontal(|ui| {
        for (form, name) in [(Form::Clip, "Sound (WAV: said left, heard right)"), (Form::Text, "Text")] {
            if ui.radio(export.form == form, name).clicked() && export.form != form {
                action = Some(Turn::ChooseForm(form));
            }
        }
    });
    let mut path = export.path.clone();
    let field = TextEdit::singleline(&mut path)
        .font(style::body())
        .margin(Margin::symmetric(10, 7))
        .char_limit(4_096)
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, FILE));
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    told_ui(ui, export.told.done.as_ref(), export.told.error.as_ref());
    let done = export.told.done.is_some();
    let can = !export.told.waiting && !done && !export.path.trim().is_empty();
    let ended = end_ui(ui, if done { "Close" } else { "Cancel" }, |ui| {
        ui.add_enabled(can, Button::new("Export")).clicked().then_some(Action::Turn(Turn::Export))
    });
    if response.changed() {
        return Some(Action::Turn(Turn::TypePath(path)));
    }
    let entered = (entered && can).then_some(Action::Turn(Turn::Export));
    entered.or(action.map(Action::Turn)).or(ended)
}
