//! What stands where no conversation is open: what to do next.

use super::state::{Action, Readiness, State};
use super::style::{self, Palette};
use super::{calendar_ui, first_ui};
use eframe::egui::{Frame, Margin, RichText, Ui};

/// What to do, in a sentence, and what to type.
struct Advice {
    title: &'static str,
    text: &'static str,
    commands: &'static [&'static str],
}

fn advice(readiness: Readiness) -> Advice {
    match readiness {
        // That one has a page of its own.
        Readiness::Unknown | Readiness::NoSound => Advice { title: "", text: "", commands: &[] },
        Readiness::NoModel => Advice {
            title: "No words yet",
            text: "There is sound. To turn it into words, a speech model is needed; base.en has 148 MB:",
            commands: &["hearsay models get base.en", "hearsay work"],
        },
        Readiness::NoTranscript => Advice {
            title: "No words yet",
            text: "There is sound and a model. The worker turns the one into words by the other:",
            commands: &["hearsay work"],
        },
        Readiness::NoIndex => Advice {
            title: "Not searchable yet",
            text: "There are words, and no index of them. The worker makes it:",
            commands: &["hearsay work --once"],
        },
        Readiness::Ready => Advice {
            title: "Search, then click a hit",
            text: "The conversation around it opens here, what you said on the left and what you heard on the right, and \
                   plays from there. T shows what was said last, G goes to a time, and ? lists the other keys.",
            commands: &[],
        },
    }
}

/// The right side of the window before anything is open.
pub(crate) fn welcome_ui(ui: &mut Ui, state: &State) -> Option<Action> {
    if state.health.readiness == Readiness::NoSound || state.first.wanted {
        return first_ui::first_ui(ui, state);
    }
    let advice = advice(state.health.readiness);
    let palette = Palette::of(ui);
    let has_days = state.health.readiness == Readiness::Ready && state.calendar.year.is_some();
    let above = if has_days { 0.08 } else { 0.3 };
    ui.add_space((ui.available_height() * above).max(20.0));
    ui.vertical_centered(|ui| {
        ui.set_max_width(430.0);
        ui.label(RichText::new(advice.title).heading().color(palette.text));
        ui.label(RichText::new(advice.text).color(palette.weak));
        if !advice.commands.is_empty() {
            ui.add_space(6.0);
            Frame::new()
                .fill(ui.visuals().extreme_bg_color)
                .corner_radius(style::ROUND)
                .inner_margin(Margin::symmetric(16, 10))
                .show(ui, |ui| {
                    for command in advice.commands {
                        ui.label(RichText::new(*command).monospace().color(palette.text));
                    }
                });
        }
    });
    if !has_days {
        return None;
    }
    ui.add_space(26.0);
    let beside = ((ui.available_width() - calendar_ui::WIDTH) / 2.0).max(12.0);
    ui.horizontal_top(|ui| {
        ui.add_space(beside);
        ui.vertical(|ui| calendar_ui::calendar_ui(ui, &state.calendar, None)).inner
    })
    .inner
}
