//! The day's strip, the calendar, and what is missing.

use super::*;
use crate::viewer::calendar_ui::day_label;
use crate::viewer::day_ui::{CALENDAR, STRIP};
use archive::{Archive, GapCause, GapRow, Journal, Row};
use timeline::{TrackName, WallTime, local_day};

fn opened(window: &mut Harness<'static, Viewer>) {
    window.get_by_label(&hit_label(&hits(window)[0])).click();
    wait(window, "the day", |state| {
        let read = state.conversation.as_ref().is_some_and(|conversation| !conversation.waiting);
        read && state.days.shown.is_some()
    });
    window.state_mut().act(Action::TogglePlay);
    window.run_steps(3);
}

/// Clicks where a moment stands in the strip.
fn click_strip(window: &mut Harness<'static, Viewer>, time: WallTime) {
    let strip = window.get_by_label(STRIP).rect();
    let day = local_day(time);
    #[expect(clippy::cast_precision_loss, reason = "a share of a day")]
    let share = time.micros_since(day.start) as f32 / day.len_micros() as f32;
    // As wide as the strip, without its edges.
    let at = eframe::egui::pos2(strip.left() + 4.0 + share * (strip.width() - 8.0), strip.top() + 10.0);
    window.hover_at(at);
    window.run_steps(1);
    window.drag_at(at);
    window.run_steps(1);
    window.drop_at(at);
    window.run_steps(2);
}

#[test]
fn a_click_on_the_strip_goes_to_that_time_of_the_day() {
    at_home(|home| {
        let mut window = searched(home, "phoenix");
        opened(&mut window);
        let day = window.state().state.days.shown.clone().unwrap();
        assert_eq!(day.span, local_day(sample::at(0.0)));
        assert!(day.spoken.len() > 20 && day.sound.len() >= 4 && day.missing.is_empty(), "{day:?}");
        // The call, an hour later.
        let call = sample::at(3_660.0);
        click_strip(&mut window, call);
        wait(&mut window, "the call", |state| {
            state.conversation.as_ref().is_some_and(|it| !it.waiting && it.place() > sample::at(3_600.0))
        });
        let place = window.state().state.conversation.as_ref().unwrap().place();
        assert!(place.micros_since(call).abs() < 200_000_000, "{place:?}");
    });
}

#[test]
fn a_day_of_the_calendar_is_gone_to() {
    at_home(|home| {
        sample::fill(home);
        let mut window = open(home);
        // It stands there before anything is open, with this year.
        wait(&mut window, "the calendar", |state| state.calendar.year.is_some() && !state.calendar.waiting);
        let year = window.state().state.calendar.year.unwrap();
        assert_eq!(window.state().state.calendar.days.len(), if year % 4 == 0 { 366 } else { 365 });
        window.get_by_label("The year before").click();
        window.run_steps(2);
        wait(&mut window, "the year before", |state| state.calendar.year == Some(year - 1) && !state.calendar.waiting);
        window.state_mut().act(Action::Year(2026));
        wait(&mut window, "the year", |state| state.calendar.year == Some(2026) && !state.calendar.waiting);
        let day = local_day(sample::at(0.0));
        // A minute of each of two tracks, twice.
        window.get_by_label(&day_label(&day, 240_000_000)).click();
        wait(&mut window, "the day", |state| {
            state
                .conversation
                .as_ref()
                .is_some_and(|conversation| !conversation.waiting && conversation.lines.len() > 3)
        });
        let place = window.state().state.conversation.as_ref().unwrap().place();
        assert!(place < sample::at(60.0), "the first words of the day, not {place:?}");
        window.get_by_label(CALENDAR).click();
        window.run_steps(2);
        assert_eq!(window.state().state.dialog, Some(Dialog::Calendar));
        wait(&mut window, "the calendar", |state| !state.calendar.waiting);
        window.get_by_label(&day_label(&day, 240_000_000)).click();
        wait(&mut window, "the end of the dialog", |state| state.dialog.is_none());
    });
}

#[test]
fn what_is_missing_is_told_with_its_cause() {
    at_home(|home| {
        sample::fill(home);
        let archive = Archive::open(home);
        let (from, to) = (sample::at(1_000.0), sample::at(3_000.0));
        let gap = GapRow {
            at: to,
            session: "s".into(),
            track: TrackName::mic(),
            cause: GapCause::Suspended,
            from,
            to,
            frame: 0,
            frames: 0,
            written: false,
        };
        Journal::open(&archive).append(&Row::Gap(gap)).unwrap();
        let mut window = open(home);
        type_in(&mut window, "phoenix");
        opened(&mut window);
        let missing = window.state().state.days.shown.clone().unwrap().missing;
        assert_eq!(missing.len(), 1, "{missing:?}");
        assert_eq!((missing[0].side, missing[0].span), (Side::Said, Span::new(from, to)));
    });
}

#[test]
fn what_is_hidden_is_shown_on_demand_with_its_reason() {
    at_home(|home| {
        sample::fill(home);
        sample::hide_one(home);
        let mut window = open(home);
        type_in(&mut window, "norway");
        opened(&mut window);
        let hidden = |window: &Harness<'static, Viewer>| {
            let lines = window.state().state.conversation.as_ref().unwrap().lines.clone();
            lines.into_iter().find(|line| line.hidden)
        };
        assert_eq!(hidden(&window), None);
        for (label, shown) in [("Show what is hidden", true), ("Leave out what is hidden", false)] {
            window.get_by_label_contains("More:").click();
            window.run_steps(3);
            window.get_by_label(label).click();
            window.run_steps(2);
            wait(&mut window, "the lines", |state| !state.conversation.as_ref().unwrap().waiting);
            let hidden = hidden(&window);
            assert_eq!(hidden.is_some(), shown);
            if let Some(hidden) = hidden {
                assert_eq!((hidden.text.as_str(), hidden.doubt.as_deref()), ("Thanks for watching!", Some("a phantom")));
                assert_eq!(hidden.origin, format!("en, heard by reference, pass {}", sample::pass(home)));
                window.get_by_label(&line_label(&hidden));
            }
        }
    });
}
