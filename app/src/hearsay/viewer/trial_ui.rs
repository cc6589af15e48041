//! A device with a button that listens to it, and what it delivers.

use super::meter_ui::meter_ui;
use super::state::{Action, Trial, Tried};
use super::style::{self, Palette};
use capture::Kind;
use eframe::egui::accesskit::Role;
use eframe::egui::{Button, Label, RichText, Ui, WidgetInfo, vec2};
use timeline::Side;

/// The button and its meter.
const BUTTON: [f32; 2] = [64.0, 20.0];
const METER: [f32; 2] = [120.0, 8.0];

/// What screen readers and tests know the button by.
pub(crate) fn listen_label(device: &str) -> String {
    format!("Listen to {device}")
}

/// The button.
pub(super) fn listen_ui(ui: &mut Ui, kind: Kind, device: &str, trial: Option<&Trial>) -> Option<Action> {
    let can = !trial.is_some_and(Trial::is_on);
    let button = Button::new(RichText::new("Listen").font(style::small())).min_size(BUTTON.into());
    let pressed = ui.add_enabled(can, button).on_hover_text("Opens it for 3 s, shows how loud it is, keeps nothing");
    pressed.widget_info(|| WidgetInfo::labeled(Role::Button, can, listen_label(device)));
    pressed.clicked().then(|| Action::Listen(kind, device.to_owned()))
}

/// How loud the device is that the button was pressed for, and what came of it.
pub(super) fn tried_ui(ui: &mut Ui, kind: Kind, device: &str, trial: Option<&Trial>) {
    let palette = Palette::of(ui);
    let Some(trial) = trial.filter(|trial| trial.kind == kind && trial.device == device) else { return };
    ui.horizontal(|ui| {
        let side = if kind == Kind::Microphone { Side::Said } else { Side::Heard };
        let (text, color) = match &trial.so_far {
            Tried::Listening(level) => {
                let meter = meter_ui(ui, vec2(METER[0], METER[1]), *level, palette.side(side));
                let told = level.map_or_else(|| "nothing yet".to_owned(), |level| format!("{level:.0} dB"));
                meter.widget_info(|| WidgetInfo::labeled(Role::Meter, true, format!("Level of {device}: {told}")));
                let call = if kind == Kind::Microphone { "say something" } else { "play something, if you like" };
                (call.to_owned(), palette.weak)
            }
            Tried::Heard(heard) => (heard.verdict(kind), palette.text),
            Tried::Failed(error) => (error.clone(), palette.error),
        };
        ui.add(Label::new(RichText::new(text).font(style::small()).color(color)).wrap());
    });
}
