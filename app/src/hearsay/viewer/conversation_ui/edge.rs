//! What stands beside and between the lines: times, folded silences, missing sound, and what is before the first and after the last.

use super::super::hatch::hatch;
use super::super::layout::{PAUSE_HEIGHT, SPACE};
use super::super::state::{Action, Conversation};
use super::super::style::{self, Palette};
use super::super::text;
use super::{Columns, END, Layout, PADDING};
use crate::ledger::{self, Missing};
use eframe::egui::{Align2, Button, Rect, RichText, Ui, pos2, vec2};
use timeline::{Side, Span, WallTime};

/// The times at the left and the folded silences.
pub(super) fn edge_ui(
    ui: &Ui,
    conversation: &Conversation,
    layout: &Layout,
    columns: Columns,
    top: f32,
    missing: &[Missing],
) {
    let palette = Palette::of(ui);
    let (painter, clip) = (ui.painter(), ui.clip_rect());
    for i in &layout.plan.labelled {
        let (Some(y), Some(line)) = (layout.plan.tops.get(*i), conversation.lines.get(*i)) else { continue };
        let at = pos2(columns.left - 10.0, top + y + PADDING + 3.0);
        if clip.y_range().expand(20.0).contains(at.y) {
            painter.text(at, Align2::RIGHT_TOP, text::clock(line.span.start), style::digits(), palette.weak);
        }
    }
    for pause in &layout.plan.pauses {
        let y = top + pause.top + PAUSE_HEIGHT / 2.0 - SPACE / 2.0;
        if !clip.y_range().expand(PAUSE_HEIGHT).contains(y) {
            continue;
        }
        let (start, end) = (WallTime::from_micros(pause.start), WallTime::from_micros(pause.end));
        let span = Span::new(start, end);
        let gap = missing.iter().filter(|gap| gap.span.overlaps(&span)).max_by_key(|gap| gap.span.len_micros());
        let mut label = match gap {
            Some(gap) => no_sound(gap, &span),
            None => format!("{} of silence", text::length(span.len_micros())),
        };
        if text::day(start) != text::day(end) {
            label = format!("{label}, then {}", text::day(end));
        }
        let (x, width) = columns.x(Side::Both);
        if let Some(gap) = gap {
            let (x, width) = columns.x(gap.side);
            let there = Rect::from_min_size(pos2(x, y - 11.0), vec2(width, 22.0));
            hatch(painter, there, 5.0, palette.error.gamma_multiply(0.25));
        }
        let written =
            painter.text(pos2(x + width / 2.0, y), Align2::CENTER_CENTER, label, style::small(), palette.weak);
        let stroke = (1.0, palette.line);
        painter.hline(x..=written.left() - 12.0, y, stroke);
        painter.hline(written.right() + 12.0..=x + width, y, stroke);
    }
}

/// Says that there is no sound in a silence, or in some of it, on which side and why.
fn no_sound(gap: &Missing, silence: &Span) -> String {
    let (side, because) = (gap.side, ledger::because(gap.cause));
    let side = if side == Side::Both { String::new() } else { format!(" of what you {}", verb(side)) };
    let missing = gap.span.intersect(silence).map_or(0, |missing| missing.len_micros());
    let missing_of = text::length(missing);
    if missing >= silence.len_micros() {
        return format!("{missing_of} without sound{side}: {because}");
    }
    format!("{} of silence, {missing_of} of it without sound{side}: {because}", text::length(silence.len_micros()))
}

const fn verb(side: Side) -> &'static str {
    match side {
        Side::Said => "said",
        Side::Heard | Side::Both => "heard",
    }
}

/// What stands before the first and after the last line.
pub(super) fn ends_ui(
    ui: &mut Ui,
    conversation: &Conversation,
    columns: Columns,
    (top, bottom): (f32, f32),
) -> Option<Action> {
    let palette = Palette::of(ui);
    let (x, width) = columns.x(Side::Both);
    let mut action = None;
    let ends = [
        (top, conversation.at_start, "Earlier", "Nothing was said before this", Action::Earlier),
        (bottom, conversation.at_end, "Later", "Nothing was said after this", Action::Later),
    ];
    for (y, is_end, label, nothing, wanted) in ends {
        let center = pos2(x + width / 2.0, y + (END - SPACE) / 2.0);
        if is_end {
            ui.painter().text(center, Align2::CENTER_CENTER, nothing, style::small(), palette.weak);
            continue;
        }
        let button = Button::new(RichText::new(label).font(style::small())).min_size(vec2(96.0, 24.0));
        let rect = Rect::from_center_size(center, vec2(96.0, 24.0));
        if ui.add_enabled_ui(!conversation.waiting, |ui| ui.put(rect, button)).inner.clicked() {
            action = Some(wanted);
        }
    }
    action
}

#[cfg(test)]
mod tests {
    use super::*;
    use archive::GapCause;

    #[test]
    fn a_silence_says_how_much_of_it_has_no_sound() {
        let at = |minutes: i64| WallTime::from_micros(minutes * 60_000_000);
        let (silence, cause) = (Span::new(at(10), at(50)), GapCause::Suspended);
        let gap = |side, from, to| Missing { side, span: Span::new(at(from), at(to)), cause };
        assert_eq!(no_sound(&gap(Side::Both, 0, 60), &silence), "40 min without sound: the machine slept");
        assert_eq!(
            no_sound(&gap(Side::Said, 20, 25), &silence),
            "40 min of silence, 5 min of it without sound of what you said: the machine slept"
        );
    }
}
