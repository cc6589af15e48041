//! The settings page: everything that the configuration file knows.

use super::first_ui;
use super::state::{Action, First, Moment, Settings, Setup};
use super::style::{self, Palette};
use super::trial_ui::{listen_ui, tried_ui};
use crate::settings::{KEYS, Key, Kind};
use crate::status::TrackStatus;
use capture::Kind as DeviceKind;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, Button, Checkbox, CollapsingHeader, ComboBox, Key as Pressed, Label, Margin, RichText, ScrollArea, TextEdit,
    Ui, WidgetInfo, vec2,
};

/// The page is no wider than this: lines that are too long are hard to read.
const WIDTH: f32 = 820.0;
/// Of a field.
const FIELD: f32 = 250.0;
/// Of a device's name.
const NAME: [f32; 2] = [300.0, 20.0];
/// Between the words and the field.
const BETWEEN: f32 = 24.0;

const SECTIONS: [(&str, &str, &str); 6] = [
    ("record", "Recording", "What is recorded, and how. The recorder reads this when it starts."),
    ("work", "Words", "How sound becomes words. The worker reads this when it starts, and old days stay as they are."),
    (
        "openai",
        "A server that transcribes",
        "Only where the engine is \"openai\": the sound of speech goes there, and out of this machine.",
    ),
    ("hooks", "Programs that are run", "The worker runs them, with what happened as JSON on their input."),
    ("retention", "How long sound is kept", ""),
    ("models", "Models", "Getting one opens a connection; nothing else does, unless a server transcribes."),
];

/// The page; `moment` has the levels of what is recorded.
pub(crate) fn settings_ui(ui: &mut Ui, settings: &Settings, first: &First, moment: Option<&Moment>) -> Option<Action> {
    let palette = Palette::of(ui);
    if let Some(error) = &settings.error {
        ui.label(RichText::new(error).color(palette.error));
    }
    let Some(setup) = &settings.setup else {
        ui.label(RichText::new("Looking").color(palette.weak));
        return None;
    };
    let mut action = None;
    ScrollArea::vertical().id_salt("settings").auto_shrink(false).show(ui, |ui| {
        ui.set_width((ui.available_width() - 16.0).min(WIDTH));
        let file = match &setup.file {
            Some(file) => format!("In {}; comments there stay.", file.display()),
            None => "There is no configuration file yet; the first change makes one.".to_owned(),
        };
        ui.label(RichText::new(file).font(style::small()).color(palette.weak));
        for (section, title, about) in SECTIONS {
            ui.add_space(14.0);
            ui.label(RichText::new(title).size(17.0).color(palette.text));
            if !about.is_empty() {
                ui.label(RichText::new(about).font(style::small()).color(palette.weak));
            }
            action = section_ui(ui, section, settings, setup, (first, moment)).or(action.take());
            for key in KEYS.iter().filter(|key| key.name.split_once('.').is_some_and(|(of, _)| of == section)) {
                action = key_ui(ui, key, settings, setup).or(action.take());
            }
        }
        ui.add_space(20.0);
    });
    action
}

/// What stands in a section beside its keys.
fn section_ui(
    ui: &mut Ui,
    section: &str,
    settings: &Settings,
    setup: &Setup,
    (first, moment): (&First, Option<&Moment>),
) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut say = |text: &str| {
        ui.label(RichText::new(text).font(style::small()).color(palette.text));
    };
    match section {
        "record" => {
            setup.devices_error.iter().for_each(|error| say(error));
            for track in moment.map(|moment| moment.recorder.tracks.as_slice()).unwrap_or_default() {
                say(&level(track));
            }
            return CollapsingHeader::new("Listen to the devices before you choose")
                .show(ui, |ui| trials_ui(ui, settings, setup))
                .body_returned
                .flatten();
        }
        "retention" => setup.retention.iter().for_each(|line| say(line)),
        "models" => {
            for model in &setup.models {
                say(&format!("{}: {}", model.name, model.about));
            }
            if setup.models.is_empty() {
                say("No model is installed.");
            }
            return CollapsingHeader::new("Models that can be had")
                .show(ui, |ui| {
                    let fetched = setup.known.iter().map(|it| first_ui::fetch_ui(ui, &it.name, &it.about, first));
                    fetched.reduce(Option::or).flatten()
                })
                .body_returned
                .flatten();
        }
        _ => {}
    }
    None
}

/// Every device, to be listened to.
fn trials_ui(ui: &mut Ui, settings: &Settings, setup: &Setup) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut action = None;
    for (kind, devices) in [(DeviceKind::Microphone, &setup.microphones), (DeviceKind::Loopback, &setup.loopbacks)] {
        for device in devices {
            ui.horizontal(|ui| {
                let name = RichText::new(device).font(style::small()).color(palette.text);
                ui.add_sized(NAME, Label::new(name).truncate().halign(Align::Min));
                action = listen_ui(ui, kind, device, settings.trial.as_ref()).or(action.take());
                tried_ui(ui, kind, device, settings.trial.as_ref());
            });
        }
    }
    action
}

