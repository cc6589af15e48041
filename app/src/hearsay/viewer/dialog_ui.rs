//! What lies over the window.

use super::state::{
    Action, Again, Comparison, Dialog, FORGET_MINUTES, Forgetful, Queue, Reach, Row, State, Version, Versions, Write,
    Writing,
};
use super::style::{self, Palette};
use super::{calendar_ui, export_ui, going_ui, text};
use crate::output;
use crate::status::CampaignStatus;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, Button, Color32, ComboBox, Context, Frame, Id, InputState, Key, KeyboardShortcut, Label, Layout, Margin,
    Modal, Modifiers, ProgressBar, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2,
};

const NARROW: f32 = 420.0;
const WIDE: f32 = 760.0;
/// Of a place where the words differ.
const ROW_HEIGHT: f32 = 26.0;
/// For the times at the left edge.
const EDGE: f32 = 62.0;

/// The dialog that is open.
pub(crate) fn dialog_ui(ctx: &Context, state: &State) -> Option<Action> {
    let dialog = state.dialog.as_ref()?;
    let shown = Modal::new(Id::unique("dialog")).show(ctx, |ui| {
        let room = ui.input(InputState::content_rect).width() - 60.0;
        let width = match dialog {
            Dialog::Versions(_) => WIDE,
            Dialog::Calendar => calendar_ui::WIDTH,
            _ => NARROW,
        };
        let width = width.min(room);
        let inside = |ui: &mut Ui| {
            ui.set_width(width);
            match dialog {
                Dialog::Again(again) => again_ui(ui, again),
                Dialog::Versions(versions) => versions_ui(ui, versions),
                Dialog::Queue(queue) => queue_ui(ui, queue, state),
                Dialog::Going(going) => going_ui::going_ui(ui, going),
                Dialog::Forget(forget) => forget_ui(ui, forget),
                Dialog::Calendar => calendar_ui::calendar_dialog_ui(ui, state),
                Dialog::Keys => going_ui::keys_ui(ui),
                Dialog::Write(write) => write_ui(ui, write),
                Dialog::Export(export) => export_ui::export_ui(ui, export),
            }
        };
        Frame::new().inner_margin(style::PANEL_MARGIN).show(ui, inside).inner
    });
    if shown.should_close() { Some(Action::CloseDialog) } else { shown.inner }
}

pub(super) fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).size(17.0).color(Palette::of(ui).text));
    ui.add_space(2.0);
}

pub(super) fn weak(ui: &mut Ui, text: impl Into<String>) {
    ui.label(RichText::new(text).font(style::small()).color(Palette::of(ui).weak));
}

/// What came of the last question.
pub(super) fn told_ui(ui: &mut Ui, done: Option<&String>, error: Option<&String>) {
    let palette = Palette::of(ui);
    for (text, color) in [(done, palette.good), (error, palette.error)] {
        if let Some(text) = text {
            ui.label(RichText::new(text).font(style::small()).color(color));
        }
    }
}

/// The buttons at the end, from the right; the first closes.
pub(super) fn end_ui(ui: &mut Ui, close: &str, more: impl FnOnce(&mut Ui) -> Option<Action>) -> Option<Action> {
    ui.add_space(6.0);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let closed = ui.button(close).clicked().then_some(Action::CloseDialog);
        closed.or(more(ui))
    })
    .inner
}

fn forget_ui(ui: &mut Ui, forget: &Forgetful) -> Option<Action> {
    title(ui, &format!("Forget the last {FORGET_MINUTES} minutes?"));
    let palette = Palette::of(ui);
    for line in &forget.plan {
        ui.add(Label::new(RichText::new(line).color(palette.text)).wrap());
    }
    if forget.plan.is_empty() && forget.told.error.is_none() {
        weak(ui, "Looking what would go");
    } else if forget.told.done.is_none() && forget.told.error.is_none() {
        weak(ui, "It goes for good: the sound, the words of all passes, and every word of it in the index.");
    }
    told_ui(ui, forget.told.done.as_ref(), forget.told.error.as_ref());
    let can = !forget.plan.is_empty() && !forget.told.waiting && forget.told.error.is_none();
    let done = forget.told.done.is_some();
    end_ui(ui, if done { "Close" } else { "Keep it" }, |ui| {
        let label = if forget.told.waiting && !forget.plan.is_empty() { "Forgetting" } else { "Forget" };
        let button = Button::new(RichText::new(label).color(palette.error));
        (!done && ui.add_enabled(can, button).clicked()).then_some(Action::Forget)
    })
}

