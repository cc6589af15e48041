//! The live page: what each side is saying at this moment, and how the recorder is.

use super::first_ui::RECORD;
use super::meter_ui::meter_ui;
use super::state::{Action, FORGET_MINUTES, Line, Live, Moment};
use super::style::{self, Palette};
use super::{status_ui, text};
use crate::status::{self, TrackStatus};
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, Button, Color32, Frame, Label, Layout, Margin, RichText, ScrollArea, Sense, Ui, WidgetInfo, vec2,
};
use timeline::{Clock as _, Side, SystemClock, TrackName, WallTime};

/// Between the columns.
const BETWEEN: f32 = 16.0;
const METER_HEIGHT: f32 = 10.0;
/// A last frame younger than this is not worth a word.
const FRESH_S: f64 = 1.0;

/// The page.
pub(crate) fn live_ui(ui: &mut Ui, live: &Live) -> Option<Action> {
    let palette = Palette::of(ui);
    let Some(moment) = &live.moment else {
        ui.label(RichText::new("Looking").color(palette.weak));
        return None;
    };
    let action = recorder_ui(ui, moment);
    // What the recorder warns of stands in the line at the bottom.
    for error in live.error.iter().chain(&moment.error) {
        ui.label(RichText::new(error).font(style::small()).color(palette.error));
    }
    for note in notes(moment) {
        ui.label(RichText::new(note).font(style::small()).color(palette.weak));
    }
    ui.add_space(10.0);
    let size = ui.available_size();
    let width = ((size.x - BETWEEN) / 2.0).max(120.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = BETWEEN;
        for (side, track) in [(Side::Said, TrackName::mic()), (Side::Heard, TrackName::loopback())] {
            let status = moment.recorder.tracks.iter().find(|known| known.track == track.as_str());
            ui.allocate_ui_with_layout(vec2(width, size.y), Layout::top_down(Align::Min), |ui| {
                ui.set_width(width);
                side_ui(ui, side, status, moment);
            });
        }
    });
    action
}

/// How the recorder is, and what it can be told.
fn recorder_ui(ui: &mut Ui, moment: &Moment) -> Option<Action> {
    let palette = Palette::of(ui);
    let recorder = &moment.recorder;
    let (color, text) = status_ui::recording(recorder, &palette);
    let mut action = None;
    ui.horizontal(|ui| {
        let (dot, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
        if recorder.running {
            ui.painter().circle_filled(dot.center(), 6.0, color);
        } else {
            ui.painter().circle_stroke(dot.center(), 6.0, (1.5, color));
        }
        ui.label(RichText::new(text).size(17.0).color(palette.text));
        ui.add_space(16.0);
        if recorder.running && recorder.paused {
            if ui.button("Go on recording").clicked() {
                action = Some(Action::Resume);
            }
        } else if !recorder.running {
            if ui.button(RECORD).clicked() {
                action = Some(Action::Record);
            }
        } else {
            for (label, minutes) in [("Pause", None), ("Pause for 10 minutes", Some(10))] {
                if ui.button(label).clicked() {
                    action = Some(Action::Pause(minutes));
                }
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let label = format!("Forget the last {FORGET_MINUTES} minutes\u{2026}");
            if ui.add(Button::new(RichText::new(label).color(palette.error))).clicked() {
                action = Some(Action::AskToForget);
            }
        });
    });
    action
}

/// What the reader should know and do.
fn notes(moment: &Moment) -> Vec<String> {
    let mut notes = Vec::new();
    if !moment.recorder.running {
        notes.push("Nothing is being recorded.".to_owned());
    } else if !moment.worker {
        notes.push("Nobody transcribes what is recorded: `hearsay work` does, beside the recorder.".to_owned());
    }
    notes.extend(moment.fault.iter().map(|fault| format!("No words as they are said: {fault}")));
    notes
}

fn side_ui(ui: &mut Ui, side: Side, status: Option<&TrackStatus>, moment: &Moment) {
    let palette = Palette::of(ui);
    let color = palette.side(side);
    let title = if side == Side::Said { "You say" } else { "You hear" };
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).size(15.0).color(color));
        let device = status.and_then(|status| status.device.as_deref()).unwrap_or_default();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add(Label::new(RichText::new(device).font(style::small()).color(palette.weak)).truncate());
        });
    });
    let level = status.and_then(|status| status.level_db);
    // Louder than this nothing can be: it is clipped.
    let meter = if level.is_some_and(|level| level > -1.0) { palette.error } else { color };
    let response = meter_ui(ui, vec2(ui.available_width(), METER_HEIGHT), level, meter);
    let told = level.map_or_else(|| "no level".to_owned(), |level| format!("{level:.0} dB"));
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, format!("Level of what is {side}: {told}")));
    let told = state_of(status, moment.last_speech(side));
    ui.label(RichText::new(told).font(style::small()).color(palette.weak));
    ui.add_space(6.0);
    let area = ScrollArea::vertical().id_salt(("live", side.as_str())).auto_shrink(false).stick_to_bottom(true);
    area.show(ui, |ui| {
        ui.set_width(ui.available_width() - 10.0);
        let lines: Vec<&Line> =
            moment.lines.iter().filter(|line| line.side == side || line.side == Side::Both).collect();
        if lines.is_empty() {
            ui.label(RichText::new("Nothing in the last ten minutes").color(palette.weak));
        }
        for line in lines {
            line_ui(ui, line, color);
        }
    });
}

/// What the recorder tells of a track: what it does, its last frame, the last speech, and what is missing today.
fn state_of(status: Option<&TrackStatus>, last_speech: Option<WallTime>) -> String {
    let Some(status) = status else { return "not recorded".to_owned() };
    let mut parts = vec![status::doing(status.state).to_owned()];
    if let Some(age) = status.last_frame_age_s.filter(|age| *age > FRESH_S) {
        parts.push(format!("last sound {} ago", crate::output::duration_of(age)));
    }
    if let Some(at) = last_speech {
        let ago = SystemClock.wall().micros_since(at);
        let speech = if ago < 2_000_000 { "speech now".to_owned() } else { format!("last words {}", text::clock(at)) };
        parts.push(speech);
    }
    parts.push(format!("{} today", status::gaps(status.gaps_today, status.gaps_today_s)));
    parts.join(", ")
}

fn line_ui(ui: &mut Ui, line: &Line, color: Color32) {
    let palette = Palette::of(ui);
    let frame = Frame::new().fill(color.gamma_multiply(0.07)).corner_radius(style::ROUND).inner_margin(Margin::same(8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(text::clock(line.span.start)).font(style::tiny()).color(palette.weak));
        let ink = if line.doubt.is_some() { palette.weak } else { palette.text };
        ui.label(RichText::new(&line.text).font(style::body()).color(ink));
    });
}