/// How loud a recorded device is now.
fn level(track: &TrackStatus) -> String {
    let device = track.device.as_deref().unwrap_or("no device");
    let level = track.level_db.map_or_else(|| "no level".to_owned(), |level| format!("{level:.0} dB"));
    format!("{} now: {device}, {level}", track.track)
}

/// What screen readers and tests know the field of a key by.
pub(crate) fn key_label(key: &str) -> String {
    format!("Setting {key}")
}

fn key_ui(ui: &mut Ui, key: &Key, settings: &Settings, setup: &Setup) -> Option<Action> {
    let value = setup.values.get(key.name).cloned().unwrap_or_default();
    let mut action = None;
    ui.add_space(6.0);
    ui.horizontal_top(|ui| {
        let words = (ui.available_width() - FIELD - BETWEEN).max(120.0);
        ui.vertical(|ui| {
            ui.set_width(words);
            ui.spacing_mut().item_spacing.y = 3.0;
            action = about_ui(ui, key, settings, setup);
        });
        ui.add_space(BETWEEN - ui.spacing().item_spacing.x);
        action = field_ui(ui, key, &value, settings, setup).or(action.take());
    });
    action
}

/// What a key is for, and what came of its change.
fn about_ui(ui: &mut Ui, key: &Key, settings: &Settings, setup: &Setup) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut action = None;
    ui.horizontal(|ui| {
        let name = key.name.split_once('.').map_or(key.name, |(_, name)| name);
        ui.label(RichText::new(name).monospace().color(palette.text));
        if setup.set.iter().any(|set| set == key.name) {
            let back = ui.add(Button::new(RichText::new("Default").font(style::small())).frame(false));
            back.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Default of {}", key.name)));
            if back.on_hover_text("Takes the line out of the file").clicked() {
                action = Some(Action::Set(key.name, None));
            }
        }
    });
    ui.add(Label::new(RichText::new(key.about).font(style::small()).color(palette.weak)).wrap());
    if let Some((changed, done)) = &settings.changed
        && *changed == key.name
    {
        let (text, color) = match done {
            Ok(()) => ("Written".to_owned(), palette.good),
            Err(error) => (error.clone(), palette.error),
        };
        ui.add(Label::new(RichText::new(text).font(style::small()).color(color)).wrap());
    }
    action
}

fn field_ui(ui: &mut Ui, key: &Key, value: &str, settings: &Settings, setup: &Setup) -> Option<Action> {
    match key.kind {
        Kind::Flag => {
            let mut on = value == "true";
            style::outline(ui);
            let field = ui.add(Checkbox::without_text(&mut on));
            field.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, key_label(key.name)));
            field.changed().then(|| Action::Set(key.name, Some(on.to_string())))
        }
        Kind::Choice(choices) => choice_ui(ui, key, value, choices.iter().map(|it| (*it).to_owned()).collect()),
        Kind::Microphone => choice_ui(ui, key, value, devices(&["default", "none"], &setup.microphones)),
        Kind::Loopback => choice_ui(ui, key, value, devices(&["default", "all", "none"], &setup.loopbacks)),
        Kind::Model if !setup.models.is_empty() => {
            choice_ui(ui, key, value, setup.models.iter().map(|model| model.name.clone()).collect())
        }
        Kind::Model | Kind::Number | Kind::Text | Kind::List => text_ui(ui, key, value, settings),
    }
}

fn devices(names: &[&str], found: &[String]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).chain(found.iter().cloned()).collect()
}

fn choice_ui(ui: &mut Ui, key: &Key, value: &str, mut choices: Vec<String>) -> Option<Action> {
    if !value.is_empty() && !choices.iter().any(|choice| choice == value) {
        choices.push(value.to_owned());
    }
    let mut chosen = value.to_owned();
    let shown = if value.is_empty() { "not set" } else { value };
    let field = ComboBox::from_id_salt(key.name).width(FIELD).selected_text(shown).truncate().show_ui(ui, |ui| {
        for choice in choices {
            ui.selectable_value(&mut chosen, choice.clone(), choice);
        }
    });
    field.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, key_label(key.name)));
    (chosen != value).then_some(Action::Set(key.name, Some(chosen)))
}

/// Typed text is kept until Enter or until the field is left; Escape takes it back.
fn text_ui(ui: &mut Ui, key: &Key, value: &str, settings: &Settings) -> Option<Action> {
    style::outline(ui);
    let mut text = settings.drafts.get(key.name).cloned().unwrap_or_else(|| value.to_owned());
    let field = TextEdit::singleline(&mut text)
        .hint_text(key.example.trim_matches('"'))
        .margin(Margin::symmetric(8, 4))
        .desired_width(FIELD - 16.0);
    let response = ui.add_sized(vec2(FIELD, 26.0), field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, key_label(key.name)));
    if response.changed() {
        return Some(Action::Draft(key.name, text));
    }
    if !response.lost_focus() || text == *value {
        return None;
    }
    if ui.input(|input| input.key_pressed(Pressed::Escape)) {
        return Some(Action::Draft(key.name, value.to_owned()));
    }
    let text = text.trim();
    Some(Action::Set(key.name, (!text.is_empty()).then(|| text.to_owned())))
}