fn again_ui(ui: &mut Ui, again: &Again) -> Option<Action> {
    title(ui, "Transcribe again");
    let (from, to) = (text::clock(again.span.start), text::clock(again.span.end));
    weak(
        ui,
        match again.reach {
            Reach::Line(_) => format!("What was said at {from}, up to the silence around it"),
            Reach::Conversation => format!("{}, from {from} to {to}", text::day(again.span.start)),
            Reach::Day => format!("All of {}", text::day(again.span.middle())),
        },
    );
    let mut action = None;
    if let Some(chosen) = &again.chosen {
        ui.horizontal(|ui| {
            ui.label("With the model");
            let mut choice = chosen.clone();
            ComboBox::from_id_salt("model").selected_text(chosen).show_ui(ui, |ui| {
                for model in &again.models {
                    ui.selectable_value(&mut choice, model.clone(), model);
                }
            });
            action = (choice != *chosen).then_some(Action::ChooseModel(choice));
        });
    }
    let nothing = again.estimate.is_some_and(|estimate| estimate.sound <= 0.0);
    match again.estimate {
        _ if again.told.done.is_some() || again.told.error.is_some() => {}
        None => weak(ui, "Looking how much that is"),
        Some(_) if nothing => weak(ui, "That model has transcribed all of it."),
        Some(estimate) => {
            let takes = estimate.takes.map_or_else(
                || "nobody knows how long it takes here".to_owned(),
                |it| format!("about {}", output::duration_of(it)),
            );
            let (sound, speech) = (output::duration_of(estimate.sound), output::duration_of(estimate.speech));
            weak(ui, format!("{sound} of sound, about {speech} of speech: {takes}."));
            weak(ui, "What other models heard is kept, and what is recorded goes first.");
        }
    }
    told_ui(ui, again.told.done.as_ref(), again.told.error.as_ref());
    let queued = again.told.done.is_some();
    let can = !queued && !nothing && again.estimate.is_some() && !again.told.waiting;
    let ended = end_ui(ui, if queued { "Close" } else { "Cancel" }, |ui| {
        if queued {
            return None;
        }
        ui.add_enabled(can, Button::new("Transcribe")).clicked().then_some(Action::QueueAgain)
    });
    ended.or(action)
}

fn versions_ui(ui: &mut Ui, versions: &Versions) -> Option<Action> {
    title(ui, "Versions of this conversation");
    let (from, to) = (text::clock(versions.span.start), text::clock(versions.span.end));
    weak(ui, format!("{}, from {from} to {to}", text::day(versions.span.start)));
    let mut action = None;
    if versions.passes.len() == 1 {
        weak(ui, "Only one model has transcribed it. \"Transcribe again\" makes another version; both are kept.");
    } else if let Some((left, right)) = versions.pair() {
        action = heads_ui(ui, versions, (left, right));
        ui.separator();
        action = comparison_ui(ui, versions.comparison.as_ref()).or(action);
    } else if versions.told.error.is_none() {
        weak(ui, "Reading");
    }
    told_ui(ui, versions.told.done.as_ref(), versions.told.error.as_ref());
    let chosen = versions.passes.iter().position(|version| version.is_read).is_some_and(|read| read > 0);
    let ended = end_ui(ui, "Close", |ui| {
        let back = ui.add_enabled(chosen && !versions.told.waiting, Button::new("Read the best again"));
        back.on_hover_text("Take the last choice here back").clicked().then_some(Action::Unprefer)
    });
    ended.or(action)
}

