//! What stands where nothing was ever recorded: what recording means, with what, where it goes, and the way to begin.

use super::state::{Action, Fetched, First, Setup, State, Trial};
use super::style::{self, Palette};
use super::trial_ui::{listen_ui, tried_ui};
use crate::output;
use capture::Kind;
use eframe::egui::accesskit::Role;
use eframe::egui::{Button, Checkbox, Label, ProgressBar, RichText, Ui, WidgetInfo};

const WIDTH: f32 = 520.0;

/// What the box is called that has to be ticked.
pub(crate) const AGREED: &str = "The people whom I record know it and agree, wherever that is asked for";
/// What the button is called that begins.
pub(crate) const RECORD: &str = "Start recording";
/// The model that is offered where there is none.
pub(crate) const OFFERED: &str = "base.en";

const CONSENT: &str = "hearsay records all that you say and all that your speakers play, all day. In many places recording a conversation \
without everyone's consent is a crime, whatever you do with it. It shows whenever it records, and a click pauses it.";

/// The page.
pub(crate) fn first_ui(ui: &mut Ui, state: &State) -> Option<Action> {
    let palette = Palette::of(ui);
    let beside = ((ui.available_width() - WIDTH) / 2.0).max(10.0);
    let mut action = None;
    ui.add_space((ui.available_height() * 0.08).max(12.0));
    ui.horizontal_top(|ui| {
        ui.add_space(beside);
        ui.vertical(|ui| {
            ui.set_width(WIDTH.min(ui.available_width() - 10.0));
            ui.label(RichText::new("Nothing is recorded yet").heading().color(palette.text));
            ui.add_space(6.0);
            ui.add(Label::new(RichText::new(CONSENT).color(palette.text)).wrap());
            let mut agreed = state.first.agreed;
            style::outline(ui);
            let tick = ui.add(Checkbox::new(&mut agreed, AGREED));
            if tick.changed() {
                action = Some(Action::Agree(agreed));
            }
            ui.add_space(10.0);
            if let Some(setup) = &state.settings.setup {
                action = setup_ui(ui, setup, &state.first, state.settings.trial.as_ref()).or(action.take());
            }
            ui.add_space(12.0);
            let begin = ui.add_enabled(state.first.agreed, Button::new(RichText::new(RECORD).size(16.0)));
            begin.widget_info(|| WidgetInfo::labeled(Role::Button, state.first.agreed, RECORD));
            if begin.clicked() {
                action = Some(Action::Record);
            }
            if let Some(error) = &state.live.error {
                ui.label(RichText::new(error).color(palette.error));
            }
            small(ui, "It goes on when this window is closed, until you pause it or log out; `hearsay service install` begins it at every login.");
            small(ui, "In a terminal it is `hearsay run`; recordings from elsewhere come in by `hearsay import meeting.wav`.");
        });
    });
    action
}

fn small(ui: &mut Ui, text: &str) {
    let weak = Palette::of(ui).weak;
    ui.add(Label::new(RichText::new(text).font(style::small()).color(weak)).wrap());
}

/// With what it is recorded, what turns it into words, and where it goes.
fn setup_ui(ui: &mut Ui, setup: &Setup, first: &First, trial: Option<&Trial>) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut action = None;
    let row = |ui: &mut Ui, what: &str, value: String| {
        ui.horizontal(|ui| {
            ui.label(RichText::new(what).font(style::small()).color(palette.weak));
            ui.add(Label::new(RichText::new(value).color(palette.text)).truncate());
        });
    };
    let value = |key: &str| setup.values.get(key).cloned().unwrap_or_default();
    let named = |key: &str, found: &[String]| match (value(key).as_str(), found.first()) {
        ("default", Some(first)) => first.clone(),
        ("default", None) => "none was found".to_owned(),
        (set, _) => set.to_owned(),
    };
    let sides = [
        (Kind::Microphone, "What you say", "record.mic", &setup.microphones),
        (Kind::Loopback, "What you hear", "record.loopback", &setup.loopbacks),
    ];
    for (kind, what, key, found) in sides {
        let device = named(key, found);
        let is_there = found.contains(&device);
        let listened = ui.horizontal(|ui| {
            row(ui, what, device.clone());
            if is_there { listen_ui(ui, kind, &device, trial) } else { None }
        });
        tried_ui(ui, kind, &device, trial);
        action = listened.inner.or(action.take());
    }
    row(ui, "It goes to", setup.home.display().to_string());
    if ui.link(RichText::new("Other devices, and everything else that can be set").font(style::small())).clicked() {
        action = Some(Action::Show(super::state::Page::Settings));
    }
    ui.add_space(8.0);
    let words = match setup.models.first() {
        Some(model) => format!("by the model {}", model.name),
        None => "later: no speech model is here yet".to_owned(),
    };
    row(ui, "Words come", words);
    if let Some(model) = setup.known.iter().find(|model| model.name == OFFERED && setup.models.is_empty()) {
        action = fetch_ui(ui, &model.name, &model.about, first).or(action);
    }
    action
}

/// A button that fetches a model, and how it comes.
pub(super) fn fetch_ui(ui: &mut Ui, name: &str, about: &str, first: &First) -> Option<Action> {
    let palette = Palette::of(ui);
    let coming = first.fetched.as_ref().filter(|(fetched, _)| fetched == name).map(|(_, coming)| coming);
    let mut action = None;
    ui.horizontal(|ui| {
        let can = !first.is_fetching() && coming != Some(&Fetched::Done);
        let button = ui.add_enabled(can, Button::new(RichText::new(format!("Get {name}")).font(style::small())));
        if button.clicked() {
            action = Some(Action::Fetch(name.to_owned()));
        }
        ui.label(RichText::new(about).font(style::small()).color(palette.weak));
    });
    match coming {
        Some(Fetched::Part { have, of }) => {
            let of_all = of.map(|of| format!(" of {}", output::size(of))).unwrap_or_default();
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            let share = of.map_or(0.0, |of| *have as f32 / of.max(1) as f32);
            ui.add(ProgressBar::new(share).text(format!("{}{of_all}", output::size(*have))));
        }
        Some(Fetched::Failed(error)) => {
            ui.add(Label::new(RichText::new(error).font(style::small()).color(palette.error)).wrap());
        }
        Some(Fetched::Done) | None => {}
    }
    action
}
