//! What can be done with a conversation and with a line.

use super::super::state::{Action, Line, Reach, Writing};
use super::super::style;
use eframe::egui::accesskit::Role;
use eframe::egui::{RichText, Ui, WidgetInfo, vec2};

/// What can be done with all of it.
pub(super) fn menu_ui(ui: &mut Ui, hidden: bool) -> Option<Action> {
    let mut action = None;
    ui.spacing_mut().button_padding = vec2(8.0, 2.0);
    let menu = ui.menu_button(RichText::new("More").font(style::small()), |ui| {
        ui.set_min_width(240.0);
        for (label, wanted) in [
            ("Transcribe this conversation again", Action::Again(Reach::Conversation)),
            ("Transcribe this day again", Action::Again(Reach::Day)),
            ("Compare versions", Action::Compare),
            (if hidden { "Leave out what is hidden" } else { "Show what is hidden" }, Action::ShowHidden(!hidden)),
        ] {
            if ui.button(label).clicked() {
                action = Some(wanted);
                ui.close();
            }
        }
    });
    let name = "More: transcribe again, compare versions";
    menu.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    action
}

/// What can be done with a line.
pub(super) fn line_menu_ui(ui: &mut Ui, line: &Line) -> Option<Action> {
    let mut action = None;
    if ui.button("Play from here").clicked() {
        action = Some(Action::PlayLine(line.key));
        ui.close();
    }
    if ui.button("Copy the words").clicked() {
        ui.ctx().copy_text(line.text.clone());
        ui.close();
    }
    let star = if line.starred { "Remove star" } else { "Star" };
    for (label, wanted) in [
        (star, Action::Star(line.key, !line.starred)),
        ("Note\u{2026}", Action::Write(line.key, Writing::Note)),
        ("Correct\u{2026}", Action::Write(line.key, Writing::Correction)),
    ] {
        if ui.button(label).clicked() {
            action = Some(wanted);
            ui.close();
        }
    }
    if ui.button("Transcribe this again").clicked() {
        action = Some(Action::Again(Reach::Line(line.key)));
        ui.close();
    }
    action
}