/// A column for either pass: which it is, and the button to read it.
fn heads_ui(ui: &mut Ui, versions: &Versions, (left, right): (&Version, &Version)) -> Option<Action> {
    let mut action = None;
    ui.horizontal(|ui| {
        ui.add_space(EDGE);
        let width = column_width(ui);
        for (id, shown, is_left) in [("left", left, true), ("right", right, false)] {
            ui.allocate_ui(vec2(width, ROW_HEIGHT), |ui| {
                ui.set_width(width);
                ui.horizontal(|ui| {
                    let own = if is_left { versions.left } else { versions.right };
                    let mut choice = own;
                    ComboBox::from_id_salt(id).width(width * 0.5).selected_text(name(shown)).show_ui(ui, |ui| {
                        for (at, version) in versions.passes.iter().enumerate() {
                            ui.selectable_value(&mut choice, at, name(version));
                        }
                    });
                    if choice != own {
                        let pair = if is_left { (choice, versions.right) } else { (versions.left, choice) };
                        action = Some(Action::ChoosePasses(pair.0, pair.1));
                    }
                    if shown.is_read {
                        weak(ui, "is read here");
                    } else if ui.add_enabled(!versions.told.waiting, Button::new("Read this one")).clicked() {
                        action = Some(Action::Prefer(shown.pass.clone()));
                    }
                });
            });
        }
    });
    action
}

fn name(version: &Version) -> String {
    format!("{} ({})", version.model, version.pass)
}

fn column_width(ui: &Ui) -> f32 {
    ((ui.available_width() - 20.0) / 2.0).max(80.0)
}

fn comparison_ui(ui: &mut Ui, comparison: Option<&Comparison>) -> Option<Action> {
    let Some(comparison) = comparison else {
        weak(ui, "Comparing");
        return None;
    };
    let (same, places) = (comparison.same, comparison.rows.len());
    weak(
        ui,
        match places {
            0 => format!("Both heard the same {same} words."),
            1 => format!("{same} words are the same; they differ in one place. A click plays it."),
            _ => format!("{same} words are the same; they differ in {places} places. A click plays one."),
        },
    );
    let height = (ui.input(InputState::content_rect).height() * 0.5).max(120.0);
    let rows = ScrollArea::vertical().max_height(height).auto_shrink([false, true]);
    rows.show_rows(ui, ROW_HEIGHT, places, |ui, range| {
        let shown = comparison.rows.get(range).unwrap_or_default();
        shown.iter().filter_map(|row| row_ui(ui, row)).last()
    })
    .inner
}

/// A place where the words differ. Said and heard have their colours.
fn row_ui(ui: &mut Ui, row: &Row) -> Option<Action> {
    let palette = Palette::of(ui);
    let color = palette.side(row.side);
    let response = ui
        .horizontal(|ui| {
            ui.set_height(ROW_HEIGHT - 4.0);
            ui.set_width(ui.available_width());
            cell_ui(ui, EDGE - 8.0, |ui| {
                ui.label(RichText::new(text::clock(row.start)).font(style::digits()).color(color));
            });
            let width = column_width(ui);
            for words in [&row.left, &row.right] {
                cell_ui(ui, width, |ui| words_ui(ui, words.as_ref(), palette.text));
            }
        })
        .response
        .interact(Sense::click());
    let side = |words: &Option<(String, f32)>| words.as_ref().map_or("nothing".to_owned(), |(text, _)| text.clone());
    let label = format!("{} at {}: {} became {}", row.side, text::clock(row.start), side(&row.left), side(&row.right));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let hover = "Play this moment";
    response.on_hover_text(hover).clicked().then_some(Action::PlayAt(row.start))
}

/// Room of this width in a row, whatever stands there.
fn cell_ui(ui: &mut Ui, width: f32, inside: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width, ROW_HEIGHT - 4.0), Layout::left_to_right(Align::Center), |ui| {
        ui.set_width(width);
        inside(ui);
    });
}

fn words_ui(ui: &mut Ui, words: Option<&(String, f32)>, ink: Color32) {
    let palette = Palette::of(ui);
    match words {
        None => weak(ui, "-"),
        Some((text, p)) => {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.add(Label::new(RichText::new(text).color(ink)).truncate());
            ui.label(RichText::new(format!("{:.0} %", p * 100.0)).font(style::small()).color(palette.weak));
        }
    }
}

/// What screen readers and tests know the field of [`Dialog::Write`] by.
pub(crate) const FIELD: &str = "What it is to say";

fn write_ui(ui: &mut Ui, write: &Write) -> Option<Action> {
    let (heading, hint) = match write.writing {
        Writing::Note => ("Note", "A #word is a tag"),
        Writing::Correction => ("Correct", "Empty: nobody spoke"),
    };
    title(ui, heading);
    let (side, when) = (write.line.side, text::clock(write.line.span.start));
    let words = write.line.heard.as_ref().unwrap_or(&write.line.text);
    weak(ui, format!("{side} at {when}: {words}"));
    let mut text = write.text.clone();
    // Enter saves; with Shift it breaks the line, as elsewhere.
    let field = TextEdit::multiline(&mut text)
        .hint_text(hint)
        .font(style::body())
        .margin(Margin::symmetric(10, 7))
        .desired_rows(2)
        .desired_width(f32::INFINITY)
        .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
    let response = ui.add(field);
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, enabled, FIELD));
    let opened = Id::unique("what was opened to write in");
    if ui.data_mut(|data| data.get_temp::<u64>(opened)) != Some(write.opening) {
        ui.data_mut(|data| data.insert_temp(opened, write.opening));
        response.request_focus();
    }
    let enter = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter) && input.modifiers.is_none());
    told_ui(ui, None, write.told.error.as_ref());
    let waiting = write.told.waiting;
    let ended = end_ui(ui, "Cancel", |ui| {
        let save = ui.add_enabled(!waiting, Button::new("Save")).clicked().then_some(Action::Save);
        let back = write.stands() && ui.add_enabled(!waiting, Button::new("Take back")).clicked();
        save.or(back.then_some(Action::TakeBack))
    });
    if response.changed() {
        return Some(Action::Edit(text));
    }
    enter.then_some(Action::Save).or(ended)
}

fn queue_ui(ui: &mut Ui, queue: &Queue, state: &State) -> Option<Action> {
    title(ui, "Transcribed again");
    let campaigns = state.health.status.as_ref().map(|status| status.worker.campaigns.as_slice()).unwrap_or_default();
    let mut action = None;
    if campaigns.is_empty() {
        weak(ui, "Nothing waits.");
    }
    for campaign in campaigns {
        action = campaign_ui(ui, campaign, queue.told.waiting).or(action);
    }
    told_ui(ui, queue.told.done.as_ref(), queue.told.error.as_ref());
    end_ui(ui, "Close", |_| None).or(action)
}

#[expect(clippy::cast_possible_truncation, reason = "a share")]
fn campaign_ui(ui: &mut Ui, campaign: &CampaignStatus, waiting: bool) -> Option<Action> {
    let CampaignStatus { pass, model, state, reason, sound_s, left_s } = campaign;
    let done = if *sound_s > 0.0 { (1.0 - left_s / sound_s) as f32 } else { 0.0 };
    let mut action = None;
    ui.horizontal(|ui| {
        ui.label(model);
        let what = match reason {
            Some(reason) => reason.clone(),
            None => format!("{state}, {} of sound left", output::duration_of(*left_s)),
        };
        weak(ui, what);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let button = ui.add_enabled(!waiting, Button::new(RichText::new("Cancel").font(style::small())));
            if button.on_hover_text("What was transcribed stays").clicked() {
                action = Some(Action::Cancel(pass.clone()));
            }
        });
    });
    ui.add(ProgressBar::new(done).desired_height(6.0));
    action
}
